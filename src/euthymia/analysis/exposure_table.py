"""What a body is exposed to as tidy tables for other programs, over one person or many."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import xarray as xr

from ..model.parameters import Euthymia
from ..simulation.dosing import JUST_BEFORE, ROUNDING
from ..simulation.exposure import Exposures
from .noncompartmental import PARAMETERS, parameters, series_of

LEVELS = (0.05, 0.5, 0.95)
"""Quantiles over people."""
MOST_ROWS = 200_000
"""Rows of a table of concentrations; where there would be more, people have fewer times."""
MOST_PEOPLE_WRITTEN = 200
"""Of more people, concentrations are written as quantiles alone."""
BLOCK = "NMDA pore block"
MASS, MOLAR = "concentration [ng/mL]", "concentration [umol/L]"
OF_CONCENTRATIONS = ("time [h]", "analyte", "site", MASS, MOLAR)
OF_BLOCK = ("time [h]", "cell_class", "pore_block")
OF_PARAMETERS = ("analyte", "site", "parameter", "value", "unit", "molar_value", "molar_unit")
MOLAR_UNITS = {"concentration": "umol/L", "area": "umol/L h"}
OF_WHOLE_COURSE = {"peak": "1", "peak_time": "h", "area": "h"}
"""Numbers of the pore block, with their units."""
Row = Sequence[str | float | int]


def courses(exposures: Exposures, model: Euthymia) -> xr.Dataset:
    """Concentrations of everything that was there over patient, series and time, in ng/mL and in µmol/L."""
    series, data = series_of(exposures, model), exposures.data
    empty = np.empty((0, data.sizes["patient"], data.sizes["time"]))
    molar = np.stack([one.of(data).transpose("patient", "time").values for one in series]) if series else empty
    mass = np.array([one.molar_mass for one in series])
    axes = ("series", "patient", "time")
    return xr.Dataset(
        {MASS: (axes, molar * mass[:, None, None]), MOLAR: (axes, molar)},
        {
            "patient": data.patient,
            "time": data.time,
            "analyte": ("series", np.array([one.analyte for one in series], object)),
            "site": ("series", np.array([one.site for one in series], object)),
            "is_both": ("series", np.array([one.is_both for one in series], bool)),
        },
    ).transpose("patient", "series", "time")


def block_numbers(exposures: Exposures) -> xr.Dataset:
    """Peak of the pore block, its time (h) and its area (h), over patient and class of cell."""
    return xr.Dataset({name: getattr(exposures, name).pore_block for name in OF_WHOLE_COURSE}).transpose("patient", "cell_class")


def over_people(data: xr.Dataset) -> xr.Dataset:
    """Quantiles at ``LEVELS``, on an axis in the place of that of people."""
    return data.quantile(LEVELS, "patient", keep_attrs=True, skipna=False).rename(quantile="patient")


def written_times(times: np.ndarray, curves: int) -> np.ndarray:
    """Which times of so many curves are written: all, or every so many and those around a bolus."""
    stride = -(-curves * len(times) // MOST_ROWS)
    at_bolus = np.flatnonzero(np.diff(times) <= JUST_BEFORE + ROUNDING)
    return np.unique([*range(0, len(times), max(stride, 1)), *at_bolus, *(at_bolus + 1), len(times) - 1])


def tables(exposures: Exposures, model: Euthymia) -> dict[str, bytes]:
    """Tidy tables as CSV by name of the file; of several people also the quantiles at ``LEVELS``.

    What is over time has two rows for a bolus: a second before it, and right after it.
    """
    course, numbers, of_block = courses(exposures, model), parameters(exposures, model), block_numbers(exposures)
    block = exposures.data[["pore_block"]].transpose("patient", "cell_class", "time")
    people: list[int | str] = [int(number) or exposures.protocol.name for number in exposures.data.patient.values]
    times = exposures.data.time.values
    files = {"parameters.csv": _csv(("person", *OF_PARAMETERS), _parameter_rows(people, numbers, of_block))}
    if len(people) <= MOST_PEOPLE_WRITTEN:
        kept = written_times(times, len(people) * course.sizes["series"])
        files["concentrations.csv"] = _csv(("person", *OF_CONCENTRATIONS), _concentration_rows(people, course.isel(time=kept)))
        files["pore_block.csv"] = _csv(("person", *OF_BLOCK), _block_rows(people, block.isel(time=kept)))
    if len(people) > 1:
        kept = written_times(times, len(LEVELS) * course.sizes["series"])
        course, block = course.isel(time=kept), block.isel(time=kept)
        course, numbers, of_block, block = (over_people(of) for of in (course, numbers, of_block, block))
        files["quantiles.csv"] = _csv(("quantile", *OF_CONCENTRATIONS), _concentration_rows(LEVELS, course))
        files["pore_block_quantiles.csv"] = _csv(("quantile", *OF_BLOCK), _block_rows(LEVELS, block))
        files["parameter_quantiles.csv"] = _csv(("quantile", *OF_PARAMETERS), _parameter_rows(LEVELS, numbers, of_block))
    return files


def _concentration_rows(whose: Sequence[float | int | str], course: xr.Dataset) -> Iterator[Row]:
    """By person or quantile, series and time."""
    times, mass, molar = [_cell(time) for time in course.time.values.tolist()], course[MASS].values, course[MOLAR].values
    for row, who in enumerate(whose):
        for column, (analyte, site) in enumerate(zip(course.analyte.values, course.site.values, strict=True)):
            for time, in_mass, in_moles in zip(times, mass[row, column].tolist(), molar[row, column].tolist(), strict=True):
                yield who, time, analyte, site, in_mass, in_moles


def _block_rows(whose: Sequence[float | int | str], block: xr.Dataset) -> Iterator[Row]:
    """By person or quantile, class of cell and time."""
    times, values = [_cell(time) for time in block.time.values.tolist()], block.pore_block.values
    for row, who in enumerate(whose):
        for column, cell_class in enumerate(block.cell_class.values):
            for time, value in zip(times, values[row, column].tolist(), strict=True):
                yield who, time, str(cell_class), value


def _parameter_rows(whose: Sequence[float | int | str], numbers: xr.Dataset, of_block: xr.Dataset) -> Iterator[Row]:
    """By person or quantile, series and parameter; those that are not a number are left out. The pore block stands at the end."""
    values = {name: numbers[name].values for name in PARAMETERS}
    for row, who in enumerate(whose):
        for column, (analyte, site, mass) in enumerate(
            zip(numbers.analyte.values, numbers.site.values, numbers.molar_mass.values, strict=True)
        ):
            for name, parameter in PARAMETERS.items():
                value = float(values[name][row, column])
                if math.isfinite(value):
                    molar = (value / mass, MOLAR_UNITS[parameter.kind]) if parameter.kind in MOLAR_UNITS else ("", "")
                    yield who, analyte, site, name, value, numbers[name].units, *molar
        for column, cell_class in enumerate(of_block.cell_class.values):
            for name, unit in OF_WHOLE_COURSE.items():
                yield who, BLOCK, str(cell_class), name, float(of_block[name].values[row, column]), unit, "", ""


def _csv(heading: Row, rows: Iterable[Row]) -> bytes:
    """Comma-separated text; cells with a comma are quoted."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows([_cell(cell) if isinstance(cell, float) else cell for cell in row] for row in rows)
    return text.getvalue().encode()


def _cell(number: float) -> str:
    """Nine digits."""
    return f"{number:.9g}"
