"""Comparators in the body and at their targets: closed forms, an independent integration, and what was observed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
from rescaling import HOURLY, ONE

from euthymia.core.numerics.exponential import Steps, exact_step
from euthymia.core.numerics.occupancy import occupancy_course
from euthymia.core.parameters import fill
from euthymia.evidence.registry import evidence
from euthymia.model.inputs import CHANNELS, Pulse
from euthymia.model.time_grid import time_grid
from euthymia.pharmacology.comparators import (
    DRUGS,
    FORMED,
    MOLECULES,
    POOLS,
    STATES,
    Comparators,
    entry_matrices,
    molecule_index,
    plasma_concentration,
    rate_matrix,
    site_concentration,
)
from euthymia.receptors.monoamine import (
    DAT_INHIBITORS,
    IRREVERSIBLE_MAO_INHIBITORS,
    REVERSIBLE_MAO_INHIBITORS,
    SERT_INHIBITORS,
    Monoamine,
    dat_occupancy,
    gaba_gain,
    mao_inhibition,
    mao_transitions,
    sert_occupancy,
)

P, M = fill(Comparators, evidence().value), fill(Monoamine, evidence().value)
MATRIX, ENTRY = rate_matrix(P), entry_matrices()[..., 0]


DOSES = 64
"""Doses are padded with empty ones to a multiple of this, unless there is one alone: few programs serve all regimens."""


@jax.jit
def superposed(starts, amounts, time):
    """States [drug, state] at a time (h) after doses of each drug [dose] (µmol) at their starts."""

    def one(start, amount):
        lapse = jnp.maximum(time - start, 0)
        propagate, _ = jax.vmap(exact_step, in_axes=(0, 0, None))(MATRIX, ENTRY[..., None], lapse)
        return jnp.einsum("dij,dj->di", propagate, ENTRY * amount[:, None]) * (start <= time)

    return jax.vmap(one)(starts, amounts).sum(0)


def states_after(starts, amounts, time):
    """The same, with empty doses behind the others."""
    more = -len(starts) % DOSES if len(starts) > 1 else 0
    return superposed(jnp.pad(starts, (0, more)), jnp.pad(amounts, ((0, more), (0, 0))), time)


def regimen(drug, milligrams, count, every=24.0):
    which = DRUGS.index(drug)
    starts = every * jnp.arange(float(count))
    amounts = jnp.zeros((count, len(DRUGS))).at[:, which].set(milligrams / P.molar_mass[which])
    return starts, amounts


def filled(concentrations):
    """Occupancy of the serotonin transporter by all that is there."""
    return sert_occupancy(M, concentrations[..., molecule_index(SERT_INHIBITORS)])


def occupancy(drug, milligrams, count, after_last):
    """Transporter occupancy some hours after the last of daily doses."""
    starts, amounts = regimen(drug, milligrams, count)
    return float(filled(site_concentration(states_after(starts, amounts, starts[-1] + after_last))))


def plasma(drug, milligrams, times, molecule=None):
    starts, amounts = regimen(drug, milligrams, 1)
    states = jax.vmap(lambda t: states_after(starts, amounts, t))(jnp.asarray(times))
    return np.asarray(plasma_concentration(P, states))[:, MOLECULES.index(molecule or drug)]


def test_channels_of_the_grid_end_with_these():
    assert CHANNELS[-len(DRUGS) :] == DRUGS


def test_nothing_is_lost_or_made():
    flows = np.asarray(MATRIX)[:, : len(POOLS), : len(POOLS)]
    np.testing.assert_allclose(flows.sum(1), 0, atol=1e-14)
    assert np.all(flows - np.einsum("dii,ij->dij", flows, np.eye(len(POOLS))) >= 0)


def test_exposure_is_dose_times_bioavailability_over_clearance():
    stay = [STATES.index(name) for name in ("gut", "central", "peripheral", "metabolite", "site", "metabolite_site")]
    # A compartment without flow keeps its zero and has no time of its own.
    for index, drug in enumerate(DRUGS):
        keep = [
            i
            for i in stay
            if (float(P.peripheral_flow[index]) > 0 or STATES[i] != "peripheral")
            and (drug in FORMED.values() or not STATES[i].startswith("metabolite"))
        ]
        A = np.asarray(MATRIX)[index][np.ix_(keep, keep)]
        area = -np.linalg.solve(A, np.asarray(ENTRY)[index][keep])
        arrives = float(P.bioavailability[index]) if drug != "midazolam" else 1.0
        expected = arrives / float(P.clearance[index])
        assert area[keep.index(STATES.index("central"))] / float(P.central_volume[index]) == pytest.approx(expected, rel=1e-12)
        assert area[keep.index(STATES.index("site"))] == pytest.approx(expected, rel=1e-12)
        for place, (metabolite, parent) in enumerate(FORMED.items()):
            if parent == drug:
                ratio = float(P.formed_share[place] * P.clearance[index] / P.metabolite_clearance[place])
                own = area[keep.index(STATES.index("metabolite"))] / float(P.metabolite_volume[place])
                assert own == pytest.approx(ratio * expected, rel=1e-12), metabolite
                assert area[keep.index(STATES.index("metabolite_site"))] == pytest.approx(own, rel=1e-12)


def test_one_compartment_follows_bateman():
    index, times = DRUGS.index("sertraline"), np.linspace(0.1, 72, 30)
    ka, k = np.log(2) / float(P.absorption_half_life[index]), float(P.clearance[index] / P.central_volume[index])
    dose = 50 / float(P.molar_mass[index]) * float(P.bioavailability[index]) / float(P.central_volume[index])
    np.testing.assert_allclose(
        plasma("sertraline", 50, times), dose * ka / (ka - k) * (np.exp(-k * times) - np.exp(-ka * times)), rtol=1e-10
    )


def test_a_metabolite_follows_three_exponentials():
    index, times = DRUGS.index("fluoxetine"), np.linspace(1, 1000, 40)
    place = list(FORMED).index("norfluoxetine")
    k = float(P.clearance[index] / P.central_volume[index])
    rates = np.array(
        [np.log(2) / float(P.absorption_half_life[index]), k, float(P.metabolite_clearance[place] / P.metabolite_volume[place])]
    )
    formed = 20 / float(P.molar_mass[index]) * float(P.bioavailability[index] * P.formed_share[place] / P.metabolite_volume[place])
    shapes = [np.exp(-rate * times) / np.prod(np.delete(rates, i) - rate) for i, rate in enumerate(rates)]
    np.testing.assert_allclose(plasma("fluoxetine", 20, times, "norfluoxetine"), formed * rates[0] * k * sum(shapes), rtol=1e-9)


def test_what_nothing_is_formed_from_leaves_no_metabolite():
    own = [STATES.index(name) for name in ("metabolite", "metabolite_site")]
    for index, drug in enumerate(DRUGS):
        assert np.any(np.asarray(MATRIX)[index][own] != 0) == (drug in FORMED.values())


@pytest.mark.parametrize(("drug", "every", "count"), [("moclobemide", 8.0, 60), ("fluoxetine", 24.0, 365), ("bupropion", 12.0, 90)])
def test_doses_accumulate_to_where_one_replaces_what_an_interval_loses(drug, every, count):
    index = DRUGS.index(drug)
    lives = [i for i, name in enumerate(STATES) if name != "eliminated" and np.asarray(MATRIX)[index][i, i] != 0]
    starts, amounts = regimen(drug, 100, count, every)
    last = np.asarray(states_after(starts, amounts, starts[-1]))[index][lives]
    over_an_interval = scipy.linalg.expm(np.asarray(MATRIX)[index] * every)[np.ix_(lives, lives)]
    dose = (np.asarray(ENTRY)[index] * float(amounts[0, index]))[lives]
    np.testing.assert_allclose(last, np.linalg.solve(np.eye(len(lives)) - over_an_interval, dose), rtol=1e-8)


def test_closed_form_agrees_with_integration():
    for index in range(len(DRUGS)):
        A = np.asarray(MATRIX)[index]
        run = scipy.integrate.solve_ivp(lambda t, x, A=A: A @ x, (0, 48), np.asarray(ENTRY)[index], "LSODA", [48.0], rtol=1e-12, atol=1e-14)
        starts, amounts = jnp.zeros(1), jnp.ones((1, len(DRUGS)))
        np.testing.assert_allclose(states_after(starts, amounts, 48.0)[index], run.y[:, -1], atol=1e-9)


BRIEF = ("midazolam", "tranylcypromine", "moclobemide")


def half_life(drug):
    early, late = (20.0, 30.0) if drug in BRIEF else (150.0, 200.0)
    first, last = plasma(drug, 10, [early, late])
    return (late - early) * np.log(2) / np.log(first / last)


def peak_time(drug):
    times = np.linspace(0.05, 12, 600)
    return times[plasma(drug, 10, times).argmax()]


def test_escitalopram_is_as_observed():
    assert 27 < half_life("escitalopram") < 33
    assert 3 < peak_time("escitalopram") < 4
    starts, amounts = regimen("escitalopram", 10, 40)
    trough = [float(plasma_concentration(P, states_after(starts, amounts, day * 24.0 - 1e-6))[0]) for day in (10, 40)]
    assert trough[0] > 0.99 * trough[1]


@pytest.mark.parametrize(
    ("drug", "half", "low", "high"),
    [
        ("sertraline", 26, 4.5, 8.4),
        ("phenelzine", 11.6, 0.6, 0.85),
        ("citalopram", 31.6, 2, 4),
        ("fluoxetine", 120, 6, 8),
        ("tranylcypromine", 2.3, 0.67, 3.5),
        ("moclobemide", 2.6, 0.7, 1.3),
        ("bupropion", 21, 2, 4),
    ],
)
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
        ("klein2007.citalopram_6h", "citalopram", 20, 10, 6.0),
        ("klein2007.citalopram_54h", "citalopram", 20, 10, 54.0),
    ],
)
def test_occupancy_is_within_its_spread(target, drug, milligrams, count, after):
    observed = evidence().target(target)
    assert observed.lower <= occupancy(drug, milligrams, count, after) <= observed.upper


def test_occupancy_falls_more_slowly_than_plasma():
    starts, amounts = regimen("escitalopram", 10, 10)
    early, late = (states_after(starts, amounts, starts[-1] + hours) for hours in (6.0, 54.0))
    in_plasma = plasma_concentration(P, late)[0] / plasma_concentration(P, early)[0]
    in_brain = filled(site_concentration(late)) / filled(site_concentration(early))
    assert float(in_brain) > 1.5 * float(in_plasma)


def test_occupancy_is_a_share_that_saturates_and_competition_never_adds_up():
    alone = jnp.asarray([[0.0, 0], [0.01, 0], [0, 0.01], [0.01, 0.01], [1e9, 1e9], [0, 0]])
    elsewhere = [place for place, name in enumerate(MOLECULES) if name not in SERT_INHIBITORS]
    alone = jnp.pad(alone, ((0, 0), (0, len(MOLECULES) - 2))).at[-1, jnp.array(elsewhere)].set(5.0)
    none, first, second, both, full, others = np.asarray(filled(alone))
    assert none == others == 0
    assert max(first, second) < both < first + second
    assert full == pytest.approx(float(M.sert_plateau), rel=1e-6)
    # What competes for one site: odds of the filled share add.
    odds = [each / (float(M.sert_plateau) - each) for each in (first, second, both)]
    assert odds[2] == pytest.approx(odds[0] + odds[1], rel=1e-12)


def test_a_drug_and_its_metabolite_compete_as_one_by_their_potencies():
    ratio = float(M.dat_affinity[DAT_INHIBITORS.index("bupropion")] / M.dat_affinity[DAT_INHIBITORS.index("hydroxybupropion")])
    alone, both = dat_occupancy(M, jnp.array([3.0, 0.0])), dat_occupancy(M, jnp.array([1.0, 2 * ratio]))
    assert float(alone) == pytest.approx(float(both), rel=1e-12)
    assert float(dat_occupancy(M, jnp.array([1.0, 0.0]) / M.dat_affinity)) == pytest.approx(1 / 2)


def test_after_fluoxetine_its_metabolite_holds_the_transporter():
    starts, amounts = regimen("fluoxetine", 20, 42)
    at_site = site_concentration(states_after(starts, amounts, starts[-1] + 28 * 24))
    parent, formed = (float(at_site[MOLECULES.index(name)]) for name in ("fluoxetine", "norfluoxetine"))
    assert formed > 3 * parent
    assert float(filled(at_site)) > float(filled(at_site.at[MOLECULES.index("norfluoxetine")].set(0))) * 2


def test_what_is_held_follows_the_drug_and_what_is_destroyed_does_not():
    c = jnp.asarray([[0.0], [1.0], [10.0], [1.0], [0.0]]) / M.mao_affinity
    np.testing.assert_allclose(mao_inhibition(M, c), [0, 1 / 2, 10 / 11, 1 / 2, 0], rtol=1e-12)
    destroyed = 1 - kept(1.0, np.full(2, 0.2), 240.0)
    still = 1 - kept(1 - destroyed, np.zeros(2), 24.0)
    assert still == pytest.approx(destroyed * 2 ** (-24 / float(M.mao_turnover)), rel=1e-12)


def test_held_enzyme_is_not_destroyed():
    free, half, full = (kept(1.0, np.full(2, 0.2), 24.0, held) for held in (0.0, 0.5, 1.0))
    assert free < half < full == pytest.approx(1, rel=1e-12)


def test_two_destroyers_add_their_rates():
    both = jnp.asarray([[0.2, 0.1]])
    made, lost = mao_transitions(M, both, jnp.zeros(1))
    assert float(lost[0]) == pytest.approx(float(both[0] @ M.mao_inactivation), rel=1e-14)
    assert float(made[0]) == pytest.approx(np.log(2) / float(M.mao_turnover))


def test_without_phenelzine_the_enzyme_rests_at_one_and_comes_back_by_its_turnover():
    for start, end in ((1.0, 1.0), (0.5, 0.75)):
        after_a_half_life = kept(start, np.zeros(2), float(M.mao_turnover))
        assert after_a_half_life == pytest.approx(end, rel=1e-12)


def test_under_a_constant_concentration_the_enzyme_settles_where_turnover_meets_loss():
    k, loss = np.log(2) / float(M.mao_turnover), float(M.mao_inactivation[PHENELZINE]) * 0.2
    assert kept(0.9, np.full(2, 0.2), 1e4) == pytest.approx(k / (k + loss), rel=1e-12)


PHENELZINE = IRREVERSIBLE_MAO_INHIBITORS.index("phenelzine")


def kept(start, concentrations, hours, held=0.0):
    """MAO-A that is left after one step with phenelzine, while a share is held by another drug."""
    phenelzine = jnp.zeros((2, len(IRREVERSIBLE_MAO_INHIBITORS))).at[:, PHENELZINE].set(concentrations)
    made, lost = mao_transitions(M, phenelzine, jnp.full(2, held))
    return float(occupancy_course(jnp.asarray(start), made, lost, Steps(jnp.asarray([hours]), jnp.zeros(1, int)))[-1])


@jax.jit
def active_enzyme(milligrams, inactivation, given):
    """MAO-A left at the end of each hour, exactly for the site in the middle of it; ``given`` (hour, drug) is 1 where a dose starts one."""
    amounts, k = given * milligrams / P.molar_mass[: len(DRUGS)], jnp.log(2) / M.mao_turnover
    propagate, _ = jax.vmap(exact_step, in_axes=(0, 0, None))(MATRIX, ENTRY[..., None], jnp.asarray(1 / 2))

    def half(states):
        return jnp.einsum("dij,dj->di", propagate, states)

    def hour(now, amount):
        states, active = now
        middle = half(states + ENTRY * amount[:, None])
        rate = k + inactivation @ site_concentration(middle)[: len(DRUGS)]
        active = k / rate + (active - k / rate) * jnp.exp(-rate)
        return (half(middle), active), active

    return jax.lax.scan(hour, (jnp.zeros(ENTRY.shape), jnp.ones(())), amounts)[1]


def enzyme(milligrams, days, drug="phenelzine"):
    """MAO-A left at the end of each day of one daily dose."""
    which = DRUGS.index(drug)
    inactivation = jnp.zeros(len(DRUGS)).at[which].set(M.mao_inactivation[IRREVERSIBLE_MAO_INHIBITORS.index(drug)])
    given = jnp.zeros((24 * days, len(DRUGS))).at[::24, which].set(1)
    return np.asarray(active_enzyme(milligrams, inactivation, given))[23::24]


def test_six_weeks_of_phenelzine_leave_the_observed_share():
    observed = evidence().target("chiuccariello2015.occupancy")
    for milligrams in (45, 60):
        assert observed.lower <= 1 - enzyme(milligrams, 42)[-1] <= observed.upper


def test_tranylcypromine_destroys_as_much_as_phenelzine():
    assert enzyme(30, 42, "tranylcypromine")[-1] == pytest.approx(enzyme(52.5, 42)[-1], rel=0.1)


@pytest.mark.parametrize(
    ("target", "milligrams"), [("chiuccariello2015.moclobemide", 150.0), ("chiuccariello2015.moclobemide_high", 350.0)]
)
def test_moclobemide_holds_the_observed_share_over_a_day(target, milligrams):
    starts, amounts = regimen("moclobemide", milligrams, 30, 8.0)
    at_site = jax.vmap(lambda t: site_concentration(states_after(starts, amounts, t)))(starts[-1] + jnp.linspace(0, 8, 65))
    held = mao_inhibition(M, at_site[:, molecule_index(REVERSIBLE_MAO_INHIBITORS)])
    observed = evidence().target(target)
    assert observed.lower <= float(jnp.trapezoid(held, dx=1 / 64)) <= observed.upper


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
    assert float(gaba_gain(M, M.gaba_ec50)) == pytest.approx(1 + float(M.gaba_potentiation) / 2)


def test_the_grid_of_tablets_reaches_every_dose():
    starts, amounts = regimen("escitalopram", 10, 42)
    grid = time_grid(
        [Pulse(float(t), 0.0, "escitalopram", float(a[0]), slowly_absorbed=True) for t, a in zip(starts, amounts, strict=True)], 1008.0
    )
    given = grid.bolus[:, CHANNELS.index("escitalopram")]
    assert np.sum(given > 0) == 42
    np.testing.assert_allclose(grid.padded_times[:-1][given > 0], starts, atol=1e-9)


AMOUNTS = np.linspace(0.1, 2, len(DRUGS) * len(STATES)).reshape(len(DRUGS), len(STATES))
INTO_SITES = [(STATES.index(site), STATES.index(pool)) for site, pool in (("site", "central"), ("metabolite_site", "metabolite"))]
EQUATIONS = {
    "comparators, amounts": ("physiology.comparators", lambda p: rate_matrix(p)[:, : len(POOLS), : len(POOLS)], [], HOURLY),
    "comparators, into the site": (
        "physiology.comparators",
        lambda p: jnp.stack([rate_matrix(p)[:, *way] for way in INTO_SITES]),
        [],
        "1/(h*L)",
    ),
    "comparators, at the site": (
        "physiology.comparators",
        lambda p: jnp.stack([rate_matrix(p)[:, i, i] for i, _ in INTO_SITES]),
        [],
        HOURLY,
    ),
    "plasma concentration": ("physiology.comparators", plasma_concentration, [(AMOUNTS, "umol")], "uM"),
    "site concentration": ("physiology.comparators", lambda p, x: site_concentration(x), [(AMOUNTS, "uM")], "uM"),
    "transporter occupancy": ("physiology.monoamine", sert_occupancy, [(np.linspace(0.01, 0.2, len(SERT_INHIBITORS)), "uM")], ONE),
    "dopamine transporter": ("physiology.monoamine", dat_occupancy, [(np.linspace(0.01, 0.2, len(DAT_INHIBITORS)), "uM")], ONE),
    "inhibited enzyme": ("physiology.monoamine", mao_inhibition, [(np.array([0.3]), "uM")], ONE),
    "enzyme": (
        "physiology.monoamine",
        lambda p, c, held: jnp.stack(mao_transitions(p, c, held)),
        [(np.linspace(0.1, 0.2, len(IRREVERSIBLE_MAO_INHIBITORS)), "uM"), (0.3, ONE)],
        HOURLY,
    ),
    "inhibitory gain": ("physiology.monoamine", gaba_gain, [(0.1, "uM")], ONE),
}
