"""Entries with repeats expanded into single doses, and single doses collected into such entries again."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count, pairwise
from typing import Any, NamedTuple

from ..core.errors import InputError
from .dose import Dose, repeat_times
from .vocabulary import DIGITS, DIGITS_STATED, MOST_DOSES, MOST_INTERLEAVED, SHORTEST_RUN


class _Run(NamedTuple):
    """Doses at a constant interval; times in h."""

    start: float
    every: float
    times: int


def all_but_time(dose: Dose) -> tuple[Any, ...]:
    """All fields of a single dose but its time."""
    return dose.drug, dose.route, dose.amount, dose.per_weight, dose.duration or 0.0


def written_out(stated: tuple[Dose, ...]) -> tuple[Dose, ...]:
    """The single doses of all entries, in order of time."""
    for number, (first, second) in enumerate(pairwise(stated), 2):
        if second.start < first.start:
            raise InputError(f"doses: dose {number} starts before dose {number - 1}; list doses in order of time")
    doses: list[Dose] = []
    for number, entry in enumerate(stated, 1):
        doses += entry.repeats()
        if len(doses) > MOST_DOSES:
            raise InputError(f"doses: {len(doses)} doses up to entry {number}, with their repeats; at most {MOST_DOSES} are allowed")
    return tuple(sorted(doses, key=lambda dose: (dose.start, *all_but_time(dose))))


def compact(doses: Iterable[Dose]) -> list[Dose]:
    """Entries that stand for exactly these doses; equal doses at a constant interval become one with `every` and `times`."""
    alike: dict[tuple[Any, ...], list[Dose]] = {}
    for dose in doses:
        alike.setdefault(all_but_time(dose), []).append(dose)
    return sorted((entry for group in alike.values() for entry in _runs(group)), key=lambda dose: dose.start)


def _runs(doses: list[Dose]) -> list[Dose]:
    """Entries for equal doses, the longest runs first, so that alternating or missed doses do not break up the others."""
    remaining = Counter(dose.start for dose in doses)
    entries = []
    while runs := sorted(_candidates(sorted(remaining)), key=lambda run: run.times, reverse=True):
        for run in runs:
            if (starts := Counter(repeat_times(*run))) <= remaining:
                remaining -= starts
                entries.append(doses[0].with_canonical(**run._asdict()))
    return entries + [doses[0].with_canonical(start=start) for start in remaining.elements()]


def _candidates(starts: list[float]) -> Iterator[_Run]:
    """All runs among times that are in order."""
    present = set(starts)
    for following, first in enumerate(starts, 1):
        for second in starts[following : following + MOST_INTERLEAVED]:
            gap = second - first
            # People state an interval in round hours or round minutes.
            for every in (round(gap, DIGITS_STATED), round(gap * 60, DIGITS_STATED) / 60):
                if every > 0 and round(first - every, DIGITS) not in present:
                    times = next(number for number in count(1) if round(first + number * every, DIGITS) not in present)
                    if times >= SHORTEST_RUN:
                        yield _Run(first, every, times)
