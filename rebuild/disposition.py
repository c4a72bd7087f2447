"""Fit the disposition to pharmacokinetic studies, leave each out once, and store both: `python -m rebuild.disposition`; minutes."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from euthymia.core.files import atomic_write
from euthymia.core.normal import Z_90
from euthymia.core.runtime import configure
from euthymia.evidence.pharmacokinetics import priors as fitted_priors

from .steps import DISPOSITION, DISPOSITION_ROWS
from .stored import as_yaml

ABOUT = "What the fit of the disposition made of its priors, and every study as a fit without it predicts it. Written by `make rebuild`."
SOURCE = "disposition_studies"
UNBROKEN = 10_000
"""Width of a line that is not broken."""
ABOUT_PARAMETERS = (
    "The disposition of ketamine, fitted to pharmacokinetic studies from the priors of disposition_priors.yaml. Written by `make rebuild`."
)


def main() -> None:
    """Compute and store. The rows that are fitted need not be there."""
    configure()
    priors = fitted_priors()
    parameters = {row: prior for row, prior in priors.items() if not row.startswith("error.")}
    # The fit begins where the priors do, whatever the last one left.
    _write_parameters({row: (prior.value, prior.log_sd) for row, prior in parameters.items()})
    from euthymia.inference.disposition_fit import disposition_problem, fit_disposition, importance_efficiency, left_out, predictions
    from euthymia.inference.disposition_people import fit_variability
    from euthymia.model.default import default_model, model_at

    problem = disposition_problem(default_model(), ("calibrate", "validate", "context"))
    print("  all studies", flush=True)
    fit = fit_disposition(problem)
    if not fit.converged:
        raise SystemExit(f"rebuild: the fit did not converge: its Newton decrement is {fit.newton_decrement:.2g}")
    typical = {row: value for row, value in fit.values.items() if row in parameters}
    print("  people", flush=True)
    people = fit_variability(model_at(typical), problem, fit.values["error.within_study"])
    print("  without each study", flush=True)
    without = left_out(fit)
    before = predictions(problem, {prior.row: prior.value for prior in problem.priors})
    numbers = {
        number.name: {
            "before": float(before[i] * number.per_unit),
            "without": float(without[number.study][i] * number.per_unit) if number.study in without else math.nan,
            "fit": float(fit.predicted[i] * number.per_unit),
        }
        for i, number in enumerate(problem.numbers)
    }
    values, log_sds = {**fit.values, **people.values}, {**fit.log_sds, **people.log_sds}
    estimates = {
        row: {"value": values[row], "log_sd": log_sds[row], "prior": prior.value, "prior_log_sd": prior.log_sd}
        for row, prior in priors.items()
    }
    diagnostics = {
        "newton_decrement": fit.newton_decrement,
        "importance_efficiency": importance_efficiency(fit),
        "largest_correlation": float(np.abs(_correlation(fit.covariance)).max()),
    }
    spread = {name: {"observed": observed, "predicted": predicted} for name, (observed, predicted) in people.numbers.items()}
    results = {"estimates": estimates, "diagnostics": diagnostics, "between_people": spread, "numbers": numbers}
    atomic_write(DISPOSITION, f"# {ABOUT}\n{as_yaml(results)}")
    _write_parameters({row: (values[row], log_sds[row]) for row in parameters})


def _correlation(covariance: np.ndarray) -> np.ndarray:
    sds = np.sqrt(np.diag(covariance))
    return covariance / np.outer(sds, sds) - np.eye(len(sds))


def _write_parameters(estimates: Mapping[str, tuple[float, float]]) -> None:
    """Rows of parameters from values in the priors' units and the SDs of their logarithms."""
    priors = fitted_priors()

    def row(name: str, value: float, log_sd: float) -> dict[str, Any]:
        prior, ratio = priors[name], math.exp(Z_90 * log_sd)
        began = f"began at {prior.value:g} {prior.unit}, {prior.provenance} ({prior.source})"
        return {
            "id": name,
            "value": _rounded(value),
            "unit": prior.unit,
            "lower": _rounded(value / ratio),
            "upper": _rounded(value * ratio),
            "spread": "90 % interval",
            "species": prior.species,
            "preparation": prior.preparation,
            "source": SOURCE,
            "provenance": "calibrated",
            "note": began if prior.note is None else f"{began}: {prior.note}",
        }

    rows = [row(name, *estimate) for name, estimate in estimates.items()]
    kept = [{key: entry for key, entry in each.items() if entry is not None} for each in rows]
    atomic_write(DISPOSITION_ROWS, f"# {ABOUT_PARAMETERS}\n{_lines(kept)}")


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


def _lines(rows: list[dict[str, Any]]) -> str:
    """One line a row."""
    return "".join(f"- {as_yaml({'row': row}, UNBROKEN).removeprefix('row: ').strip()}\n" for row in rows)


if __name__ == "__main__":
    main()
