"""What is known of a person changes their exposure as the numbers it came from say, and a small animal is a person in fast motion."""

from dataclasses import fields

import numpy as np
import pytest
from rescaling import ONE

from euthymia.pharmacology.absorption import Absorption
from euthymia.pharmacology.animals import allometric_time_scale
from euthymia.pharmacology.covariates import (
    extraction,
    individualise,
    intrinsic_clearance,
    intrinsic_of_clearance,
    liver_flow,
    typical_body,
)
from euthymia.pharmacology.esketamine import Esketamine
from euthymia.pharmacology.ketamine import Disposition
from euthymia.protocols.reading import change, check
from euthymia.simulation.exposure import AT_ONCE, exposures
from euthymia.simulation.person import Person

UNITS = [
    {field.name: field.metadata["unit"] for field in fields(part) if "unit" in field.metadata}
    for part in (Disposition, Absorption, Esketamine)
]


def disposition_of(model, flow, intrinsic, slow):
    body = typical_body()._replace(liver_flow=flow, intrinsic_clearance=intrinsic, allometric_time_scale=slow)
    d, e = individualise(model.physiology.disposition, model.physiology.esketamine, body)
    return [{name: getattr(part, name) for name in units} for part, units in zip((d, d.absorption, e), UNITS, strict=True)]


EQUATIONS = {
    "intrinsic clearance": ("physiology.esketamine", intrinsic_clearance, [], "L/h"),
    "extraction": ("physiology.esketamine", lambda p, flow, intrinsic: extraction(flow, intrinsic), [(150.0, "L/h"), (390.0, "L/h")], ONE),
    "intrinsic of clearance": ("physiology.esketamine", intrinsic_of_clearance, [(0.6, ONE)], ONE),
    "liver flow": ("", lambda m, age: liver_flow(m.covariates, m.physiology.esketamine, age), [(75.0, "year")], ONE),
    "time scale": (
        "",
        lambda m, weight: allometric_time_scale(m.animals, m.physiology.disposition, weight),
        [(0.03, "kg")],
        ONE,
    ),
    "one body": ("", disposition_of, [(0.9, ONE), (0.5, ONE), (0.2, ONE)], UNITS),
}


def given(route="i.v. bolus", drug="ketamine", amount="0.5 mg/kg", horizon="10 d", **patient):
    dose = {"drug": drug, "amount": amount, "route": route}
    return check({"name": "given", "title": "given", "patient": patient, "doses": [dose], "horizon": horizon})


def area(name="arterial_ketamine", **dose_and_patient):
    return float(exposures(given(**dose_and_patient)).area[name].sel(enantiomer="both", patient=0))


def test_a_body_of_which_nothing_is_known_is_the_typical_one(model):
    d, e = individualise(model.physiology.disposition, model.physiology.esketamine, typical_body())
    for part, typical in (
        (d, model.physiology.disposition),
        (d.absorption, model.physiology.disposition.absorption),
        (e, model.physiology.esketamine),
    ):
        for field in fields(part):
            if "unit" in field.metadata:
                np.testing.assert_allclose(getattr(part, field.name), getattr(typical, field.name), rtol=1e-14)


@pytest.mark.parametrize(("genotype", "row"), [("*1/*6", 1), ("*6/*6", 2)])
def test_a_genotype_lowers_clearance_as_was_found(model, genotype, row):
    assert area(cyp2b6=genotype) == pytest.approx(area() / float(model.covariates.of_genotype[row]), rel=1e-3)


def test_an_impaired_liver_doubles_the_exposure_to_a_spray():
    spray = {"route": "nasal", "drug": "esketamine", "amount": "84 mg"}
    assert area(liver="moderate impairment", **spray) / area(**spray) == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("changed", [{"age": 85.0}, {"liver": "moderate impairment"}])
def test_a_swallowed_dose_is_exposed_to_intrinsic_clearance_alone(model, changed):
    # In a well-stirred liver, (1 − E) over Q E is one over intrinsic clearance: blood flow cancels.
    body = Person.from_protocol(given(**changed), model).body
    found = area(route="oral", **changed) / area(route="oral")
    assert found == pytest.approx(1 / float(body.intrinsic_clearance), rel=1e-3)


def test_age_counts_from_sixty(model):
    flow = model.physiology.esketamine.liver_flow
    assert [float(Person.from_protocol(given(age=age), model).body.liver_flow) for age in (20.0, 60.0)] == [1.0, 1.0]
    assert float(Person.from_protocol(given(age=80.0), model).body.liver_flow) == pytest.approx(1 - 20 * 2.19 / float(flow))


def test_what_the_body_makes_is_cleared_as_in_anybody():
    for changed in ({"age": 85.0}, {"cyp2b6": "*6/*6"}):
        for metabolite in ("norketamine", "hydroxynorketamine"):
            assert area(metabolite, **changed) == pytest.approx(area(metabolite), rel=1e-3)


@pytest.mark.parametrize(("species", "weight"), [("mouse", "25 g"), ("rat", "250 g")])
def test_an_animal_is_a_person_in_fast_motion(model, species, weight):
    # Volumes go with weight, flows with its power 3/4 and delays with 1/4: after the same dose per weight only time is another.
    animal, person = given(species=species, weight=weight, horizon="1 d"), given(weight="70 kg", horizon="10 d")
    faster = float(Person.from_protocol(animal, model).body.allometric_time_scale)
    fast, slow = exposures(animal), exposures(person)
    times = np.geomspace(0.5, 6, 12)
    for name in ("arterial_ketamine", "venous_ketamine", "norketamine", "hydroxynorketamine", "free_brain_ketamine"):
        at = slow.data[name].sel(enantiomer="both", patient=0).interp(time=times)
        np.testing.assert_allclose(fast.data[name].sel(enantiomer="both", patient=0).interp(time=times * faster), at, rtol=2e-3)
    soon, late = (float(each.peak_time.free_brain_ketamine.sel(enantiomer="both", patient=0)) for each in (fast, slow))
    assert soon == pytest.approx(faster * late, rel=0.1)


def test_the_belly_gives_up_its_share(model):
    mouse = {"species": "mouse", "amount": "10 mg/kg", "horizon": "1 d"}
    share = float(model.physiology.disposition.absorption.intraperitoneal_bioavailability)
    assert area(route="i.p.", **mouse) == pytest.approx(share * area(**mouse), rel=2e-3)


def test_a_person_of_the_population_is_the_same_alone_and_in_any_company():
    protocol = given(horizon="1 d")
    few, many = exposures(protocol, 3), exposures(protocol, AT_ONCE + 3)
    alone = exposures(change(protocol, {"individual": 3}))
    for name in few.peak:
        one, other, own = (each.data[name].sel(patient=3) for each in (few, many, alone))
        np.testing.assert_allclose(one, other, rtol=1e-12)
        np.testing.assert_allclose(own, other, rtol=1e-9, atol=1e-15)


def test_people_differ_and_their_middle_is_the_typical_person():
    found = exposures(given(horizon="3 d"), 64).area.arterial_ketamine.sel(enantiomer="both")
    typical = area(horizon="3 d")
    logarithms = np.log(found / typical)
    assert abs(float(logarithms.mean())) < 0.07
    assert 0.1 < float(logarithms.std()) < 0.25
