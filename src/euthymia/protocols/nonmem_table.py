"""An event table, line by line: its header, the rows that are read, and what is said of the rest."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..core.errors import InputError, short
from .compartments import DOSE_COMPARTMENTS
from .nonmem_cells import Row, cells_of, number_of, person_name
from .nonmem_columns import BIOAVAILABILITY, COLUMNS, MISSING, NOTHING, ONE_VALUE, TAKES_EFFECT, UNITS, UNSUPPORTED, column_names
from .nonmem_layout import AS_IT_SAYS, TableLayout, way_of
from .nonmem_people import PartialSubject
from .nonmem_rows import is_unsaid_dose, is_unsaid_observation
from .subjects import LONGEST_ID, Subject, Subjects

COMMENTS = ("#", "@")
"""A line that begins so is not read."""
SEPARATORS = ((";", "semicolons"), ("\t", "tabs"), (" ", "spaces"))
MARKED_OUT = re.compile(r"[Cc#@]\d+(\.\d*)?")
"""An ID that is a number behind a mark by which control streams leave rows out."""
NUMBERED = re.compile(r"([^0-9]*)([0-9]*)")
"""Text, and the number behind it."""
MOST_NAMED = 20
"""Columns that a note names."""


@dataclass
class _Table:
    """What has been read so far."""

    columns: list[str]
    layout: TableLayout
    people: dict[str, PartialSubject] = field(default_factory=dict)
    by_text: dict[str, PartialSubject] = field(default_factory=dict)
    """The same by every spelling of their ID."""
    latest: PartialSubject | None = None
    unread: Counter[str] = field(default_factory=Counter)
    """Lines by why they are not read, and cells by what they could change."""
    values: dict[str, str] = field(default_factory=dict)
    """Of columns that may hold one value."""
    assumed: set[str] = field(default_factory=set)
    """How numbers were understood that the table leaves unsaid."""

    def __post_init__(self) -> None:
        checked = {*COLUMNS, *UNITS, *UNSUPPORTED, *BIOAVAILABILITY, *ONE_VALUE}
        self.read = [(index, column) for index, column in enumerate(self.columns) if column in checked]
        self.unusual = [column for _, column in self.read if column not in COLUMNS]
        self.marks, self.has_units = "C" in self.columns, "DVU" in self.columns

    def add(self, line: str) -> None:
        """Take in a line below the header."""
        if line.startswith(COMMENTS):
            self.unread["with # or @ at the beginning"] += 1
            return
        cells = cells_of(line)
        if not any(cells):
            return
        width = len(self.columns)
        if len(cells) != width:
            if len(cells) < width or any(cells[width:]):
                raise InputError(f"there are {len(cells)} cells where the header has {width}")
            cells = cells[:width]
        row = Row({column: cells[index] for index, column in self.read if cells[index] not in MISSING})
        if self.marks and row.cells.get("C", "").upper() not in NOTHING:
            self.unread["with a mark that takes it out"] += 1
            return
        if self.has_units and "DVU" not in row.cells and row.number("DV") and row.number("MDV") != 1:
            raise InputError("column DVU: missing beside a DV; write its unit")
        if self.unusual:
            self._check_unusual(row)
        if self.layout is not AS_IT_SAYS or "SEX" in row.cells:
            self._check_unsaid(row)
        person = self._person(row)
        person.add(row, self.layout, returns=person is not self.latest)
        self.latest = person

    def _check_unsaid(self, row: Row) -> None:
        """Refuse several meanings where one was stated for all, and keep in mind what is assumed."""
        if row.cells.get("SEX", "")[:1].isdigit() and not self.layout.sex:
            self.assumed.add("SEX 0 is male and 1 female (--sex says otherwise)")
        if self.layout.way is None and self.layout.observed is None:
            return
        is_dose = bool(row.number("AMT"))
        unsaid = is_unsaid_dose(row, self.layout) if is_dose else is_unsaid_observation(row, self.layout)
        if not unsaid:
            return
        if not is_dose and not self.layout.measured and row.number("DV") is not None and self.layout.observed is not None:
            self.assumed.add(f"DV is {' in '.join(self.layout.observed)} blood (--measured says otherwise)")
        number = row.number("CMT")
        ours = DOSE_COMPARTMENTS.get(int(number)) if is_dose and number in DOSE_COMPARTMENTS else None
        if ours is not None and self.layout.way is not None and self.layout.way != ours:
            self.assumed.add(f"CMT {row.cells['CMT']} of doses is {', '.join(self.layout.way)}, as --drug says, not {', '.join(ours)}")
        if "CMT" in row.cells:
            kind = "doses" if is_dose else "observations"
            first = self.values.setdefault(f"CMT of {kind}", row.cells["CMT"])
            if first != row.cells["CMT"]:
                say = "write DRUG and ROUTE" if is_dose else "say what each is, for example --measured 2=ketamine --measured 3=norketamine"
                raise row.fault("CMT", f"stands on {kind} beside {short(first)}, of which one meaning was stated; {say}")

    def _check_unusual(self, row: Row) -> None:
        for column in self.unusual:
            text = row.cells.get(column)
            if text is None:
                continue
            if column in UNITS and text.lower() not in UNITS[column]:
                raise row.fault(column, f"is not supported; allowed: {UNITS[column][0]}")
            if column in UNSUPPORTED and number_of(text) != 0:
                raise row.fault(column, UNSUPPORTED[column])
            if column in BIOAVAILABILITY and number_of(text) != 1:
                raise row.fault(column, TAKES_EFFECT)
            if column in ONE_VALUE and self.values.setdefault(column, text) != text:
                raise row.fault(column, f"beside {self.values[column]}: {ONE_VALUE[column]}")

    def _person(self, row: Row) -> PartialSubject:
        if "ID" not in row.cells:
            raise InputError("column ID: missing")
        text = row.cells["ID"]
        if text in self.by_text:
            return self.by_text[text]
        if len(text) > LONGEST_ID or not text.isprintable():
            raise row.fault("ID", f"must be one to {LONGEST_ID} visible characters")
        self.by_text[text] = self.people.setdefault(person_name(text), PartialSubject())
        return self.by_text[text]

    def note(self) -> str:
        """What a reader should know of how the table was read."""
        unused = [short(column) for column in self.columns if column and column not in COLUMNS and column not in UNITS]
        more = f" and {len(unused) - MOST_NAMED} more" if len(unused) > MOST_NAMED else ""
        notes = [f"columns not used: {', '.join(unused[:MOST_NAMED])}{more}"] if unused else []
        notes += [f"{count} line{'s' * (count > 1)} {why} not read" for why, count in self.unread.items()]
        return "; ".join(notes + sorted(self.assumed))


def parse_table(text: str, origin: str, layout: TableLayout = AS_IT_SAYS) -> Subjects:
    """The subjects of an event table given as text, in order of ID.

    Parameters
    ----------
    text
        Lines, the first of which names the columns.
    origin
        Begins the error that names the first faulty line.
    layout
        What the table leaves unsaid.

    Raises
    ------
    InputError
        If the header or any row cannot be meant: the first fault, and how many rows are faulty.
    """
    lines = iter(text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n"))
    header = _header(next(lines), origin)
    if layout.drug is not None and layout.way is None and "ROUTE" not in map(str.upper, header):
        way_of("drug", layout.drug, None)
    table = _Table(column_names(header, origin), layout)
    first, faults = "", 0
    for number, line in enumerate(lines, 2):
        try:
            table.add(line)
        except InputError as error:
            first = first or f"line {number}, {_as_written(str(error), header, table.columns)}"
            faults += 1
    if faults:
        raise InputError(f"events: {origin} {first}{f' (the first of {faults} faulty rows)' if faults > 1 else ''}")
    if not table.people:
        marked = f" that are read ({'; '.join(f'{count} {why}' for why, count in table.unread.items())})" if table.unread else ""
        raise InputError(f"events: {origin} holds no rows below its header{marked}")
    _check_names(table.people, origin)
    return Subjects(_subjects(table.people, origin), table.note())


def _as_written(fault: str, header: list[str], columns: list[str]) -> str:
    """A fault with the name of its column as the table has it."""
    for written, column in zip(header, columns, strict=False):
        if written.upper() != column:
            fault = fault.replace(f"column {column}:", f"column {written} ({column}):")
    return fault


def _subjects(people: dict[str, PartialSubject], origin: str) -> Iterable[Subject]:
    for name in sorted(people, key=_numbers_first):
        try:
            yield people[name].subject(name)
        except InputError as error:
            raise InputError(f"events: {origin} ID {short(name)} {error}") from error


def _numbers_first(name: str) -> tuple[bool, float, list[tuple[str, int]], str]:
    """Orders names: numbers by their size, then text, in which digits count as the numbers they are, so that P2 comes before P10."""
    number = number_of(name)
    pieces = [(text, int(digits or 0)) for text, digits in NUMBERED.findall(name)]
    return number is None, number or 0.0, pieces, name


def _check_names(names: Iterable[str], origin: str) -> None:
    """Refuse names that may be one person, or a mark before a number."""
    numbers: dict[float, str] = {}
    for name in names:
        number = number_of(name)
        if number is not None and numbers.setdefault(number, name) != name:
            raise InputError(f"events: {origin} column ID: {short(numbers[number])} and {short(name)} are one number; write it in one way")
    for name in names:
        if numbers and MARKED_OUT.fullmatch(name):
            raise InputError(
                f"events: {origin} column ID: {short(name)} stands among numbers; put a mark that leaves rows out in a column C, "
                "or # at the beginning of the line"
            )


def _header(line: str, origin: str) -> list[str]:
    """Cells of the first line."""
    if not line.strip():
        raise InputError(f"events: {origin} is empty or begins with an empty line; its first line must name the columns")
    line = line.removeprefix("#").strip()
    if "," not in line:
        for separator, word in SEPARATORS:
            if separator in line:
                raise InputError(f"events: {origin} is separated by {word}; separate columns by commas, with points in decimals")
    try:
        return cells_of(line)
    except InputError as error:
        raise InputError(f"events: {origin} line 1, {error}") from error
