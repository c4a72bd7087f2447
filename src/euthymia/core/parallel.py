"""Numbered chunks of a long computation, shared between processes; the results do not depend on how many."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import count
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.process import BaseProcess
from multiprocessing.resource_tracker import ensure_running
from signal import SIG_BLOCK, SIG_SETMASK, SIGINT, pthread_sigmask
from threading import Thread
from typing import Any, TypeVar

from .interrupts import undone, uninterrupted
from .runtime import configure

AHEAD = 4
"""Chunks per process that are submitted before the next result is due."""

LEAKS = "ignore:resource_tracker"
"""What Python says as it frees what an ended process could not."""

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
    others = active_children()
    with undone(lambda: _kill(process for process in active_children() if process not in others)):
        with _quietly():
            pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin, (solve,))
            started: deque[Future] = deque(pool.submit(_solve_chunk, number) for number in range(AHEAD * processes))
        try:
            for number in count(len(started)):
                started.append(pool.submit(_solve_chunk, number))
                yield started.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _kill(processes: Iterable[BaseProcess]) -> None:
    for process in processes:
        process.kill()
        process.join()


@contextmanager
def _quietly() -> Iterator[None]:
    """Processes that start here know no interrupt, and tidy up without a word: the one that started them ends them."""
    warned = os.environ.get("PYTHONWARNINGS")
    with uninterrupted():
        os.environ["PYTHONWARNINGS"] = f"{warned},{LEAKS}" if warned else LEAKS
        # Starting it later would let interrupts in again.
        ensure_running()
        before = pthread_sigmask(SIG_BLOCK, [SIGINT])
        try:
            yield
        finally:
            if warned is None:
                del os.environ["PYTHONWARNINGS"]
            else:
                os.environ["PYTHONWARNINGS"] = warned
            pthread_sigmask(SIG_SETMASK, before)


def _begin(solve: Callable[[int], Any]) -> None:
    global _solve
    Thread(target=_end_with_parent, daemon=True).start()
    configure()
    _solve = solve


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _solve_chunk(number: int) -> Any:
    return _solve(number)
