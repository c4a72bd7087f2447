"""Numbered parts of a long piece of work, shared with helper processes; whoever solves a part, it is the same."""

import signal
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

import jax

from ..core.runtime import configure

AT_HAND = 2
"""Parts that a helper is given at a time, so that it does not wait while the first process is busy with its own."""
AHEAD = 8
"""Parts that the first process solves beyond the one that is wanted, before it takes it back from a helper."""

Solved = TypeVar("Solved")


def in_order(solve: Callable[[int], Solved], processes: int) -> Generator[Solved]:
    """Parts 0, 1, 2 … without end. Helpers start after the first, whose compiled program they find, and end with the iterator.

    Processes and not threads, between which jaxlib 0.10 does not share one core's worth of such work. A helper that fails costs
    time alone.

    Parameters
    ----------
    solve
        Solves the part of a number; it is pickled.
    processes
        How many solve, this one among them.
    """
    yield solve(0)
    helpers = [_Helper(solve) for _ in range(processes - 1)]
    found: dict[int, Solved] = {}
    begun = 1
    try:
        for wanted in count(1):
            while wanted not in found:
                for helper in helpers:
                    found |= {part: solved for part, solved in helper.collect() if part >= wanted}
                    while helper.ready and len(helper.busy_with) < AT_HAND:
                        helper.give(begun)
                        begun += 1
                elsewhere = any(wanted in helper.busy_with for helper in helpers)
                if wanted in found:
                    break
                if wanted < begun and (not elsewhere or begun > wanted + AHEAD):
                    found[wanted] = solve(wanted)
                else:
                    found[begun] = solve(begun)
                    begun += 1
            yield found.pop(wanted)
    finally:
        for helper in helpers:
            helper.end()


class _Helper:
    """Another process that solves parts, as the first one sees it."""

    def __init__(self, solve: Callable[[int], Solved]) -> None:
        spawned = get_context("spawn")
        self.connection, far = spawned.Pipe()
        cached = jax.config.read("jax_compilation_cache_dir") is not None
        self.process = spawned.Process(target=_help, args=(solve, far, cached), daemon=True)
        self.process.start()
        # With this end closed here, a helper that dies ends the connection.
        far.close()
        self.ready = False
        self.busy_with: set[int] = set()

    def give(self, part: int) -> None:
        """A part to be solved."""
        self.busy_with.add(part)
        try:
            self.connection.send(part)
        except OSError:
            self._lost()

    def collect(self) -> Iterator[tuple[int, Solved]]:
        """Parts that are solved by now."""
        try:
            while not self.connection.closed and self.connection.poll():
                part, solved = self.connection.recv()
                # The first is that of everybody, and says that the helper has compiled.
                self.ready = True
                self.busy_with.discard(part)
                yield part, solved
        except (EOFError, OSError):
            self._lost()

    def _lost(self) -> None:
        self.ready = False
        self.busy_with.clear()
        self.connection.close()

    def end(self) -> None:
        """Whatever it does is no longer needed."""
        self.process.terminate()
        self.process.join()
        self.connection.close()


def _help(solve: Callable[[int], Solved], connection: Connection, cached: bool) -> None:
    """The life of a helper."""
    # An interrupt is for the first process, which ends its helpers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if cached:
        configure()
    # What is solved is posted while the next part is worked on.
    with ThreadPoolExecutor(1) as post:
        post.submit(connection.send, (0, solve(0)))
        try:
            while True:
                part = connection.recv()
                post.submit(connection.send, (part, solve(part)))
        except EOFError:
            return
