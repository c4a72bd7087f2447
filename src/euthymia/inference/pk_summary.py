"""A fit of people's pharmacokinetics in a few numbers."""

from typing import Any

import numpy as np
import xarray as xr

from .pharmacokinetics import PharmacokineticFit
from .pk_failures import LEAST_PEOPLE, residual_sd
from .predictive_check import inside_bands

OBJECTIVE = "-2 log of the marginal likelihood by Laplace's approximation; concentrations in umol/L; without log(2 pi) per measured value"


def fit_summary(fit: PharmacokineticFit) -> dict[str, Any]:
    """What a fit says in a few numbers, and whether it failed; of each parameter its typical value, median estimate and shrinkage."""
    people = fit.individuals
    return {
        "failed": fit.failed,
        "failures": fit.failures,
        "warnings": fit.warnings,
        "people": people.sizes["subject"],
        "samples": fit.samples.sizes["sample"],
        "censored_samples": int(fit.samples.censored.sum()),
        "converged": int(people.converged.sum()),
        "largest_gradient": _number(people.gradient.max()),
        "objective": _number(fit.objective),
        "objective_is": OBJECTIVE,
        "objective_by_subject": {str(name): _number(people.objective.sel(subject=name)) for name in people.subject.values},
        "parameters": {name: _of_parameter(people.sel(parameter=name), fit) for name in people.parameter.values.tolist()},
        "weighted_residual_sd": _number(residual_sd(fit.samples)[0]),
        "observed_percentiles_inside_bands": _number(inside_bands(fit.check).mean()),
        "people_suffice_for_predictive_check": people.sizes["subject"] >= LEAST_PEOPLE,
    }


def _of_parameter(people: xr.Dataset, fit: PharmacokineticFit) -> dict[str, Any]:
    return {
        "unit": str(people.unit.item()),
        "typical": _number(people.typical.median()),
        "median_estimate": _number(people.estimate.median()),
        "omega": _number(people.omega),
        "shrinkage": _number(fit.shrinkage.sel(parameter=people.parameter.item())),
    }


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
