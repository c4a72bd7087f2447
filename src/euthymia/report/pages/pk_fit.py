"""The folder that a fit leaves behind: tables, a summary, the people as patients, and a page with goodness of fit."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ...inference.pharmacokinetics import SEED, PharmacokineticFit
from ...inference.pk_summary import fit_summary
from ...protocols.fitted_people import PEOPLE_FILE
from ...results.manifest import Request
from ...results.run_folder import write_files
from .page import fit_page

INDIVIDUALS = (
    *(
        "weight",
        "observations",
        "converged",
        "objective",
        "reference_weight",
        "unit",
        "typical",
        "estimate",
        "lower",
        "upper",
        "eta",
        "se",
        "omega",
    ),
)
PREDICTIONS = (
    *("subject", "time", "time_after_dose", "molecule", "sampling", "observed", "censored", "low", "high"),
    *("individual", "population", "weighted_residual"),
)
DIGITS = "%.6g"
NOTHING: Mapping[str, Any] = MappingProxyType({})


def files(fit: PharmacokineticFit, population: Mapping[str, Any] | None = None) -> dict[str, bytes]:
    """The content of the files of the folder: of a fit, and of an estimate of the population in a few numbers."""
    individuals = fit.individuals.assign(reference_weight=fit.individuals.reference_weight).to_dataframe(
        dim_order=["subject", "parameter"]
    )[list(INDIVIDUALS)]
    predictions = fit.samples.to_dataframe()[list(PREDICTIONS)]
    return {
        "individuals.csv": individuals.to_csv(float_format=DIGITS, lineterminator="\n").encode(),
        "predictions.csv": predictions.to_csv(index=False, float_format=DIGITS, lineterminator="\n").encode(),
        PEOPLE_FILE: (json.dumps(fit.people(), indent=2) + "\n").encode(),
        "summary.json": (json.dumps(fit_summary(fit), indent=2) + "\n").encode(),
        **({} if population is None else {"population.json": (json.dumps(population, indent=2) + "\n").encode()}),
        "report.html": fit_page(fit, population).encode(),
    }


def write(
    fit: PharmacokineticFit,
    out: Path,
    overwrite: bool,
    beside: Mapping[str, bytes] = NOTHING,
    population: Mapping[str, Any] | None = None,
    options: Mapping[str, object] = NOTHING,
) -> None:
    """Write the folder: all of it, or nothing; ``beside`` are further files by name, ``options`` what a user asked for."""
    write_files({**files(fit, population), **beside}, out, overwrite, Request("fit-pk", options, SEED))
