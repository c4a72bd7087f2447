"""Numbered chunks of a long computation, shared between processes; the results do not depend on how many."""

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context
from typing import Any, TypeVar

from .runtime import configure

AHEAD = 4
"""Chunks per process that are submitted before the next result is due."""

Solved = TypeVar("Solved")
_solve: Callable[[int], Any]
"""What a worker process calls, sent once when it starts."""


def ordered_map(solve: Callable[[int], Solved], processes: int) -> Generator[Solved]:
    """Results of chunks 0, 1, 2 … in order and without end, from this process or from workers, which end with the iterator.

    Processes and not threads: jaxlib 0.10 does not run such work on several threads in parallel. Each process compiles for itself.

    Parameters
    ----------
    solve
        The result of the chunk of a number; it is pickled.
    processes
        Number of worker processes; 1 works in this process.
    """
    if processes == 1:
        yield from map(solve, count())
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin, (solve,))
    try:
        started: deque[Future] = deque(pool.submit(_solve_chunk, number) for number in range(AHEAD * processes))
        for number in count(len(started)):
            started.append(pool.submit(_solve_chunk, number))
            yield started.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _begin(solve: Callable[[int], Any]) -> None:
    global _solve
    configure()
    _solve = solve


def _solve_chunk(number: int) -> Any:
    return _solve(number)
