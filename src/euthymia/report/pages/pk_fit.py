"""The folder that a fit leaves behind: tables, a summary, the people as patients, and a page with goodness of fit."""

import json
from pathlib import Path

from ...inference.pharmacokinetics import SEED, PharmacokineticFit
from ...inference.pk_summary import fit_summary
from ...protocols.fitted_people import PEOPLE_FILE
from ...results.run_folder import write_files
from .page import fit_page

INDIVIDUALS = (
    *("weight", "observations", "converged", "objective", "unit", "typical", "estimate", "lower", "upper", "eta", "se", "omega"),
)
PREDICTIONS = (
    *("subject", "time", "time_after_dose", "molecule", "sampling", "observed", "censored", "low", "high"),
    *("individual", "population", "weighted_residual"),
)
DIGITS = "%.6g"


def files(fit: PharmacokineticFit) -> dict[str, bytes]:
    """The content of every file of the folder but the manifest."""
    individuals = fit.individuals.to_dataframe(dim_order=["subject", "parameter"])[list(INDIVIDUALS)]
    predictions = fit.samples.to_dataframe()[list(PREDICTIONS)]
    return {
        "individuals.csv": individuals.to_csv(float_format=DIGITS, lineterminator="\n").encode(),
        "predictions.csv": predictions.to_csv(index=False, float_format=DIGITS, lineterminator="\n").encode(),
        PEOPLE_FILE: (json.dumps(fit.people(), indent=2) + "\n").encode(),
        "summary.json": (json.dumps(fit_summary(fit), indent=2) + "\n").encode(),
        "report.html": fit_page(fit).encode(),
    }


def write(fit: PharmacokineticFit, out: Path, overwrite: bool) -> None:
    """Write the folder: all of it, or nothing."""
    write_files(files(fit), out, overwrite, seed=SEED)
