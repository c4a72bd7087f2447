"""What a reader should know before trusting a population estimate, one line each."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from .population_estimate import PopulationEstimate

HIGH_ERROR = 0.5
"""Relative standard error above which an estimate is said to be poor."""
HIGH_SHRINKAGE = 0.3
"""Of η, above which people's estimates lean on the population."""
HIGH_CONDITION = 1000.0
"""Condition number above which parameters cannot be told apart."""


def population_warnings(traits: xr.Dataset, errors: xr.Dataset, estimate: PopulationEstimate, left_out: int) -> list[str]:
    """Warnings in the order of their weight; ``left_out`` is the number of people without samples."""
    return [*_of_search(estimate), *_not_free(traits, errors, estimate), *_of_precision(traits, errors), *_of_people(traits, left_out)]


def _of_search(estimate: PopulationEstimate) -> Iterator[str]:
    if not estimate.settled:
        yield "the search for the most probable parameters of some people did not settle"
    if not np.isfinite(estimate.decrement):
        yield "not a minimum: the objective does not curve upward in every direction, and there are no standard errors"
    elif not estimate.converged:
        yield f"the search did not settle: the objective would fall by about {estimate.decrement / 2:.2g} in another step"
    if np.isfinite(estimate.decrement) and estimate.condition_number > HIGH_CONDITION:
        yield f"condition number {estimate.condition_number:.0f}: the data cannot tell some parameters apart; estimate fewer traits"


def _not_free(traits: xr.Dataset, errors: xr.Dataset, estimate: PopulationEstimate) -> Iterator[str]:
    estimated = traits.parameter.values[traits.estimated.values].tolist()
    typical = [(f"typical {name}", "the data do not inform it") for name in estimated]
    sds = [*(f"variance of {name}" for name in estimated), *errors.term.values.tolist()]
    for (name, why), free in zip([*typical, *((sd, "the data do not tell it from zero") for sd in sds)], estimate.free, strict=True):
        if not free:
            yield f"{name}: {why}"


def _of_precision(traits: xr.Dataset, errors: xr.Dataset) -> Iterator[str]:
    estimated = traits.sel(parameter=traits.estimated.values)
    for words, table, name, axis in (
        ("typical {}", estimated, "typical", "parameter"),
        ("variance of {}", estimated, "variance", "parameter"),
        ("{}", errors, "sd", "term"),
    ):
        relative = (table[f"{name}_se"] / table[name]).values
        for label, error in zip(table[axis].values, relative, strict=True):
            if error > HIGH_ERROR:
                yield f"{words.format(label)}: relative standard error {error:.0%}"


def _of_people(traits: xr.Dataset, left_out: int) -> Iterator[str]:
    estimated = traits.sel(parameter=traits.estimated.values)
    for label, shrinkage in zip(estimated.parameter.values, estimated.shrinkage.values, strict=True):
        if shrinkage > HIGH_SHRINKAGE:
            yield f"{label}: shrinkage of η {shrinkage:.0%}, so that people's estimates of it lean on the population"
    if left_out:
        yield f"{left_out} {'person has' if left_out == 1 else 'people have'} no sample after a dose and count for nothing"
