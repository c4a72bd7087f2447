"""Half times, extremes and responses of curves whose answer is known in closed form, and of the reference run."""

import math
from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from euthymia.analysis.onset import first_reached, first_response, largest_changes
from euthymia.analysis.summary import NOT_MODELLED, summarise
from euthymia.clinic.outcomes import responds
from euthymia.protocols.patient import Patient
from euthymia.protocols.reading import DEFAULT, read
from euthymia.simulation.simulate import simulate


def curve(values, time):
    return xr.DataArray(np.asarray(values, float), {"time": np.asarray(time, float)}, ["time"])


FINE = np.linspace(0, 100, 20001)
DIPS_THEN_RISES = curve(0.1 * (1 - np.exp(-FINE / 20)) - 0.2 * (FINE / 2) * np.exp(1 - FINE / 2), FINE)
"""A loss that peaks after about 2 h, and a gain with a time constant of 20 h."""


def test_the_half_time_of_an_exponential_rise_is_its_time_constant_times_the_logarithm_of_two():
    rise = curve(1 - np.exp(-FINE / 5), FINE)
    (only,) = largest_changes(rise, 0.01)
    assert only.change == pytest.approx(1, abs=1e-6)
    assert only.half == pytest.approx(5 * math.log(2), abs=1e-3)


def test_a_curve_that_falls_before_it_rises_has_both_extremes_and_the_half_of_each_on_its_own_side():
    fall, rise = largest_changes(DIPS_THEN_RISES, 0.01)
    assert fall.change < 0 < rise.change
    assert fall.half < fall.time < rise.half < rise.time
    for extreme in (fall, rise):
        assert float(DIPS_THEN_RISES.interp(time=extreme.half)) == pytest.approx(extreme.change / 2, abs=1e-9)
    # The fall is deeper than half the rise, and is not taken for it.
    assert abs(fall.change) > rise.change / 2


def test_the_mirror_image_of_a_curve_has_mirrored_extremes_at_the_same_times():
    for seen, mirrored in zip(largest_changes(DIPS_THEN_RISES, 0.01), largest_changes(-DIPS_THEN_RISES, 0.01), strict=True):
        assert mirrored == (-seen.change, seen.time, seen.half)


@pytest.mark.parametrize(("peak", "found"), [(0.0, 0), (0.0099, 0), (0.0101, 1), (-0.0101, 1)])
def test_a_change_of_less_than_the_least_is_none(peak, found):
    triangle = curve([0, peak, 0], [0, 1, 2])
    assert len(largest_changes(triangle, 0.01)) == found


def test_where_nothing_is_known_there_is_no_extreme_and_no_half():
    gap = DIPS_THEN_RISES.where((DIPS_THEN_RISES.time < 1) | (DIPS_THEN_RISES.time > 3))
    fall, rise = largest_changes(gap, 0.01)
    assert fall.time < 1 or fall.time > 3
    assert rise == largest_changes(DIPS_THEN_RISES, 0.01)[1]


def test_between_two_nodes_the_level_is_reached_on_a_straight_line():
    assert first_reached(curve([0, 0, 4, 4], [0, 8, 16, 24]), 1.0) == 10
    assert first_reached(curve([0, 0, 4, 4], [0, 8, 16, 24]), -1.0) is None


@pytest.mark.parametrize(
    ("values", "reached", "lost", "again"),
    [
        ([30, 30, 30, 30], None, None, False),
        ([30, 20, 10, 10], 1.5, None, False),
        ([30, 10, 10, 20], 0.75, 2.5, False),
        ([30, 15, 30, 15], 1.0, 1.0, True),
        ([0, 0, 0, 0], None, None, False),
    ],
)
def test_a_response_lasts_from_the_fall_by_half_until_the_first_rating_above_that(values, reached, lost, again):
    assert first_response(curve(values, range(4)), 0.5) == (reached, lost, again)


def test_the_summary_of_the_reference_run_tells_the_response_that_its_curve_shows(reference_run, model):
    summary, madrs = summarise(reference_run), reference_run.madrs()
    assert summary.lowest.value == float(madrs.min())
    assert summary.worst is None
    assert not responds(model.ratings, jnp.asarray(madrs[0]), jnp.asarray(madrs)).any()
    assert summary.time_to_response is summary.response_ends is None


def test_the_summary_of_a_patient_who_responds_tells_the_response_that_its_curve_shows(model):
    responsive = eqx.tree_at(lambda m: m.population.typical_responsiveness, model, jnp.asarray(0.6))
    responder = simulate(read(DEFAULT), responsive, coalitions=True)
    summary, madrs = summarise(responder), responder.madrs()
    answers = responds(model.ratings, jnp.asarray(madrs[0]), jnp.asarray(madrs))
    assert np.array_equal(answers, (madrs.time >= summary.time_to_response) & (madrs.time <= summary.response_ends))
    assert summary.time_to_response < summary.lowest.time < summary.response_ends


def test_a_late_first_dose_changes_no_time_that_is_counted_from_it(reference_run):
    protocol, data = reference_run.protocol, reference_run.data
    (dose,) = protocol.doses
    later = protocol.model_copy(
        update={"doses": (dose.model_copy(update={"start": f"{dose.start + 48} h"}),), "horizon": f"{protocol.horizon + 48} h"}
    )
    seen = summarise(reference_run)
    delayed = summarise(replace(reference_run, protocol=later, data=data.assign_coords(time=data.time + 48)))
    for name in ("time_to_response", "response_ends"):
        assert getattr(delayed, name) == pytest.approx(getattr(seen, name))
    assert delayed.lowest.time == pytest.approx(seen.lowest.time)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("saline", ()),
        ("escitalopram", ("any side effect of escitalopram",)),
        ("electroconvulsive-therapy", ("any side effect of electroconvulsive therapy",)),
        ("ketamine-iv-six", NOT_MODELLED),
        ("ketamine-added-to-escitalopram", (*NOT_MODELLED, "any side effect of escitalopram")),
    ],
)
def test_what_is_not_modelled_is_said_of_what_is_given(name, said, reference_run):
    assert summarise(replace(reference_run, protocol=read(name))).not_modelled == said


def test_a_healthy_person_does_not_respond(reference_run):
    healthy = reference_run.protocol.model_copy(update={"patient": Patient(condition="healthy")})
    assert summarise(replace(reference_run, protocol=healthy)).time_to_response is None


def test_a_mood_that_is_worse_at_first_is_told(reference_run):
    data = reference_run.data
    worse = xr.where(data.time < 0.5, data.madrs.isel(time=0, drop=True) + 2 * data.time, data.madrs).transpose(*data.madrs.dims)
    summary = summarise(replace(reference_run, data=data.assign(madrs=worse)))
    assert summary.worst is not None
    assert summary.worst.value == float(worse.max())
    assert 0.4 < summary.worst.time < 0.5
