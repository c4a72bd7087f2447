"""Noncompartmental parameters of everything that was there, per person, analyte and site."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr

from ..core.constants import NG_PER_ML
from ..core.types import ENANTIOMERS
from ..model.parameters import Euthymia
from ..simulation.dosing_intervals import DosingIntervals
from ..simulation.exposure import Exposures

LEAST = 1e-9
"""µM or fraction below which there is nothing to show."""
MEASURED = {
    "arterial_ketamine": ("ketamine", "arterial"),
    "venous_ketamine": ("ketamine", "venous"),
    "norketamine": ("norketamine", "arterial"),
    "hydroxynorketamine": ("hydroxynorketamine", "arterial"),
    "free_brain_ketamine": ("ketamine", "brain"),
    "free_brain_norketamine": ("norketamine", "brain"),
    "free_brain_hydroxynorketamine": ("hydroxynorketamine", "brain"),
}
"""Molecule and site of each quantity."""
SITES = {
    "arterial": "total in arterial plasma",
    "venous": "total in plasma of a peripheral vein",
    "plasma": "total in plasma",
    "brain": "unbound in brain",
}
"""What a concentration at a site is."""


class Parameter(NamedTuple):
    """A parameter: what kind of number it is, and its definition."""

    kind: str
    """"concentration", "area", or a unit."""
    meaning: str


ONCE = {
    "cmax": Parameter("concentration", "highest concentration of the course"),
    "tmax": Parameter("h", "time of cmax since the start of the course; of peaks that are alike, of one of them"),
    "auclast": Parameter("area", "area under the curve until the horizon, exact"),
    "aucinf": Parameter("area", "area until all that has entered by the horizon is gone, exact: for ketamine by vein dose over clearance"),
    "aucpext": Parameter("%", "part of aucinf after the horizon"),
    "lambda_z": Parameter("1/h", "rate of the last exponential, exact"),
    "half_life": Parameter("h", "terminal half-life, ln 2 over lambda_z"),
}
"""Of every course."""
REPEATED = {
    "tau": Parameter("h", "dosing interval"),
    "auctau_first": Parameter("area", "area over the first dosing interval, exact"),
    "auctau": Parameter("area", "area over the last complete dosing interval, exact"),
    "cav": Parameter("concentration", "auctau over tau"),
    "cmax_tau": Parameter("concentration", "highest concentration in the last complete dosing interval"),
    "tmax_tau": Parameter("h", "time of cmax_tau since the dose before it"),
    "cmin": Parameter("concentration", "lowest concentration in the last complete dosing interval"),
    "ctrough": Parameter("concentration", "concentration at its end, before the next dose"),
    "accumulation_ratio": Parameter("1", "observed: auctau over auctau_first"),
    "accumulation_index": Parameter("1", "predicted for a single exponential: 1/(1 - exp(-lambda_z tau))"),
}
"""Of equal doses at a constant interval. With several exponentials the index is above the ratio that doses tend to."""
PARAMETERS = ONCE | REPEATED


class Series(NamedTuple):
    """One molecule at one site."""

    quantity: str
    axis: str
    label: str
    """On that axis."""
    analyte: str
    site: str
    molar_mass: float
    """g/mol, which is ng/mL in 1 µM."""

    def of(self, data: xr.Dataset) -> xr.DataArray:
        """Its values in a data set of quantities."""
        return data[self.quantity].sel({self.axis: self.label}, drop=True)

    @property
    def is_both(self) -> bool:
        """Whether it is no enantiomer by itself."""
        return self.label not in ENANTIOMERS


def series_of(exposures: Exposures, model: Euthymia) -> list[Series]:
    """Everything that was there in anybody: both enantiomers together, each where both are there, and comparators."""
    candidates = [*_of_ketamine(model), *_of_comparators(exposures, model)]
    there = [series for series in candidates if float(series.of(exposures.peak).max()) > LEAST]
    enantiomers = {series.label for series in there} & set(ENANTIOMERS)
    return [series for series in there if series.is_both or len(enantiomers) > 1]


def _of_ketamine(model: Euthymia) -> Iterator[Series]:
    for name, (molecule, site) in MEASURED.items():
        mass = NG_PER_ML * float(getattr(model.molecules, molecule))
        for label, prefix in (("both", ""), *((enantiomer, f"{enantiomer}-") for enantiomer in ENANTIOMERS)):
            yield Series(name, "enantiomer", label, prefix + molecule, site, mass)


def _of_comparators(exposures: Exposures, model: Euthymia) -> Iterator[Series]:
    for name, mass in zip(exposures.peak.molecule.values, model.physiology.comparators.molar_mass, strict=True):
        yield Series("comparator_plasma", "molecule", str(name), str(name), "plasma", NG_PER_ML * float(mass))


def parameters(exposures: Exposures, model: Euthymia) -> xr.Dataset:
    """Noncompartmental parameters of every person (axis patient) and of every molecule at every site (axis series).

    Definitions are those of PKNCA (cmax, tmax, auclast, half.life, lambda.z, aucpext, cav, cmin and ctrough of an interval), with what the
    model knows in place of what samples would tell: areas are exact integrals of the linear system, not trapezoids; aucinf is the integral
    without end, not an extrapolation from the last sample; and lambda_z is the rate of the last exponential, not a regression. PKNCA has no
    accumulation index; this one is the usual one of noncompartmental programs. Concentrations are in ng/mL, areas in ng/mL h; divide by
    ``molar_mass`` (g/mol) for µM. Where doses are not equal at a constant interval, their parameters are not a number; :func:`intervals_of`
    says why.
    """
    series = series_of(exposures, model)
    values = [_of_series(one, exposures) for one in series]
    people = exposures.peak.patient
    units = {"concentration": "ng/mL", "area": "ng/mL h"}
    return xr.Dataset(
        {
            name: (
                ("patient", "series"),
                np.stack([row[name] for row in values], -1) if values else np.empty((people.size, 0)),
                {"units": units.get(parameter.kind, parameter.kind), "long_name": parameter.meaning},
            )
            for name, parameter in PARAMETERS.items()
        },
        {
            "patient": people,
            "analyte": ("series", np.array([one.analyte for one in series], object)),
            "site": ("series", np.array([one.site for one in series], object)),
            "molar_mass": ("series", np.array([one.molar_mass for one in series]), {"units": "g/mol"}),
        },
    )


def _of_series(series: Series, exposures: Exposures) -> dict[str, np.ndarray]:
    """Every parameter of one molecule at one site by person, concentrations in ng/mL."""
    repeated, mass = exposures.repeated, series.molar_mass
    until, to_infinity = series.of(exposures.area).values, series.of(exposures.area_to_infinity).values
    first, last = series.of(repeated.first_area).values, series.of(repeated.last_area).values
    half_life = series.of(exposures.half_life).values
    rate = np.log(2) / half_life
    intervals = intervals_of(series, exposures)
    length = intervals.length if isinstance(intervals, DosingIntervals) else np.nan
    return {
        "cmax": mass * series.of(exposures.peak).values,
        "tmax": series.of(exposures.peak_time).values,
        "auclast": mass * until,
        "aucinf": mass * to_infinity,
        # Rounding can leave a trace of either sign where all is gone.
        "aucpext": np.maximum(100 * (1 - until / to_infinity), 0),
        "lambda_z": rate,
        "half_life": half_life,
        "tau": np.full_like(first, length),
        "auctau_first": mass * first,
        "auctau": mass * last,
        "cav": mass * last / length,
        "cmax_tau": mass * series.of(repeated.highest).values,
        "tmax_tau": np.maximum(series.of(repeated.highest_time).values, 0),
        "cmin": mass * series.of(repeated.lowest).values,
        "ctrough": mass * series.of(repeated.trough).values,
        "accumulation_ratio": last / first,
        "accumulation_index": -1 / np.expm1(-rate * length),
    }


def intervals_of(series: Series, exposures: Exposures) -> DosingIntervals | str:
    """The dosing intervals of what is measured, or why there are none."""
    return exposures.repeated.intervals[series.label if series.axis == "molecule" else series.quantity]
