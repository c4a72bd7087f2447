"""Cells of an event table: text as numbers, names and units, each spelling read once."""

import csv
import math
import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from ..core.errors import InputError, short
from .compartments import MASS, MOLAR

_NUMBER = re.compile(r"[-+]?(?:\d{1,60}(?:\.\d{0,60})?|\.\d{1,60})(?:[eE][-+]?\d{1,3})?", re.ASCII)
_CODE_OF_MISSING = re.compile(r"-9+(?:\.0*)?")
SPELLINGS = 4096
"""Whose numbers are kept."""
DV_UNITS = {
    **dict.fromkeys(("ng/ml", "ug/l", "mcg/l"), (MASS, 1.0)),
    **dict.fromkeys(("mg/l", "ug/ml", "mcg/ml"), (MASS, 1e3)),
    **dict.fromkeys(("pg/ml", "ng/l"), (MASS, 1e-3)),
    **dict.fromkeys(("um", "umol/l", "nmol/ml"), (MOLAR, 1.0)),
    **dict.fromkeys(("nm", "nmol/l", "pmol/ml"), (MOLAR, 1e-3)),
}
"""Units of DV in small letters and without a Greek one: the unit of a sample, and how many of it in one."""


class Row(NamedTuple):
    """A line of a table: its cells without spaces at their ends, by column; cells without value are left out."""

    cells: dict[str, str]

    def fault(self, column: str, reason: str) -> InputError:
        """What is wrong with the value of a column."""
        return InputError(f"column {column}: {short(self.cells[column])} {reason}")

    def number(self, column: str) -> float | None:
        """The number in a column."""
        text = self.cells.get(column)
        if text is None:
            return None
        number = number_of(text)
        if number is None:
            limit = "; write a value below a limit as CENS 1 with the limit in DV" if text.startswith(("<", ">")) else ""
            comma = "; write a point in decimals" if "," in text else ""
            raise self.fault(column, f"is not a finite number; a missing value is empty or '.'{limit or comma}")
        return number

    def between(self, column: str, lowest: float, highest: float, unit: str) -> float | None:
        """The number in a column, if it is allowed."""
        number = self.number(column)
        if number is not None and not lowest <= number <= highest:
            raise self.fault(column, f"is outside {lowest:g} to {highest:g}{unit}")
        return number

    def whole(self, column: str) -> int | None:
        """The whole number in a column."""
        number = self.number(column)
        if number is not None and number != int(number):
            raise self.fault(column, "is not a whole number")
        return None if number is None else int(number)

    def code(self, column: str, allowed: dict[int, str]) -> int | None:
        """The whole number in a column, one of those that mean something."""
        if column not in self.cells:
            return None
        number = self.whole(column)
        if number not in allowed:
            said = ", ".join(f"{known} ({meaning})" for known, meaning in allowed.items())
            raise self.fault(column, f"is not supported; allowed: {said}")
        return number

    def decimal(self, column: str) -> Decimal:
        """The number in a column that holds one, with all its digits."""
        return Decimal(self.cells[column])


@lru_cache(SPELLINGS)
def number_of(text: str) -> float | None:
    """A finite number, or None if the text is none."""
    if not _NUMBER.fullmatch(text) or not math.isfinite(number := float(text)):
        return None
    return number


def is_code_of_missing(text: str) -> bool:
    """Whether a negative number is one by which tables mark a missing value: -9, -99, -999."""
    return _CODE_OF_MISSING.fullmatch(text) is not None


def person_name(text: str) -> str:
    """Name of a person: 1.0 and 1.0E+00, as NONMEM writes them, are 1."""
    number = number_of(text) if "." in text or "e" in text.lower() else None
    return text if number is None or number != int(number) else str(int(number))


def dv_unit(text: str) -> tuple[str, float] | None:
    """Unit of a sample, and the factor that leads to it, from a spelling of the unit of DV; None if it is none."""
    return DV_UNITS.get(text.lower().replace("\N{MICRO SIGN}", "u").replace("\N{GREEK SMALL LETTER MU}", "u").replace(" ", ""))


def unit_list() -> str:
    """The units of DV for an error."""
    return "ng/mL, ug/L, mg/L, ug/mL, pg/mL, uM, nM, umol/L, nmol/L"


def cells_of(line: str) -> list[str]:
    """The cells of a line; a quote left open spoils one line and not the rest of the table."""
    if '"' not in line:
        return [cell.strip() for cell in line.split(",")]
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True))]
    except csv.Error as error:
        raise InputError(f"the cells cannot be told apart ({error}); a quoted cell must end on its line") from error
