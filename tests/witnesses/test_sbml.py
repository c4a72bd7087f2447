"""libRoadRunner as witness: it reads the pharmacology as SBML, integrates it by CVODE, and finds what we find in closed form."""

import sys
from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
import libsbml
import numpy as np
import pytest
import roadrunner
import scipy.linalg

from euthymia.core.errors import InputError
from euthymia.core.numerics.compartments import flow_matrix
from euthymia.core.numerics.exponential import Steps, linear_course
from euthymia.core.types import ENANTIOMERS
from euthymia.exchange.linear_systems import LinearSystem, body_systems
from euthymia.exchange.sbml import identifier, sbml_of, write_sbml
from euthymia.model.exposure import drugs, individualised
from euthymia.model.inputs import CHANNELS
from euthymia.pharmacology.covariates import GENOTYPES, LIVERS
from euthymia.protocols.reading import check, read
from euthymia.protocols.vocabulary import AGES, OF_KETAMINE, ROUTES_OF, ROUTES_OF_ANIMALS
from euthymia.simulation.dosing import grid_of
from euthymia.simulation.person import Person

REGIMENS = 20
ANIMAL_EVERY = 5
AGREEMENT = 1e-6
"""Share of a state's largest value."""
NOTHING = 1e-15
"""What counts as empty, µmol or µM: a thousandth of what the other integrator is asked to resolve."""
TIGHT = {"relative_tolerance": 1e-10, "absolute_tolerance": 1e-12, "maximum_num_steps": 1_000_000}
LOOKED_AT = 60
LARGEST = {"ketamine": 100, "midazolam": 10, "phenelzine": 90}
"""mg."""


def regimen(seed: int):
    """Up to three molecules, each with repeated infusions, boluses or tablets that may overlap, in anyone or, every fifth, an animal."""
    random = np.random.default_rng(seed)
    animal = ("mouse", "rat")[seed // ANIMAL_EVERY % 2] if seed % ANIMAL_EVERY == 0 else None
    routes = ROUTES_OF if animal is None else dict.fromkeys(OF_KETAMINE, ("i.v. infusion", "i.v. bolus")) | {"ketamine": ROUTES_OF_ANIMALS}
    horizon = float(random.uniform(24, 240))
    doses = []
    for drug in random.choice(list(routes), random.integers(1, 4), replace=False):
        dose = {"drug": str(drug), "amount": f"{random.uniform(1, LARGEST.get(drug, 100))} mg"}
        dose["route"] = str(random.choice([route for route in routes[dose["drug"]] if animal or route != "i.p."]))
        duration = 0.0
        if dose["route"] == "i.v. infusion":
            duration = float(10 ** random.uniform(-2, 0.7))
            dose["duration"] = f"{duration} h"
        start = float(random.choice([0.0, random.uniform(0, 6)]))
        # Intervals are round, so that doses of several molecules meet.
        every, times = float(random.choice([1, 2, 4, 12, 24])), int(random.integers(1, 7))
        times = min(times, 1 + int((horizon - duration - start - 0.01) // every))
        doses.append({**dose, "start": f"{start} h", "every": f"{every} h", "times": times})
    doses.sort(key=lambda dose: float(dose["start"].split()[0]))
    anyone = {
        "weight": f"{random.uniform(40, 140)} kg",
        "age": float(random.uniform(*AGES)),
        "cyp2b6": str(random.choice(GENOTYPES)),
        "liver": str(random.choice(LIVERS)),
        "individual": int(random.integers(1, 1000)),
    }
    patient = anyone if animal is None else {"species": animal}
    return check({"name": f"regimen-{seed}", "title": "drawn", "patient": patient, "doses": doses, "horizon": f"{horizon} h"})


@eqx.filter_jit
def both_families(physiology, weight, lengths, length_index, infusion, bolus):
    found = drugs(physiology, weight, Steps(lengths, length_index), infusion, bolus)
    return found.states


def ours(model, protocol):
    """The grid, and every state of every molecule at its nodes."""
    person = Person.from_protocol(protocol, model)
    weight = float(person.weight)
    grid = grid_of(protocol, model, weight)
    inputs = (jnp.asarray(each) for each in (grid.lengths, grid.length_index, grid.infusion, grid.bolus))
    families = both_families(individualised(model.physiology, person.body), person.weight, *inputs)
    courses = [np.asarray(family)[: grid.nodes, system] for family in families for system in range(family.shape[1])]
    return grid, dict(zip((each.name for each in body_systems(model, weight)), courses, strict=True))


def run(text, selections, times):
    runner = roadrunner.RoadRunner(text)
    for setting, value in TIGHT.items():
        setattr(runner.integrator, setting, value)
    runner.timeCourseSelections = selections
    return np.asarray(runner.simulate(times=list(times)))


@pytest.mark.parametrize("protocol", [*map(regimen, range(REGIMENS)), *map(read, ("fluoxetine", "bupropion"))], ids=lambda each: each.name)
def test_roadrunner_agrees_with_the_exact_course_and_loses_no_molecule(model, protocol):
    grid, courses = ours(model, protocol)
    pushed = np.pad(grid.bolus[: grid.nodes - 1].sum(1) > 0, (0, 1))
    # On the moment of a bolus a state has two values; all other moments are compared.
    free = np.flatnonzero(~pushed & (np.arange(grid.nodes) > 0))
    nodes = np.sort(np.random.default_rng(REGIMENS).choice(free, min(LOOKED_AT, len(free)), replace=False))
    given = grid.bolus + grid.infusion * grid.steps[:, None]
    text = sbml_of(protocol, model)
    person = Person.from_protocol(protocol, model)
    for system in body_systems(replace(model, physiology=individualised(model.physiology, person.body)), float(person.weight)):
        own = courses[system.name]
        if not own.any():
            assert f'"{identifier(system.name, system.states[0])}"' not in text
            continue
        theirs = run(text, [identifier(system.name, state) for state in system.states], [0.0, *grid.times[nodes]])[1:]
        for index, state in enumerate(system.states):
            gap = np.abs(theirs[:, index] - own[nodes, index]).max()
            assert gap <= max(AGREEMENT * np.abs(own[:, index]).max(), NOTHING), (system.name, state, gap)
        held = theirs[:, [system.states.index(pool) for pool in system.pools]].sum(1)
        prescribed = np.cumsum(given[:, [CHANNELS.index(channel) for channel in system.entries]].sum(1))[nodes - 1]
        np.testing.assert_allclose(held, prescribed, rtol=0, atol=AGREEMENT * prescribed.max())


def test_a_system_with_a_depot_two_channels_and_a_follower_of_a_follower(model, monkeypatch):
    pools, states = ("depot", "4-blood", "gone"), ("depot", "4-blood", "gone", "near", "far")
    matrix = np.zeros((5, 5))
    matrix[:3, :3] = flow_matrix(pools, {("depot", "4-blood"): jnp.asarray(0.7), ("4-blood", "gone"): jnp.asarray(0.2)})
    matrix[3, [1, 3]], matrix[4, [0, 3, 4]] = [0.5 / 8, -0.5], [0.1, 0.3, -0.4]
    entries = {"S-ketamine": np.array([0.7, 0.3, 0, 0, 0]), "R-ketamine": np.eye(5)[1]}
    system = LinearSystem("2-drug", states, pools, matrix, entries, {"4-blood": 8.0})
    monkeypatch.setattr("euthymia.exchange.dosed_systems.body_systems", lambda *_: [system])
    route = {"drug": "ketamine", "amount": "50 mg"}
    infusion = {**route, "route": "i.v. infusion", "duration": "2 h", "start": "22 h"}
    doses = [{**route, "route": "i.v. bolus", "every": "6 h", "times": 3}, infusion]
    protocol = check({"name": "depot", "title": '<µ> & "depot"', "patient": {"weight": "70 kg"}, "doses": doses, "horizon": "24 h"})
    text = sbml_of(protocol, model)
    assert document(text).getNumErrors() == 0
    grid = grid_of(protocol, model, 70.0)
    channels = [CHANNELS.index(channel) for channel in entries]
    steps = Steps(jnp.asarray(grid.lengths), jnp.asarray(grid.length_index))
    given = [jnp.asarray(each[:, None, channels]) for each in (grid.infusion, grid.bolus)]
    own = np.asarray(linear_course(jnp.asarray(matrix)[None], jnp.stack([*entries.values()], -1)[None], steps, *given))[grid.nodes - 1, 0]
    # After the horizon nothing is given, and what is there decays.
    at_end, later = run(text, [identifier("2-drug", state) for state in states], [0.0, 24.0, 30.0])[1:]
    np.testing.assert_allclose(at_end, own, rtol=AGREEMENT)
    np.testing.assert_allclose(later, scipy.linalg.expm(6 * matrix) @ own, rtol=AGREEMENT)


def document(text):
    found = libsbml.readSBMLFromString(text)
    for category in (libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, libsbml.LIBSBML_CAT_MODELING_PRACTICE):
        found.setConsistencyChecks(category, True)
    found.checkConsistency()
    return found


@pytest.mark.parametrize(
    "protocol", [*map(regimen, range(4)), read("escitalopram"), read("fluoxetine"), read("ketamine-iv-six")], ids=lambda each: each.name
)
def test_the_library_finds_no_fault_and_everything_has_a_name_and_a_unit(model, protocol):
    found = document(sbml_of(protocol, model))
    assert [found.getError(number).getMessage() for number in range(found.getNumErrors())] == []
    content = found.getModel()
    lists = (content.getListOfCompartments(), content.getListOfSpecies(), content.getListOfParameters(), content.getListOfReactions())
    elements = [element for each in lists for element in each] + list(content.getListOfEvents())
    assert len({element.getName() for element in elements}) == len(elements)
    assert all(libsbml.SyntaxChecker.isValidSBMLSId(element.getId()) and element.getName() for element in elements)
    numbers = [*content.getListOfCompartments(), *content.getListOfParameters()]
    assert all(element.isSetUnits() for element in numbers)
    assert all(species.isSetSubstanceUnits() for species in content.getListOfSpecies())
    assert (content.getLevel(), content.getVersion()) == (3, 2)


def test_guard_a_wrong_unit_is_found(model):
    text = sbml_of(read("ketamine-iv"), model)
    assert document(text.replace('units="per_h"', 'units="h"', 1)).getNumErrors() > 0


def test_enantiomers_are_written_apart(model):
    text = sbml_of(read("ketamine-iv"), model)
    assert all(f'id="{enantiomer}_ketamine__effect_site"' in text for enantiomer in ENANTIOMERS)
    assert "escitalopram" not in text


def test_a_file_is_whole_or_not_there(model, tmp_path):
    path = tmp_path / "body.xml"
    write_sbml(read("ketamine-iv"), path)
    assert path.read_text("utf-8") == sbml_of(read("ketamine-iv"), model)
    with pytest.raises(InputError, match="cannot write"):
        write_sbml(read("ketamine-iv"), tmp_path / "no folder" / "body.xml")
    assert [file.name for file in tmp_path.iterdir()] == ["body.xml"]


def test_without_drugs_or_without_the_library_one_line_says_so(model, monkeypatch):
    with pytest.raises(InputError, match="gives no drug"):
        sbml_of(read("untreated"), model)
    monkeypatch.setitem(sys.modules, "libsbml", None)
    with pytest.raises(InputError, match="pip install python-libsbml"):
        sbml_of(read("ketamine-iv"), model)
