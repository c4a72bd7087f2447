"""Event tables in the manner of NONMEM: who was given what and when, and what was then found in blood.

Comma-separated UTF-8 text with a header, one event a row, the rows of one ID together and in order of time. ``.`` or nothing
is a missing value.

| column | meaning |
|---|---|
| ID | subject, any one line of text |
| TIME | h |
| AMT | mg, on dose rows |
| RATE | mg/h of an infusion; missing or 0 is an instant dose |
| EVID | 0 observation, 1 dose |
| CMT | a key of :data:`DOSE_COMPARTMENTS` or :data:`OBSERVED_COMPARTMENTS` |
| ADDL, II | further equal doses, and the interval between them in h |
| DV | concentration, ng/mL (optional) |
| MDV | 1 if the row holds no measured value (optional) |
| WT | kg, one for an ID (optional) |
"""

import csv
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..core.errors import InputError, short, unknown
from ..core.files import write_text
from .protocol import LONGEST, MOST_DOSES, WEIGHTS, Dose, Protocol, compact
from .reading import check

DOSE_COMPARTMENTS = {
    1: ("ketamine", "i.v."),
    2: ("escitalopram", "oral"),
    3: ("sertraline", "oral"),
    4: ("phenelzine", "oral"),
    5: ("midazolam", "i.v."),
    6: ("ketamine", "i.m."),
    7: ("ketamine", "s.c."),
    8: ("ketamine", "nasal"),
    9: ("ketamine", "sublingual"),
    10: ("ketamine", "rectal"),
    11: ("ketamine", "oral"),
    12: ("ketamine", "oral extended release"),
    13: ("esketamine", "i.v."),
    14: ("esketamine", "i.m."),
    15: ("esketamine", "s.c."),
    16: ("esketamine", "nasal"),
    17: ("esketamine", "sublingual"),
    18: ("esketamine", "oral"),
    19: ("arketamine", "i.v."),
    20: ("arketamine", "i.m."),
    21: ("arketamine", "s.c."),
    22: ("S-norketamine", "i.v."),
    23: ("R-norketamine", "i.v."),
    24: ("(2S,6S)-HNK", "i.v."),
    25: ("(2R,6R)-HNK", "i.v."),
    26: ("memantine", "oral"),
    27: ("MK-801", "i.v."),
    28: ("citalopram", "oral"),
    29: ("fluoxetine", "oral"),
    30: ("tranylcypromine", "oral"),
    31: ("moclobemide", "oral"),
    32: ("bupropion", "oral"),
}
"""CMT of a dose: drug and route. Tables name these numbers: add new ones, never change one. RATE tells infusion from bolus."""
OBSERVED_COMPARTMENTS = {
    101: ("ketamine", "venous"),
    102: ("ketamine", "arterial"),
    103: ("norketamine", "venous"),
    104: ("norketamine", "arterial"),
    105: ("hydroxynorketamine", "venous"),
    106: ("S-ketamine", "venous"),
    107: ("S-ketamine", "arterial"),
    108: ("S-norketamine", "arterial"),
    109: ("S-norketamine", "venous"),
    110: ("R-ketamine", "venous"),
    111: ("R-ketamine", "arterial"),
}
"""CMT of an observation: molecule and where blood was drawn. Without a letter, both enantiomers together."""
INTO_A_VEIN = {"i.v. infusion": "i.v.", "i.v. bolus": "i.v."}
"""Routes that share a compartment."""
NEEDED = ("ID", "TIME", "AMT", "RATE", "EVID", "CMT", "ADDL", "II")
COLUMNS = (*NEEDED, "DV", "MDV", "WT")
REFUSED = {"SS": "steady state", "DATE": "calendar dates", "DAT1": "calendar dates", "DAT2": "calendar dates", "DAT3": "calendar dates"}
"""Columns that would change what the others mean, so that they cannot be left out."""
MISSING = ("", ".")
LARGEST_TABLE = 50_000_000
"""Bytes."""
LONGEST_ID = 64
EXACT = Context(prec=28)
"""Enough digits for a rate to give back, to the last bit, the duration it was written from."""
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", re.ASCII)
_COLUMN_OF = {"amount": "AMT", "start": "TIME", "duration": "RATE", "every": "II", "times": "ADDL"}


@dataclass(frozen=True)
class Observation:
    """A concentration (ng/mL) of a molecule at a time (h), in "venous" or "arterial" blood."""

    time: float
    concentration: float
    molecule: str
    sampling: str


@dataclass(frozen=True)
class Subject:
    """One ID: weight (kg) if stated, every dose by itself, and observations, each in order of time."""

    name: str
    weight: float | None
    doses: tuple[Dose, ...]
    observations: tuple[Observation, ...]


class Subjects(list[Subject]):
    """The subjects of a table. ``note`` is one line that names its columns that were not used, or empty."""

    def __init__(self, subjects: Iterable[Subject] = (), note: str = "") -> None:
        super().__init__(subjects)
        self.note = note


def read_events(path: str | Path) -> Subjects:
    """The subjects of an event table; a list, with a note.

    A row of EVID 0 with MDV 1 holds no observation and adds none. The order of rows at one time is not kept.

    Raises
    ------
    InputError
        If the file cannot be read or any row cannot be meant: the first fault, and how many rows are faulty.
    """
    try:
        with Path(path).open("rb") as file:
            if os.fstat(file.fileno()).st_size > LARGEST_TABLE or len(content := file.read(LARGEST_TABLE + 1)) > LARGEST_TABLE:
                raise InputError(f"events: {path} is larger than {LARGEST_TABLE // 1_000_000} MB; split the table")
    except OSError as error:
        raise InputError(f"events: cannot read {path}: {error.strerror}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    # UTF-16 without a mark is valid UTF-8 with a zero beside every letter.
    if "\0" in text:
        raise InputError(f"events: {path} is not UTF-8 text; save the table as UTF-8")
    return _parse(text, str(path))


def subject_protocol(subject: Subject, horizon: float | None = None) -> Protocol:
    """What was done to a subject, as a protocol of a depressed patient.

    Parameters
    ----------
    subject
        Its observations only lengthen the horizon.
    horizon
        In h; by default that of a protocol, or the first whole hour after the last event if that is later.

    Raises
    ------
    InputError
        If a dose does not end before the horizon, or the protocol is not allowed for another reason.
    """
    if horizon is None:
        given = [each for dose in subject.doses for each in dose.repeats()]
        ends = [*(each.start + (each.duration or 0.0) for each in given), *(each.time for each in subject.observations)]
        horizon = max(Protocol.model_fields["horizon"].default, min(LONGEST, math.floor(max(ends, default=0.0)) + 1))
    name = re.sub(r"[^a-z0-9]+", "-", subject.name.lower()).strip("-")[:LONGEST_ID]
    return check(
        {
            "name": name or "subject",
            "title": f"Subject {subject.name}",
            "patient": {} if subject.weight is None else {"weight": f"{float(subject.weight)!r} kg"},
            "doses": subject.doses,
            "horizon": f"{float(horizon)!r} h",
        }
    )


def write_events(subjects_or_protocols: Iterable[Subject | Protocol], path: str | Path) -> None:
    """Write an event table, whole or not at all; :func:`read_events` gives the same subjects.

    Of a protocol only name, weight and doses are written. Doses per weight become mg. At one time, observations stand before
    doses.

    Raises
    ------
    InputError
        If a dose per weight has no weight, the table could not be read back, or the file cannot be written.
    """
    subjects = [_in_milligrams(each) for each in subjects_or_protocols]
    stream = StringIO()
    writer = csv.DictWriter(stream, COLUMNS, restval=".", lineterminator="\n")
    writer.writeheader()
    for subject in subjects:
        writer.writerows(_rows(subject))
    names = [subject.name for subject in subjects]
    if [subject.name for subject in _parse(stream.getvalue(), "what is to be written:")] != names:
        raise InputError("events: names of subjects must differ, and begin and end with a visible character")
    write_text(Path(path), stream.getvalue())


@dataclass
class _Gathered:
    """What the rows of one ID have said so far."""

    time: float = 0.0
    weight: float | None = None
    doses: list[Dose] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    given: int = 0

    def add(self, row: Mapping[str, str]) -> None:
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
                self.given += dose.times or 1
                if self.given > MOST_DOSES:
                    raise _fault(row, "ID", f"is given {self.given} doses with their repeats; at most {MOST_DOSES} are allowed")
                self.doses.append(dose)
            case None:
                raise InputError("column EVID: missing; allowed: 0 (observation), 1 (dose)")
            case _:
                raise _fault(row, "EVID", "is not supported; allowed: 0 (observation), 1 (dose)")

    def subject(self, name: str) -> Subject:
        stated = Subject(name, self.weight, tuple(self.doses), tuple(self.observations))
        return replace(stated, doses=subject_protocol(stated, LONGEST).doses)


def _parse(text: str, origin: str) -> Subjects:
    header, *lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    columns = _columns(header, origin)
    found: dict[str, _Gathered] = {}
    faults: list[str] = []
    latest = None
    for number, line in enumerate(lines, 2):
        try:
            row = _row(line, columns)
            name = row["ID"]
            if name in found and name != latest:
                raise _fault(row, "ID", f"appears again after rows of {short(latest)}; keep the rows of an ID together")
            latest = name
            found.setdefault(name, _Gathered()).add(row)
        except InputError as error:
            faults.append(f"line {number}, {error}")
    if faults:
        more = f" (the first of {len(faults)} faulty rows)" if len(faults) > 1 else ""
        raise InputError(f"events: {origin} {faults[0]}{more}")
    if not found:
        raise InputError(f"events: {origin} holds no rows below its header")
    unused = [short(column) for column in columns if column not in COLUMNS]
    return Subjects((each.subject(name) for name, each in found.items()), f"columns not used: {', '.join(unused)}" if unused else "")


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
    """What stands in the columns that are used; missing values are left out."""
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


def _observations(row: Mapping[str, str], time: float) -> list[Observation]:
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
    return [Observation(time, concentration, *compartment)]


def _dose(row: Mapping[str, str], time: float) -> Dose:
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
        stated["duration"] = f"{_duration(float(amount), rate)!r} h"
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


def _duration(amount: float, rate: Decimal) -> float:
    """In h, of an amount (mg) at a rate (mg/h)."""
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


def _in_milligrams(stated: Subject | Protocol) -> Subject:
    """A subject with every dose by itself and in mg."""
    subject = stated if isinstance(stated, Subject) else Subject(stated.name, stated.patient.weight, stated.doses, ())
    given = [each for dose in subject.doses for each in dose.repeats()]
    weight = subject.weight
    if weight is None and any(dose.per_weight for dose in given):
        raise InputError(f"events: {short(subject.name)} has a dose per kg and no weight; an event table holds mg, so state the weight")
    amounts = [dose.amount if weight is None else dose.milligrams(weight) for dose in given]
    if not all(map(math.isfinite, amounts)):
        raise InputError(f"events: {short(subject.name)} has a dose that is not a finite number of mg")
    each_in_mg = (dose.model_copy(update={"amount": mg, "per_weight": False}) for dose, mg in zip(given, amounts, strict=True))
    return replace(subject, doses=tuple(each_in_mg))


def _rows(subject: Subject) -> list[dict[str, Any]]:
    """Cells by column; a subject without events is one row without a value."""
    observed = [
        (each.time, {"EVID": 0, "CMT": _number_of((each.molecule, each.sampling), OBSERVED_COMPARTMENTS), "DV": _text(each.concentration)})
        for each in subject.observations
    ]
    events = observed + [(dose.start, _dose_cells(dose)) for dose in compact(subject.doses)]
    events = events or [(0.0, {"EVID": 0, "CMT": min(OBSERVED_COMPARTMENTS), "MDV": 1})]
    weight = {} if subject.weight is None else {"WT": _text(subject.weight)}
    return [
        {"ID": subject.name, "TIME": _text(time), "MDV": cells["EVID"]} | weight | cells
        for time, cells in sorted(events, key=lambda event: event[0])
    ]


def _dose_cells(dose: Dose) -> dict[str, Any]:
    compartment = _number_of((dose.drug, INTO_A_VEIN.get(dose.route, dose.route)), DOSE_COMPARTMENTS)
    cells: dict[str, Any] = {"EVID": 1, "CMT": compartment, "AMT": _text(dose.amount), "RATE": _rate(dose)}
    return cells if dose.every is None or dose.times is None else cells | {"ADDL": dose.times - 1, "II": _text(dose.every)}


def _rate(dose: Dose) -> str:
    """The shortest rate (mg/h) from which the duration comes back exactly."""
    if dose.duration is None:
        return "0"
    exact = EXACT.divide(Decimal(repr(dose.amount)), Decimal(repr(dose.duration)))
    rounded = (Context(prec=digits).plus(exact) for digits in range(1, EXACT.prec + 1))
    return f"{next(rate for rate in rounded if _duration(dose.amount, rate) == dose.duration):f}"


def _number_of(meaning: tuple[str, str], compartments: Mapping[int, tuple[str, str]]) -> int:
    for number, each in compartments.items():
        if each == meaning:
            return number
    raise unknown("events: compartment", " ".join(meaning), (" ".join(each) for each in compartments.values()))


def _text(number: float) -> str:
    """The shortest text that reads back as the same number."""
    return repr(float(number)).removesuffix(".0")
