"""Fit data that the model made at coordinates drawn from the prior: `python -m rebuild.simulated_fits [SETS]`; a minute or two for each.

Simulation-based calibration (Talts et al. 2018): if the fit is right, the truth has any rank among the draws of its posterior, and an
interval of a further trial holds what that trial finds as often as it promises. What is done is kept after each set.
"""

import sys
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
from scipy.stats import kstest

from euthymia.core.runtime import configure
from euthymia.inference.calibration import sample
from euthymia.inference.coordinates import FITTED
from euthymia.inference.likelihood import TrialData, effects_at
from euthymia.inference.prediction import predictions
from euthymia.inference.problem import CalibrationProblem, calibration_problem
from euthymia.trials.published import calibration_numbers

from . import ROOT, say, stored
from .inputs import code, digest, parameters, targets

ABOUT = "Fits to data that the model made at coordinates from the prior. Written by `make simulated-fits`."
SETS, PATIENTS, DRAWS, FURTHER_TRIALS = 200, 64, 600, 150
UNDER_WAY = ROOT / "build" / "simulated_fits"
"""A file for each state of numbers and code."""


def main(count: int = SETS) -> None:
    """Fit up to a count of sets, and store what all of them say."""
    configure()
    path = UNDER_WAY / f"{digest([parameters(), targets('calibrate'), code('inference.calibration', 'inference.prediction')])}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    sets = stored.from_yaml(path)["sets"] if path.exists() else []
    problem = calibration_problem(calibration_numbers(), PATIENTS)
    for seed in range(len(sets), count):
        sets.append(fit_of_set(problem, seed))
        path.write_text(stored.as_yaml({"sets": sets}), "utf-8")
        say(f"set {seed + 1}: {100 * sets[-1]['inside']:.0f} % of the numbers of further trials are inside")
    stored.write(stored.SIMULATED_FITS, ABOUT, summary(sets))


def fit_of_set(problem: CalibrationProblem, seed: int) -> dict[str, Any]:
    """What a fit to one set of data says of the coordinates that made it, and of further trials there."""
    # Streams of their own for the truth and for what draws from the posterior.
    random = np.random.default_rng([seed, 1])
    truth = random.standard_normal(len(FITTED))
    posterior = sample(replace(problem, data=simulated(problem, truth, random)), draws=DRAWS, seed=seed)
    further = predictions(problem, truth[None], None, seed=int(random.integers(2**31)))
    predicted = predictions(problem, posterior.resampled(FURTHER_TRIALS), None, seed=seed)
    inside = [row.low <= found.draws[0] <= row.high for row, found in zip(predicted, further, strict=True)]
    names = [row.trial.name for row in predicted]
    by_trial = [np.mean([held for held, name in zip(inside, names, strict=True) if name == trial]) for trial in dict.fromkeys(names)]
    ranks = posterior.weights @ (posterior.draws < truth)
    return {
        "inside": float(np.mean(inside)),
        "inside_by_trial": float(np.mean(by_trial)),
        "effective_draws": posterior.effective,
        "ranks": ranks.tolist(),
    }


def simulated(problem: CalibrationProblem, truth: np.ndarray, random: np.random.Generator) -> TrialData:
    """Numbers that trials would publish at some coordinates, in place of those that were published."""
    model, data = problem.model(jnp.asarray(truth)), problem.data
    p, z = model.trial_differences, jnp.asarray(random.standard_normal((len(problem.targets.trial_names), 2)))
    effects = effects_at(p, problem.targets.expected_effects(p), z, data.pools)
    found = problem.targets.expected(model, problem.solved, effects)
    noise, noise_of_sd = (jnp.asarray(random.standard_normal(len(data.value))) for _ in range(2))
    of_model = p.discrepancy * data.unit
    value = found.value + noise * jnp.sqrt(jnp.where(data.is_test, 0, data.error) ** 2 + of_model**2)
    significant = jnp.asarray(random.uniform(size=len(data.value))) < found.value
    sd = found.sd + noise_of_sd * jnp.sqrt(data.sd_error**2 + (of_model / 2) ** 2)
    return data._replace(value=jnp.where(data.is_test, significant, value), sd=jnp.where(jnp.isfinite(data.sd), sd, jnp.nan))


def summary(sets: list[dict[str, Any]]) -> dict[str, Any]:
    """What all sets say: how often intervals hold, and whether ranks are uniform (Kolmogorov and Smirnov's test of each coordinate)."""
    ranks = np.array([found["ranks"] for found in sets])
    inside = np.array([found["inside"] for found in sets])
    return {
        "sets": len(sets),
        "patients": PATIENTS,
        "draws": DRAWS,
        "inside": float(inside.mean()),
        "standard_error_of_inside": float(inside.std(ddof=1) / np.sqrt(len(sets))),
        "inside_by_trial": float(np.mean([found["inside_by_trial"] for found in sets])),
        "effective_draws": float(np.median([found["effective_draws"] for found in sets])),
        "coordinates": {
            row: {
                "mean_rank": float(of_row.mean()),
                "inside_90_percent": float(np.mean((of_row > 0.05) & (of_row < 0.95))),
                "p_uniform": float(kstest(of_row, "uniform").pvalue),
            }
            for row, of_row in zip(FITTED, ranks.T, strict=True)
        },
        "table": {f"set {seed}": found for seed, found in enumerate(sets)},
    }


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
