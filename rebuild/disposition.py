"""Fit the disposition to pharmacokinetic studies, leave each out once, and store both: `python -m rebuild.disposition`; minutes."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
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
    _write_parameters({row: (prior.value, prior.sd) for row, prior in parameters.items()})
    from euthymia.inference.disposition_fit import disposition_problem, fit_disposition, left_out, predictions, sample_disposition
    from euthymia.inference.disposition_people import fit_variability
    from euthymia.model.default import default_model, model_at

    problem = disposition_problem(default_model(), ("calibrate", "validate"))
    print("  all studies", flush=True)
    fit = fit_disposition(problem)
    print("  people", flush=True)
    people = fit_variability(model_at({row: value for row, value in fit.values.items() if row in parameters}), problem)
    print("  without each study", flush=True)
    without = left_out(fit)
    at_priors = predictions(problem, {prior.row: prior.value for prior in problem.priors})
    print("  sampling", flush=True)
    sampled = sample_disposition(fit)
    values, sds = {**fit.values, **people.values}, {**fit.sds, **people.sds}
    sampled_sds = dict(zip(problem.rows, sampled.draws.std(0) * [prior.sd for prior in problem.priors], strict=True))
    sampled_medians = problem.values(jnp.median(jnp.asarray(sampled.draws), 0))
    estimates = {
        row: {"value": values[row], "sd": sds[row], "prior": prior.value, "prior_sd": prior.sd}
        | ({"sampled_median": float(sampled_medians[row]), "sampled_sd": float(sampled_sds[row])} if row in sampled_sds else {})
        for row, prior in priors.items()
    }
    results = {
        "estimates": estimates,
        "diagnostics": {
            "newton_decrement": fit.newton_decrement,
            "draws": len(sampled.draws),
            "smallest_effective_sample_size": float(sampled.effective_sample_size.min()),
            "largest_r_hat": float(sampled.r_hat.max()),
            "divergences": sampled.divergences,
            "largest_correlation": float(np.abs(_correlation(fit.covariance)).max()),
        },
        "between_people": {name: {"observed": observed, "predicted": predicted} for name, (observed, predicted) in people.numbers.items()},
        "numbers": {
            number.name: {"prior": float(at_priors[i] * number.per_unit), "fit": float(fit.predicted[i] * number.per_unit)}
            | ({"without": float(without[number.study][i] * number.per_unit)} if number.study in without else {})
            for i, number in enumerate(problem.numbers)
        },
    }
    atomic_write(DISPOSITION, f"# {ABOUT}\n{as_yaml(results)}")
    _write_parameters({row: (values[row], sampled_sds.get(row, sds[row])) for row in parameters})


def _correlation(covariance: np.ndarray) -> np.ndarray:
    sds = np.sqrt(np.diag(covariance))
    return covariance / np.outer(sds, sds) - np.eye(len(sds))


def _write_parameters(estimates: Mapping[str, tuple[float, float]]) -> None:
    """Rows of parameters from values in the priors' units and SDs on their scales."""
    priors = fitted_priors()

    def row(name: str, value: float, sd: float) -> dict[str, Any]:
        prior = priors[name]
        began = f"began at {prior.value:g} {prior.unit}, {prior.provenance} ({prior.source})"
        return {
            "id": name,
            "value": _rounded(value),
            "unit": prior.unit,
            "lower": _rounded(prior.shifted(-Z_90 * sd, value)),
            "upper": _rounded(prior.shifted(Z_90 * sd, value)),
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
