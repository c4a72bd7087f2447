"""Other values for evidence rows, as a user states them: text with a unit in, numbers in the unit of the row out."""

import math
import re
from collections.abc import Mapping, Sequence

from ..core.errors import InputError, short, unknown
from ..core.units import factor
from .registry import evidence
from .rows import Parameter

FAR = 10
"""Times the value of the evidence, from which on another value is remarked on where no spread is stated."""
LONGEST = 1000
"""Letters of a stated value."""
_NUMBER = r"[-+]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][-+]?[0-9]{1,3})?"
_NUMBERS = re.compile(rf"\s*({_NUMBER}(?:\s*,\s*{_NUMBER})*)\s*(.*?)\s*")
_PART = r"[A-Za-zµμ%_]+(?:\^-?[0-9])?"
# An allow-list: a unit library also evaluates arithmetic, of any size.
_UNIT = re.compile(rf"(?:1\s*/\s*)?\(?{_PART}(?:\s*[*/]\s*\(?{_PART}\)?)*\)?")
Stated = str | float | Sequence[float]
"""Text with a unit, or numbers for a row without one."""


def split(text: str) -> tuple[str, str]:
    """Row and value of ``ROW=VALUE UNIT``, as on a command line."""
    row, equals, value = text.partition("=")
    if not equals:
        raise InputError(f'set: {short(text)} is not ROW=VALUE UNIT; write for example ketamine.clearance="80 L/h"')
    return row.strip(), value


def stated_values(stated: Mapping[str, Stated]) -> dict[str, float | list[float]]:
    """Values by row, each in the unit of its row.

    Raises
    ------
    InputError
        For a row that does not exist, a value that is not a number, or not as many numbers as the row has, a unit that does not fit, or
        a number of the other sign.
    """
    if not isinstance(stated, Mapping):
        raise InputError(f'set: {short(stated)} is no mapping of rows to values; write for example {{"ketamine.clearance": "80 L/h"}}')
    return {row: _read(_parameter(row), value) for row, value in stated.items()}


def outside(row: str, value: float | list[float]) -> str:
    """In words, if a value lies outside the spread that the evidence states, or far from its own value where it states none; else empty."""
    known = evidence().parameters[row]
    numbers, usual = (entry if isinstance(entry, list) else [entry] for entry in (value, known.value))
    if known.spread is not None:
        lower, upper = (-math.inf if known.lower is None else known.lower), (math.inf if known.upper is None else known.upper)
        bounds = " to ".join("any" if edge is None else f"{edge:g}" for edge in (known.lower, known.upper))
        return "" if all(lower <= number <= upper for number in numbers) else f"outside its spread, {bounds} ({known.spread})"
    near = (abs(was) / FAR <= abs(number) <= abs(was) * FAR for number, was in zip(numbers, usual, strict=True))
    return "" if all(near) else f"more than {FAR}-fold away from {in_words(row, known.value)}, and the evidence states no spread"


def in_words(row: str, value: float | list[float]) -> str:
    """A value with the unit of its row."""
    numbers = ", ".join(f"{number:g}" for number in (value if isinstance(value, list) else [value]))
    unit = evidence().parameters[row].unit
    return numbers if unit == "dimensionless" else f"{numbers} {unit}"


def _parameter(row: str) -> Parameter:
    known = evidence()
    if row in known.targets:
        raise InputError(f"set: {row} is an observation that the model is compared with; only its own numbers can be set")
    if row not in known.parameters:
        raise unknown("set", row, known.parameters)
    return known.parameters[row]


def _read(row: Parameter, stated: Stated) -> float | list[float]:
    entries = stated if isinstance(stated, list | tuple) else [stated]
    numeric = all(isinstance(entry, int | float) and not isinstance(entry, bool) for entry in entries)
    text = stated if isinstance(stated, str) else ", ".join(map(repr, entries)) if numeric else ""
    parsed = _NUMBERS.fullmatch(text) if len(text) <= LONGEST else None
    example = f'"{in_words(row.id, row.value)}"'
    if parsed is None:
        raise InputError(f"{row.id}: {short(stated)} is not a number with a unit; write for example {example}")
    unit = parsed[2] or "dimensionless"
    if unit == "dimensionless" and row.unit != "dimensionless":
        raise InputError(f"{row.id}: {short(stated)} has no unit; write for example {example}")
    try:
        if unit != row.unit and not _UNIT.fullmatch(unit):
            raise ValueError(unit)
        scale = factor("percent" if unit == "%" else unit, row.unit)
    except ValueError:
        raise InputError(f"{row.id}: {short(unit)} is not a unit that converts to {row.unit}; write for example {example}") from None
    # Decimal text keeps a value in the unit of its row to the last bit.
    numbers = [float(number) if scale == 1 else float(number) * scale for number in parsed[1].split(",")]
    count = len(row.value) if isinstance(row.value, list) else 1
    if len(numbers) != count:
        raise InputError(f"{row.id}: {len(numbers)} numbers given; it has {count}, for example {example}")
    for number, usual in zip(numbers, row.value if isinstance(row.value, list) else [row.value], strict=True):
        if not math.isfinite(number):
            raise InputError(f"{row.id}: {short(stated)} is not a finite number; write for example {example}")
        if number * usual < 0:
            raise InputError(f"{row.id}: {number:g} has not the sign of its usual value, {usual:g}")
    return numbers if isinstance(row.value, list) else numbers[0]
