"""What a body is exposed to in rows for a reader: parameters of one person, or their median and range over many."""

from typing import NamedTuple

import numpy as np

from ..model.parameters import Euthymia
from ..simulation.dosing_intervals import DosingIntervals
from ..simulation.exposure import Exposures
from .exposure_table import LEVELS, block_numbers
from .noncompartmental import LEAST, PARAMETERS, SITES, intervals_of, parameters, series_of


class Quantiles(NamedTuple):
    """Of people, at ``LEVELS``; of one person three times the same."""

    low: float
    median: float
    high: float


class ExposureRow(NamedTuple):
    """Parameters of one molecule at one site, in ng/mL in blood and in µM in brain."""

    analyte: str
    site: str
    unit: str
    is_both: bool
    """Whether it is no enantiomer by itself."""
    intervals: DosingIntervals | str
    """Dosing intervals of equal doses, or why there are none."""
    values: dict[str, Quantiles]
    """By parameter; those that are not a number are left out."""

    @property
    def title(self) -> str:
        """What was measured where."""
        return f"free brain {self.analyte}" if self.site == "brain" else f"{self.site} {self.analyte}"


def exposure_rows(exposures: Exposures, model: Euthymia) -> list[ExposureRow]:
    """A row for everything that was there, at every site."""
    numbers = parameters(exposures, model)
    rows = []
    for column, series in enumerate(series_of(exposures, model)):
        in_brain = series.site == "brain"
        values = {}
        for name, parameter in PARAMETERS.items():
            over_people = numbers[name].values[:, column]
            if np.isfinite(over_people).all():
                factor = 1 / series.molar_mass if in_brain and parameter.kind in ("concentration", "area") else 1.0
                values[name] = _quantiles(factor * over_people)
        unit = "µM" if in_brain else "ng/mL"
        rows.append(ExposureRow(series.analyte, series.site, unit, series.is_both, intervals_of(series, exposures), values))
    return rows


def block_rows(exposures: Exposures) -> dict[str, dict[str, Quantiles]]:
    """Peak of the pore block, its time and area by class of cell; empty where nothing blocks."""
    numbers = block_numbers(exposures)
    if float(numbers.peak.max()) <= LEAST:
        return {}
    of_classes = {str(name): numbers.sel(cell_class=name) for name in numbers.cell_class.values}
    return {
        cell_class: {str(name): _quantiles(values.values) for name, values in of_class.items()}
        for cell_class, of_class in of_classes.items()
    }


def _quantiles(over_people: np.ndarray) -> Quantiles:
    return Quantiles(*np.quantile(over_people, LEVELS).tolist())


def sites_of(rows: list[ExposureRow]) -> dict[str, str]:
    """What a concentration is at every site that was measured."""
    return {site: meaning for site, meaning in SITES.items() if any(row.site == site for row in rows)}
