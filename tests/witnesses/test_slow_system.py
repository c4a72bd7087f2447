"""libRoadRunner as witness of the slow system: it integrates our equations, written a second time as SBML formulas, by CVODE."""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
import libsbml
import numpy as np
import pytest
import roadrunner

from euthymia.core.errors import InputError
from euthymia.exchange.sbml import sbml_of
from euthymia.exchange.sbml_slow_system import FROZEN, state_identifiers
from euthymia.links import every_link
from euthymia.model.baseline import patient
from euthymia.model.exposure import individualised
from euthymia.population.patients import individual_physiology, virtual_patient
from euthymia.protocols.reading import check
from euthymia.simulation.dosing import grid_of
from euthymia.simulation.person import Person
from production import produced

TIGHT = {"relative_tolerance": 1e-10, "absolute_tolerance": 1e-12, "maximum_num_steps": 1_000_000}
PRODUCTION = 1e-4
"""Error of the grid of production, as a share of a state's largest value; the law of the production solver."""
FINER = 4
SETTLING = 2e-5
"""Likewise, of the grid split so finely, and of the milliseconds that circuits take there."""
LEAST = 1e-6
"""Scale of a state that hardly moves from zero."""
LOOKED_AT = 80
EVERYTHING = every_link()
undosed = eqx.filter_jit(patient)
TWICE = {
    "name": "twice",
    "title": "two infusions",
    "patient": {"condition": "depressed"},
    "doses": [{"drug": "ketamine", "amount": "0.5 mg/kg", "route": "i.v. infusion", "duration": "40 min", "every": "3 d", "times": 2}],
    "horizon": "7 d",
}
TABLETS = {
    **{"sertraline": 100, "fluoxetine": 40, "bupropion": 300, "moclobemide": 300, "phenelzine": 45, "memantine": 20},
    **{"citalopram": 20, "escitalopram": 10, "tranylcypromine": 20},
}
"""mg a day."""
MIXED = TWICE | {
    "name": "mixed",
    "title": "whatever acts on something slow",
    "doses": [
        *({"drug": drug, "amount": f"{mg} mg", "route": "oral", "every": "1 d", "times": 4} for drug, mg in TABLETS.items()),
        {"drug": "midazolam", "amount": "3 mg", "route": "i.v. infusion", "duration": "40 min", "start": "6 h"},
        {"drug": "MK-801", "amount": "0.02 mg", "route": "i.v. infusion", "duration": "1 h", "start": "30 h"},
        {"drug": "ketamine", "amount": "20 mg", "route": "i.v. bolus", "start": "48 h"},
        {"drug": "esketamine", "amount": "56 mg", "route": "nasal", "start": "72 h"},
    ],
}


def ours(model, protocol, person, switches=EVERYTHING, refine=1):
    """Times of the grid of production, and every slow state there."""
    grid = grid_of(protocol, model, float(person.weight), refine)
    physiology = individualised(model.physiology, person.body)
    found = produced(physiology, undosed(physiology, person.stress), person.weight, protocol, grid, switches)
    return grid.times[::refine], found.slow[::refine]


def theirs(text, times):
    runner = roadrunner.RoadRunner(text)
    for setting, value in TIGHT.items():
        setattr(runner.integrator, setting, value)
    runner.timeCourseSelections = state_identifiers()
    return np.asarray(runner.simulate(times=list(times)))


def gap(model, protocol, person, text=None, **how):
    """Largest difference of any slow state, as a share of its largest value."""
    text = sbml_of(protocol, model, slow=True, person=person) if text is None else text
    return difference(ours(model, protocol, person, **how), text)


def difference(own, text):
    times, states = own
    looked = np.unique(np.linspace(0, len(times) - 1, LOOKED_AT).astype(int))
    witness = theirs(text, times[looked])
    return float(np.max(np.abs(states[looked] - witness) / np.maximum(np.abs(witness).max(0), LEAST)))


def sample_body(model, protocol, number):
    """The model in the brain of the virtual patient of a number, and the patient."""
    person, *differences = virtual_patient(model, Person.from_protocol(protocol, model), jnp.asarray(number))
    return replace(model, physiology=individual_physiology(model.physiology, *differences)), person


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_whole_slow_system_of_a_virtual_patient(model, number):
    protocol = check(TWICE)
    brain, person = sample_body(model, protocol, number)
    assert gap(brain, protocol, person) < PRODUCTION
    assert gap(brain, protocol, person, refine=FINER) < SETTLING


def test_circuits_that_are_held_are_held_on_both_sides(model):
    protocol = check(TWICE)
    person = Person.from_protocol(protocol, model)
    text = sbml_of(protocol, model, slow=True, circuits=False)
    assert gap(model, protocol, person, text, switches=every_link(**FROZEN), refine=FINER) < SETTLING
    assert gap(model, protocol, person, text, switches=EVERYTHING) > 1e-2


def test_whatever_acts_on_something_slow(model):
    protocol = check(MIXED)
    assert gap(model, protocol, Person.from_protocol(protocol, model), refine=FINER) < PRODUCTION


def test_stress_that_ends(model):
    protocol = check(TWICE | {"patient": TWICE["patient"] | {"stress_until": "50 h"}})
    assert gap(model, protocol, Person.from_protocol(protocol, model)) < PRODUCTION
    with pytest.raises(InputError, match="stress_until: circuits that are held"):
        sbml_of(protocol, model, slow=True, circuits=False)


def test_undosed_nothing_moves(model):
    late = check(TWICE | {"doses": [TWICE["doses"][0] | {"times": 1, "start": "6 d"}]})
    before = theirs(sbml_of(late, model, slow=True), np.arange(0, 144, 12.0))
    np.testing.assert_allclose(before, np.broadcast_to(before[0], before.shape), atol=1e-9)


@pytest.fixture(scope="module")
def twice(model):
    """Two infusions in a typical patient, by our solver and as text."""
    protocol = check(TWICE)
    return ours(model, protocol, Person.from_protocol(protocol, model)), sbml_of(protocol, model, slow=True)


@pytest.mark.parametrize(
    "changed",
    [
        *("spines__growth_gain", "spines__elimination_of_young", "signalling__bdnf_time", "signalling__structural_lifetime"),
        *("links__surge_ec50", "links__adaptation_time", "links__trapped_on_habenula"),
        *("receptor__habenula_release", "serotonin__dopamine_feedback", "background__PV"),
    ],
)
def test_guard_a_number_that_is_off_is_found(twice, changed):
    own, text = twice
    found = libsbml.readSBMLFromString(text)
    number = found.getModel().getParameter(changed)
    number.setValue(1.01 * number.getValue())
    assert difference(own, libsbml.writeSBMLToString(found)) > 10 * PRODUCTION


@pytest.mark.parametrize(("given", "circuits"), [(TWICE, True), (TWICE, False), (MIXED, True)])
def test_the_library_finds_no_fault_and_everything_has_a_name_and_a_unit(model, given, circuits):
    found = libsbml.readSBMLFromString(sbml_of(check(given), model, slow=True, circuits=circuits))
    for category in (libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, libsbml.LIBSBML_CAT_MODELING_PRACTICE):
        found.setConsistencyChecks(category, True)
    found.checkConsistency()
    assert [found.getError(number).getMessage() for number in range(found.getNumErrors())] == []
    numbers = list(found.getModel().getListOfParameters())
    assert len({number.getName() for number in numbers}) == len(numbers)
    assert all(number.getName() and number.isSetUnits() for number in numbers)
