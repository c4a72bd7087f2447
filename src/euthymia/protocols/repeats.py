"""Doses written out one by one, and told in few entries again."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count, pairwise
from typing import Any

from ..core.errors import InputError
from .dose import Dose, repeat_times
from .vocabulary import DIGITS, DIGITS_STATED, MOST_DOSES, MOST_INTERLEAVED, SHORTEST_RUN


def all_but_time(dose: Dose) -> tuple[Any, ...]:
    """All of a dose but its time."""
    return dose.drug, dose.route, dose.amount, dose.per_weight, dose.duration or 0.0


def written_out(stated: tuple[Dose, ...]) -> tuple[Dose, ...]:
    """Every dose by itself, in order of time."""
    for number, (first, second) in enumerate(pairwise(stated), 2):
        if second.start < first.start:
            raise InputError(f"doses: dose {number} starts before dose {number - 1}; list doses in order of time")
    given: list[Dose] = []
    for number, each in enumerate(stated, 1):
        given += each.repeats()
        if len(given) > MOST_DOSES:
            raise InputError(f"doses: {len(given)} doses up to entry {number}, with their repeats; at most {MOST_DOSES} are allowed")
    return tuple(sorted(given, key=lambda dose: (dose.start, *all_but_time(dose))))


def compact(doses: Iterable[Dose]) -> list[Dose]:
    """Entries that stand for exactly these doses, with no more than `every` and `times`: runs of equal ones become one."""
    alike: dict[tuple[Any, ...], list[Dose]] = {}
    for dose in doses:
        alike.setdefault(all_but_time(dose), []).append(dose)
    return sorted((entry for group in alike.values() for entry in _runs(group)), key=lambda dose: dose.start)


def _runs(doses: list[Dose]) -> list[Dose]:
    """Longest first, so that doses that alternate, or are missed between, do not part the others."""
    left = Counter(dose.start for dose in doses)
    found = []
    while runs := sorted(_candidates(sorted(left)), key=lambda run: run[-1], reverse=True):
        for start, every, times in runs:
            if (met := Counter(repeat_times(start, every, times))) <= left:
                left -= met
                found.append(doses[0].model_copy(update={"start": start, "every": every, "times": times}))
    return found + [doses[0].model_copy(update={"start": start}) for start in left.elements()]


def _candidates(starts: list[float]) -> Iterator[tuple[float, float, int]]:
    """Runs among times that are in order: beginning, interval and length."""
    present = set(starts)
    for place, first in enumerate(starts, 1):
        for second in starts[place : place + MOST_INTERLEAVED]:
            gap = second - first
            # People state an interval in round hours or round minutes.
            for every in (round(gap, DIGITS_STATED), round(gap * 60, DIGITS_STATED) / 60):
                if every > 0 and round(first - every, DIGITS) not in present:
                    times = next(number for number in count(1) if round(first + number * every, DIGITS) not in present)
                    if times >= SHORTEST_RUN:
                        yield first, every, times
