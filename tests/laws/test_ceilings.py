"""No dose is run that nobody has experience of, unless it is asked for."""

from collections import Counter

import pytest

from euthymia.core.errors import InputError
from euthymia.model.parameters import AT_ONCE, CEILING_OWNERS
from euthymia.protocols.reading import builtin_names, check, read
from euthymia.protocols.vocabulary import BLOCKERS, OF_KETAMINE, ROUTES_OF, ROUTES_OF_ANIMALS
from euthymia.simulation.ceilings import check_ceilings
from euthymia.simulation.warnings import course_warnings
from euthymia.trials.published import published_trials

BOLUS = {"drug": "ketamine", "route": "i.v. bolus"}
INFUSION = {"drug": "ketamine", "route": "i.v. infusion"}


def given(*doses, species="human", horizon="60 d"):
    return check({"name": "x", "title": "X", "patient": {"species": species}, "doses": list(doses), "horizon": horizon})


def refused(protocol, model):
    with pytest.raises(InputError) as error:
        check_ceilings(protocol, model)
    return str(error.value)


def passes(protocol, model):
    check_ceilings(protocol, model)
    return True


@pytest.mark.parametrize("name", builtin_names())
def test_what_ships_is_below_every_ceiling(name, model):
    assert passes(read(name), model)


def test_what_trials_gave_is_below_every_ceiling(model):
    published = published_trials()
    for regimen in published.regimens:
        assert passes(published.protocol(regimen), model)


def test_above_the_ceiling_the_line_says_what_is_allowed_and_how_to_run_it_all_the_same(model):
    said = refused(given(BOLUS | {"amount": "5000 mg/kg"}), model)
    for word in ("doses[1].amount", "5,000 mg/kg of ketamine (i.v. bolus)", "4.5 mg/kg", "ceilings.ketamine.vein", "--beyond-evidence"):
        assert word in said
    assert len(said.splitlines()) == 1
    check_ceilings(given(BOLUS | {"amount": "5000 mg/kg"}), model, beyond_evidence=True)


@pytest.mark.parametrize(("drug", "route"), [(drug, route) for drug, routes in ROUTES_OF.items() for route in routes if route != "i.p."])
def test_every_drug_has_a_ceiling_by_every_route(drug, route, model):
    more = {"duration": "40 min"} if route == "i.v. infusion" else {}
    assert passes(given({"drug": drug, "route": route, "amount": "0.01 mg/kg"} | more), model)
    assert "doses[1].amount" in refused(given({"drug": drug, "route": route, "amount": "5000 g"} | more), model)


@pytest.mark.parametrize("species", ["mouse", "rat"])
@pytest.mark.parametrize("route", ["i.v. bolus", "i.m.", "s.c.", "i.p."])
def test_an_animal_has_ceilings_of_its_own(species, route, model):
    dose = {"drug": "ketamine", "route": route, "amount": "30 mg/kg"}
    assert passes(given(dose, species=species), model)
    assert f"ceilings.{species}" in refused(given(dose | {"amount": "300 mg/kg"}, species=species), model)
    assert set(ROUTES_OF_ANIMALS) == {"i.v. infusion", "i.v. bolus", "i.m.", "s.c.", "i.p."}


def test_a_longer_infusion_may_be_of_more(model):
    """One dose at once, and the rate over the time that it takes."""
    at_once, rate = (float(values[names.index(name)]) for values, names, name in _ketamine(model))
    for hours in (0.5, 4.0, 100.0):
        most = at_once + rate * hours
        within = {"amount": f"{most * (1 - 1e-6)} mg/kg", "duration": f"{hours} h"}
        assert passes(given(INFUSION | within), model)
        assert "within" in refused(given(INFUSION | within | {"amount": f"{most * (1 + 1e-6)} mg/kg"}), model)


def _ketamine(model):
    return (model.ceilings.at_once, AT_ONCE, "ketamine.vein"), (model.ceilings.rate, CEILING_OWNERS, "ketamine")


def test_doses_split_up_count_together_and_doses_apart_do_not(model):
    at_once, rate = (float(values[names.index(name)]) for values, names, name in _ketamine(model))
    repeated = BOLUS | {"amount": f"{at_once} mg/kg", "times": 3}
    assert passes(given(repeated | {"every": f"{1.001 * at_once / rate} h"}), model)
    assert "doses[2].amount" in refused(given(repeated | {"every": f"{0.9 * at_once / rate} h"}), model)
    # Small doses reach it later, and rest between them counts.
    small = BOLUS | {"amount": f"{at_once / 2} mg/kg", "times": 3, "every": "1 min"}
    assert "doses[3].amount" in refused(given(small), model)
    assert passes(given(small | {"times": 2}, small | {"times": 2, "start": "1 d"}), model)


def test_an_amount_is_said_in_the_unit_in_which_it_was_stated(model):
    assert "641.7 mg," in refused(given(INFUSION | {"amount": "5 g", "duration": "40 min"}), model)
    assert "200 mg," in refused(given({"drug": "escitalopram", "route": "oral", "amount": "201 mg"}), model)


def test_what_runs_above_its_ceiling_is_warned_of(model):
    found = course_warnings(given(BOLUS | {"amount": "5000 mg/kg"}), model)
    assert any("ceilings.ketamine.vein" in warning for warning in found)


def test_there_is_a_ceiling_for_what_can_be_given_and_no_other():
    kinds = Counter(name.split(".")[0] for name in AT_ONCE)
    assert set(CEILING_OWNERS) == {"ketamine", "esketamine", "arketamine", "metabolites", "MK-801", "mouse", "rat"}
    assert set(BLOCKERS) - set(OF_KETAMINE) == {"memantine", "MK-801"}
    assert kinds["ketamine"] == 6
