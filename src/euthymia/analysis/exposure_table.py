"""Peaks, times and areas of what a body is exposed to, over one person or many."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr

from ..core.constants import NG_PER_ML
from ..model.parameters import Euthymia
from ..results.quantities import label
from ..simulation.exposure import Exposures

LEVELS = {"p5": 0.05, "p50": 0.5, "p95": 0.95}
"""Quantiles over people."""
LEAST = 1e-9
"""µM or fraction below which there is nothing to show."""
STATED = {
    "arterial_ketamine": ("arterial ketamine", "ketamine"),
    "venous_ketamine": (label("venous_ketamine_mass"), "ketamine"),
    "norketamine": (label("norketamine_mass"), "norketamine"),
    "hydroxynorketamine": (label("hydroxynorketamine_mass"), "hydroxynorketamine"),
    "free_brain_ketamine": ("free brain ketamine", None),
    "free_brain_norketamine": ("free brain norketamine", None),
    "free_brain_hydroxynorketamine": ("free brain HNK", None),
}
"""Title of what is stated of both enantiomers together, and the molecule whose mass gives ng/mL; µM in brain."""


class Quantiles(NamedTuple):
    """Of people, at ``LEVELS``."""

    low: float
    median: float
    high: float


class ExposureRow(NamedTuple):
    """What one drug reaches at one site."""

    title: str
    unit: str
    peak: Quantiles
    time: float
    """Median time of the peak, h."""
    area: Quantiles
    """Under the curve until the horizon, in the unit times h."""


def quantiles(values: xr.DataArray) -> Quantiles:
    """Quantiles over people."""
    return Quantiles(*(float(values.quantile(level)) for level in LEVELS.values()))


def exposure_rows(exposures: Exposures, model: Euthymia) -> list[ExposureRow]:
    """A row for everything that was there; plasma in ng/mL, brain in µM."""
    tables = (exposures.peak, exposures.peak_time, exposures.area)
    rows = []
    for name, (title, molecule) in STATED.items():
        factor, unit = (1.0, "µM") if molecule is None else (NG_PER_ML * float(getattr(model.molecules, molecule)), "ng/mL")
        rows.append(_row(title, unit, factor, [table[name].sel(enantiomer="both") for table in tables]))
    for index, drug in enumerate(exposures.data.molecule.values):
        factor = NG_PER_ML * float(model.physiology.comparators.molar_mass[index])
        rows.append(_row(str(drug), "ng/mL", factor, [table.comparator_plasma.sel(molecule=drug) for table in tables]))
    return [row for row in rows if row is not None]


def _row(title: str, unit: str, factor: float, values: list[xr.DataArray]) -> ExposureRow | None:
    peak, time, area = values
    if float(peak.max()) <= LEAST:
        return None
    return ExposureRow(title, unit, quantiles(factor * peak), float(time.median()), quantiles(factor * area))


def course_columns(data: xr.Dataset) -> Iterator[tuple[str, np.ndarray]]:
    """Columns of a table of the course, µM: name with unit, and values over time; of several people, their quantiles."""
    for name, values in data.items():
        axis = next((axis for axis in values.dims if axis not in ("patient", "time")), None)
        parts = {"": values} if axis is None else {f".{entry}": values.sel({axis: entry}) for entry in values[axis].values}
        for suffix, part in parts.items():
            if float(abs(part).max()) <= LEAST:
                continue
            if part.sizes["patient"] == 1:
                yield f"{name}{suffix} [{part.units}]", part.isel(patient=0).values
            else:
                for level, fraction in LEVELS.items():
                    yield f"{name}{suffix} {level} [{part.units}]", part.quantile(fraction, "patient").values
