"""Conversion of units: text or evidence in, plain floats in canonical units out."""

import atexit
import hashlib
import json
import math
import re
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from .checked_files import cache_of_this_machine
from .constants import DAY, MINUTE, SECOND, WEEK
from .errors import InputError, short

if TYPE_CHECKING:
    import pint


@cache
def registry() -> "pint.UnitRegistry":
    """The unit registry of the package; the point of each rating scale is a dimension of its own."""
    import pint

    units = pint.UnitRegistry(autoconvert_offset_to_baseunit=False, cache_folder=None)
    units.define("madrs_point = [rating]")
    units.define("hamd_point = [hamilton]")
    return units


def factor(unit: str, canonical: str) -> float:
    """The number that turns a value in ``unit`` into ``canonical``.

    Raises
    ------
    ValueError
        If either text is no unit, or the two measure different things.
    """
    conversion = f"{unit} -> {canonical}"
    known = _known()
    if conversion not in known:
        import pint

        try:
            known[conversion] = float(registry().convert(1.0, unit, canonical))
        except (pint.errors.PintError, AssertionError, TypeError, AttributeError) as error:
            raise ValueError(f"{unit!r} does not convert to {canonical!r}: {error}") from error
    return known[conversion]


def check_unit(unit: str) -> None:
    """Raises ``ValueError`` if a text is no unit."""
    known = _known()
    if unit not in known:
        try:
            registry().Unit(unit)
        except Exception as error:
            raise ValueError(f"{unit!r} is not a unit: {error}") from error
        known[unit] = 1.0


@cache
def _known() -> dict[str, float]:
    """Conversions that this or an earlier process has made, so that most runs need no unit library; kept as the process ends."""
    files = cache_of_this_machine()
    if files is None:
        return {}
    definitions = hashlib.sha256(version("pint").encode() + Path(__file__).read_bytes()).hexdigest()
    content = files.get(f"units-{definitions}")
    kept = {} if content is None else json.loads(content)
    known = dict(kept)

    def keep() -> None:
        if known != kept:
            files.put(f"units-{definitions}", json.dumps(known).encode())

    atexit.register(keep)
    return known


# One row per kind of quantity a protocol may state: the spellings allowed, and their canonical unit.
SPELLINGS = {
    "dose per weight": {"mg/kg": 1.0, "ug/kg": 1e-3, "µg/kg": 1e-3},
    "dose": {"mg": 1.0, "ug": 1e-3, "µg": 1e-3, "g": 1e3},
    "time": {
        **dict.fromkeys(("s", "second", "seconds"), SECOND),
        **dict.fromkeys(("min", "minute", "minutes"), MINUTE),
        **dict.fromkeys(("h", "hour", "hours"), 1.0),
        **dict.fromkeys(("d", "day", "days"), DAY),
        **dict.fromkeys(("week", "weeks"), WEEK),
    },
    "weight": {"kg": 1.0, "g": 1e-3, "lb": 0.45359237},
}
EXAMPLES = {"dose per weight": "0.5 mg/kg", "dose": "35 mg", "time": "40 min", "weight": "70 kg"}
_QUANTITY = re.compile(r"([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?|[-+]?(?:nan|inf(?:inity)?))\s*(.*)", re.I | re.DOTALL)
"""One way to match any text, so that its time is proportional to its length."""
LONGEST_QUANTITY = 200


def quantity(field: str, text: object, *kinds: str) -> tuple[float, str]:
    """Read ``"0.5 mg/kg"`` as a number in the canonical unit of one of ``kinds``.

    Unit spellings are an allow-list, because mg/kg is dimensionless to a unit library and would pass for anything.

    Returns
    -------
    The value, and which of ``kinds`` it is.
    """
    allowed = [spelling for kind in kinds for spelling in SPELLINGS[kind]]
    example = f'"{EXAMPLES[kinds[0]]}"'
    if isinstance(text, int | float) and not isinstance(text, bool):
        raise InputError(f"{field}: {short(text)} has no unit; write one of {', '.join(allowed)}, for example {example}")
    parsed = _QUANTITY.fullmatch(text.strip()) if isinstance(text, str) and len(text) <= LONGEST_QUANTITY else None
    if parsed is None:
        raise InputError(f"{field}: {short(text)} is not a number with a unit; write for example {example}")
    value, unit = float(parsed[1]), parsed[2]
    if not unit:
        raise InputError(f"{field}: {short(text)} has no unit; write one of {', '.join(allowed)}, for example {example}")
    for kind in kinds:
        if unit in SPELLINGS[kind]:
            if not math.isfinite(value * SPELLINGS[kind][unit]):
                raise InputError(f"{field}: {short(text)} is not a finite number; write for example {example}")
            return value * SPELLINGS[kind][unit], kind
    raise InputError(f"{field}: {short(unit)} is not a unit of {' or '.join(kinds)}; allowed: {', '.join(allowed)}")
