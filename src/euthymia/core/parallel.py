"""Numbered parts of a long piece of work, shared between processes; whoever solves a part, it is the same."""

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context
from typing import Any, TypeVar

from .runtime import configure

AHEAD = 4
"""Parts per process that are begun before the one that is wanted is there."""

Solved = TypeVar("Solved")
_solve: Callable[[int], Any]
"""What a process solves, sent once when it starts."""


def ordered_map(solve: Callable[[int], Solved], processes: int) -> Generator[Solved]:
    """Parts 0, 1, 2 … without end, here alone or by so many other processes, which end with the iterator.

    Processes and not threads, between which jaxlib 0.10 does not share one core's worth of such work. Each compiles for itself.

    Parameters
    ----------
    solve
        Solves the part of a number; it is pickled.
    processes
        How many solve at the same time.
    """
    if processes == 1:
        yield from map(solve, count())
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin, (solve,))
    try:
        begun: deque[Future] = deque(pool.submit(_part, number) for number in range(AHEAD * processes))
        for number in count(len(begun)):
            begun.append(pool.submit(_part, number))
            yield begun.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _begin(solve: Callable[[int], Any]) -> None:
    global _solve
    configure()
    _solve = solve


def _part(number: int) -> Any:
    return _solve(number)
