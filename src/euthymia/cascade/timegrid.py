"""The grid of a course: a node at every change of input, fine after it and coarser with time."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

FIRST_STEP = 0.1 / 60
"""Step right after a change of input, h."""
GROWTH = 1.023
"""Ratio of one step to the one before."""
LONGEST_STEP = 3.0
"""h."""
SMALLEST_BUCKET = 512
"""Grids are padded to this length times a power of two, so that another dose does not recompile."""


@dataclass(frozen=True)
class Pulse:
    """An amount of drug given at a steady rate; a bolus has no duration. Times h, amount µmol per enantiomer (S, R)."""

    start: float
    duration: float
    amount: tuple[float, float]


@dataclass(frozen=True)
class TimeGrid:
    """Padded steps and the input in each; ``nodes`` of them are real, the rest have length zero."""

    steps: np.ndarray
    infusion: np.ndarray
    bolus: np.ndarray
    nodes: int

    @property
    def padded_times(self) -> np.ndarray:
        """Times of all nodes, h; those of the padding stay at the end."""
        return np.concatenate([[0.0], np.cumsum(self.steps)])

    @property
    def times(self) -> np.ndarray:
        """Times of the real nodes, h."""
        return self.padded_times[: self.nodes]


def _between(start: float, end: float, refine: int) -> np.ndarray:
    """Nodes from one event to the next: steps grow geometrically to the longest allowed; refinement splits each evenly."""
    steps, length, covered = [], FIRST_STEP, 0.0
    while covered < end - start:
        steps.append(length)
        covered += length
        length = min(length * GROWTH, LONGEST_STEP)
    edges = start + np.concatenate([[0.0], np.cumsum(steps)]) * (end - start) / covered
    edges[-1] = end
    return np.interp(np.arange(len(steps) * refine + 1) / refine, np.arange(len(edges)), edges)


def time_grid(pulses: list[Pulse], horizon: float, include: tuple[float, ...] = (), refine: int = 1) -> TimeGrid:
    """The padded grid for a course.

    Parameters
    ----------
    pulses
        Doses; may overlap.
    horizon
        End of the course, h.
    include
        Further times that must be nodes, h.
    refine
        Split every step into this many, for convergence tests.
    """
    changes = {0.0, horizon} | {t for pulse in pulses for t in (pulse.start, pulse.start + pulse.duration)}
    events = sorted(t for t in changes if 0 <= t <= horizon)
    pieces = [_between(a, b, refine)[:-1] for a, b in pairwise(events)]
    times = np.union1d(np.concatenate([*pieces, [horizon]]), [t for t in include if 0 <= t <= horizon])
    steps = np.diff(times)
    infusion, bolus = np.zeros((len(steps), 2)), np.zeros((len(steps), 2))
    middle = times[:-1] + steps / 2
    for pulse in pulses:
        amount = np.asarray(pulse.amount)
        if pulse.duration > 0:
            running = (middle > pulse.start) & (middle < pulse.start + pulse.duration)
            infusion[running] += amount / pulse.duration
        elif pulse.start < horizon:
            bolus[np.searchsorted(times, pulse.start)] += amount
    bucket = SMALLEST_BUCKET
    while bucket < len(steps):
        bucket *= 2
    padding = [(0, bucket - len(steps))]
    return TimeGrid(np.pad(steps, padding), np.pad(infusion, [*padding, (0, 0)]), np.pad(bolus, [*padding, (0, 0)]), len(times))
