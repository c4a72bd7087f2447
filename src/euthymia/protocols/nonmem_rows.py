"""Reading the rows of an event table: columns, cells and their allowed values."""

import csv
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal
from typing import Any

from pydantic import ValidationError

from ..core.errors import InputError, short
from .dose import Dose
from .subjects import DOSE_COMPARTMENTS, LONGEST_ID, OBSERVED_COMPARTMENTS, Sample, Subject, Subjects, subject_protocol
from .vocabulary import LONGEST, MOST_DOSES, WEIGHTS

NEEDED = ("ID", "TIME", "AMT", "RATE", "EVID", "CMT", "ADDL", "II")
COLUMNS = (*NEEDED, "DV", "MDV", "WT")
REFUSED = {"SS": "steady state", "DATE": "calendar dates", "DAT1": "calendar dates", "DAT2": "calendar dates", "DAT3": "calendar dates"}
"""Columns that would change what the others mean, so that they cannot be left out."""
MISSING = ("", ".")
EXACT = Context(prec=28)
"""Enough digits for a rate to reproduce, to the last bit, the duration it was computed from."""
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", re.ASCII)
_COLUMN_OF = {"amount": "AMT", "start": "TIME", "duration": "RATE", "every": "II", "times": "ADDL"}


@dataclass
class _PartialSubject:
    """Contents of the rows of one ID so far."""

    time: float = 0.0
    weight: float | None = None
    doses: list[Dose] = field(default_factory=list)
    observations: list[Sample] = field(default_factory=list)
    dose_count: int = 0

    def add(self, row: Mapping[str, str]) -> None:
        """Take in the next row of this ID."""
        time = _between(row, "TIME", 0.0, LONGEST, " h (one year)")
        if time is None:
            raise InputError("column TIME: missing; write h")
        if time < self.time:
            raise _fault(row, "TIME", f"is before the {self.time:g} h of a row above; list the rows of an ID in order of time")
        self.time = time
        weight = _between(row, "WT", *WEIGHTS, " kg")
        if None not in (weight, self.weight) and weight != self.weight:
            raise _fault(row, "WT", f"differs from the {self.weight:g} kg of a row above; an ID has one weight")
        self.weight = self.weight if weight is None else weight
        match _whole(row, "EVID"):
            case 0:
                self.observations += _observations(row, time)
            case 1:
                dose = _dose(row, time)
                self.dose_count += dose.times or 1
                if self.dose_count > MOST_DOSES:
                    raise _fault(row, "ID", f"is given {self.dose_count} doses with their repeats; at most {MOST_DOSES} are allowed")
                self.doses.append(dose)
            case None:
                raise InputError("column EVID: missing; allowed: 0 (observation), 1 (dose)")
            case _:
                raise _fault(row, "EVID", "is not supported; allowed: 0 (observation), 1 (dose)")

    def subject(self, name: str) -> Subject:
        """The subject, its doses checked and written out."""
        stated = Subject(name, self.weight, tuple(self.doses), tuple(self.observations))
        return replace(stated, doses=subject_protocol(stated, LONGEST).doses)


def parse_table(text: str, origin: str) -> Subjects:
    """The subjects of an event table given as text; ``origin`` begins the error that names the first faulty line."""
    header, *lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    columns = _columns(header, origin)
    subjects: dict[str, _PartialSubject] = {}
    faults: list[str] = []
    latest = None
    for number, line in enumerate(lines, 2):
        try:
            row = _row(line, columns)
            name = row["ID"]
            if name in subjects and name != latest:
                raise _fault(row, "ID", f"appears again after rows of {short(latest)}; keep the rows of an ID together")
            latest = name
            subjects.setdefault(name, _PartialSubject()).add(row)
        except InputError as error:
            faults.append(f"line {number}, {error}")
    if faults:
        more = f" (the first of {len(faults)} faulty rows)" if len(faults) > 1 else ""
        raise InputError(f"events: {origin} {faults[0]}{more}")
    if not subjects:
        raise InputError(f"events: {origin} holds no rows below its header")
    unused = [short(column) for column in columns if column not in COLUMNS]
    note = f"columns not used: {', '.join(unused)}" if unused else ""
    return Subjects((rows.subject(name) for name, rows in subjects.items()), note)


def _columns(header: str, origin: str) -> list[str]:
    """Names of the columns, in capitals."""
    if not header.strip():
        raise InputError(f"events: {origin} is empty or begins with an empty line; its first line must name the columns")
    if header.startswith("#"):
        raise InputError(f"events: {origin} line 1 is a comment; comments are not allowed, and the first line must name the columns")
    if "," not in header:
        for separator, word in ((";", "semicolons"), ("\t", "tabs"), (" ", "spaces")):
            if separator in header.strip():
                raise InputError(f"events: {origin} is separated by {word}; separate columns by commas, with points in decimals")
    try:
        columns = [cell.upper() for cell in _cells(header)]
    except InputError as error:
        raise InputError(f"events: {origin} line 1, {error}") from error
    if absent := [column for column in NEEDED if column not in columns]:
        raise InputError(f"events: {origin} lacks column {', '.join(absent)}; needed are {', '.join(NEEDED)}")
    for number, column in enumerate(columns, 1):
        if column in MISSING:
            raise InputError(f"events: {origin} line 1, column {number} has no name")
        if column in columns[: number - 1]:
            raise InputError(f"events: {origin} line 1, column {short(column)} stands there twice")
        if column in REFUSED:
            raise InputError(f"events: {origin} line 1, column {column}: {REFUSED[column]} are not supported; take the column out")
    return columns


def _cells(line: str) -> list[str]:
    # Line by line, so that a quote left open spoils one row and not the rest of the table.
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True))]
    except csv.Error as error:
        raise InputError(f"the cells cannot be told apart ({error}); a quoted cell must end on its line") from error


def _row(line: str, columns: list[str]) -> dict[str, str]:
    """Cells by column, of the columns that are used; missing values are left out."""
    if line.startswith("#"):
        raise InputError("comments are not allowed; take the line out")
    cells = _cells(line)
    if len(cells) != len(columns):
        raise InputError(f"there are {len(cells)} cells where the header has {len(columns)}")
    row = {column: cell for column, cell in zip(columns, cells, strict=True) if column in COLUMNS and cell not in MISSING}
    if "ID" not in row:
        raise InputError("column ID: missing")
    if len(row["ID"]) > LONGEST_ID or not row["ID"].isprintable():
        raise _fault(row, "ID", f"must be one to {LONGEST_ID} visible characters")
    return row


def _observations(row: Mapping[str, str], time: float) -> list[Sample]:
    """The observation of a row, if it holds one."""
    for column in ("AMT", "RATE", "ADDL", "II"):
        if _number(row, column):
            raise _fault(row, column, "stands on an observation row (EVID 0); leave it empty there")
    compartment = _compartment(row, OBSERVED_COMPARTMENTS, "an observation (EVID 0)")
    concentration = _between(row, "DV", 0.0, math.inf, " ng/mL")
    if _missing_value(row):
        return []
    if concentration is None:
        raise InputError("column DV: missing with MDV 0; write ng/mL, or MDV 1 if nothing was measured")
    return [Sample(time, concentration, *compartment)]


def _dose(row: Mapping[str, str], time: float) -> Dose:
    """The dose of a row, with its repeats."""
    amount, rate = _number(row, "AMT"), _number(row, "RATE") or Decimal()
    if amount is None:
        raise InputError(f"column AMT: missing on a dose row (EVID 1){' with a RATE' if rate else ''}; write mg")
    if amount <= 0:
        raise _fault(row, "AMT", "must be greater than zero mg")
    if rate < 0:
        raise _fault(row, "RATE", "is not supported; allowed: mg/h, or 0 for an instant dose")
    further = _whole(row, "ADDL") or 0
    if not 0 <= further < MOST_DOSES:
        raise _fault(row, "ADDL", f"is outside 0 to {MOST_DOSES - 1} further doses")
    interval = _between(row, "II", 0.0, LONGEST, " h (one year)") or 0.0
    if further and not interval:
        raise _fault(row, "ADDL", "stands without II; write the interval in h there")
    if interval and not further:
        raise _fault(row, "II", "stands without ADDL; write the number of further doses there")
    if _number(row, "DV"):
        raise _fault(row, "DV", "stands on a dose row (EVID 1); leave it empty there")
    if not _missing_value(row, otherwise=True):
        raise _fault(row, "MDV", "stands on a dose row (EVID 1); leave it empty or write 1 there")
    drug, route = _compartment(row, DOSE_COMPARTMENTS, "a dose (EVID 1)")
    if route == "i.v.":
        route = "i.v. infusion" if rate else "i.v. bolus"
    stated: dict[str, Any] = {"drug": drug, "route": route, "amount": f"{float(amount)!r} mg", "start": f"{time!r} h"}
    if rate:
        stated["duration"] = f"{exact_duration(float(amount), rate)!r} h"
    if further:
        stated |= {"every": f"{interval!r} h", "times": further + 1}
    try:
        dose = Dose.model_validate(stated)
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise _fault(row, _COLUMN_OF.get(reason.partition(":")[0], "CMT"), f"gives a {reason}") from error
    end = time + further * interval + (dose.duration or 0.0)
    if not end < LONGEST:
        raise _fault(row, "TIME", f"begins a dose that ends, with its repeats, at {end:g} h; allowed: before {LONGEST:g} h (one year)")
    return dose


def exact_duration(amount: float, rate: Decimal) -> float:
    """Duration (h) of an amount (mg) at a rate (mg/h)."""
    return float(EXACT.divide(Decimal(repr(amount)), rate))


def _compartment(row: Mapping[str, str], compartments: Mapping[int, tuple[str, str]], event: str) -> tuple[str, str]:
    number = _whole(row, "CMT")
    if number in compartments:
        return compartments[number]
    allowed = ", ".join(f"{number} {' '.join(meaning)}" for number, meaning in compartments.items())
    if number is None:
        raise InputError(f"column CMT: missing; allowed for {event}: {allowed}")
    raise _fault(row, "CMT", f"is no compartment of {event}; allowed: {allowed}")


def _missing_value(row: Mapping[str, str], otherwise: bool = False) -> bool:
    """Whether MDV says that nothing was measured."""
    stated = _whole(row, "MDV")
    if stated not in (None, 0, 1):
        raise _fault(row, "MDV", "is not supported; allowed: 0 (measured), 1 (not measured)")
    return otherwise if stated is None else stated == 1


def _between(row: Mapping[str, str], column: str, lowest: float, highest: float, unit: str) -> float | None:
    number = _number(row, column)
    if number is not None and not lowest <= number <= highest:
        raise _fault(row, column, f"is outside {lowest:g} to {highest:g}{unit}")
    return None if number is None else float(number)


def _whole(row: Mapping[str, str], column: str) -> int | None:
    number = _number(row, column)
    if number is not None and number != int(number):
        raise _fault(row, column, "is not a whole number")
    return None if number is None else int(number)


def _number(row: Mapping[str, str], column: str) -> Decimal | None:
    text = row.get(column)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise _fault(row, column, "is not a finite number; a missing value is empty or '.'")
    return Decimal(text)


def _fault(row: Mapping[str, str], column: str, reason: str) -> InputError:
    return InputError(f"column {column}: {short(row[column])} {reason}")
