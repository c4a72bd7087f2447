"""A population estimate in a few numbers, for JSON and tables."""

from typing import Any

import numpy as np
import xarray as xr

from .population_pk import PopulationFit

METHOD = "FOCE with interaction"
LOG_2_PI = float(np.log(2 * np.pi))


def population_summary(fit: PopulationFit) -> dict[str, Any]:
    """What an estimate says, as numbers, texts and lists; None stands for what is not known.

    - ``method``; ``people`` and ``samples`` that were fitted, and ``estimated``, how many parameters;
    - ``objective``, −2 log L without ``log_2_pi_of_samples``, which ``aic`` includes;
    - ``converged``, ``largest_gradient`` of the objective in logarithms of parameters, ``newton_decrement``, ``condition_number`` of
      the correlations of estimates, ``evaluations``;
    - ``traits``: by name, for those estimated, ``unit``, ``typical`` and ``variance`` (of η), each with ``estimate``, ``se``,
      ``relative_se``, ``lower`` and ``upper`` (90 %) and ``evidence`` (what the search began with), ``cv``, √(exp ω² − 1), and
      ``shrinkage`` of η;
    - ``residual``: by term, ``unit`` and the same six numbers of its SD; ``error_shrinkage``;
    - ``held``: names of traits that stayed as the evidence has them;
    - ``warnings``.
    """
    traits = fit.traits.sel(parameter=fit.traits.estimated.values)
    estimate = fit.estimate
    values = measured_count(fit)
    estimated = int(estimate.free.sum())
    return {
        "method": METHOD,
        "people": fit.people.sizes["subject"],
        "samples": fit.samples,
        "estimated": estimated,
        "objective": estimate.objective,
        "log_2_pi_of_samples": values * LOG_2_PI,
        "aic": estimate.objective + values * LOG_2_PI + 2 * estimated,
        "converged": estimate.converged,
        "largest_gradient": number(np.abs(estimate.gradient[estimate.free]).max(initial=0.0)),
        "newton_decrement": number(estimate.decrement),
        "condition_number": number(estimate.condition_number),
        "evaluations": estimate.evaluations,
        "traits": {name: _trait(traits.sel(parameter=name)) for name in traits.parameter.values.tolist()},
        "residual": {name: _residual(fit.errors.sel(term=name)) for name in fit.errors.term.values.tolist()},
        "error_shrinkage": number(fit.error_shrinkage),
        "held": fit.traits.parameter.values[~fit.traits.estimated.values].tolist(),
        "warnings": fit.warnings,
    }


def measured_count(fit: PopulationFit) -> int:
    """Samples that hold a value: a censored one is a probability and has no factor √2π."""
    return fit.samples - fit.censored


def number(value: Any) -> float | None:
    """A number, or None for one that is none."""
    return float(value) if np.isfinite(value) else None


def _estimate(row: xr.Dataset, name: str) -> dict[str, float | None]:
    value, se = (number(row[key]) for key in (name, f"{name}_se"))
    return {
        "estimate": value,
        "se": se,
        "relative_se": None if se is None or not value else se / value,
        "lower": number(row[f"{name}_lower"]),
        "upper": number(row[f"{name}_upper"]),
        "evidence": number(row[f"{name}_of_evidence"]),
    }


def _trait(row: xr.Dataset) -> dict[str, Any]:
    return {
        "unit": str(row.unit.item()),
        "typical": _estimate(row, "typical"),
        "variance": _estimate(row, "variance"),
        "cv": number(np.sqrt(np.expm1(row.variance))),
        "shrinkage": number(row.shrinkage),
    }


def _residual(row: xr.Dataset) -> dict[str, Any]:
    return {"unit": str(row.unit.item())} | _estimate(row, "sd")
