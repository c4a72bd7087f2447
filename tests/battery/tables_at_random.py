"""Event tables as people really spoil them: each must end in a result or in one clear line.

As a script, it reads so many mutated tables (100,000 if no number is named) and prints what share of each mutation was accepted.
"""

import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from euthymia.core.errors import InputError
from euthymia.protocols.nonmem import example_text
from euthymia.protocols.nonmem_layout import TableLayout
from euthymia.protocols.nonmem_table import parse_table
from euthymia.protocols.subjects import Subjects, subject_protocol

CASES = Path(__file__).parents[1] / "cases"
PLAIN = TableLayout(drug="ketamine, i.v.")
LONGEST_LINE = 1000
"""Characters of a refusal."""
Cells = list[list[str]]
"""Rows of a table, the header first."""


def originals() -> dict[str, Cells]:
    """The tables that are spoilt."""
    texts = {path.stem: path.read_text("utf-8") for path in sorted(CASES.glob("*.csv"))} | {"example": example_text()}
    return {name: [line.split(",") for line in text.splitlines() if line and not line.startswith("#")] for name, text in texts.items()}


def _columns(rows: Cells) -> Cells:
    return [list(column) for column in zip(*rows, strict=True)]


def swap_columns(rows: Cells, draw: random.Random) -> Cells:
    columns = _columns(rows)
    draw.shuffle(columns)
    return _columns(columns)


def swap_headings(rows: Cells, draw: random.Random) -> Cells:
    one, other = draw.sample(range(len(rows[0])), 2)
    rows[0][one], rows[0][other] = rows[0][other], rows[0][one]
    return rows


def drop_column(rows: Cells, draw: random.Random) -> Cells:
    at = draw.randrange(len(rows[0]))
    return [row[:at] + row[at + 1 :] for row in rows]


def duplicate_column(rows: Cells, draw: random.Random) -> Cells:
    at, name = draw.randrange(len(rows[0])), draw.choice(["", "X", None])
    return [[*row, (row[at] if name is None else name) if number == 0 else row[at]] for number, row in enumerate(rows)]


def add_column(name: str, *values: str) -> Callable[[Cells, random.Random], Cells]:
    def add(rows: Cells, draw: random.Random) -> Cells:
        if draw.random() < 1 / 2:
            return [[*row, name if number == 0 else draw.choice(values)] for number, row in enumerate(rows)]
        value = draw.choice(values)
        return [[*row, name if number == 0 else value] for number, row in enumerate(rows)]

    return add


def missing_mark(rows: Cells, draw: random.Random) -> Cells:
    mark = draw.choice(["", ".", "NA", "NaN", "N/A", "null", "-99", "-", " . ", "na", "0"])
    return [[mark if cell == "." else cell for cell in row] for row in rows]


def decimal_comma(rows: Cells, draw: random.Random) -> Cells:
    quote = draw.choice(['"{}"', "{}"])
    return [[quote.format(cell.replace(".", ",")) if "." in cell and cell != "." else cell for cell in row] for row in rows]


def one_cell(*values: str) -> Callable[[Cells, random.Random], Cells]:
    def change(rows: Cells, draw: random.Random) -> Cells:
        at, column = draw.randrange(1, len(rows)), draw.randrange(len(rows[0]))
        rows[at][column] = draw.choice(values)
        return rows

    return change


def cell_of(column: str, *values: str) -> Callable[[Cells, random.Random], Cells]:
    def change(rows: Cells, draw: random.Random) -> Cells:
        if column not in rows[0]:
            return add_column(column, ".", *values)(rows, draw)
        rows[draw.randrange(1, len(rows))][rows[0].index(column)] = draw.choice(values)
        return rows

    return change


def order_of_people(rows: Cells, draw: random.Random) -> Cells:
    at = next((number for number, name in enumerate(rows[0]) if name.upper() == "ID"), 0)
    names = list(dict.fromkeys(row[at] for row in rows[1:]))
    draw.shuffle(names)
    return [rows[0], *sorted(rows[1:], key=lambda row: names.index(row[at]))]


def order_of_rows(rows: Cells, draw: random.Random) -> Cells:
    one, other = (draw.randrange(1, len(rows)) for _ in range(2))
    rows[one], rows[other] = rows[other], rows[one]
    return rows


MUTATIONS: dict[str, Callable[[Cells, random.Random], Cells]] = {
    "columns in another order": swap_columns,
    "two headings exchanged": swap_headings,
    "column dropped": drop_column,
    "column twice": duplicate_column,
    "unit of DV": add_column("DVU", "ng/mL", "mg/L", "umol/L", "nM", "mg", "ng/dL", "."),
    "unit of time": add_column("TIMEUNIT", "h", "min", "days", "."),
    "missing mark": missing_mark,
    "decimal comma": decimal_comma,
    "censored": cell_of("CENS", "-1", "1", "0", "2", "yes"),
    "limit": cell_of("LIMIT", "-1", "0", "5", "500", "x"),
    "interval": cell_of("II", "-24", "0", "24", "1e9", "."),
    "further doses": cell_of("ADDL", "-1", "3", "399", "400", "1e9", "2.5"),
    "steady state": cell_of("SS", "0", "1", "2", "-1"),
    "event": cell_of("EVID", "0", "1", "2", "3", "4", "5", "101", "."),
    "compartment": cell_of("CMT", "1", "2", "3", "101", "104", "-2", "depot", "."),
    "rate": cell_of("RATE", "-1", "-2", "0", "1e-9", "1e9", "60"),
    "time": cell_of("TIME", "-1", "0", "24", "1e5", "10:30", "2020-01-01", "."),
    "value": cell_of("DV", "-0.3", "-99", "0", "<5", "BLQ", "1e308", "1,5", "."),
    "weight": cell_of("WT", "7", "70", "700", "154 lb", "."),
    "ID": cell_of("ID", "2", "1.0", "01", "", "C1", "a,b", "=1+1", "\x1b[2J", "9" * 100),
    "people in another order": order_of_people,
    "rows exchanged": order_of_rows,
    "a cell": one_cell("", ".", "NA", "x", "1e999", "-1", "0", "nan", "١", "9" * 1000, "'", '"', "#", "\u2028"),
}
WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "semicolons": lambda text: text.replace(",", ";"),
    "tabs": lambda text: text.replace(",", "\t"),
    "small letters": str.lower,
    "trailing commas": lambda text: text.replace("\n", ",,\n"),
    "empty lines": lambda text: text.replace("\n", "\n\n"),
    "blanks": lambda text: text.replace(",", " , "),
    "cut short": lambda text: text[: len(text) * 2 // 3],
}
USUAL = 0.7
"""Share of tables that are written as they are."""


def mutant(tables: dict[str, Cells], draw: random.Random) -> tuple[list[str], str]:
    """Names of what was done to a table, and its text."""
    rows = [list(row) for row in tables[draw.choice(list(tables))]]
    done = draw.choices(list(MUTATIONS), k=draw.choice([1, 1, 2]))
    for name in done:
        rows = MUTATIONS[name](rows, draw)
    text = "\n".join(",".join(row) for row in rows) + "\n"
    how = "as it is" if draw.random() < USUAL else draw.choice(list(WRITTEN))
    return [*done, how], WRITTEN[how](text)


def outcome(text: str) -> Subjects | str:
    """The people of a table, each of whom can be the patient of a protocol, or the line that refuses it; anything else is an error."""
    try:
        people = parse_table(text, "table.csv", PLAIN)
    except InputError as error:
        line = str(error)
        if not (line.isprintable() and len(line) < LONGEST_LINE and line.startswith("events: table.csv")):
            raise AssertionError(f"not one clear line: {line!r}") from error
        return line
    for subject in people:
        subject_protocol(subject)
    return people


if __name__ == "__main__":
    count, tables, draw = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, originals(), random.Random(19)
    tried, accepted = Counter[str](), Counter[str]()
    for _ in range(count):
        names, text = mutant(tables, draw)
        good = not isinstance(outcome(text), str)
        tried.update(["all", *names])
        accepted.update(["all", *names] if good else [])
    for name, number in tried.most_common():
        print(f"{name:28}{number:8d} tables, {accepted[name] / number:4.0%} accepted")
