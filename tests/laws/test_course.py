import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.cascade.baseline import fixed_point
from euthymia.cascade.course import drug, slow_courses
from euthymia.cascade.reference import reference_course
from euthymia.experiments.simulation import PLAYERS, grid_of, person_of, pulses_of, simulate
from euthymia.links import Switches
from euthymia.protocols.reading import DEFAULT, change, check, read, written

ALL_ON = Switches(*(jnp.ones(1) for _ in Switches._fields))


def errors_against_reference(model, protocol, refinements):
    """Largest error of any slow state, as a share of that state's scale, per refinement."""
    person = person_of(protocol, model)
    pulses = pulses_of(protocol, model, float(person.weight))
    start = fixed_point(model.cascade, person.stress)
    coarse = grid_of(protocol, model, float(person.weight))
    in_body, reference = reference_course(
        model.cascade, start, person.weight, person.stress, jax.tree.map(lambda s: s[0], ALL_ON), pulses, coarse.times
    )
    scale = np.abs(reference).max(0)
    errors = []
    for refine in refinements:
        grid = grid_of(protocol, model, float(person.weight), refine)
        inputs = [jnp.asarray(each) for each in (grid.steps, grid.infusion, grid.bolus)]
        body = drug(model.cascade, person.weight, *inputs)
        slow = slow_courses(model.cascade, start, inputs[0], body.racemate_equivalents, person.stress, ALL_ON)[0]
        same = np.searchsorted(grid.times, coarse.times - 1e-9)
        errors.append(float(np.max(np.abs(np.asarray(slow)[same] - reference) / scale)))
        np.testing.assert_allclose(np.asarray(body.states)[same], in_body, rtol=0, atol=1e-7)
    return errors


def test_production_solver_meets_the_reference_at_second_order(model, capsys):
    errors = errors_against_reference(model, read(DEFAULT), (1, 2, 4))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    with capsys.disabled():
        print(f"\nproduction solver: error {errors[0]:.1e} of scale, orders {orders.round(3)}")
    assert errors[0] < 1e-4
    assert np.all(np.abs(orders - 2) < 0.05)


@pytest.mark.slow
def test_and_so_it_does_over_six_infusions(model):
    (error,) = errors_against_reference(model, read("ketamine-iv-six"), (1,))
    assert error < 1e-4


def test_and_after_a_bolus(model):
    data = written(read(DEFAULT))
    data["doses"] = [{"drug": "ketamine", "amount": "0.5 mg/kg", "route": "i.v. bolus", "start": start} for start in ("0 h", "3 h")]
    (error,) = errors_against_reference(model, check(data | {"horizon": "4 d"}), (1,))
    assert error < 1e-4


def test_without_drug_and_visit_nothing_moves():
    run = simulate(read("untreated"))
    for name in ("madrs", "spine_density", "damage", "fast_potentiation"):
        values = run.data[name]
        assert float(np.abs(values - values.isel(time=0)).max()) < 1e-9


def test_a_saline_visit_moves_mood_by_context_alone():
    run = simulate(read("saline"))
    assert run.at(2.0) < run.at(0.0) - 1
    np.testing.assert_allclose(run.madrs(), run.madrs("context"), atol=1e-12)
    np.testing.assert_allclose(run.madrs("way 2 + way 4"), run.at(0.0), atol=1e-9)
    for name in ("spine_density", "damage"):
        values = run.data[name].sel(arm="as given")
        assert float(np.abs(values - values[0]).max()) < 1e-9


def test_relief_comes_early_and_outlasts_the_drug(standard):
    brain = standard.data.free_brain_ketamine.sum("enantiomer")
    assert standard.at(2.0) < standard.at(0.0) - 2
    for hours in (24.0, 72.0, 168.0):
        assert float(brain.sel(time=hours, method="nearest")) < 0.01 * float(brain.max())
        assert standard.at(hours) < standard.at(hours, "context") - 2.5


def test_without_regrowth_relief_starts_but_does_not_last(standard):
    def relief(hours, arm):
        return standard.at(hours, "context") - standard.at(hours, arm)

    assert relief(2.0, "without regrowth") == pytest.approx(relief(2.0, "as given"), rel=0.05)
    assert relief(168.0, "without regrowth") < 0.05 * relief(168.0, "as given")
    assert relief(168.0, "as given") > 2.5


def test_a_clamped_way_leaves_its_states_at_rest(standard):
    data = standard.data
    clamped = {
        "context + way 2": ("bdnf", "fast_potentiation", "structural_signal"),
        "context + way 4": ("damage",),
        "without mTOR": ("mtor", "synaptic_proteins", "structural_signal"),
        "without regrowth and potentiation": ("fast_potentiation",),
    }
    for arm, names in clamped.items():
        values = data[list(names)].sel(arm=arm)
        assert all(float(np.abs(each - each[0]).max()) < 1e-12 for each in values.data_vars.values())


def test_shares_add_up_to_the_change(standard):
    total = standard.madrs() - standard.madrs("untreated")
    np.testing.assert_allclose(sum(standard.shares().values()), total, atol=1e-10)
    assert set(standard.shares()) == set(PLAYERS)


def test_more_drug_moves_more_and_never_jumps():
    from euthymia.protocols.protocol import Protocol

    base = read(DEFAULT)
    falls = []
    for amount in (0.05, 0.1, 0.25, 0.5, 1.0):
        protocol: Protocol = base.model_copy(update={"doses": (base.doses[0].model_copy(update={"amount": amount}),)})
        falls.append(simulate(protocol).at(24.0, "way 2 + way 4"))
    assert np.all(np.diff(falls) < 0)


def test_a_dose_that_comes_later_does_the_same_later(standard):
    data = written(read(DEFAULT))
    data["doses"][0]["start"] = "5 d"
    late = simulate(check(data | {"horizon": "19 d"}))
    for hours in (0.0, 2.0, 24.0, 168.0):
        assert late.at(hours) == pytest.approx(standard.at(hours), abs=1e-3)
    assert late.checkpoints() == standard.checkpoints()


def test_healthy_volunteers_gain_nothing():
    run = simulate(change(read(DEFAULT), {"condition": "healthy"}))
    np.testing.assert_allclose(run.madrs("way 2 + way 4"), run.at(0.0), atol=1e-6)


def test_potentiation_leads_proteins_and_proteins_lead_structure(standard):
    given = standard.data.sel(arm="as given")

    def half_risen(name):
        values = given[name]
        return float(values.time[int((values > values.max() / 2).argmax("time"))])

    assert half_risen("fast_potentiation") < half_risen("synaptic_proteins") < half_risen("structural_signal")
