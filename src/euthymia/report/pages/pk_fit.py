"""The folder that a fit leaves behind: tables, a summary, and a page with goodness of fit."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from ...inference.pharmacokinetics import SEED, PharmacokineticFit
from ...results.run_folder import write_files
from .page import fit_page

INDIVIDUALS = ("weight", "observations", "converged", "unit", "typical", "estimate", "lower", "upper", "eta", "se")
DIGITS = "%.6g"


def summary(fit: PharmacokineticFit) -> dict[str, Any]:
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


def files(fit: PharmacokineticFit) -> dict[str, bytes]:
    """The content of every file of the folder but the manifest."""
    individuals = fit.individuals.to_dataframe(dim_order=["subject", "parameter"])[list(INDIVIDUALS)]
    predictions = fit.samples.to_dataframe()
    return {
        "individuals.csv": individuals.to_csv(float_format=DIGITS, lineterminator="\n").encode(),
        "predictions.csv": predictions.to_csv(index=False, float_format=DIGITS, lineterminator="\n").encode(),
        "summary.json": (json.dumps(summary(fit), indent=2) + "\n").encode(),
        "report.html": fit_page(fit).encode(),
    }


def write(fit: PharmacokineticFit, out: Path, overwrite: bool) -> None:
    """Write the folder: all of it, or nothing."""
    write_files(files(fit), out, overwrite, seed=SEED)
