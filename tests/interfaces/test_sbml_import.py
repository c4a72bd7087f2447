"""What is exported as SBML is read back: the same systems, doses and concentrations; anything else is refused in one line."""

import sys

import libsbml
import numpy as np
import pytest
import xarray as xr

import euthymia as eu
from battery.protocols_at_random import meant
from euthymia.core.errors import InputError
from euthymia.exchange import sbml_reading
from euthymia.exchange.dosed_systems import DosedSystem, DosedSystems, dosed_systems
from euthymia.exchange.linear_systems import LinearSystem
from euthymia.exchange.sbml import document_of, sbml_of
from euthymia.protocols.reading import check, read
from euthymia.simulation.exposure import exposures
from euthymia.simulation.person import Person

AGREEMENT = 1e-9
"""Share of the largest concentration."""
VEIN = {"amount": "30 mg", "route": "i.v. infusion", "duration": "30 min"}
PUSH = {"amount": "20 mg", "route": "i.v. bolus"}
PROTOCOLS = {
    "infusion and boluses": [{"drug": "ketamine", **VEIN}, {"drug": "ketamine", **PUSH, "start": "1 h", "every": "2 h", "times": 3}],
    "spray": [{"drug": "esketamine", "amount": "84 mg", "route": "nasal"}],
    "by mouth": [{"drug": "ketamine", "amount": "50 mg", "route": "oral", "every": "6 h", "times": 2}],
    "active metabolite": [{"drug": "bupropion", "amount": "150 mg", "route": "oral", "every": "12 h", "times": 3}],
    "one enantiomer and metabolites": [
        {"drug": "arketamine", **VEIN},
        {"drug": "(2R,6R)-HNK", **PUSH},
        {"drug": "S-norketamine", **VEIN},
    ],
}
STATES = {
    "arterial_ketamine": {"{0}_ketamine": "ketamine", "esketamine": "plasma"},
    "venous_ketamine": {"{0}_ketamine": "venous", "esketamine": "plasma"},
    "norketamine": {"{0}_ketamine": "norketamine", "esketamine": "norketamine"},
    "hydroxynorketamine": {"{0}_ketamine": "hydroxynorketamine"},
}
"""What adds up to a quantity, per enantiomer."""


def protocol_of(doses, **fields):
    return check(
        {"name": "mine", "title": 'Mine & "yours" <µ>', "patient": {"weight": "82 kg"}, "doses": doses, "horizon": "36 h"} | fields
    )


@pytest.fixture
def back(tmp_path):
    """A text, or a protocol, read from a file."""

    def of(text):
        path = tmp_path / "drug.xml"
        path.write_text(text, "utf-8")
        return eu.read_sbml(path)

    return of


def assert_equal_systems(ours, theirs):
    assert [dosed.system.name for dosed in theirs.systems] == [dosed.system.name for dosed in ours.systems]
    np.testing.assert_allclose(theirs.times, ours.times, rtol=1e-12)
    for own, other in zip(ours.systems, theirs.systems, strict=True):
        assert (other.system.states, other.system.pools) == (own.system.states, own.system.pools)
        np.testing.assert_allclose(other.system.matrix, own.system.matrix, rtol=1e-12, atol=1e-12 * abs(own.system.matrix).max())
        assert other.system.volumes == pytest.approx(own.system.volumes, rel=1e-12)
        np.testing.assert_allclose(other.infusion, own.infusion, rtol=1e-12)
        np.testing.assert_allclose(other.bolus, own.bolus, rtol=1e-12)


def assert_round_trip(model, protocol, back):
    ours, text = dosed_systems(protocol, model, Person.from_protocol(protocol, model)), sbml_of(protocol, model)
    theirs = back(text)
    assert_equal_systems(ours, theirs)
    assert (theirs.title, theirs.horizon, theirs.unread) == (protocol.title, pytest.approx(protocol.horizon), ())
    assert document_of(theirs).text() == text
    return theirs


def summed(dataset, quantity, enantiomer):
    names = [
        f"{system.format(enantiomer)}__{state}" for system, state in STATES[quantity].items() if system != "esketamine" or enantiomer == "S"
    ]
    return sum((dataset[name] for name in names if name in dataset), start=0 * next(iter(dataset.values())))


@pytest.mark.parametrize("name", PROTOCOLS)
def test_systems_doses_and_concentrations_are_those_of_the_protocol(name, model, back):
    protocol = protocol_of(PROTOCOLS[name])
    drug, own = assert_round_trip(model, protocol, back), exposures(protocol, model=model)
    solved = drug.solve(at=own.data.time.values)
    data = solved.data.sel(time=own.data.time.values, method="nearest")
    np.testing.assert_allclose(data.time, own.data.time, atol=2e-9)
    for quantity in STATES:
        for enantiomer in "SR":
            expected, scale = own.data[quantity].sel(enantiomer=enantiomer, patient=0), own.peak[quantity].max().item()
            np.testing.assert_allclose(summed(data, quantity, enantiomer), expected, rtol=0, atol=AGREEMENT * scale)
            area = own.area[quantity].sel(enantiomer=enantiomer, patient=0).item()
            assert summed(solved.area, quantity, enantiomer).item() == pytest.approx(area, rel=AGREEMENT, abs=1e-14)
    for molecule, state in (("bupropion", "central"), ("hydroxybupropion", "metabolite")) if "bupropion__central" in data else ():
        expected = own.data.comparator_plasma.sel(molecule=molecule, patient=0)
        np.testing.assert_allclose(data[f"bupropion__{state}"], expected, rtol=0, atol=AGREEMENT * expected.max().item())
    assert solved.peak_time.attrs == solved.data.attrs
    assert {column.units for column in solved.data.values()} == {"umol/L"}
    assert {column.units for column in solved.area.values()} == {"umol/L h"}
    assert (solved.data.time.units, next(iter(solved.peak_time.values())).units) == ("h", "h")


@pytest.mark.parametrize("seed", range(4))
def test_any_protocol_survives_the_round_trip(seed, model, back):
    random = np.random.default_rng(seed)
    protocol = next(drawn for drawn in (check({"title": "Drawn"} | meant(random)) for _ in range(99)) if drawn.doses)
    assert_round_trip(model, protocol, back)


def test_the_brain_is_left_unread(model, back):
    text = sbml_of(read("fluoxetine"), model, slow=True)
    drug = back(text)
    assert {"bdnf", "mtor", "spines__young"} <= set(drug.unread)
    assert_equal_systems(back(sbml_of(read("fluoxetine"), model)), drug)


def test_names_pools_and_numbers_may_be_another_program_s(back):
    matrix = np.array([[-0.2, 0, 0], [0.2, 0, 0], [0.5 / 8, 0, -0.5]])
    system = LinearSystem("2-drug", ("in_blood", "gone", "late"), ("in_blood", "gone"), matrix, {}, {"in_blood": 8.0})
    infusion, bolus = np.array([[3.0, 0, 0], [0, 0, 0]]), np.array([[4.0, 0, 0], [8.0, 0, 0]])
    dosed = DosedSystems("mine", "Mine", "", np.array([0.0, 2.0]), (DosedSystem(system, infusion, bolus),), None)
    drug = back(document_of(dosed).text())
    assert_equal_systems(dosed, drug)
    with pytest.raises(InputError, match="until: the document does not say"):
        drug.solve()
    solved, decay = drug.solve("10 h"), np.exp(-0.4)
    at_two = 4 * decay + 3 / 0.2 * (1 - decay) + 8
    np.testing.assert_allclose(
        solved.data["_2_drug__in_blood"].sel(time=[2, 10], method="nearest"), [at_two / 8, at_two * np.exp(-1.6) / 8]
    )
    dosed_less = (4 + 6 + 8) - 8 * solved.data["_2_drug__in_blood"][-1].item()
    assert solved.area["_2_drug__in_blood"].item() == pytest.approx(dosed_less / 0.2 / 8)


@pytest.fixture(scope="module")
def text(model):
    return sbml_of(protocol_of([{"drug": "ketamine", **VEIN}, {"drug": "ketamine", **PUSH, "start": "1 h"}]), model)


TRIGGER = "<geq/>"
K = "k__S_ketamine__ketamine__ketamine_rapid"
BLOOD, RAPID, VENOUS = "S_ketamine__ketamine", "S_ketamine__ketamine_rapid", "S_ketamine__venous"
FLOW, INFUSION = "flow__S_ketamine__ketamine__ketamine_rapid", "infusion__S_ketamine__ketamine"
LEVEL_2 = '<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4"><model id="m"/></sbml>'
WRONG = {
    "no XML": (lambda text: text[:-20], "it is no XML"),
    "nothing": (lambda text: "", "it is no XML"),
    "a page": (lambda text: "<html/>", "it is no SBML: its root is 'html'"),
    "entities": (lambda text: '<!DOCTYPE sbml [<!ENTITY a "b">]>' + text.split("?>")[1], "declares a type of document"),
    "a deep tree": (lambda text: "<sbml>" + 1000 * "<a>" + 1000 * "</a>" + "</sbml>", "more than 200 deep"),
    "another level": (
        lambda text: '<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4"><model id="m"/></sbml>',
        "Level 2",
    ),
    "no model": (lambda text: text[: text.index("<model")] + "</sbml>", "no model"),
    "an empty model": (lambda text: text[: text.index("<listOfCompartments")] + "</model></sbml>", "no species"),
    "an error of the library": (lambda text: text.replace('compartment="elsewhere"', 'compartment="nowhere"', 1), "no valid SBML in line"),
    "a missing variable": (lambda text: text.replace(f'<parameter id="{K}"', '<parameter id="gone"'), "no valid SBML in line"),
    "a missing value": (lambda text: _without(text, K, "value"), f"depends on '{K}', which has no finite value"),
    "an infinite constant": (lambda text: _with_value(text, K, float("inf")), f"depends on '{K}', which has no finite value"),
    "a wrong unit": (lambda text: text.replace('units="per_h"', 'units="h"', 1), "units that do not fit in line"),
    "another unit": (lambda text: text.replace('multiplier="3600"', 'multiplier="60"'), "its unit of time is another; allowed: hour"),
    "another law": (lambda text: _squared(text), "has the formula"),
    "an amount below zero": (lambda text: text.replace('initialAmount="0"', 'initialAmount="-1"', 1), "has the value -1"),
    "a concentration for an amount": (
        lambda text: text.replace('hasOnlySubstanceUnits="true"', 'hasOnlySubstanceUnits="false"', 1),
        "line|is no amount",
    ),
    "another name": (lambda text: text.replace('name="S-ketamine, ketamine"', 'name="blood"'), "is named 'blood'"),
    "another trigger": (lambda text: text.replace(TRIGGER, "<gt/>", 1), "has the trigger 'time > "),
    "a delay": (lambda text: text.replace("</trigger>", f"</trigger><delay>{_number('h', 1)}</delay>", 1), "has a delay or a priority"),
    "a product in place of a sum": (lambda text: _reset(text), "does not add a number"),
    "no name": (lambda text: _without(text, BLOOD, "name"), f"species '{BLOOD}' has no name; allowed: "),
    "a negative rate constant": (
        lambda text: _with_value(text, K, -0.5),
        f"the flow from '{BLOOD}' to '{RAPID}' has the rate constant -0.5; allowed: ",
    ),
    "a lag that grows": (lambda text: _with_value(text, "k__S_ketamine__venous", -0.5), f"'{VENOUS}' makes more than it loses, by 0.5 "),
    "a drug from nothing": (lambda text: _edited(text, _catalysed), f"'{BLOOD}' makes more than it loses, by "),
    "an amount of a concentration": (
        lambda text: _with_law(text, INFUSION, f"{K} * {VENOUS} * {BLOOD}__volume"),
        f"the flow from '{VENOUS}' to '{BLOOD}' makes an amount of a concentration",
    ),
    "an infusion out of the body": (
        lambda text: _with_law(text, INFUSION, f"-{BLOOD}__infusion"),
        f"infusion into '{BLOOD}' has the rate -",
    ),
    "two of one": (
        lambda text: _edited(text, lambda model: model.getReaction(FLOW).getProduct(0).setStoichiometry(2.0)),
        f"reaction '{FLOW}' has the stoichiometry 2 of '{RAPID}'; allowed: 1",
    ),
    "one twice": (
        lambda text: _edited(text, lambda model: model.getReaction(FLOW).addReactant(model.getSpecies(BLOOD), 1.0)),
        f"reaction '{FLOW}' has the stoichiometry 2 of '{BLOOD}'; allowed: 1",
    ),
}


def _number(unit, value):
    space = 'xmlns="http://www.w3.org/1998/Math/MathML" xmlns:sbml="http://www.sbml.org/sbml/level3/version2/core"'
    return f'<math {space}><cn sbml:units="{unit}"> {value} </cn></math>'


def _edited(text, change):
    document = libsbml.readSBMLFromString(text)
    change(document.getModel())
    return libsbml.writeSBMLToString(document)


def _without(text, name, attribute):
    return _edited(text, lambda model: getattr(model.getElementBySId(name), f"unset{attribute.title()}")())


def _with_value(text, name, value):
    return _edited(text, lambda model: model.getParameter(name).setValue(value))


def _with_law(text, reaction, law):
    return _edited(text, lambda model: model.getReaction(reaction).getKineticLaw().setMath(libsbml.parseL3Formula(law)))


def _catalysed(model):
    """Lets a flow run without taking from where it comes."""
    reaction = model.getReaction(FLOW)
    reaction.removeReactant(BLOOD)
    reaction.addModifier(model.getSpecies(BLOOD))


def _squared(text):
    return _with_law(text, FLOW, f"{K} * {BLOOD} * {BLOOD} / (1 umol + {BLOOD})")


def _reset(text):
    document = libsbml.readSBMLFromString(text)
    assignments = [one for event in document.getModel().getListOfEvents() for one in event.getListOfEventAssignments()]
    assignment = next(one for one in assignments if "infusion" not in one.getVariable())
    assignment.setMath(libsbml.parseL3Formula("5 umol"))
    return libsbml.writeSBMLToString(document)


def test_a_flow_may_be_written_both_ways_in_one_reaction(text, back):
    """What counts is the sum of all reactions: a law that also has the way back is no negative rate constant."""
    back_again = f"k__{RAPID}__ketamine"
    both = _with_law(text, FLOW, f"{K} * {BLOOD} - {back_again} * {RAPID}")
    both = _edited(both, lambda model: model.removeReaction(f"flow__{RAPID}__ketamine"))
    assert_equal_systems(back(text), back(both))


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_none_of_this_kind_is_one_line(fault, text, here, refused):
    change, said = WRONG[fault]
    assert change(text) != text
    (here / "drug.xml").write_text(change(text), "utf-8")
    line = refused("import", "drug.xml", "--out", "out")
    assert line.startswith("error sbml: drug.xml: ")
    assert any(words in line for words in said.split("|")), line


def test_files_that_cannot_be_read_and_ends_that_cannot_be_are_one_line(text, here, refused, monkeypatch):
    (here / "folder").mkdir()
    (here / "drug.xml").write_text(text, "utf-8")
    (here / "bytes.xml").write_bytes(b"\xff\xfe<")
    assert "cannot read nowhere.xml" in refused("import", "nowhere.xml")
    assert "cannot read folder" in refused("import", "folder")
    assert "not UTF-8" in refused("import", "bytes.xml")
    for until in ("0 h", "2000 d", "-1 h"):
        assert "allowed: more than 0 and at most 8760 h" in refused("import", "drug.xml", f"--until={until}")
    assert "no unit" in refused("import", "drug.xml", "--until", "24")
    monkeypatch.setattr(sbml_reading, "LARGEST_FILE", 1000)
    assert "is larger than" in refused("import", "drug.xml")
    monkeypatch.setitem(sys.modules, "libsbml", None)
    monkeypatch.setattr(sbml_reading, "LARGEST_FILE", 10**7)
    assert "pip install python-libsbml" in refused("import", "drug.xml")


def test_the_command_prints_and_writes_what_was_solved(text, here, euthymia, refused):
    (here / "drug.xml").write_text(text, "utf-8")
    code, out, err = euthymia("import", "drug.xml", "--out", "out")
    assert (code, err) == (0, "")
    assert "S-ketamine, hydroxynorketamine" in out
    assert {path.name for path in (here / "out").iterdir()} == {"concentrations.csv", "concentrations.nc", "manifest.json", "model.xml"}
    solved = eu.read_sbml("drug.xml").solve()
    with xr.open_dataset(here / "out" / "concentrations.nc", engine="h5netcdf") as written:
        xr.testing.assert_identical(written.load(), solved.data)
    table = np.genfromtxt(here / "out" / "concentrations.csv", delimiter=",", names=True)
    np.testing.assert_allclose(table[table.dtype.names[1]], solved.data["S_ketamine__ketamine"], rtol=1e-8, atol=1e-300)
    assert "add --overwrite" in refused("import", "drug.xml", "--out", "out")
    assert euthymia("import", "drug.xml", "--out", "out", "--until", "2 h", "--overwrite").code == 0
