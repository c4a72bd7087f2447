"""Comparators in the body and at their targets: closed forms, an independent integration, and what was observed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
from rescaling import HOURLY, ONE

from euthymia.cascade.timegrid import CHANNELS, Pulse, time_grid
from euthymia.core.exponential import exact_step, occupancy_course
from euthymia.core.parameters import fill
from euthymia.evidence.registry import evidence
from euthymia.pharmacology.comparators import (
    DRUGS,
    POOLS,
    STATES,
    Comparators,
    entry_matrices,
    plasma_concentration,
    rate_matrix,
    site_concentration,
)
from euthymia.receptors.monoamine import Monoamine, gaba_gain, mao_transitions, sert_occupancy

P, M = fill(Comparators, evidence().value), fill(Monoamine, evidence().value)
MATRIX, ENTRY = rate_matrix(P), entry_matrices()[..., 0]


@jax.jit
def states_after(starts, amounts, time):
    """States [drug, state] at a time (h) after doses of each drug [dose] (µmol) at their starts, by superposition."""

    def one(start, amount):
        lapse = jnp.maximum(time - start, 0)
        propagate, _ = jax.vmap(exact_step, in_axes=(0, 0, None))(MATRIX, ENTRY[..., None], lapse)
        return jnp.einsum("dij,dj->di", propagate, ENTRY * amount[:, None]) * (start <= time)

    return jax.vmap(one)(starts, amounts).sum(0)


def regimen(drug, milligrams, count, every=24.0):
    which = DRUGS.index(drug)
    starts = every * jnp.arange(float(count))
    amounts = jnp.zeros((count, len(DRUGS))).at[:, which].set(milligrams / P.molar_mass[which])
    return starts, amounts


def occupancy(drug, milligrams, count, after_last):
    """Transporter occupancy some hours after the last of daily doses."""
    starts, amounts = regimen(drug, milligrams, count)
    return float(sert_occupancy(M, site_concentration(states_after(starts, amounts, starts[-1] + after_last))))


def plasma(drug, milligrams, times):
    starts, amounts = regimen(drug, milligrams, 1)
    states = jax.vmap(lambda t: states_after(starts, amounts, t))(jnp.asarray(times))
    return np.asarray(plasma_concentration(P, states))[:, DRUGS.index(drug)]


def test_channels_of_the_grid_end_with_these():
    assert CHANNELS[-len(DRUGS) :] == DRUGS


def test_nothing_is_lost_or_made():
    flows = np.asarray(MATRIX)[:, : len(POOLS), : len(POOLS)]
    np.testing.assert_allclose(flows.sum(1), 0, atol=1e-14)
    assert np.all(flows - np.einsum("dii,ij->dij", flows, np.eye(len(POOLS))) >= 0)


def test_exposure_is_dose_times_bioavailability_over_clearance():
    stay = [STATES.index(name) for name in ("gut", "central", "peripheral", "site")]
    # A compartment without flow keeps its zero and has no time of its own.
    for index, drug in enumerate(DRUGS):
        keep = [i for i in stay if float(P.peripheral_flow[index]) > 0 or STATES[i] != "peripheral"]
        A = np.asarray(MATRIX)[index][np.ix_(keep, keep)]
        area = -np.linalg.solve(A, np.asarray(ENTRY)[index][keep])
        arrives = float(P.bioavailability[index]) if drug != "midazolam" else 1.0
        expected = arrives / float(P.clearance[index])
        assert area[keep.index(STATES.index("central"))] / float(P.central_volume[index]) == pytest.approx(expected, rel=1e-12)
        assert area[keep.index(STATES.index("site"))] == pytest.approx(expected, rel=1e-12)


def test_one_compartment_follows_bateman():
    index, times = DRUGS.index("sertraline"), np.linspace(0.1, 72, 30)
    ka, k = np.log(2) / float(P.absorption_half_life[index]), float(P.clearance[index] / P.central_volume[index])
    dose = 50 / float(P.molar_mass[index]) * float(P.bioavailability[index]) / float(P.central_volume[index])
    np.testing.assert_allclose(
        plasma("sertraline", 50, times), dose * ka / (ka - k) * (np.exp(-k * times) - np.exp(-ka * times)), rtol=1e-10
    )


def test_closed_form_agrees_with_integration():
    for index in range(len(DRUGS)):
        A = np.asarray(MATRIX)[index]
        run = scipy.integrate.solve_ivp(lambda t, x, A=A: A @ x, (0, 48), np.asarray(ENTRY)[index], "LSODA", [48.0], rtol=1e-12, atol=1e-14)
        starts, amounts = jnp.zeros(1), jnp.ones((1, len(DRUGS)))
        np.testing.assert_allclose(states_after(starts, amounts, 48.0)[index], run.y[:, -1], atol=1e-9)


def half_life(drug):
    first, last = plasma(drug, 10, [150.0, 200.0]) if drug != "midazolam" else plasma(drug, 10, [20.0, 30.0])
    return (50 if drug != "midazolam" else 10) * np.log(2) / np.log(first / last)


def peak_time(drug):
    times = np.linspace(0.05, 12, 600)
    return times[plasma(drug, 10, times).argmax()]


def test_escitalopram_is_as_observed():
    assert 27 < half_life("escitalopram") < 33
    assert 3 < peak_time("escitalopram") < 4
    starts, amounts = regimen("escitalopram", 10, 40)
    trough = [float(plasma_concentration(P, states_after(starts, amounts, day * 24.0 - 1e-6))[0]) for day in (10, 40)]
    assert trough[0] > 0.99 * trough[1]


@pytest.mark.parametrize(("drug", "half", "low", "high"), [("sertraline", 26, 4.5, 8.4), ("phenelzine", 11.6, 0.6, 0.85)])
def test_other_tablets_are_as_their_labels_say(drug, half, low, high):
    assert half_life(drug) == pytest.approx(half, rel=0.02)
    assert low < peak_time(drug) < high


def test_midazolam_has_its_volume_and_half_life():
    index = DRUGS.index("midazolam")
    assert float(P.central_volume[index] + P.peripheral_volume[index]) == pytest.approx(50.2)
    assert half_life("midazolam") == pytest.approx(2.3, rel=0.02)


@pytest.mark.parametrize(
    ("target", "drug", "milligrams", "count", "after"),
    [
        ("klein2006.occupancy_5mg", "escitalopram", 5, 1, 6.0),
        ("klein2006.occupancy_10mg", "escitalopram", 10, 1, 6.0),
        ("klein2006.occupancy_20mg", "escitalopram", 20, 1, 6.0),
        ("klein2007.occupancy_6h", "escitalopram", 10, 10, 6.0),
        ("klein2007.occupancy_54h", "escitalopram", 10, 10, 54.0),
        ("dasb2016.occupancy_4h", "sertraline", 50, 1, 4.0),
        ("meyer2004.occupancy", "sertraline", 50, 28, 12.0),
    ],
)
def test_occupancy_is_within_its_spread(target, drug, milligrams, count, after):
    observed = evidence().target(target)
    assert observed.lower <= occupancy(drug, milligrams, count, after) <= observed.upper


def test_occupancy_falls_more_slowly_than_plasma():
    starts, amounts = regimen("escitalopram", 10, 10)
    early, late = (states_after(starts, amounts, starts[-1] + hours) for hours in (6.0, 54.0))
    in_plasma = plasma_concentration(P, late)[0] / plasma_concentration(P, early)[0]
    in_brain = sert_occupancy(M, site_concentration(late)) / sert_occupancy(M, site_concentration(early))
    assert float(in_brain) > 1.5 * float(in_plasma)


def test_occupancy_is_a_share_that_saturates_and_competition_never_adds_up():
    alone = jnp.asarray([[0.0, 0], [0.01, 0], [0, 0.01], [0.01, 0.01], [1e9, 1e9], [0, 0]])
    alone = jnp.pad(alone, ((0, 0), (0, len(DRUGS) - 2))).at[-1, 2:].set(5.0)
    none, first, second, both, full, others = np.asarray(sert_occupancy(M, alone))
    assert none == others == 0
    assert max(first, second) < both < first + second
    assert full == pytest.approx(float(M.sert_plateau), rel=1e-6)
    # What competes for one site: odds of the filled share add.
    odds = [each / (float(M.sert_plateau) - each) for each in (first, second, both)]
    assert odds[2] == pytest.approx(odds[0] + odds[1], rel=1e-12)


def test_without_phenelzine_the_enzyme_rests_at_one_and_comes_back_by_its_turnover():
    for start, end in ((1.0, 1.0), (0.5, 0.75)):
        after_a_half_life = kept(start, np.zeros(2), float(M.mao_turnover))
        assert after_a_half_life == pytest.approx(end, rel=1e-12)


def test_under_a_constant_concentration_the_enzyme_settles_where_turnover_meets_loss():
    k, loss = np.log(2) / float(M.mao_turnover), float(M.mao_inactivation) * 0.2
    assert kept(0.9, np.full(2, 0.2), 1e4) == pytest.approx(k / (k + loss), rel=1e-12)


def kept(start, concentrations, hours):
    """Active MAO-A after one step."""
    made, lost = mao_transitions(M, jnp.asarray(concentrations))
    return float(occupancy_course(jnp.asarray(start), made, lost, (jnp.asarray([hours]), jnp.zeros(1, int)))[-1])


def enzyme(milligrams, days):
    """Active MAO-A at the end of each day of one daily dose, exactly for the mean of the site over each hour."""
    starts, amounts = regimen("phenelzine", milligrams, days)
    times = jnp.arange(24.0 * days) + 0.5
    c = jax.lax.map(lambda t: site_concentration(states_after(starts, amounts, t))[DRUGS.index("phenelzine")], times, batch_size=64)
    k = jnp.log(2) / M.mao_turnover

    def hour(active, c):
        rate = k + M.mao_inactivation * c
        active = k / rate + (active - k / rate) * jnp.exp(-rate)
        return active, active

    return np.asarray(jax.lax.scan(hour, jnp.ones(()), c)[1])[23::24]


def test_six_weeks_of_phenelzine_leave_the_observed_share():
    observed = evidence().target("chiuccariello2015.occupancy")
    for milligrams in (45, 60):
        assert observed.lower <= 1 - enzyme(milligrams, 42)[-1] <= observed.upper


def test_inhibition_is_complete_within_the_days_of_the_data_sheet():
    blocked = 1 - enzyme(60, 42)
    reached = 1 + int(np.argmax(blocked > 0.95 * blocked[-1]))
    observed = evidence().target("nardil.full_inhibition")
    assert observed.lower <= reached <= observed.upper


def test_midazolam_raises_inhibition_and_no_more_than_its_ceiling():
    c = jnp.asarray([0.0, 0.05, 0.095, 1.0, 1e9])
    gain = np.asarray(gaba_gain(M, c))
    assert gain[0] == 1
    assert np.all(np.diff(gain) > 0)
    assert gain[-1] == pytest.approx(1 + float(M.gaba_potentiation))
    assert float(gaba_gain(M, M.gaba_half)) == pytest.approx(1 + float(M.gaba_potentiation) / 2)


def test_the_grid_of_tablets_reaches_every_dose():
    starts, amounts = regimen("escitalopram", 10, 42)
    grid = time_grid([Pulse(float(t), 0.0, "escitalopram", float(a[0]), gentle=True) for t, a in zip(starts, amounts, strict=True)], 1008.0)
    given = grid.bolus[:, CHANNELS.index("escitalopram")]
    assert np.sum(given > 0) == 42
    np.testing.assert_allclose(grid.padded_times[:-1][given > 0], starts, atol=1e-9)


AMOUNTS = np.linspace(0.1, 2, len(DRUGS) * len(STATES)).reshape(len(DRUGS), len(STATES))
EQUATIONS = {
    "comparators, amounts": ("cascade.comparators", lambda p: rate_matrix(p)[:, : len(POOLS), : len(POOLS)], [], HOURLY),
    "comparators, into the site": ("cascade.comparators", lambda p: rate_matrix(p)[:, -1, STATES.index("central")], [], "1/(h*L)"),
    "comparators, at the site": ("cascade.comparators", lambda p: rate_matrix(p)[:, -1, -1], [], HOURLY),
    "plasma concentration": ("cascade.comparators", plasma_concentration, [(AMOUNTS, "umol")], "uM"),
    "site concentration": ("cascade.comparators", lambda p, x: site_concentration(x), [(AMOUNTS, "uM")], "uM"),
    "transporter occupancy": ("cascade.monoamine", sert_occupancy, [(np.linspace(0.01, 0.2, len(DRUGS)), "uM")], ONE),
    "enzyme": ("cascade.monoamine", lambda p, c: jnp.stack(mao_transitions(p, c)), [(0.2, "uM")], HOURLY),
    "inhibitory gain": ("cascade.monoamine", gaba_gain, [(0.1, "uM")], ONE),
}
