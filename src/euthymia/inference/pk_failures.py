"""Whether a fit failed: people far outside the population, residuals that errors do not explain, and a unit that is likely wrong."""

from collections.abc import Iterator
from math import log10, sqrt
from statistics import NormalDist

import numpy as np
import xarray as xr
from scipy.special import chdtrc

from ..core.constants import NG_PER_ML
from ..model.parameters import Euthymia
from ..pharmacology.variability import TRAITS
from ..protocols.compartments import MASS, MOLAR
from .pk_design import nanograms_per_micromolar
from .predictive_check import inside_bands

FARTHEST_PERSON = 3.0
"""SDs of the population: a person further from typical in one parameter is pointed out."""
CHANCE = 0.01
"""Probability that anybody of the population, in any parameter, lies beyond the distance from which the fit failed."""
RESIDUAL_SD = (0.5, 1.5)
"""Of weighted residuals around zero. Above, errors of samples do not explain what the fit leaves; below, they are less than assumed."""
CHANCE_OF_RESIDUALS = 1e-3
"""Probability of a sum of squares from which on it is no chance: of few samples, the SD must be larger for that (one 3.3, eight 1.8)."""
LEAST_SAMPLES = 10
"""Measured values for a judgement that residuals are small, and three for that of a unit."""
LEAST_FOR_UNIT = 3
LEAST_INSIDE = 0.5
"""Of observed percentiles inside the bands of simulated ones, of which 90 % are expected."""
LEAST_PEOPLE = 10
"""For a judgement by the predictive check, which is about the spread between people."""
TOLERANCE_OF_UNIT = log10(2)
"""Samples are said to have another unit where their median ratio to the typical prediction is this near (decades) that of the unit, at
least twice as near as to one, and half of the samples are this near the median."""
DV_UNITS = {
    "ng/mL": (MASS, 1.0),
    "mg/L": (MASS, NG_PER_ML),
    "pg/mL": (MASS, 1 / NG_PER_ML),
    "umol/L": (MOLAR, 1.0),
    "nmol/L": (MOLAR, 1e-3),
}
"""Units in which a table may state a concentration: that of a sample, and how many of it in one."""
SPELLED = {MASS: "ng/mL", MOLAR: "umol/L"}
MOST_DECADES = 6
MOST_NAMED = 3


def failures(individuals: xr.Dataset, samples: xr.Dataset, check: xr.Dataset, model: Euthymia) -> list[str]:
    """Why a fit failed, one line each; nothing if it did not."""
    return [
        *_wrong_unit(samples, model),
        *_unsettled(individuals),
        *_outside_population(individuals),
        *_residuals(samples),
        *_outside_bands(individuals, check),
    ]


def farthest_by_chance(people: int) -> float:
    """SDs from typical that the farthest of so many people in any parameter exceeds with probability ``CHANCE``, or more."""
    return max(FARTHEST_PERSON, NormalDist().inv_cdf(1 - CHANCE / (2 * people * len(TRAITS))))


def odd_people(individuals: xr.Dataset) -> Iterator[str]:
    """People who are pointed out though the fit did not fail for them."""
    distance, limit = _distances(individuals), farthest_by_chance(individuals.sizes["subject"])
    for subject, parameter in np.argwhere(((distance > FARTHEST_PERSON) & (distance <= limit)).values):
        one = individuals.isel(subject=subject, parameter=parameter)
        yield f"subject {one.subject.item()}: {_parameter(one)} is {_distance(one):.1f} SDs of the population from typical"


def small_residuals(samples: xr.Dataset) -> Iterator[str]:
    """That errors of samples are less than assumed."""
    sd, count = residual_sd(samples)
    if count >= LEAST_SAMPLES and sd < RESIDUAL_SD[0]:
        yield f"residuals: their SD is {sd:.2g} of what is assumed of samples, so that intervals are wider than they could be"


def residual_sd(samples: xr.Dataset) -> tuple[float, int]:
    """SD of the weighted residuals around zero, and their number."""
    residuals = samples.weighted_residual.values[np.isfinite(samples.weighted_residual.values)]
    return (float(np.sqrt(np.mean(residuals**2))) if residuals.size else float("nan")), residuals.size


def _distances(individuals: xr.Dataset) -> xr.DataArray:
    return np.abs(individuals.eta / individuals.omega).transpose("subject", "parameter")


def _distance(one: xr.Dataset) -> float:
    return abs(float(one.eta / one.omega))


def _parameter(one: xr.Dataset) -> str:
    name, unit = str(one.parameter.item()).replace("_", " "), str(one.unit.item())
    return f"{name} {float(one.estimate):.3g} {unit} (typical {float(one.typical):.3g})"


def _unsettled(individuals: xr.Dataset) -> Iterator[str]:
    for name in individuals.subject.values[~individuals.converged.values]:
        yield f"subject {name}: the search did not settle (largest gradient {float(individuals.gradient.sel(subject=name)):.2g})"


def _outside_population(individuals: xr.Dataset) -> Iterator[str]:
    distance, limit = _distances(individuals), farthest_by_chance(individuals.sizes["subject"])
    for name in individuals.parameter.values:
        outside = individuals.subject.values[(distance.sel(parameter=name) > limit).values]
        if outside.size:
            one = individuals.sel(subject=outside[0], parameter=name)
            others = (
                f" (subject {', '.join(map(str, outside[:MOST_NAMED]))}{' …' * (outside.size > MOST_NAMED)})" if outside.size > 1 else ""
            )
            who = f"{outside.size} of {individuals.sizes['subject']} people{others}" if outside.size > 1 else f"subject {outside[0]}"
            yield (
                f"{who}: {str(name).replace('_', ' ')} is more than {limit:.1f} SDs of the population from typical; "
                f"subject {outside[0]} is {_distance(one):.1f} away, {_parameter(one)}"
            )


def _residuals(samples: xr.Dataset) -> Iterator[str]:
    count, squares = samples.sizes["sample"], float(np.sum(samples.departure**2))
    sd = sqrt(squares / max(count, 1))
    if sd > RESIDUAL_SD[1] and chdtrc(count, squares) < CHANCE_OF_RESIDUALS:
        yield (
            f"residuals: the SD of {count} is {sd:.2g} times what is assumed of samples, more than {RESIDUAL_SD[1]:g} and than "
            f"chance makes it (p = {chdtrc(count, squares):.1g})"
        )


def _outside_bands(individuals: xr.Dataset, check: xr.Dataset) -> Iterator[str]:
    inside = float(inside_bands(check).mean())
    if individuals.sizes["subject"] >= LEAST_PEOPLE and inside < LEAST_INSIDE:
        yield (
            f"predictive check: {inside:.0%} of the observed percentiles lie inside their bands, less than {LEAST_INSIDE:.0%}: "
            "the population of the model is not that of these samples"
        )


def _wrong_unit(samples: xr.Dataset, model: Euthymia) -> Iterator[str]:
    """A unit of DV, or a factor of ten, that explains why the samples of everybody are as many times the typical prediction."""
    masses = np.array([nanograms_per_micromolar(str(molecule), model) for molecule in samples.molecule.values])
    telling = ~samples.censored.values & (samples.observed.values > 0)
    telling &= samples.population.values > masses * float(model.variability.additive_error)
    if telling.sum() < LEAST_FOR_UNIT:
        return
    ratio = np.log10(samples.observed.values[telling] / samples.population.values[telling])
    typical = float(np.median(ratio))
    if np.median(np.abs(ratio - typical)) > TOLERANCE_OF_UNIT:
        return
    mass, (unit_read,) = float(np.median(masses[telling])), np.unique(samples.unit_read.values[telling])[:1]
    in_micromolar = {name: number * (1.0 if unit == MOLAR else 1 / mass) for name, (unit, number) in DV_UNITS.items()}
    read = SPELLED[str(unit_read)]
    decades = {name: log10(in_micromolar[read] / number) for name, number in in_micromolar.items() if name != read}
    steps = {f"{10.0 ** abs(n):g}": n for n in range(-MOST_DECADES, MOST_DECADES + 1) if n}
    times = f"{10**typical:.3g} times" if typical > 0 else f"1/{10**-typical:.3g} of"
    name, far = min(decades.items(), key=lambda item: abs(item[1] - typical))
    explained = min(TOLERANCE_OF_UNIT, abs(typical) / 2)
    if abs(far - typical) < explained:
        yield f"unit: samples are {times} what a typical person would have, as if DV were in {name} and not in {read}: try --dv-unit {name}"
    elif any(abs(n - typical) < explained for n in steps.values()):
        yield f"unit: samples are {times} what a typical person would have: a dose or a concentration is likely off by a power of ten"
