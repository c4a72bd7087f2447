"""Event tables in the manner of NONMEM: doses and observed concentrations of subjects.

Comma-separated UTF-8 text with a header, one event a row, the rows of one ID in order of time. ``.``, ``NA`` or nothing is a missing
value. The columns stand in :data:`~euthymia.protocols.nonmem_columns.COLUMNS`; what a table leaves unsaid is stated in a
:class:`~euthymia.protocols.nonmem_layout.TableLayout`.
"""

import csv
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Context, Decimal
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Any

from ..core.errors import InputError, short, unknown
from ..core.files import atomic_write
from .compartments import DOSE_COMPARTMENTS, INTO_A_VEIN, MASS, OBSERVED_COMPARTMENTS
from .dose import Dose
from .nonmem_columns import COLUMNS, WRITTEN
from .nonmem_layout import AS_IT_SAYS, TableLayout
from .nonmem_rows import EXACT, exact_duration
from .nonmem_table import parse_table
from .protocol import Protocol
from .repeats import compact
from .subjects import Sample, Subject, Subjects

EXAMPLE = "example-events"
EVENTS_FILE = "events.csv"
"""In the folder of a fit: the table that was fitted."""
LARGEST_TABLE = 50_000_000
"""Bytes."""


def read_events(path: str | Path, layout: TableLayout = AS_IT_SAYS) -> Subjects:
    """The subjects of an event table, in order of ID; a list, with a note.

    A row of EVID 0 with MDV 1 holds no observation and adds none. The order of rows at one time is not kept, nor that of people.

    Parameters
    ----------
    path
        The table.
    layout
        What it leaves unsaid.

    Raises
    ------
    InputError
        If the file cannot be read or any row cannot be meant: the first fault, and how many rows are faulty.
    """
    try:
        text = content_of(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    # UTF-16 without a mark is valid UTF-8 with a zero beside every letter.
    if "\0" in text:
        raise InputError(f"events: {path} is not UTF-8 text; save the table as UTF-8")
    return parse_table(text, str(path), layout)


def content_of(path: str | Path) -> bytes:
    """The bytes of a file that is no larger than a table may be. Raises ``InputError``."""
    try:
        with Path(path).open("rb") as file:
            if os.fstat(file.fileno()).st_size > LARGEST_TABLE or len(content := file.read(LARGEST_TABLE + 1)) > LARGEST_TABLE:
                raise InputError(f"events: {path} is larger than {LARGEST_TABLE // 1_000_000} MB; split the table")
    except OSError as error:
        raise InputError(f"events: cannot read {path}: {error.strerror}") from error
    return content


def write_events(subjects_or_protocols: Iterable[Subject | Protocol], path: str | Path) -> None:
    """Write an event table, whole or not at all; :func:`read_events` gives the same subjects.

    Of a protocol only name, patient and doses are written. Doses per weight become mg. At one time, observations stand before
    doses. TIME is that of the course: a subject that was reset or began at steady state has its doses written out.

    Parameters
    ----------
    subjects_or_protocols
        In any order.
    path
        A file that exists is replaced.

    Raises
    ------
    InputError
        If a dose per weight has no weight, the table could not be read back, or the file cannot be written.
    """
    atomic_write(Path(path), events_text(subjects_or_protocols))


def events_text(subjects_or_protocols: Iterable[Subject | Protocol]) -> str:
    """The event table that :func:`write_events` writes."""
    subjects = [_in_milligrams(course) for course in subjects_or_protocols]
    rows = [row for subject in subjects for row in _rows(subject)]
    stream = StringIO()
    columns = [column for column in COLUMNS if column in WRITTEN or any(column in row for row in rows)]
    columns.sort(key=lambda column: WRITTEN.index(column) if column in WRITTEN else len(WRITTEN))
    writer = csv.DictWriter(stream, columns, restval=".", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    names = sorted(subject.name for subject in subjects)
    if sorted(subject.name for subject in parse_table(stream.getvalue(), "what is to be written:")) != names:
        raise InputError(
            "events: names of subjects must differ, and begin and end with a visible character; a number is written 1, not 1.0"
        )
    return stream.getvalue()


def example_text() -> str:
    """An event table of three people whose concentrations the model computed, to begin from."""
    return (files("euthymia.protocols") / f"{EXAMPLE}.csv").read_text("utf-8")


def _in_milligrams(stated: Subject | Protocol) -> Subject:
    """A subject with every dose by itself and in mg."""
    subject = stated if isinstance(stated, Subject) else _subject(stated)
    doses = [single for entry in subject.doses for single in entry.repeats()]
    weight = subject.weight
    if weight is None and any(dose.per_weight for dose in doses):
        raise InputError(f"events: {short(subject.name)} has a dose per kg and no weight; an event table holds mg, so state the weight")
    amounts = [dose.amount if weight is None else dose.milligrams(weight) for dose in doses]
    if not all(map(math.isfinite, amounts)):
        raise InputError(f"events: {short(subject.name)} has a dose that is not a finite number of mg")
    in_milligrams = (dose.with_canonical(amount=mg, per_weight=False) for dose, mg in zip(doses, amounts, strict=True))
    return replace(subject, doses=tuple(in_milligrams))


def _subject(protocol: Protocol) -> Subject:
    who = protocol.patient
    return Subject(protocol.name, who.weight, protocol.doses, (), who.age, who.sex, who.cyp2b6, who.liver)


def _rows(subject: Subject) -> list[dict[str, Any]]:
    """Cells by column; a subject without events is one row without a value."""
    observed = [(sample.time, _sample_cells(sample)) for sample in subject.observations]
    events = observed + [(dose.start, _dose_cells(dose)) for dose in compact(subject.doses)]
    events = events or [(0.0, {"EVID": 0, "CMT": min(OBSERVED_COMPARTMENTS), "MDV": 1})]
    covariates = {"WT": subject.weight, "AGE": subject.age, "SEX": subject.sex, "CYP2B6": subject.cyp2b6, "LIVER": subject.liver}
    known = {name: _text(value) if isinstance(value, float) else value for name, value in covariates.items() if value is not None}
    return [
        {"ID": subject.name, "TIME": _text(time), "MDV": cells["EVID"]} | known | cells
        for time, cells in sorted(events, key=lambda event: event[0])
    ]


def _sample_cells(sample: Sample) -> dict[str, Any]:
    """Cells of an observation row by column."""
    compartment = _number_of((sample.molecule, sample.sampling), OBSERVED_COMPARTMENTS)
    cells: dict[str, Any] = {"EVID": 0, "CMT": compartment, "DV": _text(sample.concentration)}
    cells |= {} if sample.unit == MASS else {"DVU": "umol/L"}
    if sample.limits is None:
        return cells
    low, high = sample.limits
    is_above = sample.concentration == low
    other = high if is_above else low
    return cells | {"CENS": -1 if is_above else 1} | ({"LIMIT": _text(other)} if math.isfinite(other) else {})


def _dose_cells(dose: Dose) -> dict[str, Any]:
    """Cells of a dose row by column."""
    compartment = _number_of((dose.drug, INTO_A_VEIN.get(dose.route, dose.route)), DOSE_COMPARTMENTS)
    cells: dict[str, Any] = {"EVID": 1, "CMT": compartment, "AMT": _text(dose.amount), "RATE": _rate(dose)}
    return cells if dose.every is None or dose.times is None else cells | {"ADDL": dose.times - 1, "II": _text(dose.every)}


def _rate(dose: Dose) -> str:
    """The shortest rate (mg/h) from which the duration comes back exactly."""
    if dose.duration is None:
        return "0"
    exact = EXACT.divide(Decimal(repr(dose.amount)), Decimal(repr(dose.duration)))
    rounded = (Context(prec=digits).plus(exact) for digits in range(1, EXACT.prec + 1))
    return f"{next(rate for rate in rounded if exact_duration(dose.amount, rate) == dose.duration):f}"


def _number_of(meaning: tuple[str, str], compartments: Mapping[int, tuple[str, str]]) -> int:
    """The CMT of a drug and route, or of a molecule and sampling site."""
    for number, known in compartments.items():
        if known == meaning:
            return number
    raise unknown("events: compartment", " ".join(meaning), (" ".join(known) for known in compartments.values()))


def _text(number: float) -> str:
    """The shortest text that reads back as the same number."""
    return repr(float(number)).removesuffix(".0")
