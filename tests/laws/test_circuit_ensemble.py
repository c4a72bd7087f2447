"""Prefrontal circuits drawn from priors and held against evidence: laws of the draws, of what ships, and of courses over them."""

import re
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from euthymia.analysis.circuit_conditions import (
    CHANGE,
    CONDITIONS,
    HIGH,
    PARVALBUMIN_FIRST,
    REVERSED_IN_SLICE,
    SETTLED,
    first_reached,
    met,
    readouts,
)
from euthymia.analysis.dose_response import drawn, rates_at
from euthymia.analysis.ensemble_course import over_ensemble
from euthymia.analysis.relief_over_circuits import at_own_potency, at_shared_potency
from euthymia.analysis.standard_infusion import standard_infusion
from euthymia.circuits.prefrontal import E
from euthymia.core.errors import InputError
from euthymia.core.numerics.lag import lagged
from euthymia.core.types import CORTICAL, DRIVES
from euthymia.evidence.circuit_ensemble import conditioning
from euthymia.inference.circuit_ensemble import acceptance, conditioned, distances, left_out, members, widened
from euthymia.inference.circuit_summary import conditioned_summary, summary
from euthymia.links import LIMBIC, PYRAMIDAL, RESTING
from euthymia.model.circuits import alone, rows_of_split, split_of, with_split
from euthymia.model.default import model_at
from euthymia.population.patients import circuit_of
from euthymia.receptors.nmdar import drive_losses, only_ketamine
from euthymia.simulation.over_circuits import FEW, QUANTITIES, over_circuits, spread_over
from euthymia.simulation.simulate import simulate

DRAWS, SEED = 20_000, 3
STANDARD_ERRORS = 4


@pytest.fixture(scope="module")
def experiment(model):
    return standard_infusion(model)


@pytest.fixture(scope="module")
def found(model, experiment):
    return conditioned(model.physiology, model.dose_curve, experiment, DRAWS, SEED)


def numbers(splits):
    return np.hstack([np.asarray(leaf) for leaf in jax.tree.leaves(splits)])


def test_a_lag_is_exact_where_its_input_is_linear_between_nodes():
    times, course, tau = np.array([0, 0.2, 0.25, 1.0, 4.0]), np.array([1.0, 3.0, -1.0, 2.0, 2.0]), 0.6
    slope = solve_ivp(
        lambda t, y: (np.interp(t, times, course) - y) / tau, (0, 4), [0.0], t_eval=times, rtol=1e-10, atol=1e-12, max_step=0.05
    )
    np.testing.assert_allclose(lagged(jnp.asarray(course), jnp.diff(times), jnp.asarray(tau)), slope.y[0], atol=1e-7)


def test_a_threshold_is_first_reached_between_doses_or_never():
    doses, change = jnp.array([0.0, 1.0, 2.0, 4.0]), jnp.array([0.0, 0.05, 0.15, -1.0])
    assert float(first_reached(doses, change, 0.1)) == pytest.approx(1.5)
    assert float(first_reached(doses, change, -0.5)) == 0
    assert np.isinf(first_reached(doses, change, 0.2))


def test_readouts_are_what_the_whole_model_does(model, experiment, reference_run):
    """The typical circuit's, against the reference run, which has another time grid and the slow states."""
    read = readouts(model.physiology, experiment, alone(split_of(model.physiology)))
    end = reference_run.protocol.doses[0].duration
    during = reference_run.data.measured_glutamate.sel(arm="as given", time=slice(0, end))
    assert float(read.glutamine[0]) == pytest.approx(float(during.integrate("time")) / end, rel=0.01)
    healthy = rates_at(model.physiology.prefrontal, 1 / (1 + HIGH / split_of(model.physiology).drive_ic50)[None], jnp.ones(()))[0, E]
    assert float(read.high[0]) == pytest.approx(float(healthy) - 1, rel=1e-9)
    concentrations = np.linspace(0, HIGH, 2001)
    losses = concentrations[:, None] / (concentrations[:, None] + np.asarray(split_of(model.physiology).drive_ic50))
    curve = np.asarray(rates_at(model.physiology.prefrontal, jnp.asarray(1 - losses), jnp.ones(())))[:, E]
    assert float(read.rise[0]) == pytest.approx(concentrations[np.argmax(curve >= (1 + CHANGE) * curve[0])], rel=0.05)


def test_every_draw_settles_and_only_what_meets_every_condition_is_kept(found):
    assert found.read.residual.max() < SETTLED
    margins = np.stack([condition.margin(found.read) for condition in CONDITIONS])
    np.testing.assert_array_equal(found.accepted, np.flatnonzero((margins > 0).all(0)))
    unsettled = found.read._replace(residual=np.full(DRAWS, 1.0))
    assert not met(unsettled).any()


def test_shares_fall_with_every_condition_and_are_those_of_counting(found):
    shares = acceptance(found)
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == pytest.approx(len(found.accepted) / DRAWS)
    # Of those that meet all others, the share that meets one more is what is left over them.
    for which, share in enumerate(left_out(found)):
        others = np.delete(found.met, which, 0).all(0).sum()
        assert share == pytest.approx(len(found.accepted) / others)


def test_another_seed_gives_what_ships_within_its_error(found):
    stored = conditioning()
    for share, of_condition in zip(acceptance(found), stored["conditions"].values(), strict=True):
        shipped = of_condition["with_those_before"]
        assert share == pytest.approx(shipped, abs=STANDARD_ERRORS * np.sqrt(shipped / DRAWS))
    rise = np.median(found.read.peak[found.accepted, E])
    error = stored["error_of_median"] * np.sqrt(100 / len(found.accepted))
    assert rise == pytest.approx(stored["results"]["pyramidal"][1], abs=STANDARD_ERRORS * error)


def test_the_sign_comes_from_the_slices(found):
    rising = found.read.peak[:, E] > 0
    assert rising.mean() < 0.2
    assert rising[met(found.read, CONDITIONS[:2]).all(0)].mean() > 0.9
    assert rising[met(found.read, REVERSED_IN_SLICE).all(0)].mean() < 0.1
    strict = met(found.read, (PARVALBUMIN_FIRST,))[0]
    assert not (strict & ~found.met[2]).any()


def test_the_number_that_carries_the_sign_is_the_background_of_pyramidal_cells(found):
    apart = distances(found)
    assert int(np.argmax(np.hstack(jax.tree.leaves(apart)))) == int(np.argmax(apart.tonic_share)) + len(CORTICAL)
    assert CORTICAL[int(np.argmax(apart.tonic_share))] == "pyramidal"


def test_without_drive_to_spare_nothing_rises_and_nothing_falls(model, experiment, found):
    """In the circuits that are left: where interneurons keep their drive no rise, where pyramidal cells do no fall."""
    kept = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[found.accepted]), found.splits)
    pyramidal_alone = replace(kept, drive_ic50=kept.drive_ic50.at[:, E + 1 :].set(jnp.inf))
    interneurons_alone = replace(kept, drive_ic50=kept.drive_ic50.at[:, E].set(jnp.inf))
    assert float(readouts(model.physiology, experiment, pyramidal_alone).peak[:, E].max()) < 0
    assert float(readouts(model.physiology, experiment, interneurons_alone).high.min()) > 0


def test_priors_that_leave_nothing_are_named_with_the_best_draw(model, experiment):
    high = replace(model.dose_curve, tonic_share=jnp.array([0.35, 0.4]))
    with pytest.raises(
        InputError, match=r"circuits: none of 500 draws meets every condition; the best meets [0-3] of 4 and misses .* by "
    ) as error:
        conditioned(model.physiology, high, experiment, 500, SEED)
    assert "\n" not in str(error.value)


def test_of_the_draws_that_meet_most_the_one_that_misses_least_is_named(model, experiment):
    """In whatever order they are drawn."""
    high = replace(model.dose_curve, tonic_share=jnp.array([0.35, 0.4]))
    splits = drawn(high, jax.random.key(SEED), 500)
    read = jax.tree.map(np.asarray, readouts(model.physiology, experiment, splits))
    meets = met(read).sum(0)
    margins = np.stack([condition.margin(read) for condition in CONDITIONS])
    missing = np.where(met(read), 0, np.where(np.isfinite(margins), -margins, HIGH)).sum(0)[meets == meets.max()]
    with pytest.raises(InputError) as error:
        conditioned(model.physiology, high, experiment, 500, SEED)
    amounts = [float(number) / (100 if unit == "%" else 1) for number, unit in re.findall(r"” by ([\d.e+-]+) (%|µM)", str(error.value))]
    assert sum(amounts) + HIGH * str(error.value).count("by all there is") == pytest.approx(missing.min(), rel=0.06)


@pytest.mark.parametrize(
    ("name", "edges"), [("nmda_share", (0.1, 1.5)), ("tonic_share", (0.4, 0.1)), ("tonic_share", (-0.1, 0.4)), ("ic50", (0.0, 5.0))]
)
def test_edges_that_are_no_prior_are_named(model, experiment, name, edges):
    with pytest.raises(InputError, match=f"dose_curve.{name}: .* is no prior"):
        conditioned(model.physiology, replace(model.dose_curve, **{name: jnp.array(edges)}), experiment, 100, SEED)


def test_a_variant_may_leave_no_circuit(model):
    few = conditioned_summary(model, 5000, 2)
    assert few["accepted"] > 0
    assert few["variants"]["priors half as wide"] | {"rising": None} == {
        "accepted": 0,
        "rising": None,
        "pyramidal": None,
        "glutamine": None,
    }


def test_two_numbers_carry_the_sign_further_than_one(model, experiment, found):
    first, both = summary(model, experiment, found)["carriers"].values()
    before = float((found.read.peak[:, E] > 0).mean())
    assert before < first < both < 1


def test_few_circuits_have_no_quantiles():
    assert spread_over(1) == ((0.0, 0.5, 1.0), "1 prefrontal circuit, lowest to highest")
    assert spread_over(FEW - 1).quantiles == (0.0, 0.5, 1.0)
    assert spread_over(FEW) == ((0.05, 0.5, 0.95), f"{FEW} prefrontal circuits, 5 to 95 %")


def test_a_width_changes_nothing_at_one_and_stays_within_shares(model):
    same = widened(model.dose_curve, 1.0)
    for name in ("nmda_share", "tonic_share", "ic50"):
        np.testing.assert_allclose(getattr(same, name), getattr(model.dose_curve, name), rtol=1e-12)
    wide = widened(model.dose_curve, 5.0)
    np.testing.assert_allclose(wide.nmda_share, [0, 1])
    np.testing.assert_allclose(wide.tonic_share, [0, 1])
    draws = numbers(drawn(wide, jax.random.key(0), 100))
    assert draws.min() >= 0


def test_what_ships_meets_every_condition_and_the_middle_one_is_typical(model, experiment):
    read = jax.tree.map(np.asarray, readouts(model.physiology, experiment, model.circuits))
    assert met(read).all()
    stored = conditioning()["members"]
    assert stored["count"] == len(model.circuits.drive_ic50) >= 100
    assert rows_of_split(model.circuits.of(stored["middle"])) == rows_of_split(split_of(model.physiology))
    # In the middle of what ways read.
    assert abs(np.mean(read.peak[:, E] < read.peak[stored["middle"], E]) - 1 / 2) < 0.25


def test_members_are_the_first_that_are_left(found, experiment):
    splits, middle = members(found, experiment, 40)
    np.testing.assert_array_equal(numbers(splits), numbers(found.splits)[found.accepted[:40]])
    assert 0 <= middle < 40


def test_people_have_the_circuits_of_the_ensemble_alike(model):
    which = jax.vmap(lambda number: circuit_of(model, number))(jnp.arange(1, 6401))
    shipped = len(model.circuits.drive_ic50)
    counts = np.bincount(which, minlength=shipped)
    assert len(counts) == shipped
    expected = 6400 / shipped
    assert np.abs(counts - expected).max() < 5 * np.sqrt(expected)


def test_a_circuit_that_is_set_is_everybodys(model):
    changed = model_at({"prefrontal.tonic_share": jnp.full(4, 0.1)})
    np.testing.assert_allclose(changed.circuits.tonic_share, np.full((1, 4), 0.1))
    untouched = model_at({"links.adaptation_time": jnp.asarray(20.0)})
    assert len(untouched.circuits.drive_ic50) == len(model.circuits.drive_ic50)
    other = with_split(model.physiology, model.circuits.of(0))
    np.testing.assert_array_equal(numbers(alone(split_of(other)))[0], numbers(model.circuits)[0])


def test_the_ensemble_of_the_typical_circuit_runs_the_course_of_the_whole_model(model, reference_run):
    data = reference_run.data
    dosed = data.sel(arm="as given")
    course = over_ensemble(
        model.physiology,
        alone(split_of(model.physiology)),
        jnp.diff(jnp.asarray(data.time.values)),
        jnp.asarray(data.racemate_equivalents.values),
        jnp.asarray(data.drive_loss.sel(cell_class=list(CORTICAL)).values),
        jnp.asarray(dosed.recurrence.values),
        jnp.asarray(dosed.prefrontal_inhibition.values),
        True,
    )
    rates = dosed.prefrontal_rates.transpose("time", "cortical_class").values
    np.testing.assert_allclose(course.firing[0], rates / rates[0] - 1, atol=2e-3)
    np.testing.assert_allclose(course.glutamate[0], dosed.glutamate, atol=2e-3)


def test_a_course_over_circuits_is_that_of_each_circuit(model, reference_run):
    over = over_circuits(reference_run, model, 2)
    assert set(QUANTITIES) == set(over.data_vars)
    assert over.circuit.values.tolist() == [1, 2]
    second = replace(model, physiology=with_split(model.physiology, model.circuits.of(1)))
    np.testing.assert_array_equal(over.madrs[1], simulate(reference_run.protocol, second).madrs())
    with pytest.raises(InputError, match="circuits: 0 is outside 1 to 128"):
        over_circuits(reference_run, model, 0)
    with pytest.raises(InputError, match="a number of the typical circuit is set"):
        over_circuits(reference_run, model_at({"prefrontal.tonic_share": jnp.full(4, 0.1)}), 2)


def test_limbic_network_and_receptors_at_rest_share_the_potency_or_keep_their_own(model):
    concentration, split = only_ketamine(jnp.asarray(0.3)), model.circuits.of(0)
    assert (DRIVES[LIMBIC], DRIVES[RESTING]) == ("limbic", "resting")
    equal = replace(model.physiology.receptor, ic50_ratio=jnp.ones(2))
    losses = drive_losses(equal, concentration)
    np.testing.assert_allclose(losses[jnp.array([LIMBIC, RESTING])], losses[PYRAMIDAL], rtol=1e-14)
    before = drive_losses(model.physiology.receptor, concentration)
    shared, own = (drive_losses(of(model, split).physiology.receptor, concentration) for of in (at_shared_potency, at_own_potency))
    np.testing.assert_allclose(own[jnp.array([LIMBIC, RESTING])], before[jnp.array([LIMBIC, RESTING])], rtol=1e-12)
    odds = [float(loss[LIMBIC] / (1 - loss[LIMBIC])) for loss in (before, shared)]
    ratio = float(split.drive_ic50[PYRAMIDAL] / split_of(model.physiology).drive_ic50[PYRAMIDAL])
    assert odds[0] / odds[1] == pytest.approx(ratio)
