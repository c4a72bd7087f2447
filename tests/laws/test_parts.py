"""Work that is shared with other processes comes in order, is the same, and is done whatever becomes of them."""

import multiprocessing
import os
import time
from contextlib import closing
from dataclasses import dataclass

import pytest

from euthymia.experiments.parts import in_order

PATIENCE = 120.0
"""s, for a process to start on a busy machine."""


@dataclass(frozen=True)
class Square:
    """Solves a part; in a helper, up to a part at which that dies."""

    first_process: int
    last: int

    def __call__(self, part: int) -> tuple[int, int]:
        time.sleep(0.01)
        if os.getpid() != self.first_process and part > self.last:
            os._exit(1)
        return part**2, os.getpid()


@pytest.mark.parametrize("last", [10**9, 0])
def test_parts_come_in_order_and_are_the_same_with_help_and_after_it_fails(last):
    start, solvers, after = time.monotonic(), set(), 0
    with closing(in_order(Square(os.getpid(), last), 2)) as parts:
        for part, (square, solver) in enumerate(parts):
            assert square == part**2
            solvers.add(solver)
            (helper,) = multiprocessing.active_children() or [None]
            # Some parts more, once the helper has helped or has died.
            after += len(solvers) == 2 or (part > 0 and helper is None)
            assert time.monotonic() - start < PATIENCE
            if after > 20:
                break
    assert len(solvers) == (2 if last else 1)
    assert not multiprocessing.active_children()


def test_no_process_is_started_for_one():
    with closing(in_order(Square(os.getpid(), 0), 1)) as parts:
        assert [next(parts)[0] for _ in range(4)] == [0, 1, 4, 9]
        assert not multiprocessing.active_children()
