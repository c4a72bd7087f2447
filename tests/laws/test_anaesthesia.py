"""Nobody's mood can be rated under anaesthesia, and nothing that people read says otherwise."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from rich.console import Console

from euthymia.analysis.anaesthesia import anaesthesia_spans, anaesthesia_warnings, anaesthetised, rating_at, ratings
from euthymia.analysis.comparison import Comparison
from euthymia.analysis.readouts import MOOD, largest_changes_of
from euthymia.analysis.summary import summarise
from euthymia.protocols.reading import check
from euthymia.report.figures.anaesthesia import mark_anaesthesia
from euthymia.report.figures.arms import five_ways
from euthymia.report.figures.clock import drawn
from euthymia.report.figures.mood import attributed, mood, symptoms
from euthymia.report.pages.page import page
from euthymia.report.terminal.summary import show
from euthymia.results.csv_table import csv_text, readout_columns
from euthymia.simulation.interventions import ARMS
from euthymia.simulation.simulate import simulate

DOSE = {"drug": "ketamine", "route": "i.v. bolus", "amount": "100 mg/kg", "start": "1 d"}


@pytest.fixture(scope="module")
def asleep():
    """Far above every ceiling, after a day of waiting."""
    protocol = check({"name": "x", "title": "X", "context": "saline", "doses": [DOSE], "horizon": "8 d"})
    return simulate(protocol, arms=tuple(ARMS), coalitions=True)


def under(simulation, times, depth):
    """The same course with another depth of anaesthesia, h after its start."""
    depth = np.interp(simulation.data.time, times, depth)
    data = simulation.data
    return replace(simulation, data=data.assign(anaesthesia=("time", depth), can_be_rated=("time", (depth < 1).astype(float))))


def test_a_usual_dose_leaves_people_awake(reference_run):
    assert anaesthetised(reference_run) == []
    assert anaesthesia_warnings(reference_run) == []
    assert not np.isnan(ratings(reference_run)).any()


def test_intervals_are_where_the_readout_is_above_one(asleep):
    (only,) = anaesthetised(asleep)
    time, depth = asleep.data.time.to_numpy() - 24.0, asleep.data.anaesthesia.to_numpy()
    assert ((time > only.start) & (time < only.end) == (depth >= 1)).all()
    assert (asleep.data.can_be_rated.to_numpy() == (depth < 1)).all()
    assert 0 <= only.start < 0.1
    assert np.interp(only.end, time, depth) == pytest.approx(1)


@pytest.mark.parametrize(
    ("times", "depth", "found"),
    [
        ([0, 10, 20, 30], [0, 2, 0, 0], [(5, 15)]),
        ([0, 10, 20, 30, 40], [0, 2, 0, 2, 0], [(5, 15), (25, 35)]),
        ([0, 100, 200], [2, 0, 0], [(0, 50)]),
        ([0, 100, 336], [0, 2, 2], [(50, 336)]),
    ],
    ids=["once", "twice", "from the start", "to the end"],
)
def test_every_interval_is_found_whole(reference_run, times, depth, found):
    spans = anaesthetised(under(reference_run, times, depth))
    np.testing.assert_allclose([tuple(span) for span in spans], found, atol=1e-6)


def test_the_warning_says_from_when_to_when(reference_run):
    (said,) = anaesthesia_warnings(under(reference_run, [0, 10, 20, 30, 40], [0, 2, 0, 2, 0]))
    assert "no rating exists from 5 h to 15 h, from 25 h to 35 h" in said
    assert "extrapolation" in said
    (short,) = anaesthesia_warnings(under(reference_run, np.arange(21), np.arange(21) % 2 * 2.0))
    assert "and 7 times more" in short


def test_ratings_are_blank_in_every_table(asleep):
    made = summarise(asleep)
    assert rating_at(asleep, 2.0) is None
    assert made.madrs["2 h"] is None
    assert made.madrs["24 h"] == asleep.at(24.0)
    assert made.context["2 h"] is not None
    assert {parts["2 h"].points for parts in made.parts.values()} == {None}
    comparison = Comparison({"x": asleep}, [])
    assert comparison.madrs("x")["2 h"] is comparison.relief("x")["2 h"] is None
    assert "2 h" not in comparison.attribution("x")
    rows = list(csv.DictReader(io.StringIO(csv_text(readout_columns(asleep.data)))))
    blank = np.array([row["madrs [points]"] == "" for row in rows])
    assert (blank == (asleep.data.can_be_rated.to_numpy() == 0)).all()
    assert blank.any()
    assert all(row["madrs, untreated [points]"] for row in rows)


def test_extremes_and_response_are_of_ratings_that_can_be_made(asleep):
    made, (span,) = summarise(asleep), anaesthetised(asleep)
    for peak in (made.lowest, *([made.worst] if made.worst else [])):
        assert not span.start < peak.time < span.end
    assert made.time_to_response is None or made.time_to_response >= span.end


def test_who_reads_is_told(asleep):
    made = summarise(asleep)
    assert sum("no rating exists" in warning for warning in made.warnings) == 1
    file = io.StringIO()
    show(made, Console(file=file, width=200))
    html = page(asleep, made)
    (row,) = (line for line in file.getvalue().splitlines() if line.startswith("this course"))
    assert "–" in row
    assert "no rating exists" in html
    assert "nan" not in row


def test_changes_of_mood_are_of_ratings_that_can_be_made(asleep):
    (span,) = anaesthetised(asleep)
    moves = largest_changes_of(MOOD, asleep)
    assert moves
    for move in moves:
        assert np.isfinite(move.change)
        assert not span.start < move.time < span.end
        assert not span.start < move.half < span.end


def test_a_course_that_ends_under_anaesthesia_is_drawn_and_said(asleep):
    (span,) = anaesthetised(asleep)
    protocol = asleep.protocol.model_copy(update={"horizon": "30 h"})
    within = {"data": asleep.data.sel(time=slice(None, 30.0)), "coalitions": asleep.coalitions.sel(time=slice(None, 30.0))}
    short = replace(asleep, protocol=protocol, **within)
    assert span.end > 6
    assert summarise(short).checked_at == "0"
    for figure in (mood, symptoms, attributed):
        assert figure(drawn(short, 200)).startswith("<svg")
    assert five_ways(Comparison({"x": short}, [])).startswith("<svg")


def lines_of(axes):
    return {str(line.get_label()): np.asarray(line.get_ydata(), float) for line in axes.get_lines()}


@pytest.mark.parametrize("with_key", [True, False])
def test_a_drawing_has_no_rating_under_anaesthesia_and_sets_apart_what_follows(asleep, with_key):
    axes, time, course = Figure().subplots(), asleep.data.time.to_numpy(), asleep.madrs()
    (span,) = anaesthesia_spans(asleep.data)
    (line,) = axes.plot(time, course, label="A", lw=2)
    mark_anaesthesia(axes, {"A": asleep.data}, with_key)
    within, beyond = (other for other in axes.get_lines() if other is not line), np.asarray(line.get_ydata())
    (before,) = (np.asarray(other.get_ydata()) for other in within)
    np.testing.assert_array_equal(np.isfinite(before), time <= span.start)
    np.testing.assert_array_equal(np.isfinite(beyond)[1:], (time > span.end)[1:])
    assert line.get_linestyle() != "-"
    assert ("extrapolation" in lines_of(axes)) == with_key
    said = " ".join(text.get_text() for text in axes.texts)
    assert "anaesthetised: no rating" in said
    assert ("A: extrapolation" in said) != with_key
    (hatch,) = axes.patches
    assert hatch.get_hatch()
    assert (hatch.get_x(), hatch.get_x() + hatch.get_width()) == pytest.approx((span.start, span.end))


def test_a_drawing_of_somebody_awake_is_left_as_it_is(reference_run):
    axes = Figure().subplots()
    axes.plot(reference_run.data.time, reference_run.madrs(), label="A")
    mark_anaesthesia(axes, {"A": reference_run.data})
    assert not axes.patches
    assert not axes.texts
    np.testing.assert_array_equal(lines_of(axes)["A"], reference_run.madrs())
