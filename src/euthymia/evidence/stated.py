"""Other values for evidence rows, as a user states them: text with a unit in, numbers in the unit of the row out."""

import math
import re
from collections.abc import Mapping, Sequence

from ..core.errors import InputError, short, unknown
from ..core.units import factor
from .registry import evidence
from .rows import Parameter

LONGEST = 1000
"""Letters of a stated value."""
_NUMBER = r"[-+]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,3})?"
_NUMBERS = re.compile(rf"\s*({_NUMBER}(?:\s*,\s*{_NUMBER})*)\s*(.*?)\s*")
_PART = r"[A-Za-zµμ%_]+(?:\^-?\d)?"
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
    return {row: _read(_parameter(row), value) for row, value in stated.items()}


def outside(row: str, value: float | list[float]) -> bool:
    """Whether a value lies outside what the evidence calls its spread; without a spread nothing does."""
    known = evidence().parameters[row]
    lower, upper = (-math.inf if known.lower is None else known.lower), (math.inf if known.upper is None else known.upper)
    return not all(lower <= number <= upper for number in (value if isinstance(value, list) else [value]))


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
    text = stated if isinstance(stated, str) else ", ".join(map(str, stated if isinstance(stated, Sequence) else [stated]))
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
