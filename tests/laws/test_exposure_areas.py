"""The area under a concentration is what reached the blood over the clearance, wherever doses lie, and a bolus has a value before it."""

import csv

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from euthymia.analysis.exposure_table import tables
from euthymia.core.constants import SECOND
from euthymia.model.time_grid import SMALLEST_LENGTHS, time_grid
from euthymia.pharmacology.comparators import DRUGS
from euthymia.pharmacology.ketamine import hydroxynorketamine_clearance, norketamine_clearance
from euthymia.protocols.reading import read
from euthymia.simulation.dosing import grid_of, pulses_from_doses
from euthymia.simulation.exposure import exposures, kept_nodes
from euthymia.simulation.visits import CHECKPOINTS, first_visit
from padded_exposures import EVERY_THIRD_DAY, MILLIGRAMS, TWO_SECONDS, dose, given, solver

WHEREVER = {
    "one bolus": [dose()],
    "every third day": [EVERY_THIRD_DAY],
    "in two seconds": [TWO_SECONDS],
    "at the end of an infusion": [dose("i.v. infusion", duration="40 min"), dose(start="40 min")],
    "within an infusion": [dose("i.v. infusion", duration="40 min"), dose(start="20 min")],
    "half a second after another": [dose(), dose(start="0.5 s")],
    "every twelve hours": [dose(every="12 h", times=20)],
    "every hour late in a course": [dose(start="30 d", every="1 h", times=14)],
}


@pytest.fixture
def solve(monkeypatch):
    return solver(monkeypatch)


def both(values):
    return values.isel(patient=0).sel(enantiomer="both")


def micromoles(model, doses, drug="ketamine"):
    return MILLIGRAMS * sum(each.get("times", 1) for each in doses) / float(getattr(model.molecules, drug))


@pytest.mark.parametrize("doses", WHEREVER.values(), ids=WHEREVER)
def test_areas_are_the_dose_over_the_clearance_wherever_doses_lie(model, solve, doses):
    p, links = model.physiology.disposition, model.physiology.links
    area, dosed = solve(given(*doses)).area.isel(patient=0), micromoles(model, doses)
    of_ketamine, of_norketamine = dosed / float(p.clearance), dosed / 2 * float((p.norketamine_share / norketamine_clearance(p)).sum())
    of_hnk = dosed / 2 * np.asarray(p.norketamine_share * p.hydroxynorketamine_share / hydroxynorketamine_clearance(p))
    reaching_brain = float(links.unbound_fraction * links.brain_partition)
    for name, expected in {
        "arterial_ketamine": of_ketamine,
        "venous_ketamine": of_ketamine,
        "free_brain_ketamine": reaching_brain * of_ketamine,
        "norketamine": of_norketamine,
        "free_brain_norketamine": reaching_brain * float(links.norketamine_penetration) * of_norketamine,
        "hydroxynorketamine": of_hnk.sum(),
    }.items():
        assert float(area[name].sel(enantiomer="both")) == pytest.approx(expected, rel=1e-8), name
    np.testing.assert_allclose(area.hydroxynorketamine[:2], of_hnk, rtol=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_areas_to_infinity_are_the_dose_over_the_clearance_at_random_times_however_soon_the_course_ends(model, solve, seed):
    chance = np.random.default_rng(seed)
    starts = np.sort(chance.uniform(0, 13 * 24, chance.integers(2, 12)))
    doses = []
    for start in starts.tolist():
        kind = {} if chance.random() < 0.5 else {"route": "i.v. infusion", "duration": f"{chance.uniform(0.01, 20)!r} h"}
        doses.append(dose(start=f"{start!r} h", milligrams=float(chance.uniform(1, 60)), **kind))
    dosed = sum(float(one["amount"].split()[0]) for one in doses) / float(model.molecules.ketamine)
    expected = dosed / float(model.physiology.disposition.clearance)
    for horizon, tolerance in (("14 d", None), ("120 d", 1e-8)):
        found = solve(given(*doses, horizon=horizon))
        for name in ("arterial_ketamine", "venous_ketamine"):
            assert float(both(found.area_to_infinity[name])) == pytest.approx(expected, rel=1e-8)
            if tolerance is not None:
                assert float(both(found.area[name])) == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize("route", ["i.m.", "s.c.", "oral", "oral extended release"])
def test_absorbed_doses_have_the_area_of_what_arrives(model, solve, route):
    p = model.physiology.disposition
    arriving = {
        "i.m.": p.absorption.injected_share[0],
        "s.c.": p.absorption.injected_share[1],
        "oral": p.absorption.oral_bioavailability,
        "oral extended release": p.absorption.tablet_bioavailability,
    }[route]
    doses = [dose(route, every="1 d", times=3)]
    expected = float(arriving / p.clearance) * micromoles(model, doses)
    assert float(both(solve(given(*doses)).area.arterial_ketamine)) == pytest.approx(expected, rel=1e-8)


def test_a_spray_has_the_area_of_what_nose_and_gut_take_up(model, solve):
    p = model.physiology.esketamine
    area = solve(given(dose("nasal", "esketamine", 2 * float(p.device)))).area
    from_nose = float(p.nasal_share * (1 + p.later_devices) / 2)
    metabolised = float(p.metabolism * p.liver_volume)
    extracted = metabolised / (float(p.liver_flow) + metabolised)
    absorbed = from_nose + (1 - from_nose) * float(p.gut_share) * (1 - extracted)
    dosed = 2 * float(p.device) / float(model.molecules.ketamine)
    assert float(both(area.arterial_ketamine)) == pytest.approx(dosed * absorbed / (float(p.liver_flow) * extracted), rel=1e-8)
    reaching_liver = from_nose + (1 - from_nose) * float(p.gut_share)
    formed = reaching_liver * float(p.norketamine_share)
    assert float(both(area.norketamine)) == pytest.approx(dosed * formed / float(p.norketamine_clearance), rel=1e-8)


@pytest.mark.parametrize(("drug", "route"), [("midazolam", "i.v. bolus"), ("escitalopram", "oral"), ("bupropion", "oral")])
def test_comparators_and_what_they_form_have_their_areas(model, solve, drug, route):
    p, index = model.physiology.comparators, DRUGS.index(drug)
    area = solve(given(dose(route, drug, every="1 d", times=3))).area.comparator_plasma.isel(patient=0)
    arriving = 3 * MILLIGRAMS / float(p.molar_mass[index]) * (float(p.bioavailability[index]) if route == "oral" else 1)
    assert float(area.sel(molecule=drug)) == pytest.approx(arriving / float(p.clearance[index]), rel=1e-8)
    if drug == "bupropion":
        expected = arriving * float(p.formed_share[1] / p.metabolite_clearance[1])
        assert float(area.sel(molecule="hydroxybupropion")) == pytest.approx(expected, rel=1e-8)
    absent = area.drop_sel(molecule=[drug, "hydroxybupropion"])
    assert not absent.any()


def test_areas_until_a_horizon_add_up(solve):
    together = solve(given(EVERY_THIRD_DAY, horizon="14 d")).area
    apart = [solve(given(dose(), horizon=f"{14 - 3 * number} d")).area for number in range(4)]
    for name in set(together) - {"pore_block"}:
        np.testing.assert_allclose(together[name], sum(area[name] for area in apart), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    ("one", "horizon"),
    [
        (dose("i.v. infusion", duration="40 min"), "1 h"),
        (dose("oral"), "1 h"),
        (dose("oral", "fluoxetine"), "14 d"),
        (dose("oral", "memantine"), "14 d"),
    ],
)
def test_areas_are_those_under_the_courses(solve, one, horizon):
    found = solve(given(one, horizon=horizon))
    for name in found.area:
        values = found.data[name].transpose("time", ...)
        under = PchipInterpolator(values.time, values).integrate(0, found.protocol.horizon)
        np.testing.assert_allclose(found.area[name].transpose(*values.dims[1:]), under, rtol=2e-3, atol=1e-12, err_msg=str(name))


def test_a_bolus_and_an_infusion_in_two_seconds_agree(solve):
    bolus, infusion = (solve(given(each, horizon="14 d")) for each in (EVERY_THIRD_DAY, TWO_SECONDS))
    for name in bolus.area:
        np.testing.assert_allclose(bolus.area[name], infusion.area[name], rtol=1e-6)
        np.testing.assert_allclose(bolus.peak[name], infusion.peak[name], rtol=0.02)


def test_a_small_dose_blocks_in_proportion(solve):
    small, smaller = (solve(given(dose(milligrams=milligrams), horizon="14 d")).area for milligrams in (1e-2, 1e-3))
    np.testing.assert_allclose(small.pore_block, 10 * smaller.pore_block, rtol=1e-3)


def test_the_course_jumps_at_a_bolus_by_what_it_brings(model, solve):
    found = solve(given(EVERY_THIRD_DAY, horizon="14 d"))
    arterial, step = both(found.data.arterial_ketamine), micromoles(model, [dose()]) / float(model.physiology.disposition.central_volume)
    times = arterial.time.values
    assert np.all(np.diff(times) > 0)
    for start in (72.0, 144.0, 216.0):
        at = int(np.flatnonzero(times == arterial.time.sel(time=start, method="nearest").item())[0])
        assert times[at] == pytest.approx(start, abs=1e-9)
        assert times[at] - times[at - 1] == pytest.approx(SECOND, abs=1e-9)
        assert float(arterial[at] - arterial[at - 1]) == pytest.approx(step, rel=1e-4)
    assert float(both(found.peak.arterial_ketamine)) == pytest.approx(step, rel=0.01)
    assert float(both(found.peak_time.arterial_ketamine)) in (0.0, *times[np.isin(np.round(times, 6), (72.0, 144.0, 216.0))])


def test_a_table_has_a_row_before_each_bolus_and_one_after_it(model, solve):
    text = tables(solve(given(EVERY_THIRD_DAY, horizon="14 d")), model)["concentrations.csv"].decode()
    rows = [
        (float(row["time [h]"]), float(row["concentration [umol/L]"]))
        for row in csv.DictReader(text.splitlines())
        if (row["analyte"], row["site"]) == ("ketamine", "arterial")
    ]
    times = [time for time, _ in rows]
    assert len(set(times)) == len(times)
    for start in (72.0, 144.0, 216.0):
        at = times.index(start)
        assert times[at - 1] == pytest.approx(start - SECOND, abs=1e-5)
        assert rows[at][1] > 100 * rows[at - 1][1] > 0


def test_a_thinned_course_keeps_each_bolus_and_the_node_before(model):
    grid = grid_of(given(EVERY_THIRD_DAY, horizon="14 d"), model, 70.0)
    kept, room = kept_nodes(grid, 4)
    assert len(kept) <= room < grid.nodes / 3
    for start in (72.0, 144.0, 216.0):
        for time in (start - SECOND, start):
            assert np.abs(grid.times[kept] - time).min() < 1e-9
    np.testing.assert_array_equal(kept_nodes(grid, 1)[0], np.arange(grid.nodes))


def test_the_node_before_a_bolus_follows_the_change_before_it(model):
    protocol = given(dose(), dose(start="0.5 s"), dose("i.v. infusion", start="1 h", duration="1 s"), dose(start="3601 s"), horizon="1 d")
    times = grid_of(protocol, model, 70.0).times
    for start, before in ((0.5 / 3600, 0.25 / 3600), (1 + SECOND, SECOND / 2)):
        at = int(np.argmin(np.abs(times - start)))
        assert times[at] - times[at - 1] <= before + 1e-9


@pytest.mark.parametrize("protocol", ["ketamine-iv", "escitalopram", "untreated", dose("i.m.", every="3 d", times=4)], ids=str)
def test_without_a_bolus_the_grid_is_what_it_is(model, protocol):
    protocol = read(protocol) if isinstance(protocol, str) else given(protocol)
    nodes = (*(first_visit(protocol) + hours for hours in CHECKPOINTS.values()), *protocol.visits)
    plain = time_grid(pulses_from_doses(protocol, model, 70.0), protocol.horizon, nodes)
    np.testing.assert_array_equal(grid_of(protocol, model, 70.0).times, plain.times)


@pytest.mark.parametrize("doses", [[EVERY_THIRD_DAY], [dose(every="12 h", times=20)]])
def test_nodes_before_boluses_cost_one_length_and_no_larger_grid(model, doses):
    protocol = given(*doses, horizon="14 d")
    grid = grid_of(protocol, model, 70.0)
    plain = time_grid(pulses_from_doses(protocol, model, 70.0), protocol.horizon, tuple(CHECKPOINTS.values()))
    assert np.sum(grid.lengths > 0) <= np.sum(plain.lengths > 0) + 1 + len(CHECKPOINTS)
    assert (len(grid.lengths), len(grid.length_index)) == (SMALLEST_LENGTHS, len(plain.length_index))


def test_areas_and_times_of_peaks_say_their_units():
    results = exposures(read("ketamine-iv"))
    assert results.area.arterial_ketamine.units == "umol/L h"
    assert results.area.pore_block.units == "h"
    assert {values.units for values in results.peak_time.values()} == {"h"}
    assert results.peak.arterial_ketamine.units == "umol/L"
