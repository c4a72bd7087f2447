import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.analysis.trapping import largest_trapped_share
from euthymia.biophysics.magnesium import magnesium_constant, magnesium_unblock
from euthymia.core.numerics.exponential import Steps
from euthymia.core.numerics.occupancy import occupancy_course
from euthymia.core.types import CELL_CLASSES, SITES
from euthymia.links import LIMBIC, PYRAMIDAL, RESTING
from euthymia.receptors.nmdar import (
    BLOCKERS,
    CLASS_OF_SITE,
    LIGANDS,
    Blockers,
    drive_loss,
    drive_losses,
    only_ketamine,
    pore_block,
    racemate_equivalents,
    resting_unblock,
    trapping_rates,
)

FASTEST_SLOW_STATE = 30.0
"""1/h; the design's bound on slow states."""


def with_values(module, **changes):
    return dataclasses.replace(module, **{name: jnp.asarray(value, float) for name, value in changes.items()})


@pytest.fixture
def receptor(model):
    return model.physiology.receptor


@pytest.mark.parametrize(("voltage", "unblocked"), [(-65.0, 0.0597), (0.0, 0.7812)])
def test_magnesium_unblock_is_the_published_closed_form(receptor, voltage, unblocked):
    assert float(magnesium_unblock(receptor.magnesium, jnp.asarray(voltage))) == pytest.approx(unblocked, abs=5e-5)


def test_a_racemate_is_worth_itself_and_its_hands_average_to_it(receptor):
    def worth(*ligands):
        return float(racemate_equivalents(receptor, jnp.zeros(len(LIGANDS)).at[: len(ligands)].set(jnp.array(ligands))))

    assert worth(0.5, 0.5, 0.0, 0.0) == pytest.approx(1.0, rel=1e-14)
    assert worth(1.0, 0.0, 0.0, 0.0) / worth(0.0, 1.0, 0.0, 0.0) == pytest.approx(1.4 / 0.3, rel=1e-12)
    assert worth(1.0, 0.0, 0.0, 0.0) / worth(0.0, 0.0, 1.0, 0.0) == pytest.approx(1.7 / 0.3, rel=1e-12)


@pytest.mark.parametrize("subunit", range(4))
def test_half_block_shifts_with_magnesium_as_competition_demands(receptor, subunit):
    pure = with_values(receptor, composition=np.tile(np.eye(4)[subunit], (len(CELL_CLASSES), 1)))
    V = receptor.voltage
    K = receptor.affinity[subunit] * jnp.exp((V - receptor.reference_voltage) / receptor.voltage_slope)
    magnesium = receptor.magnesium
    K_mg = magnesium_constant(magnesium, V) * magnesium.subunit_scale[subunit]
    half = K * (1 + magnesium.concentration / K_mg)
    np.testing.assert_allclose(jnp.diagonal(pore_block(pure, only_ketamine(half))), 0.5, rtol=1e-12)


def test_block_and_loss_rise_from_nothing_to_everything(receptor):
    c = jnp.concatenate([jnp.zeros(1), jnp.logspace(-4, 8, 60)])
    for word in (pore_block, drive_loss):
        values = word(receptor, only_ketamine(c))
        np.testing.assert_allclose(values[0], 0, atol=1e-15)
        np.testing.assert_allclose(values[-1], 1, atol=1e-6)
        assert jnp.all(jnp.diff(values, axis=0) > 0)
    np.testing.assert_allclose(jnp.diagonal(drive_loss(receptor, only_ketamine(receptor.drive_ic50))), 0.5)


ACTIVE = jnp.ones(len(SITES))


def test_bound_relaxes_exactly_to_its_equilibrium(receptor):
    # At constant concentration a two-state scheme has a closed form, and its probabilities sum to one.
    c, V = jnp.asarray(0.35), receptor.voltage[CLASS_OF_SITE]
    on = receptor.open_probability * receptor.on_rate * jnp.exp(-(V - receptor.reference_voltage) / receptor.voltage_slope)
    on = on * c * magnesium_unblock(receptor.magnesium, V)
    off = receptor.open_probability * receptor.off_rate
    lengths = jnp.array([0.05, 0.3, 1.0, 5.0])
    steps = Steps(lengths, jnp.arange(len(lengths)))
    binding, leaving = (
        jnp.tile(rate, (len(lengths) + 1, 1)) for rate in trapping_rates(receptor, only_ketamine(c), ACTIVE, resting_unblock(receptor))
    )
    found = occupancy_course(jnp.zeros(len(SITES)), binding, leaving, steps)
    free = occupancy_course(jnp.ones(len(SITES)), leaving, binding, steps)
    t = jnp.cumsum(lengths)[:, None]
    np.testing.assert_allclose(found[1:], on / (on + off) * (1 - jnp.exp(-(on + off) * t)), rtol=1e-11)
    np.testing.assert_allclose(found + free, 1, atol=1e-10)


def test_no_constant_opening_traps_more_than_the_bound_and_one_comes_near(receptor):
    peak, half_life, after = 2.8, 13 / 60, 24.0
    hours = np.concatenate([np.linspace(0, 12 * half_life, 600), [after]])
    steps = Steps(jnp.diff(jnp.asarray(hours)), jnp.arange(len(hours) - 1))
    concentration = jnp.asarray(peak * 2 ** (-hours / half_life)).at[-1].set(0)
    bound = largest_trapped_share(receptor, peak * half_life / np.log(2), after)
    unblocked = resting_unblock(receptor)

    def kept(opening):
        same = with_values(receptor, open_probability=jnp.full(len(SITES), opening))
        binding, leaving = jax.vmap(lambda c: trapping_rates(same, only_ketamine(c), ACTIVE, unblocked))(concentration)
        return float(occupancy_course(jnp.zeros(len(SITES)), binding, leaving, steps)[-1, SITES.index("habenula_burst")])

    best = 1 / (float(receptor.off_rate) * after)
    shares = [kept(best * factor) for factor in (0.01, 0.3, 1, 3, 100)]
    assert max(shares) == shares[2] == pytest.approx(bound, rel=0.05)


def test_closed_channels_neither_bind_nor_release_and_magnesium_keeps_the_drug_out(receptor):
    c = jnp.asarray(0.35)
    assert all(float(rate.max()) == 0 for rate in trapping_rates(receptor, only_ketamine(c), 0 * ACTIVE, resting_unblock(receptor)))
    binding, leaving = trapping_rates(receptor, only_ketamine(c), ACTIVE, 0 * ACTIVE)
    assert float(binding.max()) == 0
    assert float(leaving.min()) > 0


def test_occupancy_is_slow_at_any_clinical_concentration(receptor):
    # All but where bursts hold the channels open; passive states are solved exactly, however fast they are.
    slow = jnp.array([site != "habenula_burst" for site in SITES])
    for c in (0.0, 0.35, 10.0):
        rates = sum(trapping_rates(receptor, only_ketamine(jnp.asarray(c)), ACTIVE, resting_unblock(receptor)))[slow]
        assert jnp.all(rates < FASTEST_SLOW_STATE), (c, rates)


def test_occupancy_stays_a_probability(reference_run):
    for word in ("bound", "pore_block", "drive_loss"):
        assert float(reference_run.data[word].min()) >= 0
        assert float(reference_run.data[word].max()) <= 1


def test_each_cell_class_is_made_of_whole_receptors(receptor):
    np.testing.assert_allclose(receptor.composition.sum(1), 1, atol=1e-12)


def only(blocker, concentration):
    return Blockers(jnp.zeros(()), concentration * jnp.array([float(name == blocker) for name in BLOCKERS]))


@pytest.mark.parametrize("blocker", BLOCKERS)
def test_another_blocker_loses_the_drive_that_its_own_pore_block_says(receptor, blocker):
    given = only(blocker, 0.4)
    np.testing.assert_allclose(drive_loss(receptor, given), pore_block(receptor, given), rtol=1e-12)


def test_blockers_compete_for_one_site(receptor):
    """Two halves of one molecule are the whole, and each blocker leaves less for the other."""
    ketamine, memantine = only_ketamine(jnp.asarray(0.35)), only("memantine", 0.4)
    both = Blockers(ketamine.ketamine, memantine.others)
    for word in (pore_block, drive_loss):
        apart = [word(receptor, alone) for alone in (ketamine, memantine)]
        together = word(receptor, both)
        assert jnp.all(together > jnp.maximum(*apart))
        assert jnp.all(together < sum(apart))


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_receptors_at_rest_see_as_much_of_a_blocker_as_it_engages(receptor, share):
    p = with_values(receptor, resting_engagement=[share, 1.0], ic50_ratio=[1.0, 1.0])
    losses = drive_losses(p, only("memantine", 0.4))
    odds = losses / (1 - losses)
    assert float(odds[RESTING]) == pytest.approx(share * float(odds[PYRAMIDAL]))
    assert float(odds[LIMBIC]) == pytest.approx(float(odds[PYRAMIDAL]))
    ketamine = drive_losses(p, only_ketamine(jnp.asarray(0.35)))
    np.testing.assert_allclose(ketamine[jnp.array([LIMBIC, RESTING])], ketamine[PYRAMIDAL], rtol=1e-14)


def test_a_potency_of_their_own_scales_the_odds_of_ketamine_alone(receptor):
    p = with_values(receptor, ic50_ratio=[0.5, 4.0])
    losses = drive_losses(p, only_ketamine(jnp.asarray(0.35)))
    odds = losses / (1 - losses)
    np.testing.assert_allclose(odds[jnp.array([LIMBIC, RESTING])] / odds[PYRAMIDAL], [2.0, 0.25], rtol=1e-12)
    others = [drive_losses(q, only("memantine", 0.4)) for q in (p, receptor)]
    np.testing.assert_allclose(*others, rtol=1e-14)


def test_memantine_is_blocked_by_magnesium_as_much_as_was_recalled(receptor):
    """Half-blocks in 1 mM Mg2+ of GluN2A and 2B, on which no row was set (Kotermanski & Johnson 2009, from memory: 13 and 10 uM)."""
    for subunit, recalled in enumerate((13.0, 10.0)):
        pure = with_values(receptor, composition=np.tile(np.eye(4)[subunit], (len(CELL_CLASSES), 1)))
        assert float(pore_block(pure, only("memantine", recalled))[0]) == pytest.approx(0.5, abs=0.04)


def test_what_no_closing_channel_traps_is_not_bound(receptor):
    binding, _ = trapping_rates(receptor, only("memantine", 0.4), ACTIVE, resting_unblock(receptor))
    assert float(binding.max()) == 0
    trapped = with_values(receptor, trapped_share=[1.0, 1.0])
    binding, _ = trapping_rates(trapped, only("memantine", 0.4), ACTIVE, resting_unblock(receptor))
    assert float(binding.min()) > 0
