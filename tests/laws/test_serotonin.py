"""Serotonin under autoreceptor feedback: the closed form, its bounds and limits, and weeks of treatment."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rescaling import HOURLY
from rescaling import ONE as DIMENSIONLESS

from euthymia.biophysics.autoreceptors import cooperatively_self_inhibited, self_inhibited
from euthymia.core.parameters import fill
from euthymia.evidence.registry import evidence
from euthymia.plasticity.serotonin import (
    Serotonin,
    autoreceptor_rate,
    clearance_factor,
    dopamine_factor,
    dopamine_level,
    serotonin_level,
)

P = fill(Serotonin, evidence().value)
ZERO, ONE = jnp.zeros(()), jnp.ones(())
shares, drives, sensitivities = st.floats(0, 1), st.floats(0.05, 3), st.floats(0.0, 20)
often = settings(max_examples=200, deadline=None, derandomize=True)


def over(function, values):
    return jax.vmap(function)(values)


def arrays(*values):
    return tuple(jnp.asarray(value) for value in values)


def test_health_is_a_fixed_point():
    level = serotonin_level(P, ONE, ZERO, ZERO, ONE)
    assert float(level) == pytest.approx(1, abs=1e-15)
    assert float(autoreceptor_rate(P, ONE, level)) == pytest.approx(0, abs=1e-15)
    assert float(dopamine_factor(P, ZERO, ZERO)) == 1


@often
@given(drives, shares, shares, sensitivities)
def test_the_closed_form_solves_the_feedback(drive, sert, mao, sensitivity):
    h, S, m, D = arrays(drive, sert, mao, sensitivity)
    q = clearance_factor(P, S, m)
    r = self_inhibited(h, q, P.feedback * D)
    assert float(r) > 0
    # The product form keeps the digits where feedback and its absence nearly cancel.
    assert float(r * (1 + P.feedback * D * (r * q - 1))) == pytest.approx(drive, rel=1e-8)


@often
@given(drives, shares, shares, sensitivities)
def test_serotonin_lies_between_no_feedback_and_perfect_feedback(drive, sert, mao, sensitivity):
    h, S, m, D = arrays(drive, sert, mao, sensitivity)
    free = float(h * clearance_factor(P, S, m))
    level = float(serotonin_level(P, h, S, m, D))
    assert min(free, 1) * (1 - 1e-9) <= level <= max(free, 1) * (1 + 1e-9)


@often
@given(drives, shares, shares, sensitivities)
def test_blocking_either_path_raises_serotonin_and_slows_the_raphe(drive, sert, mao, sensitivity):
    at = arrays(drive, sert, mao, sensitivity)
    _, by_sert, by_mao, _ = (float(each) for each in jax.grad(lambda *x: serotonin_level(P, *x), argnums=(0, 1, 2, 3))(*at))
    assert by_sert >= 0
    assert by_mao >= 0

    def rate(sert, mao):
        return self_inhibited(at[0], clearance_factor(P, sert, mao), P.feedback * at[3])

    assert all(float(each) <= 0 for each in jax.grad(rate, argnums=(0, 1))(at[1], at[2]))


@often
@given(shares, shares, sensitivities)
def test_more_drive_means_more_serotonin(sert, mao, sensitivity):
    S, m, D = arrays(sert, mao, sensitivity)
    level = np.asarray(over(lambda h: serotonin_level(P, h, S, m, D), jnp.linspace(0.05, 3, 60)))
    assert np.all(np.diff(level) > 0)


def test_without_autoreceptors_serotonin_is_drive_times_clearance():
    S, m = arrays(0.8, 0.3)
    assert float(serotonin_level(P, ONE / 2, S, m, ZERO)) == pytest.approx(float(clearance_factor(P, S, m)) / 2, rel=1e-14)


def test_the_two_targets_multiply():
    S, m = arrays(0.7, 0.6)
    joint = float(clearance_factor(P, S, m))
    assert joint == pytest.approx(float(clearance_factor(P, S, ZERO) * clearance_factor(P, ZERO, m)), rel=1e-14)


def test_its_own_transporter_and_monoamine_oxidase_clear_dopamine_and_multiply():
    shares, none = jnp.linspace(0, 1, 20), jnp.zeros(20)
    by_transporter, by_enzyme, by_both = (
        np.asarray(dopamine_factor(P, *each)) for each in ((shares, none), (none, shares), (shares, shares))
    )
    assert by_transporter[0] == by_enzyme[0] == 1
    assert np.all(np.diff(by_transporter) > 0)
    assert np.all(np.diff(by_enzyme) > 0)
    np.testing.assert_allclose(by_both, by_transporter * by_enzyme, rtol=1e-14)


@often
@given(drives, st.floats(1, 30), st.floats(0.01, 0.99))
def test_release_under_cooperative_autoreceptors_solves_its_cubic(drive, clearance, feedback):
    h, q, a = arrays(drive, clearance, feedback)
    r = cooperatively_self_inhibited(h, q, a)
    assert float(r * (1 + a * ((r * q) ** 2 - 1))) == pytest.approx(drive, rel=1e-9)
    assert min(drive * clearance, 1) * (1 - 1e-9) <= float(r * q) <= max(drive * clearance, 1) * (1 + 1e-9)


def test_dopamine_is_healthy_in_health_and_rises_with_spikes_and_with_less_clearance():
    assert float(dopamine_level(P, ONE, ZERO, ZERO)) == pytest.approx(1, abs=1e-12)
    at = arrays(0.5, 0.2, 0.3)
    assert all(float(slope) > 0 for slope in jax.grad(lambda *x: dopamine_level(P, *x), argnums=(0, 1, 2))(*at))


def test_a_blocker_of_autoreceptors_frees_what_they_hold_back():
    # Sulpiride raises dopamine to 1.85 of basal, from which the share was taken.
    assert float(1 / (1 - P.dopamine_feedback)) == pytest.approx(1.85, rel=0.01)


def test_without_its_transporter_dopamine_is_what_knockout_mice_have():
    assert float(dopamine_factor(P, ONE, ZERO)) == pytest.approx(5)


def test_sensitivity_falls_when_serotonin_is_raised_and_rises_when_it_is_low():
    assert float(autoreceptor_rate(P, ONE, 2 * ONE)) < 0
    assert float(autoreceptor_rate(P, ONE, ONE / 2)) > 0
    assert float(autoreceptor_rate(P, 1 / 2**P.adaptation, 2 * ONE)) < float(autoreceptor_rate(P, ZERO, 2 * ONE))


@pytest.mark.parametrize(("sert", "mao"), [(0.0, 0.0), (0.76, 0.0), (0.85, 0.0), (0.0, 0.87), (0.85, 0.95)])
@pytest.mark.parametrize("drive", [0.6, 1.0, 1.3])
def test_adaptation_has_one_resting_point_and_it_is_stable(drive, sert, mao):
    sensitivity = jnp.asarray(np.geomspace(1e-8, 60, 4000))
    rate = np.asarray(over(lambda D: autoreceptor_rate(P, D, serotonin_level(P, *arrays(drive, sert, mao), D)), sensitivity))
    crossings = np.flatnonzero(np.diff(np.sign(rate)))
    assert len(crossings) == 1
    assert rate[crossings[0]] > 0 > rate[crossings[0] + 1]


def course(sert, days, drive=1.0):
    """Sensitivity, serotonin and raphe rate at the end of each day; Heun's method in steps of 1 h over occupancies per hour."""
    S = jnp.asarray(np.broadcast_to(sert, 24 * days).astype(float))
    h = jnp.asarray(drive)

    def rate(D, S):
        return autoreceptor_rate(P, D, serotonin_level(P, h, S, ZERO, D))

    def hour(D, S):
        slope = rate(D, S)
        D = D + (slope + rate(D + slope, S)) / 2
        return D, D

    D = jax.lax.scan(hour, ONE, S)[1]
    level = serotonin_level(P, jnp.full_like(S, drive), S, jnp.zeros_like(S), D)
    return tuple(np.asarray(each)[23::24] for each in (D, level, level / clearance_factor(P, S, jnp.zeros_like(S))))


def test_acutely_the_raphe_slows_and_serotonin_gains_little_and_over_weeks_it_comes_back():
    D, level, rate = course(0.76, 42)
    assert rate[0] < 0.6
    assert 1.1 < level[0] < 1.5
    assert np.all(np.diff(D[:21]) < 0)
    assert D[20] < 0.15
    assert rate[20] > rate[0] + 0.2
    assert level[20] - 1 > 2 * (level[0] - 1)


def test_after_stopping_sensitivity_returns():
    D, level, _ = course(np.concatenate([np.full(24 * 42, 0.76), np.zeros(24 * 42)]), 84)
    assert D[41] < 0.1
    assert D[-1] > 0.99
    assert level[-1] == pytest.approx(1, abs=0.01)


def test_a_lower_drive_is_met_by_more_sensitive_autoreceptors():
    D, level, _ = course(0.0, 84, drive=0.8)
    assert D[-1] > 1
    assert 0.8 < level[-1] < 1


EQUATIONS = {
    "clearance factor": ("physiology.serotonin", clearance_factor, [(0.6, DIMENSIONLESS), (0.3, DIMENSIONLESS)], DIMENSIONLESS),
    "serotonin": (
        "physiology.serotonin",
        serotonin_level,
        [(0.8, DIMENSIONLESS), (0.6, DIMENSIONLESS), (0.3, DIMENSIONLESS), (0.7, DIMENSIONLESS)],
        DIMENSIONLESS,
    ),
    "autoreceptors": ("physiology.serotonin", autoreceptor_rate, [(0.7, DIMENSIONLESS), (1.4, DIMENSIONLESS)], HOURLY),
    "dopamine": ("physiology.serotonin", dopamine_level, [(0.5, DIMENSIONLESS), (0.2, DIMENSIONLESS), (0.7, DIMENSIONLESS)], DIMENSIONLESS),
    "dopamine factor": ("physiology.serotonin", dopamine_factor, [(0.2, DIMENSIONLESS), (0.7, DIMENSIONLESS)], DIMENSIONLESS),
}
