"""Steps that run where an input changed, and are skipped where none did."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from euthymia.core.errors import unknown
from euthymia.core.files import atomic_write

from .stored import as_yaml, from_yaml

MINUTE = 60
Hashes = dict[str, str]
"""A hash for each kind of input, such as code or parameters."""


class StepFailed(RuntimeError):
    """A step did not leave its output."""


@dataclass(frozen=True)
class Step:
    """Something that is made from inputs and leaves outputs in the checkout."""

    name: str
    about: str
    """What it makes, in a few words."""
    make: Callable[[], None]
    """Leaves its outputs whole, or raises."""
    inputs: Callable[[], Hashes]
    outputs: Callable[[], str]
    """Hash of what it left; a constant where that is nothing."""


@dataclass(frozen=True)
class Standing:
    """A step beside its record: the inputs of now, and why it has to run, or None."""

    inputs: Hashes
    reason: str | None


def standing(step: Step, records: Path) -> Standing:
    """Whether a step has to run, and why."""
    inputs, record = step.inputs(), read_records(records).get(step.name)
    if record is None:
        return Standing(inputs, "it has no record")
    before = record["inputs"]
    changed = [kind for kind in {**before, **inputs} if before.get(kind) != inputs.get(kind)]
    if changed:
        return Standing(inputs, f"changed: {', '.join(changed)}")
    return Standing(inputs, None if record["outputs"] == step.outputs() else "its output is not what it left")


def run(steps: Sequence[Step], records: Path, forced: Iterable[str] = (), say: Callable[[str], None] = print) -> None:
    """Run in order every step that has to, or is forced to.

    A step is recorded when its output is whole, under the inputs it began with: one that is killed, or whose inputs change meanwhile,
    runs again the next time.
    """
    for number, step in enumerate(steps, start=1):
        head = f"[{number}/{len(steps)}] {step.name}"
        found = standing(step, records)
        reason = "forced" if step.name in forced else found.reason
        if reason is None:
            say(f"{head}: nothing changed, skipped")
            continue
        say(f"{head}: {step.about} ({reason})")
        begun = time.monotonic()
        step.make()
        seconds = time.monotonic() - begun
        record(step, found.inputs, records, round(seconds))
        say(f"{head}: done in {duration(seconds)}")


def record(step: Step, inputs: Hashes, records: Path, seconds: int | None) -> None:
    """Record a step as done with these inputs; ``seconds`` are None where its outputs were accepted and not made."""
    entry = {"seconds": seconds, "outputs": step.outputs(), "inputs": inputs}
    write_records(records, read_records(records) | {step.name: entry})


def read_records(path: Path) -> dict[str, Any]:
    """Records by step; none where there is no file."""
    return from_yaml(path) if path.exists() else {}


def write_records(path: Path, records: Mapping[str, Any]) -> None:
    """Replace the records, whole or not at all."""
    about = "# What `make rebuild` has done: of each step the hashes of its inputs and outputs, and how long it took.\n"
    atomic_write(path, about + as_yaml(records))


def select(steps: Sequence[Step], names: Iterable[str]) -> list[Step]:
    """Steps by name, in the order in which they run.

    Raises
    ------
    InputError
        If there is no step of a name.
    """
    names = list(names)
    for name in names:
        if name not in [step.name for step in steps]:
            raise unknown("step", name, [step.name for step in steps])
    return [step for step in steps if step.name in names]


def duration(seconds: float) -> str:
    """A time as a reader says it."""
    minutes, rest = divmod(round(seconds), MINUTE)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
