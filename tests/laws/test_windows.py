"""A course in windows: each step is in one of them, and wherever they end, nothing changes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from euthymia.model.inputs import CHANNELS, Pulse
from euthymia.model.time_grid import time_grid
from euthymia.protocols.reading import DEFAULT, read
from euthymia.simulation import schedule
from euthymia.simulation.interventions import BASE
from euthymia.simulation.schedule import LENGTHS, STEPS, Window, windows
from euthymia.simulation.simulate import simulate

TIMES = st.floats(0, 8000)


@settings(max_examples=40, deadline=None)
@given(st.lists(TIMES, max_size=60), st.lists(TIMES, max_size=60), st.integers(1, 3))
def test_each_step_is_in_one_window_which_has_room_and_ends_without_a_bolus(boluses, infusions, refine):
    pulses = [Pulse(start, duration, CHANNELS[0], 1.0) for starts, duration in ((boluses, 0.0), (infusions, 0.7)) for start in starts]
    grid = time_grid(pulses, 8784.0, refine=refine)
    parts = list(windows(grid))
    assert [first for first, _ in parts] == [0, *(last for _, last in parts[:-1])]
    assert parts[-1].last == grid.nodes - 1
    for first, last in parts:
        assert 0 < last - first <= STEPS
        assert len(set(grid.length_index[first:last])) < LENGTHS
        assert last == grid.nodes - 1 or not grid.bolus[last].any()


def test_where_windows_end_changes_nothing(monkeypatch):
    whole = simulate(read(DEFAULT), arms=BASE).data

    def short(grid):
        ends = [*range(0, grid.nodes - 1, 200), grid.nodes - 1]
        assert len(list(windows(grid))) == 1 < len(ends) - 1
        return map(Window, ends, ends[1:])

    monkeypatch.setattr(schedule, "windows", short)
    in_parts = simulate(read(DEFAULT), arms=BASE).data
    for name in whole.data_vars:
        scale = float(np.abs(whole[name]).max())
        np.testing.assert_allclose(in_parts[name], whole[name], rtol=0, atol=1e-12 * scale, err_msg=str(name))
