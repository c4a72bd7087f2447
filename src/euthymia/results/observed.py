"""A user's own ratings or concentrations, to be shown beside a course: from a table with units in its headings."""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

import numpy as np
import xarray as xr

from ..core.errors import InputError, short, unknown
from ..core.files import read_text
from ..core.units import SPELLINGS
from .quantities import QUANTITIES

LARGEST_FILE = 1_000_000
"""Bytes."""
MOST_ROWS = 10_000
COLUMNS = {
    "madrs": "madrs",
    "madrs sd": "madrs_sd",
    "ketamine [ng/mL]": "venous_ketamine_mass",
    "norketamine [ng/mL]": "norketamine_mass",
    "hydroxynorketamine [ng/mL]": "hydroxynorketamine_mass",
}
"""Headings beside that of time, and the quantity that each is laid over."""
TIMES = ("time [min]", "time [h]", "time [d]")
"""Headings of the time since the first dose."""
HIGHEST_MADRS = 60.0
EXAMPLE = "time [h],madrs"
OBSERVED_FILE = "observed.csv"
"""In a run folder."""


def observed_data(source: str | Path | Mapping[str, Sequence[float]]) -> xr.Dataset:
    """Observations from a CSV file, or from columns by heading.

    Parameters
    ----------
    source
        One column of ``TIMES``, and any of ``COLUMNS``; an empty cell, ``.`` or ``NA`` is a missing value.

    Returns
    -------
    The observations in order of time, along the axis observation: ``observed_time`` (h since the first dose) and a variable for
    every other column.

    Raises
    ------
    InputError
        If the file cannot be read, a column is not known, or a value is no number or out of range.
    """
    if not isinstance(source, Mapping | str | Path):
        raise InputError(f"observed: {short(source)} is neither a file nor columns by heading")
    if isinstance(source, Mapping):
        if not all(np.ndim(values) == 1 for values in source.values()):
            raise InputError('observed: every column must be a list of numbers, for example {"time [h]": [2, 24], "madrs": [20, 18]}')
        columns = {str(heading): [str(value) for value in values] for heading, values in source.items()}
        if len({len(values) for values in columns.values()}) > 1:
            raise InputError("observed: columns differ in length")
        return _dataset(columns, "observed", 1)
    return _dataset(_columns_of(Path(source)), f"observed: {source}", 2)


def text_of_observed(observed: xr.Dataset) -> str:
    """A table that :func:`observed_data` reads as the same observations."""
    columns = {"time [h]": observed.observed_time} | {heading: observed[name] for heading, name in COLUMNS.items() if name in observed}
    rows = zip(*(column.values.tolist() for column in columns.values()), strict=True)
    lines = (",".join("" if math.isnan(number) else repr(number) for number in row) for row in rows)
    return "\n".join([",".join(columns), *lines]) + "\n"


def _columns_of(path: Path) -> dict[str, list[str]]:
    text = read_text("observed", path, LARGEST_FILE, f"is larger than {LARGEST_FILE // 1_000_000} MB")
    try:
        rows = list(csv.reader(StringIO(text), strict=True))
    except csv.Error as error:
        raise InputError(f"observed: {path} is not a table of comma-separated values: {error}") from error
    if not rows or not any(rows[0]):
        raise InputError(f"observed: {path} is empty; its first line names the columns, for example {EXAMPLE}")
    headings = [heading.strip() for heading in rows[0]]
    for number, row in enumerate(rows[1:], 2):
        if row and len(row) != len(headings):
            raise InputError(f"observed: {path} line {number}: {len(row)} cells; the first line has {len(headings)} columns")
    if len(set(headings)) < len(headings):
        raise InputError(f"observed: {path}: two columns have one heading")
    return {heading: [row[column].strip() if row else "" for row in rows[1:]] for column, heading in enumerate(headings)}


def _dataset(columns: Mapping[str, list[str]], origin: str, first_line: int) -> xr.Dataset:
    by_name = {_plain(heading): (heading, cells) for heading, cells in columns.items()}
    if len(by_name) < len(columns):
        raise InputError(f"{origin}: two columns have one heading")
    known = {_plain(heading): heading for heading in (*TIMES, *COLUMNS)}
    for name, (heading, _) in by_name.items():
        if name not in known:
            raise InputError(f"{origin}: {unknown('column', heading, known.values())}")
    times = [heading for heading in TIMES if _plain(heading) in by_name]
    if len(times) != 1:
        raise InputError(f"{origin}: one column of time is needed, {' or '.join(TIMES)}; the first line is for example {EXAMPLE}")
    if len(by_name) == 1:
        raise InputError(f"{origin}: nothing was observed; add a column of {', '.join(COLUMNS)}")
    numbers = {known[name]: _numbers(cells, f"{origin}", heading, first_line) for name, (heading, cells) in by_name.items()}
    unit = re.findall(r"\[(\w+)\]", times[0])[0]
    hours = SPELLINGS["time"][unit] * numbers.pop(times[0])
    kept = np.flatnonzero(np.isfinite(hours))
    if not 0 < len(kept) <= MOST_ROWS:
        raise InputError(f"{origin}: {len(kept)} rows have a time; 1 to {MOST_ROWS} are allowed")
    order = kept[np.argsort(hours[kept], kind="stable")]
    seen = QUANTITIES["observed_time"]
    variables = {seen.name: ("observation", hours[order], {"units": seen.unit, "long_name": seen.meaning})}
    for heading, values in numbers.items():
        quantity = QUANTITIES[COLUMNS[heading]]
        variables[COLUMNS[heading]] = ("observation", values[order], {"units": quantity.unit, "long_name": f"observed: {quantity.meaning}"})
    return xr.Dataset(variables)


def _plain(heading: str) -> str:
    """A heading without regard to case, spaces, underscores and the kind of brackets."""
    return re.sub(r"[\s_]+", " ", heading.lower().replace("(", "[").replace(")", "]").replace("[", " [")).strip()


def _numbers(cells: list[str], origin: str, heading: str, first_line: int) -> np.ndarray:
    highest = HIGHEST_MADRS if "madrs" in heading.lower() else math.inf
    values = []
    for line, cell in enumerate(cells, first_line):
        if cell.lower() in ("", ".", "na", "nan"):
            values.append(math.nan)
            continue
        try:
            value = float(cell)
        except ValueError:
            raise InputError(f"{origin} line {line}: {short(cell)} is not a number in column {heading}") from None
        if not math.isfinite(value) or ("time" not in heading.lower() and not 0 <= value <= highest):
            allowed = f"0 to {highest:g}" if highest < math.inf else "0 and above"
            raise InputError(f"{origin} line {line}: {value:g} is out of range in column {heading}; allowed: {allowed}")
        values.append(value)
    return np.array(values, float)
