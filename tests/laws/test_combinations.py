"""Drugs beside one another, visits beside tablets, and a treatment without a mechanism."""

from itertools import product

import numpy as np
import pytest

from euthymia.claims.reference_runs import reference_run
from euthymia.protocols.reading import check, read, text_of
from euthymia.protocols.vocabulary import ROUTES_OF
from euthymia.simulation.dosing import grid_of
from euthymia.simulation.simulate import simulate
from euthymia.simulation.visits import EMPIRICAL, first_visit, since_visits
from euthymia.simulation.warnings import warnings_of

KETAMINE = {"drug": "ketamine", "amount": "0.5 mg/kg", "route": "i.v. infusion", "start": "5 d", "duration": "40 min"}
TABLETS = tuple(drug for drug, routes in ROUTES_OF.items() if routes == ("oral",))
SPRAYS = (0, 3, 7, 10, 14, 17, 21, 24)


def tablet(drug, milligrams=20):
    return {"drug": drug, "amount": f"{milligrams} mg", "route": "oral", "every": "1 d", "times": 7}


def protocol(*doses, **fields):
    return check({"name": "mine", "title": "Mine", "context": "oral placebo", "visits": ["0 d"], "horizon": "7 d", "doses": doses} | fields)


def madrs(given):
    course = simulate(given)
    return np.interp(np.linspace(0, given.horizon, 200), course.data.time, course.madrs())


def test_tablets_are_no_visits_and_every_other_dose_is_one():
    assert read("esketamine-spray-and-escitalopram").visited() == tuple(24.0 * day for day in SPRAYS)
    assert protocol(tablet("sertraline"), KETAMINE, visits=[]).visited() == (120.0,)
    assert protocol(tablet("sertraline"), visits=[]).visited() == (0.0,)
    assert protocol(visits=[]).visited() == (0.0,)


def test_visits_that_are_stated_are_all_there_are():
    control, active = read("placebo-spray-and-escitalopram"), read("esketamine-spray-and-escitalopram")
    assert control.visited() == active.visited()
    assert protocol(KETAMINE).visited() == (0.0,)
    assert first_visit(protocol(KETAMINE)) == 0
    assert first_visit(protocol(KETAMINE, visits=["6 d"])) == 120


def test_stated_visits_are_written_and_are_nodes(model):
    given = protocol(KETAMINE, visits=["0 d", "31 h"])
    assert check(given.stated()) == given
    assert "visits" in text_of(given)
    grid = grid_of(given, model, 70.0)
    place = int(np.flatnonzero(grid.times == 31)[0])
    assert since_visits(given, grid.padded_times)[:, place].tolist() == [0, 31]


def test_both_arms_of_the_spray_have_one_context():
    active, control = (reference_run(protocol=f"{spray}-spray-and-escitalopram") for spray in ("esketamine", "placebo"))
    for hours in active.checkpoints().values():
        assert active.at(hours, "context") == pytest.approx(control.at(hours, "context"), abs=1e-9)


def test_a_spray_and_a_tablet_are_never_worse_than_either():
    both = read("esketamine-spray-and-escitalopram")
    weeks = [f"{day} d" for day in SPRAYS]
    together = madrs(both)
    for drug in ("esketamine", "escitalopram"):
        alone = [dose for dose in both.doses if dose.drug == drug]
        assert np.all(together <= madrs(check(both.stated() | {"doses": alone, "visits": weeks})) + 0.02), drug


def test_ketamine_added_is_a_tablet_until_it_is_given():
    added, tablets = reference_run(protocol="ketamine-added-to-escitalopram"), reference_run(protocol="escitalopram")
    for hours in (24.0, 168.0, 336.0):
        assert added.at(hours) == pytest.approx(tablets.at(hours), abs=0.01)
    assert added.at(672.0) < tablets.at(672.0) - 5


@pytest.mark.parametrize("drug", TABLETS)
def test_ketamine_beside_any_tablet_is_never_worse_than_either(drug):
    together = madrs(protocol(tablet(drug), KETAMINE))
    assert np.all(together <= madrs(protocol(KETAMINE)) + 0.05)
    assert np.all(together <= madrs(protocol(tablet(drug))) + 0.05)
    assert together.min() >= 0


def test_ketamine_after_midazolam_gives_an_answer():
    sedated = KETAMINE | {"drug": "midazolam", "amount": "0.045 mg/kg"}
    assert np.all(np.isfinite(madrs(protocol(sedated, KETAMINE))))


@pytest.mark.parametrize("nothing", ["ketamine", "escitalopram"])
def test_a_dose_of_nothing_leaves_the_other(nothing):
    both = protocol(tablet("escitalopram"), KETAMINE)
    doses = tuple(dose.with_canonical(amount=0.0) if dose.drug == nothing else dose for dose in both.doses)
    left = tuple(dose for dose in both.doses if dose.drug != nothing)
    # The steps of the two grids differ.
    np.testing.assert_allclose(madrs(both.with_canonical(doses=doses)), madrs(both.with_canonical(doses=left)), atol=0.02)


def said(given, model):
    return " ".join(warnings_of(given, model))


def test_an_mao_inhibitor_beside_what_raises_serotonin_or_dopamine_is_warned_of(model):
    inhibitors, partners = ("phenelzine", "tranylcypromine", "moclobemide"), ("escitalopram", "fluoxetine")
    for inhibitor, partner in product(inhibitors, partners):
        warned = said(protocol(tablet(partner), tablet(inhibitor)), model)
        assert f"{partner} with {inhibitor} can cause serotonin syndrome" in warned
    assert "bupropion with phenelzine can cause a dangerous rise of blood pressure" in said(
        protocol(tablet("bupropion"), tablet("phenelzine")), model
    )
    for harmless in ((tablet("escitalopram"), KETAMINE), (tablet("phenelzine"), KETAMINE), (tablet("escitalopram"), tablet("bupropion"))):
        assert "can cause" not in said(protocol(*harmless), model)


def test_electroconvulsive_therapy_moves_mood_alone_and_is_called_empirical(model):
    course = reference_run(protocol="electroconvulsive-therapy")
    np.testing.assert_allclose(course.madrs(), course.madrs("context"), rtol=1e-12)
    np.testing.assert_allclose(course.madrs("mechanisms alone"), course.madrs("untreated"), rtol=1e-12)
    assert np.all(np.diff(course.madrs()) <= 0)
    assert EMPIRICAL in said(course.protocol, model)
    assert "not known" not in said(course.protocol, model)
    assert "act together is not known" in said(protocol(KETAMINE, context="electroconvulsive therapy"), model)
    assert EMPIRICAL not in said(protocol(KETAMINE), model)
