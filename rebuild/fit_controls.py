"""Fits in which something is left out or wrong, each predicting every trial from all others: `python -m rebuild.fit_controls`.

An hour of work. What can be left out without loss is not asked for by the trials.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import logsumexp

from euthymia.core.runtime import configure
from euthymia.inference.calibration import Calibration, sample
from euthymia.inference.coordinates import FITTED, values_at
from euthymia.inference.likelihood import trial_data
from euthymia.inference.problem import CalibrationProblem, calibration_problem
from euthymia.model.default import model_at
from euthymia.model.parameters import Euthymia
from euthymia.trials.expected import PredictionTargets
from euthymia.trials.published import calibration_numbers
from euthymia.validation.leave_one_out import leave_one_out
from euthymia.validation.scores import bias

from . import say, stored
from .trials import scores_of

ABOUT = "Fits in which something is left out or wrong, each predicting every trial from all others. Written by `make fit-controls`."
PATIENTS, DRAWS, PREDICTIVE_DRAWS = 64, 1000, 200
SHUFFLE = 3
"""Seed of the order in which trials take each other's covariates."""
OF_FORMER_VERSION = {
    "population.responsiveness": 2.7,
    "between_trials.context": 0.13,
    "between_trials.responsiveness": 0.13,
    "between_trials.discrepancy": 1e-3,
}
"""SDs of patients and trials of version 0.2.0, which had no discrepancy."""


class Held(CalibrationProblem):
    """Some rows are held at values."""

    rows: tuple[tuple[str, float], ...] = eqx.field(static=True)

    def model(self, coordinates: Float[Array, "fitted"]) -> Euthymia:
        """The model at coordinates of ``FITTED``, but for what is held."""
        return model_at(
            values_at(FITTED, coordinates) | {row: jnp.asarray(value) for row, value in self.rows}, self.start.physiology.closures
        )


class SinglePools(PredictionTargets):
    """Every pool counts as one trial."""

    @property
    def pools(self) -> np.ndarray:
        """One for each trial."""
        return np.ones(len(self.trial_names))


class ShuffledCovariates(PredictionTargets):
    """Trials have each other's covariates."""

    @property
    def covariates(self) -> np.ndarray:
        """Those of the patients of another trial."""
        return np.random.default_rng(SHUFFLE).permutation(super().covariates)


def held(problem: CalibrationProblem, rows: dict[str, float]) -> CalibrationProblem:
    """The problem with some rows held at values."""
    return Held(problem.targets, problem.start, problem.solved, problem.data, tuple(rows.items()))


def aimed(problem: CalibrationProblem, kind: type[PredictionTargets]) -> CalibrationProblem:
    """The problem with another kind of targets."""
    targets = kind(problem.targets.targets)
    return replace(problem, targets=targets, data=trial_data(targets))


FITS: dict[str, Callable[[CalibrationProblem], CalibrationProblem]] = {
    "as shipped": lambda problem: problem,
    "no small-study effect": lambda problem: held(problem, {"between_trials.small_study": 0.0}),
    "spreads of the former version": lambda problem: held(problem, OF_FORMER_VERSION),
    "no discrepancy": lambda problem: held(problem, {"between_trials.discrepancy": 1e-3}),
    "pools as single trials": lambda problem: aimed(problem, SinglePools),
    "shuffled covariates": lambda problem: aimed(problem, ShuffledCovariates),
}


def main(*names: str) -> None:
    """Fit and score those named, all if none is, and store them."""
    configure()
    problem = calibration_problem(calibration_numbers(), PATIENTS)
    before = stored.read(stored.FIT_CONTROLS) if names else {}
    for name in names or FITS:
        before[name] = found(FITS[name](problem))
        say(f"{name}: {before[name]['inside']} of {before[name]['numbers']} inside")
        stored.write(stored.FIT_CONTROLS, ABOUT, before)


def found(problem: CalibrationProblem) -> dict[str, Any]:
    """How well a fit predicts each trial from all others, and what its rows are."""
    posterior = sample(problem, draws=DRAWS)
    left_out = leave_one_out(Calibration(problem, posterior, PATIENTS), PREDICTIVE_DRAWS)
    rows = [row for one in left_out.values() for row in one.rows]
    scores = scores_of(rows)
    mean, sd = posterior.mean, posterior.sd
    return {
        **{name: scores["coverage"][name] for name in ("numbers", "inside", "inside_by_trial", "width")},
        "scores": {unit: score["model"] for unit, score in scores["interval_scores"].items()},
        "bias": bias(rows),
        "effective_draws": posterior.effective,
        "log_evidence": log_evidence(posterior.of_trials, posterior.of_prior),
        "coordinates": {row: [float(mean[i]), float(sd[i])] for i, row in enumerate(FITTED)},
    }


def log_evidence(of_trials: np.ndarray, of_prior: np.ndarray) -> float:
    """Logarithm of the marginal likelihood up to a constant that all fits share, by importance."""
    logarithms = of_trials.sum(1) + of_prior
    return float(logsumexp(logarithms[np.isfinite(logarithms)]) - np.log(len(logarithms)))


if __name__ == "__main__":
    main(*sys.argv[1:])
