"""The time grid of a course: a node at every change of input, fine steps after it and coarser ones with time.

Steps come from a ladder of a few lengths, each twice the one before: every distinct length costs matrix exponentials, and further
steps of that length cost none.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from .inputs import CHANNELS, Pulse

RUNGS = tuple(8.0 / 2**k for k in range(13, -1, -1))
"""Step lengths of the ladder, h: each twice the one before."""


class Ladder(NamedTuple):
    """Step lengths since a change of input: ``lengths`` (h), each until an age in ``until`` (h), and the last from then on."""

    lengths: tuple[float, ...]
    until: tuple[float, ...]


def _ladder(lengths: tuple[float, ...], steps: Sequence[int]) -> Ladder:
    """The ladder with so many steps of each length."""
    return Ladder(lengths, tuple(accumulate(length * count for length, count in zip(lengths, steps, strict=True)))[:-1])


STEPS_PER_RUNG = {1 / 16: 96, 1 / 8: 44, 1 / 4: 44, 1 / 2: 118}
"""Steps of a length (h), where more than the least are made: while circuits cease to feel what they have adapted to, six to nine hours
after an infusion, and where dopamine lags behind trapped drug for days."""
LEAST_STEPS = 36
FINEST = _ladder(RUNGS, [STEPS_PER_RUNG.get(length, LEAST_STEPS if length < 1 else STEPS_PER_RUNG[1 / 2]) for length in RUNGS])
"""After the first changes of input."""
FINE_CHANGES = 12
"""Changes of input after which the steps are finest; after later ones of a long series they start coarser, as follows."""
OF_REPEATS = _ladder(RUNGS[4:], [5, 5, 5, 5, 30, 8, 10, 24, 6, 10])
"""After a later change: mostly those that :data:`STEPS_PER_RUNG` is about."""
OF_SLOW_ABSORPTION = _ladder(RUNGS[7:13], [8, 10, 16, 12, 10, 10])
"""After input that is slowly absorbed: a tablet reaches the blood over hours."""


class Ladders(NamedTuple):
    """Ladders of a long series: after a change of input that is felt at once, and after one that is slowly absorbed."""

    repeats: Ladder = OF_REPEATS
    slow: Ladder = OF_SLOW_ABSORPTION


OF_SERIES = Ladders()
"""Of one course: a state errs by about a thousandth of its range over the protocols that ship, or less."""
OF_PATIENTS = Ladders(_ladder(RUNGS[4:], [8, 8, 8, 8, 5, 5, 5, 10, 12, 10]), _ladder(RUNGS[9:13], [5, 5, 5, 5]))
"""Of many patients: by about a hundredth, or less."""
OF_BOLUS = tuple(accumulate(length for length, count in zip(RUNGS, (4, 4, 4, 6), strict=False) for _ in range(count)))
"""Further nodes after a bolus into blood, h, with those ladders."""


def ladders(shortest: int, steps: int, shortest_slow: int, slow_steps: int) -> Ladders:
    """Ladders with as many steps on every rung, from a shortest one (number in ``RUNGS``) to the longest."""
    return Ladders(
        *(_ladder(RUNGS[first:], [count] * len(RUNGS[first:])) for first, count in ((shortest, steps), (shortest_slow, slow_steps)))
    )


SAME = 1e-9
"""Times and lengths that differ by less are equal, h."""
SMALLEST_BUCKET = 1024
"""Steps are padded to this count times 1, 2, 3, 4, 6, 8, 12 …, so that another dose seldom compiles anew."""
SMALLEST_LENGTHS = 64
"""Distinct lengths likewise."""


@dataclass(frozen=True)
class TimeGrid:
    """Padded steps and the input in each; ``nodes`` of them are real, the rest have length zero.

    ``lengths`` are the distinct step lengths (h), padded with zeros; ``length_index`` says which of them each step has.
    ``infusion`` (µmol/h) and ``bolus`` (µmol) have a row per step and a column per channel.
    """

    lengths: np.ndarray
    length_index: np.ndarray
    infusion: np.ndarray
    bolus: np.ndarray
    nodes: int

    @property
    def steps(self) -> np.ndarray:
        """Length of every step, h."""
        return self.lengths[self.length_index]

    @property
    def padded_times(self) -> np.ndarray:
        """Times of all nodes, h; those of the padding stay at the end."""
        return np.concatenate([[0.0], np.cumsum(self.steps)])

    @property
    def times(self) -> np.ndarray:
        """Times of the real nodes, h."""
        return self.padded_times[: self.nodes]


def _step_length(age: float, ladder: Ladder) -> float:
    """Step length at an age since a change (h)."""
    return ladder.lengths[bisect_right(ladder.until, age + SAME)]


def _step_lengths(fast: list[float], slow: list[float], stops: list[float], fine_changes: int, coarser: Ladders) -> np.ndarray:
    """Step lengths (h) from the first stop to the last: the ladder since the latest change of either kind, cut short at every stop.

    ``fast`` are the times at which input changes, ``slow`` those at which slowly absorbed input does; ``coarser`` the ladders after all
    but the first ``fine_changes``.
    """
    steps = []
    for start, end in pairwise(stops):
        ladders = [
            (changes[count - 1], ladder)
            for changes, ladder in ((fast[:fine_changes], FINEST), (fast[fine_changes:], coarser.repeats), (slow, coarser.slow))
            if (count := bisect_right(changes, start + SAME))
        ]
        now = start
        while end - now > SAME:
            step = min(_step_length(now - latest, ladder) for latest, ladder in ladders)
            steps.append(step if now + step < end - SAME else end - now)
            now += step
    return np.array(steps)


def _bucket(count: int, smallest: int) -> int:
    """The smallest of ``smallest`` × 1, 2, 3, 4, 6, 8, 12 … that holds a count."""
    halves = smallest
    while 2 * halves < count:
        halves *= 2
    return next(size for size in (halves, 3 * halves // 2, 2 * halves) if size >= count and size % smallest == 0)


def time_grid(
    pulses: list[Pulse],
    horizon: float,
    include: tuple[float, ...] = (),
    refine: int = 1,
    fine_changes: int = FINE_CHANGES,
    padded_to: tuple[int, int] = (SMALLEST_BUCKET, SMALLEST_LENGTHS),
    changes: tuple[float, ...] = (),
    coarser: Ladders = OF_SERIES,
) -> TimeGrid:
    """The padded time grid of a course.

    Parameters
    ----------
    pulses
        Doses; may overlap.
    horizon
        End of the course, h.
    include
        Further times that must be nodes, h, without finer steps after them.
    refine
        Split every step into this many, for convergence tests.
    fine_changes
        Number of changes of input after which the steps are finest.
    padded_to
        Steps and distinct lengths of the smallest grid.
    changes
        Times at which something beside a dose changes, h.
    coarser
        Ladders after later changes, and after slowly absorbed input.
    """
    dosed = {slow: {t for p in pulses if p.slowly_absorbed is slow for t in (p.start, p.start + p.duration)} for slow in (False, True)}
    # The start counts as a fast change, unless slowly absorbed input begins there.
    fast, slow = sorted(dosed[False] | set(changes) | ({0.0} - dosed[True])), sorted(dosed[True])
    stops = sorted(t for t in {0.0, horizon, *fast, *slow, *include} if 0 <= t <= horizon)
    stops = [t for t, before in zip(stops, [-math.inf, *stops], strict=False) if t - before > SAME]
    steps = np.repeat(_step_lengths(fast, slow, stops, fine_changes, coarser) / refine, refine)
    _, first, length_index = np.unique(np.round(steps / SAME), return_index=True, return_inverse=True)
    lengths = steps[first]
    times = np.concatenate([[0.0], np.cumsum(lengths[length_index])])

    infusion, bolus = np.zeros((len(steps), len(CHANNELS))), np.zeros((len(steps), len(CHANNELS)))
    midpoints = times[:-1] + steps / 2
    for pulse in pulses:
        column = CHANNELS.index(pulse.channel)
        if pulse.duration > 0:
            running = (midpoints > pulse.start) & (midpoints < pulse.start + pulse.duration)
            infusion[running, column] += pulse.amount / pulse.duration
        elif pulse.start < horizon:
            bolus[np.searchsorted(times, pulse.start - SAME), column] += pulse.amount
    # One length of zero is kept for the padding.
    lengths = np.pad(lengths, (0, _bucket(len(lengths) + 1, padded_to[1]) - len(lengths)))
    padding = (0, _bucket(len(steps), padded_to[0]) - len(steps))
    return TimeGrid(
        lengths=lengths,
        length_index=np.pad(length_index, padding, constant_values=len(first)),
        infusion=np.pad(infusion, [padding, (0, 0)]),
        bolus=np.pad(bolus, [padding, (0, 0)]),
        nodes=len(times),
    )
