from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from euthymia.model.inputs import CHANNELS, Pulse
from euthymia.model.time_grid import FINEST, RUNGS, SMALLEST_BUCKET, SMALLEST_LENGTHS, time_grid

CHECKPOINTS = (2.0, 24.0, 72.0, 168.0, 336.0)
INFUSION = [Pulse(0.0, 2 / 3, f"{enantiomer}-ketamine", 73.0) for enantiomer in "SR"]


def daily(count, start=0.0):
    return [Pulse(start + 24.0 * day, 0.0, "escitalopram", 30.0, slowly_absorbed=True) for day in range(count)]


pulses = st.lists(
    st.builds(
        Pulse,
        start=st.floats(0, 300),
        duration=st.one_of(st.just(0.0), st.floats(1 / 3600, 30)),
        channel=st.sampled_from(CHANNELS),
        amount=st.floats(0, 100),
        slowly_absorbed=st.booleans(),
    ),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(pulses, st.sampled_from([1, 2]))
def test_the_grid_gives_what_was_prescribed_and_meets_every_event(doses, refine):
    grid = time_grid(doses, 336.0, (24.0,), refine)
    given_amount = (grid.infusion * grid.steps[:, None]).sum(0) + grid.bolus.sum(0)
    prescribed = [sum(dose.amount for dose in doses if dose.channel == name) for name in CHANNELS]
    np.testing.assert_allclose(given_amount, prescribed, atol=1e-6)
    assert grid.times[0] == 0
    assert abs(grid.times[-1] - 336) < 1e-8
    assert np.all(grid.steps >= 0)
    assert grid.steps.max() <= RUNGS[-1] + 1e-9
    for event in [24.0, *(t for dose in doses for t in (dose.start, dose.start + dose.duration))]:
        assert np.abs(grid.times - event).min() < 1e-8
    assert len(grid.length_index) % SMALLEST_BUCKET == 0
    assert len(grid.lengths) % SMALLEST_LENGTHS == 0
    assert np.all(grid.steps[: grid.nodes - 1] > 0)
    assert np.all(grid.steps[grid.nodes - 1 :] == 0)


def test_a_single_infusion_fits_the_first_bucket():
    grid = time_grid(INFUSION, 336.0, CHECKPOINTS)
    assert len(grid.length_index) == SMALLEST_BUCKET
    assert len(grid.lengths) == SMALLEST_LENGTHS


@pytest.mark.parametrize("count", [42, 60])
def test_every_further_day_of_daily_doses_costs_as_much(count):
    weeks, longer = (time_grid(daily(days), 24.0 * days, CHECKPOINTS[1:]) for days in (count, count + 7))
    assert longer.nodes - weeks.nodes == 7 * len(np.unique(time_grid(daily(2), 48.0).times % 24))
    assert len(weeks.lengths) == SMALLEST_LENGTHS


@pytest.mark.parametrize(("doses", "horizon"), [(INFUSION, 336.0), (daily(42), 1008.0), ([*daily(14), *INFUSION], 336.0)])
def test_few_lengths_serve_many_steps(doses, horizon):
    grid = time_grid(doses, horizon, CHECKPOINTS)
    events = len(RUNGS) + 2 * len(CHECKPOINTS) + 4
    assert np.sum(grid.lengths > 0) <= events
    np.testing.assert_array_equal(grid.steps, grid.lengths[grid.length_index])


def test_refinement_splits_every_step_evenly():
    coarse, fine = (time_grid([*daily(3), *INFUSION], 100.0, CHECKPOINTS, refine) for refine in (1, 3))
    np.testing.assert_allclose(fine.times[::3], coarse.times, atol=1e-9)
    assert fine.nodes - 1 == 3 * (coarse.nodes - 1)


def test_steps_climb_one_rung_at_a_time():
    steps = time_grid(INFUSION, 336.0).steps
    after = steps[np.cumsum(steps) > 2 / 3 + 1e-9]
    after = after[after > 0][:-1]
    assert after[0] == RUNGS[0]
    assert set(np.round(np.diff(np.log2(after)), 9)) <= {0.0, 1.0}
    counts = np.diff([0.0, *FINEST.until]) / FINEST.lengths[:-1]
    for rung, count in zip(FINEST.lengths[:6], counts, strict=False):
        assert abs(np.sum(after == rung) - count) <= 1


def test_a_checkpoint_does_not_restart_the_ladder():
    plain, marked = (time_grid(INFUSION, 336.0, include) for include in ((), (100.1,)))
    assert marked.nodes - plain.nodes <= 2
    assert np.abs(marked.times - 100.1).min() < 1e-9


def test_a_tablet_at_the_start_spares_the_fine_steps_and_a_vein_beside_it_does_not():
    tablet = time_grid(daily(1), 24.0)
    both = time_grid([*daily(1), *INFUSION], 24.0)
    assert tablet.steps[0] > 100 * RUNGS[0]
    assert both.steps[0] == RUNGS[0]


def test_a_tablet_soon_after_an_infusion_does_not_coarsen_what_is_fine():
    alone, followed = (time_grid([*INFUSION, *tablet], 24.0) for tablet in ([], daily(1, start=0.7)))
    for grid in (alone, followed):
        near = grid.steps[(grid.padded_times[:-1] > 0.75) & (grid.padded_times[:-1] < 0.8)]
        assert near.max() < 0.05


def test_a_year_of_infusions_twice_a_week_costs_little_more_than_its_first_six():
    twice_a_week = [replace(each, start=84.0 * number) for number in range(104) for each in INFUSION]
    six, year = (time_grid(twice_a_week[: 2 * count], 8760.0) for count in (6, 104))
    assert year.nodes < 3 * six.nodes
    assert np.sum(year.lengths > 0) <= SMALLEST_LENGTHS
