import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rescaling import HZ
from rescaling import ONE as DIMENSIONLESS

from euthymia.brain.attractor import (
    Attractor,
    Drive,
    activation,
    bistable_window,
    communication,
    critical_block,
    critical_recurrence,
    current_at,
    currents,
    diffusion,
    drift,
    firing_rate,
    fixed_points,
    holding_input,
    is_stable,
    jacobian,
    needed_recurrence,
    network_rates,
    present_state,
    quiet_cognition,
    sample_path,
)
from euthymia.core.parameters import fill
from euthymia.evidence.registry import evidence

ONE, NOUGHT = jnp.ones(()), jnp.zeros(())
DEPRESSED = jnp.asarray(0.31)
find = jax.jit(jax.vmap(fixed_points, (None, 0, 0, None)))
lose = jax.jit(critical_block)
look = jax.jit(bistable_window)


@pytest.fixture(scope="module")
def p():
    return fill(Attractor, evidence().value)


def limbic(p, recurrence):
    return dataclasses.replace(p, limbic_recurrence=jnp.asarray(recurrence))


def test_the_rate_is_the_published_one_and_has_no_hole_at_threshold(p):
    x = np.array([0.25, 0.3255, 0.41, 0.6])
    u = 270 * x - 108
    np.testing.assert_allclose(firing_rate(p, jnp.asarray(x)), u / (1 - np.exp(-0.154 * u)), rtol=1e-12)
    at = p.threshold / p.gain
    assert float(firing_rate(p, at)) == pytest.approx(1 / 0.154, rel=1e-12)
    assert float(jax.grad(firing_rate, 1)(p, at)) == pytest.approx(float(p.gain) / 2, rel=1e-9)


def test_current_and_activation_are_inverse(p):
    S = jnp.linspace(1e-4, 0.95, 50)
    np.testing.assert_allclose(activation(p, current_at(p, S)), S, rtol=1e-10)


def test_states_are_at_rest_in_order_and_only_the_saddle_is_unstable(p):
    block, I_L = (jnp.asarray(values) for values in zip(*itertools.product((0.0, 0.1, 0.2), (0.28, 0.3, 0.31)), strict=True))
    points = find(p, block, I_L, ONE)
    for name, stable in (("rest", True), ("saddle", False), ("locked", True)):
        for S, b, i in zip(getattr(points, name), block, I_L, strict=True):
            if not jnp.isnan(S[0]):
                np.testing.assert_allclose(p.time_constant * drift(p, S, b, i, ONE), 0, atol=1e-12)
                assert bool(is_stable(p, S, b, i, ONE)) == stable
    there = ~jnp.isnan(points.locked[:, 0])
    assert 0 < there.sum() < len(block)
    S_L = jnp.stack([each[there, 0] for each in points])
    assert jnp.all(jnp.diff(S_L, axis=0) > 0)


def test_no_state_is_missed_among_those_that_many_starts_reach(p):
    starts = jnp.stack(jnp.meshgrid(*[jnp.linspace(0.0, 0.95, 12)] * 2), -1).reshape(-1, 2)
    held = (jnp.asarray(0.05), DEPRESSED, ONE)

    def step(S, _):
        return S + jnp.asarray(5.0) * drift(p, S, *held), None

    ends = jax.jit(lambda S: jax.lax.scan(step, S, length=4000)[0])(starts)
    points = fixed_points(p, *held)
    distance = jnp.minimum(*(jnp.abs(ends - S).max(1) for S in (points.rest, points.locked)))
    assert float(distance.max()) < 1e-9


@pytest.mark.parametrize(("recurrence", "noted"), [(1.2, 0.10), (1.3, 0.16), (1.4, 0.22), (1.5, 0.275), (1.6, 0.32)])
def test_critical_block_is_where_bisection_loses_the_locked_state(p, recurrence, noted):
    q = limbic(p, recurrence)
    b_crit = float(lose(q, DEPRESSED, ONE))
    low, high = 0.0, 1.0
    while high - low > 1e-6:
        # Sixty-four at a time: one call narrows the bracket sixty-threefold.
        block = jnp.linspace(low, high, 64)
        gone = np.isnan(find(q, block, jnp.full(64, DEPRESSED), ONE).locked[:, 0])
        assert np.all(np.diff(gone.astype(int)) >= 0)
        low, high = float(block[~gone][-1]), float(block[gone][0])
    assert b_crit == pytest.approx((low + high) / 2, abs=5e-6)
    assert b_crit == pytest.approx(noted, abs=0.005)


def test_critical_recurrence_is_free_of_the_limbic_one_and_a_saddle_node(p):
    block = jnp.asarray(0.1)
    w = [float(critical_recurrence(limbic(p, each), block, DEPRESSED, ONE)) for each in (1.2, 1.5)]
    assert w[0] == pytest.approx(w[1], rel=1e-9)
    at = limbic(p, (w[0] + 1e-5) / (1 - float(block)))
    points = fixed_points(at, block, DEPRESSED, ONE)
    # Two states are about to meet there: the determinant vanishes, and so does the closed condition on slopes.
    S = (points.saddle + points.locked) / 2
    slope = (1 - S) * activation_slope(p, S)
    J, j = 0.9 * p.coupling, 0.9 * p.inhibition
    closed = 1 - j**2 * slope[0] * slope[1] / (1 - p.cognitive_recurrence * J * slope[1])
    assert float(w[0] * p.coupling * slope[0]) == pytest.approx(float(closed), abs=1e-3)


def activation_slope(p, S):
    """dS/dx over 1 − S for a pool at rest."""
    slope = jax.vmap(jax.grad(firing_rate, 1), (None, 0))(p, current_at(p, S))
    return (1 - S) * p.saturation * p.time_constant * slope


def test_a_weak_limbic_network_has_no_lock_to_lose(p):
    assert np.isnan(float(lose(limbic(p, 1.05), DEPRESSED, ONE)))


def test_the_window_is_where_states_appear_and_vanish(p):
    window = look(p, NOUGHT, ONE)
    assert 0.26 < float(window.lower) < 0.27
    assert 0.31 < float(window.upper) < 0.32
    inputs = jnp.array([window.lower - 1e-6, window.lower + 1e-6, window.upper - 1e-6, window.upper + 1e-6])
    points = find(p, jnp.zeros(4), inputs, ONE)
    assert list(np.isnan(points.locked[:, 0])) == [True, False, False, False]
    assert list(np.isnan(points.rest[:, 0])) == [False, False, False, True]


def test_one_network_far_below_the_cusp_is_monostable(p):
    assert np.isnan(float(look(limbic(p, 0.5), NOUGHT, ONE).lower))


def test_lost_drive_quiets_a_locked_brain_in_part_and_then_almost_wholly(p):
    block = jnp.array([0.0, 0.12, 0.8, 0.9, 0.95])
    rates = jax.jit(jax.vmap(lambda b: network_rates(p, present_state(p, b, DEPRESSED, ONE), b, DEPRESSED, ONE).mean()))(block)
    share = rates / rates[0]
    assert 0.2 < float(share[1]) < 0.9
    assert np.all(np.asarray(share[2:]) < 0.05)


def test_communication_is_the_response_to_a_held_fluctuation(p):
    held = (jnp.asarray(0.05), jnp.asarray(0.3), ONE)
    S = fixed_points(p, *held).rest
    step = 1e-6
    cognitive = (quiet_cognition(p, S[0] + step, held[0]) - quiet_cognition(p, S[0] - step, held[0])) / (2 * step)
    A = jacobian(p, S, *held)
    assert float(cognitive) == pytest.approx(float(-A[1, 0] / A[1, 1]), rel=1e-6)
    product = cognitive * -A[0, 1] / A[0, 0]
    assert float(communication(p, S, *held)) == pytest.approx(float(jnp.sqrt(product)), rel=1e-6)


def test_networks_without_inhibition_do_not_communicate(p):
    S = fixed_points(p, ONE, DEPRESSED, ONE).rest
    assert float(communication(p, S, ONE, DEPRESSED, ONE)) == 0


def test_a_silent_pool_spreads_by_sigma(p):
    # Far below threshold the leak is all there is, and reflection at zero folds a normal density of spread σ to a half-normal one.
    off = dataclasses.replace(p, cognitive_input=NOUGHT)
    paths = sample_path(off, jax.random.key(1), jnp.zeros((200, 2)), jnp.asarray(2.0), 4000, Drive(ONE, NOUGHT, ONE))[1000:]
    assert float(jnp.sqrt(jnp.mean(paths**2))) == pytest.approx(float(p.noise), rel=0.02)


STATE = np.array([0.3, 0.05])
DRIVE = [(0.1, DIMENSIONLESS), (0.3, "nA"), (0.9, DIMENSIONLESS)]
BOTH = (STATE, DIMENSIONLESS)


def paths(p, S, step, *drive):
    return sample_path(p, jax.random.key(0), S, step, 50, Drive(*drive))


EQUATIONS = {
    "firing rate": ("physiology.limbic.attractor", firing_rate, [(0.42, "nA")], HZ),
    "activation": ("physiology.limbic.attractor", activation, [(0.42, "nA")], DIMENSIONLESS),
    "current at": ("physiology.limbic.attractor", current_at, [(0.4, DIMENSIONLESS)], "nA"),
    "currents": ("physiology.limbic.attractor", currents, [BOTH, *DRIVE], "nA"),
    "drift": ("physiology.limbic.attractor", drift, [BOTH, *DRIVE], "1/ms"),
    "diffusion": ("physiology.limbic.attractor", diffusion, [], "1/ms"),
    "jacobian": ("physiology.limbic.attractor", jacobian, [BOTH, *DRIVE], "1/ms"),
    "quiet cognition": ("physiology.limbic.attractor", quiet_cognition, [(0.4, DIMENSIONLESS), DRIVE[0]], DIMENSIONLESS),
    "holding input": ("physiology.limbic.attractor", holding_input, [(0.42, "nA"), DRIVE[0], DRIVE[2]], "nA"),
    "needed recurrence": ("physiology.limbic.attractor", needed_recurrence, [(0.42, "nA"), *DRIVE], DIMENSIONLESS),
    "fixed points": ("physiology.limbic.attractor", fixed_points, DRIVE, DIMENSIONLESS),
    "critical recurrence": ("physiology.limbic.attractor", critical_recurrence, DRIVE, DIMENSIONLESS),
    "critical block": ("physiology.limbic.attractor", critical_block, DRIVE[1:], DIMENSIONLESS),
    "bistable window": ("physiology.limbic.attractor", bistable_window, [DRIVE[0], DRIVE[2]], "nA"),
    "present state": ("physiology.limbic.attractor", present_state, DRIVE, DIMENSIONLESS),
    "stability": ("physiology.limbic.attractor", lambda *x: is_stable(*x).astype(float), [BOTH, *DRIVE], DIMENSIONLESS),
    "network rates": ("physiology.limbic.attractor", network_rates, [BOTH, *DRIVE], HZ),
    "communication": ("physiology.limbic.attractor", communication, [(np.array([0.03, 0.07]), DIMENSIONLESS), *DRIVE], DIMENSIONLESS),
    "paths": ("physiology.limbic.attractor", paths, [BOTH, (2.0, "ms"), *DRIVE], DIMENSIONLESS),
}
