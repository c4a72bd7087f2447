"""What is given, and when the patient comes, on a time grid: in windows of one size, so that one program serves a course of any length."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float

from ..core.device import on_device
from ..core.numerics.exponential import Steps
from ..model.closures.response import Correction, no_correction
from ..model.time_grid import TimeGrid
from ..protocols.protocol import Protocol
from .dosing import stress_left
from .visits import first_visit, since_visits

STEPS, LENGTHS = 1024, 64
"""Steps of a window, and distinct lengths among them with one of zero for the padding."""


class Schedule(NamedTuple):
    """One window of a course, padded with steps of length zero."""

    since_visits: Float[Array, "visit node"]
    """Time since the two latest visits, h."""
    since_start: Float[Array, "node"]
    """Time since the first visit, h."""
    steps: Steps
    infusion: Float[Array, "step channel"]
    """µmol/h."""
    bolus: Float[Array, "step channel"]
    """µmol."""
    stress_left: Float[Array, "node"]
    """Stress over what the patient is under at the start."""
    correction: Correction
    """What a bridged run adds to the closures at the nodes."""


class Window(NamedTuple):
    """Steps of a grid from the first to the one before the last: as many nodes, which the next window goes on from."""

    first: int
    last: int


def windows(grid: TimeGrid) -> Iterator[Window]:
    """The windows of a grid, in order: each as long as :class:`Schedule` has room for, and ending where no bolus is given."""
    first, end = 0, grid.nodes - 1
    while first < end:
        last = min(first + STEPS, end)
        _, met = np.unique(grid.length_index[first:last], return_index=True)
        if len(met) >= LENGTHS:
            last = first + int(np.sort(met)[LENGTHS - 1])
        while last < end and grid.bolus[last].any():
            last -= 1
        yield Window(first, last)
        first = last


def schedules(protocol: Protocol, grid: TimeGrid, correction: Correction | None = None) -> Iterator[tuple[Window, Schedule]]:
    """Each window of a grid, and what happens in it; a correction has a row for every node of the grid, padded."""
    times = grid.padded_times
    corrected = no_correction(len(times)) if correction is None else correction
    left, since, start = stress_left(protocol, times), since_visits(protocol, times), times - first_visit(protocol)
    for window in windows(grid):
        distinct, index = np.unique(grid.length_index[slice(*window)], return_inverse=True)
        # Lengths end in at least one of zero, which the steps of the padding have.
        lengths = np.pad(grid.lengths[distinct], (0, LENGTHS - len(distinct)))
        length_index = np.pad(index, (0, STEPS - len(index)), constant_values=LENGTHS - 1)
        schedule = Schedule(
            _at_nodes(since.T, window).T,
            _at_nodes(start, window),
            Steps(on_device(lengths), on_device(length_index)),
            _in_steps(grid.infusion, window),
            _in_steps(grid.bolus, window),
            _at_nodes(left, window),
            Correction(*(_at_nodes(np.asarray(part), window) for part in corrected)),
        )
        yield window, schedule


def _at_nodes(values: np.ndarray, window: Window) -> Array:
    """Rows of the nodes of a window, the last again for those of the padding."""
    rows = values[window.first : window.last + 1]
    return on_device(np.pad(rows, [(0, STEPS + 1 - len(rows)), *[(0, 0)] * (values.ndim - 1)], mode="edge"))


def _in_steps(amounts: Float[np.ndarray, "step channel"], window: Window) -> Array:
    """Rows of the steps of a window, and nothing in those of the padding."""
    rows = amounts[slice(*window)]
    return on_device(np.pad(rows, [(0, STEPS - len(rows)), (0, 0)]))
