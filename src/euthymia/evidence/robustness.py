"""In how many draws of the free rows each claim holds: what ships with the package, and what a run leaves."""

import hashlib
import json
from functools import cache
from pathlib import Path

from ..core.errors import InputError
from ..core.files import atomic_write, check_file
from .claims import claim_rows
from .computed import Computed, of_package, parsed
from .freedom import FOLLOWING, drawn_rows
from .registry import evidence

FILE = "robustness.yaml"
ABOUT = "# In which draws of the free rows each claim holds (1) or not (0). Written by `make rebuild`, or `euthymia verify --draws`."
MOST_DRAWS = 10_000
YES, NO = "1", "0"


class Robustness(Computed):
    """Draws so far."""

    draws: int
    held: dict[str, str]
    """For each claim a character a draw: 1 where it holds and its control fails."""

    def share(self, claim: str) -> float | None:
        """Share of the draws in which a claim holds; None for a claim that is not among them, or without draws."""
        return self.held[claim].count(YES) / self.draws if self.draws and claim in self.held else None

    def after(self, held: dict[str, bool]) -> "Robustness":
        """With one draw more."""
        return Robustness(
            inputs=self.inputs, draws=self.draws + 1, held={name: self.held[name] + (YES if held[name] else NO) for name in self.held}
        )

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        lines = [ABOUT, f"inputs: {self.inputs}", f"draws: {self.draws}", "held:"]
        atomic_write(path, "\n".join([*lines, *(f'  {name}: "{draws}"' for name, draws in self.held.items()), ""]))


def nothing_drawn() -> Robustness:
    """No draw of the present inputs."""
    return Robustness(inputs=inputs_hash(), draws=0, held=dict.fromkeys((row.id for group in claim_rows().values() for row in group), ""))


def inputs_hash() -> str:
    """SHA-256 over all parameters, the ranges that are drawn from, and the tolerances of claims."""
    ranges = {row.id: [row.lower, row.upper] for row in drawn_rows()}
    tolerances = {row.id: row.tolerance.bounds(evidence()) for group in claim_rows().values() for row in group}
    return hashlib.sha256(
        json.dumps([evidence().parameter_hash(), evidence().calibrated, FOLLOWING, ranges, tolerances]).encode()
    ).hexdigest()


def begin(draws: int, path: Path | None) -> Robustness:
    """What is there before so many draws (1 to ``MOST_DRAWS``): those of a file, if it exists, or none.

    Raises
    ------
    InputError
        If the number is out of range, the file holds something else or others, or it cannot be written.
    """
    if not 1 <= draws <= MOST_DRAWS:
        raise InputError(f"draws: {draws} is outside 1 to {MOST_DRAWS}")
    if path is None:
        return nothing_drawn()
    check_file(path)
    return read(path) if path.exists() else nothing_drawn()


def read(path: Path) -> Robustness:
    """Draws from a file.

    Raises
    ------
    InputError
        If it holds something else, or draws of other numbers, ranges or claims.
    """
    robustness = parsed(Robustness, path.read_text("utf-8"), path.name, "draws")
    if robustness.inputs != inputs_hash():
        raise InputError(f"draws: {path} holds draws of other numbers, ranges or claims; name another file")
    return robustness


@cache
def shipped() -> Robustness | None:
    """The draws that ship with the package; None if they are of other numbers, ranges or claims, or not there."""
    return of_package(Robustness, FILE, "draws", inputs_hash())
