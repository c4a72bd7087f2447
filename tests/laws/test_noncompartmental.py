"""Noncompartmental parameters are what their definitions say, by superposition, closed forms and an analysis of samples."""

import csv
import math
from itertools import groupby

import numpy as np
import pytest
from scipy.linalg import expm

from euthymia.analysis.exposure_summary import exposure_rows
from euthymia.analysis.exposure_table import LEVELS, tables
from euthymia.analysis.noncompartmental import ONCE, PARAMETERS, REPEATED, intervals_of, parameters, series_of
from euthymia.core.numerics.terminal_rates import terminal_rates
from euthymia.pharmacology.comparators import DRUGS
from euthymia.simulation.dosing_intervals import DosingIntervals, dosing_intervals
from padded_exposures import EVERY_THIRD_DAY, TWO_SECONDS, dose, given, solver

TWELVE_HOURLY = dose(every="12 h", times=20)
INFUSIONS = dose("i.v. infusion", duration="40 min", every="2 d", times=5)
TABLETS = dose("oral", "escitalopram", 10.0, every="1 d", times=10)


@pytest.fixture
def solve(monkeypatch):
    return solver(monkeypatch)


def one(numbers, analyte="ketamine", site="arterial"):
    """The parameters of one person, analyte and site by name."""
    (column,) = np.flatnonzero((numbers.analyte.values == analyte) & (numbers.site.values == site))
    return {name: float(numbers[name][0, column]) for name in PARAMETERS}


def rows_of(files, name):
    return list(csv.DictReader(files[name].decode().splitlines()))


def lambda_z(times, values, factor=1e-4):
    """As PKNCA: three or more last points after the highest; of fits within ``factor`` of the best adjusted r² that of the most points."""
    late = np.arange(len(times)) > values.argmax()
    t, y = times[late], np.log(values[late])
    fits = []
    for count in range(3, len(t) + 1):
        slope, intercept = np.polyfit(t[-count:], y[-count:], 1)
        left = np.sum((y[-count:] - intercept - slope * t[-count:]) ** 2) / np.sum((y[-count:] - y[-count:].mean()) ** 2)
        fits.append((1 - left * (count - 1) / (count - 2), count, -slope))
    best = max(fit[0] for fit in fits)
    return max(fit for fit in fits if fit[0] > best - factor)[2] if fits else math.nan


@pytest.mark.parametrize("doses", [EVERY_THIRD_DAY, TWO_SECONDS, TWELVE_HOURLY])
def test_areas_of_repeated_doses_are_dose_over_clearance(model, solve, doses):
    numbers = one(parameters(solve(given(doses, horizon="14 d")), model))
    expected = 35.0 * doses["times"] / float(model.physiology.disposition.clearance) * 1e3
    assert numbers["aucinf"] == pytest.approx(expected, rel=1e-8)
    assert numbers["auclast"] * 100 / (100 - numbers["aucpext"]) == pytest.approx(expected, rel=1e-8)
    assert 0 < numbers["aucpext"] < 0.1


def test_boluses_and_infusions_in_two_seconds_have_one_area(model, solve):
    bolus, infusion = (parameters(solve(given(doses, horizon="14 d")), model) for doses in (EVERY_THIRD_DAY, TWO_SECONDS))
    for name in ("auclast", "aucinf", "auctau"):
        np.testing.assert_allclose(bolus[name], infusion[name], rtol=1e-6)


@pytest.mark.parametrize("doses", [TWELVE_HOURLY, INFUSIONS, dose("oral", every="8 h", times=7), TABLETS])
def test_the_area_of_the_last_interval_is_that_of_one_dose_over_all_of_them(model, solve, doses):
    numbers = parameters(solve(given(doses, horizon="14 d")), model)
    tau, times = float(numbers.tau[0, 0]), doses["times"]
    single = {name: value for name, value in doses.items() if name not in ("every", "times")}
    after_one, after_all = (parameters(solve(given(single, horizon=f"{count * tau!r} h")), model) for count in (1, times))
    np.testing.assert_allclose(numbers.auctau_first, after_one.auclast, rtol=1e-8)
    np.testing.assert_allclose(numbers.auctau, after_all.auclast, rtol=1e-8)
    np.testing.assert_allclose(numbers.accumulation_ratio, after_all.auclast / after_one.auclast, rtol=1e-8)
    np.testing.assert_allclose(numbers.cav * tau, numbers.auctau, rtol=1e-12)


@pytest.mark.parametrize("doses", [TWELVE_HOURLY, INFUSIONS, TABLETS])
def test_troughs_and_lowest_values_are_those_of_the_course(model, solve, doses):
    found = solve(given(doses, horizon="14 d"))
    numbers, time = parameters(found, model), found.data.time.values
    for column, series in enumerate(series_of(found, model)):
        intervals = intervals_of(series, found)
        values = series.molar_mass * series.of(found.data).isel(patient=0).values
        end = intervals.last + intervals.length
        # A second before the end, where a bolus has a node, or at the end, where there is no dose.
        before = np.flatnonzero(time <= end + 1e-9)[-1]
        assert float(numbers.ctrough[0, column]) == pytest.approx(values[before], rel=1e-6)
        inside = values[(time >= intervals.last - 2 / 3600) & (time <= end + 1e-9)]
        assert float(numbers.cmin[0, column]) == pytest.approx(inside.min(), rel=2e-3)
        assert float(numbers.cmin[0, column]) <= inside.min() * (1 + 1e-9)
        since = time - intervals.last
        after = (since >= -1e-9) & (time < end - 1e-9)
        assert float(numbers.cmax_tau[0, column]) == pytest.approx(values[after].max(), rel=1e-9)
        assert float(numbers.tmax_tau[0, column]) == pytest.approx(since[after][values[after].argmax()], abs=1e-6)
        assert float(numbers.ctrough[0, column]) >= float(numbers.cmin[0, column])


def test_the_index_of_one_compartment_is_what_it_accumulates_to(model, solve):
    """MK-801 has one compartment here, which a bolus enters."""
    doses = dose("i.v. bolus", "MK-801", 0.1, every="2 h", times=30)
    numbers = one(parameters(solve(given(doses, horizon="14 d")), model), "MK-801", "plasma")
    p, index = model.physiology.comparators, DRUGS.index("MK-801")
    rate = float(p.clearance[index] / p.central_volume[index])
    assert numbers["lambda_z"] == pytest.approx(rate, rel=1e-9)
    assert numbers["half_life"] == pytest.approx(math.log(2) / rate, rel=1e-9)
    assert numbers["accumulation_index"] == pytest.approx(1 / (1 - math.exp(-2 * rate)), rel=1e-9)
    assert numbers["accumulation_ratio"] == pytest.approx(numbers["accumulation_index"], rel=1e-6)
    concentration = 0.1 / float(p.central_volume[index]) * 1e3
    assert numbers["ctrough"] == pytest.approx(concentration / (math.exp(2 * rate) - 1), rel=1e-6)
    assert numbers["cmax"] == pytest.approx(concentration / (1 - math.exp(-2 * rate)), rel=1e-6)


@pytest.mark.parametrize(
    ("doses", "analyte", "site", "hours"),
    [
        (dose(), "ketamine", "arterial", (60, 120)),
        (dose(), "norketamine", "brain", (90, 160)),
        (dose("oral", "escitalopram", 10.0), "escitalopram", "plasma", (48, 240)),
        (dose("oral", "fluoxetine", 20.0), "norfluoxetine", "plasma", (1000, 2600)),
        (dose("nasal", "esketamine", 56.0), "ketamine", "venous", (60, 160)),
    ],
)
def test_the_half_life_is_that_of_a_regression_of_late_samples(model, solve, doses, analyte, site, hours):
    found = solve(given(doses))
    exact = one(parameters(found, model), analyte, site)
    (series,) = (series for series in series_of(found, model) if (series.analyte, series.site) == (analyte, site))
    values, time = series.of(found.data).isel(patient=0).values, found.data.time.values
    nodes = np.unique(np.searchsorted(time, [exact["tmax"], *np.linspace(*hours, 8)]))
    assert exact["lambda_z"] == pytest.approx(lambda_z(time[nodes], values[nodes]), rel=0.01)


def test_terminal_rates_are_those_of_the_last_exponential():
    """Flip-flop: absorption at 0.1/h is slower than elimination at 0.5/h; the third state only collects, the fourth is apart."""
    matrix = np.array([[-0.1, 0, 0, 0], [0.1, -0.5, 0, 0], [0, 0.5, 0, 0], [0, 0, 0, -0.01]])
    absorbed, injected = (terminal_rates(matrix[None], np.arange(4) == entry)[0] for entry in (0, 1))
    np.testing.assert_allclose(absorbed, [0.1, 0.1, np.nan, np.nan])
    np.testing.assert_allclose(injected, [np.nan, 0.5, np.nan, np.nan])
    two = np.array([[-1.2, 0.3, 0.0], [0.7, -0.3, 0.0], [0.2, 0.0, -0.9]])
    rates = terminal_rates(np.stack([two, 2 * two]), np.array([True, False, False]))
    courses = [expm(two * t)[:, 0] for t in (60.0, 61.0)]
    np.testing.assert_allclose(rates, [np.log(courses[0] / courses[1]), 2 * np.log(courses[0] / courses[1])], rtol=1e-9)


@pytest.mark.parametrize(
    ("doses", "reason"),
    [
        ([], "no dose"),
        ([dose()], "a single dose"),
        ([dose(), dose(start="12 h", milligrams=20.0)], "doses differ"),
        ([dose(), dose("oral", start="12 h")], "doses differ"),
        ([dose(), dose(start="12 h"), dose(start="25 h")], "intervals between doses differ"),
        ([dose(every="10 d", times=2)], "the course ends before a second interval does"),
    ],
)
def test_nothing_accumulates_where_doses_do_not_repeat(model, solve, doses, reason):
    protocol = given(dose("oral", "sertraline", 50.0), *doses, horizon="14 d")
    assert dosing_intervals(protocol, ("ketamine",)) == reason
    found = solve(protocol)
    numbers = parameters(found, model)
    assert all(np.isnan(numbers[name]).all() for name in REPEATED)
    assert not any(np.isnan(numbers[name]).any() for name in ONCE)
    assert not {row["parameter"] for row in rows_of(tables(found, model), "parameters.csv")} & set(REPEATED)
    assert {row.intervals for row in exposure_rows(found, model)} <= {reason, "a single dose"}


def test_drugs_have_dosing_intervals_of_their_own(model, solve):
    found = solve(given(INFUSIONS, TABLETS, dose("oral", "sertraline", 50.0), horizon="14 d"))
    numbers = parameters(found, model)
    assert one(numbers)["tau"] == 48
    assert one(numbers, "escitalopram", "plasma")["tau"] == 24
    assert math.isnan(one(numbers, "sertraline", "plasma")["tau"])
    alone = parameters(solve(given(TABLETS, horizon="14 d")), model)
    for name in ("auctau", "cmin", "ctrough"):
        assert one(numbers, "escitalopram", "plasma")[name] == pytest.approx(one(alone, "escitalopram", "plasma")[name], rel=1e-8)


def test_the_last_interval_is_one_that_ends_within_the_course():
    protocol = given(dose(every="12 h", times=5), horizon="54 h")
    assert dosing_intervals(protocol, ("ketamine",)) == DosingIntervals(12.0, 0.0, 36.0, 4, 5)


@pytest.mark.parametrize("doses", [dose("i.v. infusion", duration="40 min"), EVERY_THIRD_DAY, TABLETS])
def test_areas_and_peaks_are_those_of_the_written_course(model, solve, doses):
    files = tables(solve(given(doses, horizon="14 d")), model)
    stated = {(row["analyte"], row["site"], row["parameter"]): row for row in rows_of(files, "parameters.csv")}
    course = rows_of(files, "concentrations.csv")
    assert {row["person"] for row in course} == {"given"}
    for (analyte, site), rows in groupby(course, key=lambda row: (row["analyte"], row["site"])):
        time, mass, molar = np.array(
            [[float(row[name]) for name in ("time [h]", "concentration [ng/mL]", "concentration [umol/L]")] for row in rows]
        ).T
        for values, column in ((mass, "value"), (molar, "molar_value")):
            assert np.trapezoid(values, time) == pytest.approx(float(stated[analyte, site, "auclast"][column]), rel=5e-3)
            assert values.max() == pytest.approx(float(stated[analyte, site, "cmax"][column]), rel=1e-8)
        assert time[values.argmax()] == pytest.approx(float(stated[analyte, site, "tmax"]["value"]), rel=1e-8)


def test_many_people_are_written_with_their_quantiles(model, solve):
    found = solve(given(dose("i.v. infusion", duration="40 min"), horizon="2 d"), 7)
    files, numbers = tables(found, model), parameters(found, model)
    everyone = [
        float(row["value"]) for row in rows_of(files, "parameters.csv") if tuple(row.values())[1:4] == ("ketamine", "brain", "cmax")
    ]
    assert len(everyone) == 7
    stated = {
        float(row["quantile"]): float(row["value"])
        for row in rows_of(files, "parameter_quantiles.csv")
        if (row["analyte"], row["site"], row["parameter"]) == ("ketamine", "brain", "cmax")
    }
    assert stated == pytest.approx(dict(zip(LEVELS, np.quantile(everyone, LEVELS), strict=True)), rel=1e-8)
    (row,) = (row for row in exposure_rows(found, model) if (row.analyte, row.site) == ("ketamine", "brain"))
    mass = float(numbers.molar_mass[0])
    assert row.values["cmax"] == pytest.approx([value / mass for value in stated.values()], rel=1e-8)
    at_peak = [row for row in rows_of(files, "quantiles.csv") if (row["analyte"], row["site"]) == ("ketamine", "arterial")]
    by_time = {}
    for row in at_peak:
        by_time.setdefault(float(row["time [h]"]), []).append(float(row["concentration [ng/mL]"]))
    assert all(low <= median <= high for low, median, high in by_time.values())
    assert {row["person"] for row in rows_of(files, "pore_block.csv")} == {str(number) for number in range(1, 8)}
