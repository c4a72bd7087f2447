"""A person of a fit as the patient of a protocol: what a file may hold, and what is refused in one line."""

import json

import pytest

from euthymia.core.errors import InputError
from euthymia.protocols.fitted_people import PEOPLE_FILE, fitted_person
from euthymia.protocols.patient import Patient
from euthymia.protocols.protocol import Protocol
from euthymia.protocols.reading import change, patient_fields
from euthymia.simulation.warnings import body_warnings

FACTORS = {"clearance": 0.8, "central_volume": 1.25, "deep_volume": 1.01}


@pytest.fixture
def folder(tmp_path):
    people = {
        "3": {"weight": "64.0 kg", "age": 80.0, "disposition": FACTORS},
        "a:b": {"disposition": {"clearance": 2.0}},
        "broken": {"disposition": {"clearance": -1.0}},
        "list": ["weight"],
    }
    (tmp_path / "fit").mkdir()
    (tmp_path / "fit" / PEOPLE_FILE).write_text(json.dumps(people))
    return tmp_path / "fit"


def test_a_person_has_weight_covariates_and_disposition(folder):
    protocol = change(Protocol.read("ketamine-iv"), fitted_person(f"{folder}:3"))
    assert (protocol.patient.weight, protocol.patient.age, protocol.patient.disposition) == (64.0, 80.0, FACTORS)
    assert protocol.patient.particulars() == ["80 years", "own disposition (clearance × 0.80, central volume × 1.25 …)"]


def test_a_subject_may_have_a_colon(folder):
    assert fitted_person(f"{folder}:a:b") == {"disposition": {"clearance": 2.0}}


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ("{}", "names no subject; write the folder of a fit and a subject, such as runs/fit-pk:3"),
        ("{}/none:3", "there is no folder"),
        ("{}:", "write the folder of a fit and a subject"),
        ("{}:4", "there is no '4'; allowed: 3, a:b, broken, list"),
        ("{}:brokn", "there is no 'brokn'; did you mean broken?"),
        ("{}:broken", "is damaged at subject 'broken': disposition: clearance is -1.0, outside 0.01 to 100"),
        ("{}:list", "is damaged at subject 'list'"),
        ("{}/..:3", f"holds no {PEOPLE_FILE}"),
    ],
)
def test_what_is_no_person_is_refused_in_one_line(folder, person, said):
    with pytest.raises(InputError) as refused:
        fitted_person(person.format(folder))
    assert str(refused.value).startswith("person: ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"3": ', "[" * 100_000, "\0"])
def test_a_damaged_file_is_refused_in_one_line(folder, content):
    (folder / PEOPLE_FILE).write_text(content)
    with pytest.raises(InputError, match="is damaged; fit again"):
        fitted_person(f"{folder}:3")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"disposition": {}}, "patient.disposition: {} holds no factors; write for example {clearance: 0.8, central_volume: 1.2}"),
        ({"disposition": 2.0}, "patient.disposition: 2.0 holds no factors"),
        ({"disposition": {"clearence": 1.0}}, "patient.disposition: parameter: there is no 'clearence'; did you mean clearance"),
        ({"disposition": {"clearance": "1"}}, "patient.disposition: clearance is '1', which is not a number; allowed: 0.01 to 100"),
        ({"disposition": {"clearance": True}}, "which is not a number"),
        ({"disposition": {"clearance": float("nan")}}, "which is not a number"),
        ({"disposition": {"clearance": 101}}, "patient.disposition: clearance is 101, outside 0.01 to 100"),
        ({"disposition": {3: 1.0}}, "there is no 3"),
        ({"disposition": FACTORS, "individual": 3}, "patient.disposition: not together with `individual`"),
        ({"disposition": FACTORS, "species": "mouse", "weight": "20 g"}, "patient.disposition: is known of people alone"),
    ],
)
def test_factors_that_cannot_be_meant_are_refused_in_one_line(fields, said):
    with pytest.raises(InputError) as refused:
        change(Protocol.read("ketamine-iv"), fields)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_factors_from_a_command_line_are_refused_with_an_example():
    with pytest.raises(InputError, match=r"disposition: 'clearance' holds no factors; write for example"):
        Patient(**patient_fields(("disposition=clearance",)))


def test_after_a_spray_the_fitted_disposition_does_not_act_and_a_warning_says_so(model):
    def warned(name):
        protocol = change(Protocol.read(name), {"disposition": FACTORS})
        return any("on which a stated disposition does not act" in text for text in body_warnings(protocol.patient, protocol.doses, model))

    assert warned("esketamine-spray")
    assert not warned("ketamine-iv")
