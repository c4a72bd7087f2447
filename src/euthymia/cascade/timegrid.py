"""The grid of a course: a node at every change of input, fine after it and coarser with time.

Steps come from a ladder of a few lengths, each twice the one before, because every distinct length costs matrix
exponentials and every further step of that length costs none.
"""

from dataclasses import dataclass

import numpy as np

CHANNELS = ("S-ketamine", "R-ketamine", "escitalopram", "sertraline", "phenelzine", "midazolam")
"""Molecules that a pulse can bring, in the order of the input axis."""
LONGEST_STEP = 8.0
"""Top of the ladder, h."""
FIRST_STEP = LONGEST_STEP / 2**12
"""Step right after a change of input, h."""
STEPS_PER_RUNG = 31
"""Steps before the length doubles."""
FIRST_STEP_GENTLE = LONGEST_STEP / 2**4
"""Step right after a gentle change, h: what is swallowed reaches the blood over hours."""
STEPS_PER_RUNG_GENTLE = 4
SAME = 1e-9
"""Times and lengths that differ by less are one, h."""
SMALLEST_BUCKET = 512
"""Steps are padded to this count times a power of two, so that another dose does not recompile."""
SMALLEST_LENGTHS = 64
"""Distinct lengths likewise."""


@dataclass(frozen=True)
class Pulse:
    """An amount of one molecule given at a steady rate; a bolus has no duration. Times h, amount µmol.

    ``gentle`` marks what needs no fine steps, because a slower process stands between it and the blood.
    """

    start: float
    duration: float
    drug: str
    amount: float
    gentle: bool = False


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


def _rung(age: float, first: float, per_rung: int) -> float:
    """Step length at an age since a change, h: doubles after every ``per_rung`` steps, up to the top of the ladder."""
    doublings = np.floor(np.log2((first + (age + SAME) / per_rung) / LONGEST_STEP))
    return min(LONGEST_STEP * 2.0**doublings, LONGEST_STEP)


def _walk(sharp: np.ndarray, gentle: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Step lengths from the first stop to the last: the ladder since the latest change, cut short at every stop."""
    since_sharp = np.concatenate([[-np.inf], sharp])
    since_gentle = np.concatenate([[-np.inf], gentle])
    steps = []
    for start, end in zip(stops[:-1], stops[1:], strict=True):
        last_sharp, last_gentle = (each[np.searchsorted(each, start + SAME) - 1] for each in (since_sharp, since_gentle))
        now = start
        while end - now > SAME:
            step = min(
                _rung(now - last_sharp, FIRST_STEP, STEPS_PER_RUNG), _rung(now - last_gentle, FIRST_STEP_GENTLE, STEPS_PER_RUNG_GENTLE)
            )
            steps.append(step if now + step < end - SAME else end - now)
            now += step
    return np.array(steps)


def _bucket(count: int, smallest: int) -> int:
    while smallest < count:
        smallest *= 2
    return smallest


def time_grid(pulses: list[Pulse], horizon: float, include: tuple[float, ...] = (), refine: int = 1) -> TimeGrid:
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
    """
    changes = {pulse.gentle: [] for pulse in pulses} | {False: [], True: []}
    for pulse in pulses:
        changes[pulse.gentle] += [pulse.start, pulse.start + pulse.duration]
    # The start is a change as well; where something gentle is taken then, that is all that changes.
    if 0.0 not in changes[True]:
        changes[False].append(0.0)
    sharp, gentle = (np.array(sorted(t for t in set(changes[kind]) if 0 <= t <= horizon)) for kind in (False, True))
    stops = np.array(sorted({0.0, horizon, *sharp, *gentle, *(t for t in include if 0 <= t <= horizon)}))
    stops = stops[np.concatenate([[True], np.diff(stops) > SAME])]
    steps = np.repeat(_walk(sharp, gentle, stops) / refine, refine)
    _, first, which = np.unique(np.round(steps / SAME), return_index=True, return_inverse=True)
    lengths = steps[first]
    times = np.concatenate([[0.0], np.cumsum(lengths[which])])

    infusion, bolus = np.zeros((len(steps), len(CHANNELS))), np.zeros((len(steps), len(CHANNELS)))
    middle = times[:-1] + steps / 2
    for pulse in pulses:
        channel = CHANNELS.index(pulse.drug)
        if pulse.duration > 0:
            running = (middle > pulse.start) & (middle < pulse.start + pulse.duration)
            infusion[running, channel] += pulse.amount / pulse.duration
        elif pulse.start < horizon:
            bolus[np.searchsorted(times, pulse.start - SAME), channel] += pulse.amount
    # One length of zero is kept for the padding.
    lengths = np.pad(lengths, (0, _bucket(len(lengths) + 1, SMALLEST_LENGTHS) - len(lengths)))
    padding = (0, _bucket(len(steps), SMALLEST_BUCKET) - len(steps))
    return TimeGrid(
        lengths=lengths,
        which=np.pad(which, padding, constant_values=len(first)),
        infusion=np.pad(infusion, [padding, (0, 0)]),
        bolus=np.pad(bolus, [padding, (0, 0)]),
        nodes=len(times),
    )
