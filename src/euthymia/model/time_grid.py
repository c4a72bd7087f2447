"""The grid of a course: a node at every change of input, fine after it and coarser with time.

Steps come from a ladder of a few lengths, each twice the one before, because every distinct length costs matrix
exponentials and every further step of that length costs none.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .inputs import CHANNELS, Pulse

RUNGS = tuple(8.0 / 2**k for k in range(13, -1, -1))
"""Step lengths of the ladder, h: each twice the one before."""
STEPS_PER_RUNG = 44
"""Steps before the length doubles."""
FOLLOWED_FINELY = 12
"""Changes after which the ladder begins at its finest; of a longer series, the later ones are followed by what comes next."""
RUNGS_OF_REPEATS = RUNGS[4:]
"""The part of the ladder that follows a later change, h."""
STEPS_PER_RUNG_OF_REPEATS = 5
"""Likewise after a later change: a year of infusions in seconds, for errors of some thousandths."""
RUNGS_GENTLE = RUNGS[9:13]
"""The part of the ladder that follows a gentle change, h: what is swallowed reaches the blood over hours."""
STEPS_PER_RUNG_GENTLE = 5
"""Likewise after a gentle change."""
SAME = 1e-9
"""Times and lengths that differ by less are one, h."""
SMALLEST_BUCKET = 512
"""Steps are padded to this count times 1, 2, 3, 4, 6, 8, 12 …, so that another dose seldom compiles anew."""
SMALLEST_LENGTHS = 64
"""Distinct lengths likewise."""


@dataclass(frozen=True)
class TimeGrid:
    """Padded steps and the input in each; ``nodes`` of them are real, the rest have length zero.

    ``lengths`` are the distinct step lengths (h), padded with zeros; ``which`` says which of them each step has.
    ``infusion`` (µmol/h) and ``bolus`` (µmol) have a row per step and a column per channel.
    """

    lengths: np.ndarray
    which: np.ndarray
    infusion: np.ndarray
    bolus: np.ndarray
    nodes: int

    @property
    def steps(self) -> np.ndarray:
        """Length of every step, h."""
        return self.lengths[self.which]

    @property
    def padded_times(self) -> np.ndarray:
        """Times of all nodes, h; those of the padding stay at the end."""
        return np.concatenate([[0.0], np.cumsum(self.steps)])

    @property
    def times(self) -> np.ndarray:
        """Times of the real nodes, h."""
        return self.padded_times[: self.nodes]


def _step(age: float, rungs: tuple[float, ...], per_rung: int) -> float:
    """Step length at an age since a change (h): one rung higher after every ``per_rung`` steps, up to the top."""
    climbed = math.floor(math.log2(1 + (age + SAME) / (per_rung * rungs[0])))
    return rungs[min(climbed, len(rungs) - 1)]


def _walk(sharp: list[float], gentle: list[float], stops: list[float], finely: int) -> np.ndarray:
    """Step lengths from the first stop to the last: the ladder since the latest change of either kind, cut short at every stop."""
    steps = []
    for start, end in pairwise(stops):
        ladders = [
            (changes[count - 1], rungs, per_rung)
            for changes, rungs, per_rung in (
                (sharp[:finely], RUNGS, STEPS_PER_RUNG),
                (sharp[finely:], RUNGS_OF_REPEATS, STEPS_PER_RUNG_OF_REPEATS),
                (gentle, RUNGS_GENTLE, STEPS_PER_RUNG_GENTLE),
            )
            if (count := bisect_right(changes, start + SAME))
        ]
        now = start
        while end - now > SAME:
            step = min(_step(now - latest, rungs, per_rung) for latest, rungs, per_rung in ladders)
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
    finely: int = FOLLOWED_FINELY,
    padded_to: tuple[int, int] = (SMALLEST_BUCKET, SMALLEST_LENGTHS),
) -> TimeGrid:
    """The padded grid for a course.

    Parameters
    ----------
    pulses
        Doses; may overlap.
    horizon
        End of the course, h.
    include
        Further times that must be nodes, h; they do not make the steps after them finer.
    refine
        Split every step into this many, for convergence tests.
    finely
        How many changes are followed by the finest steps.
    padded_to
        Steps and distinct lengths of the smallest grid.
    """
    changes = {kind: {t for p in pulses if p.gentle is kind for t in (p.start, p.start + p.duration)} for kind in (False, True)}
    # The start is a change as well; where something gentle is taken then, that is all that changes.
    sharp, gentle = sorted(changes[False] | ({0.0} - changes[True])), sorted(changes[True])
    stops = sorted(t for t in {0.0, horizon, *sharp, *gentle, *include} if 0 <= t <= horizon)
    stops = [t for t, before in zip(stops, [-math.inf, *stops], strict=False) if t - before > SAME]
    steps = np.repeat(_walk(sharp, gentle, stops, finely) / refine, refine)
    _, first, which = np.unique(np.round(steps / SAME), return_index=True, return_inverse=True)
    lengths = steps[first]
    times = np.concatenate([[0.0], np.cumsum(lengths[which])])

    infusion, bolus = np.zeros((len(steps), len(CHANNELS))), np.zeros((len(steps), len(CHANNELS)))
    middle = times[:-1] + steps / 2
    for pulse in pulses:
        column = CHANNELS.index(pulse.channel)
        if pulse.duration > 0:
            running = (middle > pulse.start) & (middle < pulse.start + pulse.duration)
            infusion[running, column] += pulse.amount / pulse.duration
        elif pulse.start < horizon:
            bolus[np.searchsorted(times, pulse.start - SAME), column] += pulse.amount
    # One length of zero is kept for the padding.
    lengths = np.pad(lengths, (0, _bucket(len(lengths) + 1, padded_to[1]) - len(lengths)))
    padding = (0, _bucket(len(steps), padded_to[0]) - len(steps))
    return TimeGrid(
        lengths=lengths,
        which=np.pad(which, padding, constant_values=len(first)),
        infusion=np.pad(infusion, [padding, (0, 0)]),
        bolus=np.pad(bolus, [padding, (0, 0)]),
        nodes=len(times),
    )
