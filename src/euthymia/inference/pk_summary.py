"""A fit of people's pharmacokinetics in a few numbers."""

from typing import Any

import numpy as np

from .pharmacokinetics import PharmacokineticFit


def fit_summary(fit: PharmacokineticFit) -> dict[str, Any]:
    """What a fit says in a few numbers: people, samples, and for each parameter its typical value, middle estimate and shrinkage."""
    people, check = fit.individuals, fit.check
    inside = (check.observed >= check.simulated.sel(level=check.level[0])) & (check.observed <= check.simulated.sel(level=check.level[-1]))

    def number(value: Any) -> float | None:
        return float(value) if np.isfinite(value) else None

    return {
        "people": people.sizes["subject"],
        "samples": fit.samples.sizes["sample"],
        "converged": int(people.converged.sum()),
        "parameters": {
            name: {
                "unit": str(people.unit.sel(parameter=name).item()),
                "typical": number(people.typical.sel(parameter=name)),
                "median_estimate": number(people.estimate.sel(parameter=name).median()),
                "shrinkage": number(fit.shrinkage.sel(parameter=name)),
            }
            for name in people.parameter.values.tolist()
        },
        "weighted_residual_sd": number(fit.samples.weighted_residual.std()),
        "observed_percentiles_inside_bands": number(inside.mean()),
        "warnings": fit.warnings,
    }
