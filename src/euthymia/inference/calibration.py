"""Calibration: hyperparameters fitted to trials of role ``calibrate`` through the ensemble, with a Laplace approximation of the posterior.

The likelihood of a trial is normal: sampling errors of its numbers, and the covariance that they share because context and mechanisms
work better in one trial than in another. Brains are solved at each round, with exact derivatives along upstream coordinates; between
rounds mechanism shifts follow to first order. Gradients with respect to all other coordinates are exact throughout.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Float

from ..core.types import Scalar
from ..model.default import default_model, model_at
from ..model.parameters import Euthymia
from ..trials.expected import PredictionTargets, SolvedEnsemble, TrialEffects, prediction_targets, solve_ensemble
from ..trials.published import Trial, TrialOutcome, calibration_numbers
from ..trials.sampling_error import standard_error
from .coordinates import FITTED, UPSTREAM, upstream_values, values_at
from .sizes import check_size

PATIENTS = 256
MOST_ROUNDS = 8
STEP_TOLERANCE = 0.05
"""A fit has converged when no coordinate moves further in a round, in SDs of its prior."""
MOST_ITERATIONS = 300
"""Of the optimiser in a round."""
PROXIMAL_SD = 0.7
"""SD of the penalty that keeps upstream coordinates near those at which brains were solved."""


class CalibrationData(NamedTuple):
    """Published numbers, their standard errors, SDs across patients where published, and which numbers share a trial."""

    value: Float[Array, "number"]
    error: Float[Array, "number"]
    sd: Float[Array, "number"]
    """NaN where none was published, or where it is not of one arm."""
    sd_error: Float[Array, "number"]
    same_trial: Float[Array, "number number"]


def calibration_data(pairs: list[tuple[Trial, TrialOutcome]]) -> CalibrationData:
    """Data of trials and their numbers."""
    value, error, sd, sd_error = [], [], [], []
    for trial, observation in pairs:
        row = observation.row
        of_one_arm = row.sd is not None and row.n is not None and observation.against is None
        value.append(observation.observed)
        error.append(standard_error(observation, trial))
        sd.append(row.sd if of_one_arm else np.nan)
        sd_error.append(row.sd / np.sqrt(2 * (row.n - 1)) if of_one_arm and row.sd and row.n else np.nan)
    names = [trial.name for trial, _ in pairs]
    same_trial = np.array([[float(name == other) for other in names] for name in names])
    return CalibrationData(*(jnp.asarray(numbers, float) for numbers in (value, error, sd, sd_error, same_trial)))


class FittedPrediction(NamedTuple):
    """Expected numbers and SDs, and the sensitivities of the numbers to the random effects of a trial."""

    value: Float[Array, "number"]
    sd: Float[Array, "number"]
    effect_sensitivity: Float[Array, "effect number"]


def predict_numbers(
    targets: PredictionTargets, start: Euthymia, solved: SolvedEnsemble, coordinates: Float[Array, "fitted"]
) -> tuple[Euthymia, FittedPrediction]:
    """The model at coordinates of ``FITTED``, all else as at the start, and its predictions of all numbers."""
    model = model_at(values_at(FITTED, coordinates), start.physiology.closures)
    upstream = coordinates[: len(UPSTREAM)]

    def at(effects: TrialEffects) -> tuple[Float[Array, "number"], Float[Array, "number"]]:
        expected = targets.expected(model, solved, upstream, effects)
        return expected.value, expected.sd

    value, sd = at(TrialEffects())
    one, zero = jnp.ones(()), jnp.zeros(())
    directions = TrialEffects(one, zero), TrialEffects(zero, one)
    sensitivity = [jax.jvp(lambda effects: at(effects)[0], (TrialEffects(),), (direction,))[1] for direction in directions]
    return model, FittedPrediction(value, sd, jnp.stack(sensitivity))


def log_likelihood(data: CalibrationData, model: Euthymia, predicted: FittedPrediction) -> Scalar:
    """Normal log likelihood, up to a constant: of the numbers, correlated within a trial, and of the SDs."""
    spread = model.population.between_trials[:, None] * predicted.effect_sensitivity
    covariance = jnp.diag(data.error**2) + data.same_trial * (spread.T @ spread)
    root = jnp.linalg.cholesky(covariance)
    residual = jax.scipy.linalg.solve_triangular(root, data.value - predicted.value, lower=True)
    of_values = -0.5 * jnp.sum(residual**2) - jnp.sum(jnp.log(jnp.diag(root)))
    known = jnp.isfinite(data.sd)
    of_sds = jnp.where(known, (jnp.where(known, data.sd, 0) - jnp.where(known, predicted.sd, 0)) / jnp.where(known, data.sd_error, 1), 0)
    return of_values - 0.5 * jnp.sum(of_sds**2)


@dataclass(frozen=True, eq=False)
class CalibrationProblem:
    """Published numbers, the model at the start, and the log posterior of coordinates."""

    targets: PredictionTargets
    start: Euthymia
    data: CalibrationData

    def log_posterior(self, solved: SolvedEnsemble, coordinates: Float[Array, "fitted"]) -> Scalar:
        """Up to a constant."""
        model, predicted = predict_numbers(self.targets, self.start, solved, coordinates)
        return log_likelihood(self.data, model, predicted) - 0.5 * jnp.sum(coordinates**2)


@eqx.filter_jit
def _log_posterior(problem: CalibrationProblem, solved: SolvedEnsemble, coordinates: Float[Array, "fitted"]) -> Scalar:
    return problem.log_posterior(solved, coordinates)


@eqx.filter_jit
def posterior_information(
    problem: CalibrationProblem, solved: SolvedEnsemble, coordinates: Float[Array, "fitted"]
) -> Float[Array, "fitted fitted"]:
    """Negative Hessian of the log posterior."""
    return -jax.hessian(lambda u: problem.log_posterior(solved, u))(coordinates)


@eqx.filter_jit
def maximise_posterior(problem: CalibrationProblem, solved: SolvedEnsemble, start: Float[Array, "fitted"]) -> Float[Array, "fitted"]:
    """Posterior mode near a start, with a proximal penalty on upstream coordinates."""

    def objective(coordinates: Float[Array, "fitted"], _) -> Scalar:
        steps = (coordinates[: len(UPSTREAM)] - solved.coordinates) / PROXIMAL_SD
        return 0.5 * jnp.sum(steps**2) - problem.log_posterior(solved, coordinates)

    return optx.minimise(objective, optx.BFGS(rtol=1e-6, atol=1e-6), start, max_steps=MOST_ITERATIONS, throw=False).value


class FitRound(NamedTuple):
    """One solution of the brains, and the optimisation that followed it."""

    log_posterior: float
    """At the coordinates at which the brains were solved."""
    moved: float
    """Largest step of a coordinate from there, in SDs of its prior."""


@dataclass(frozen=True)
class Calibration:
    """A fit: posterior mode, Laplace approximation around it, and the log of its rounds."""

    problem: CalibrationProblem
    solved: SolvedEnsemble
    coordinates: np.ndarray
    covariance: np.ndarray
    """Of the coordinates, by the Laplace approximation; no direction has a larger variance than its prior."""
    information_eigenvalues: np.ndarray
    """Of the negative Hessian of the log likelihood, largest first: below 1 the prior is more informative than the data."""
    information_eigenvectors: np.ndarray
    """A column each."""
    rounds: tuple[FitRound, ...]
    converged: bool
    patients: int

    @property
    def values(self) -> dict[str, float]:
        """Fitted rows, each in its own unit."""
        return {row: float(value) for row, value in values_at(FITTED, jnp.asarray(self.coordinates)).items()}

    @property
    def predicted(self) -> FittedPrediction:
        """Predictions of the numbers that were fitted."""
        return predict_numbers(self.problem.targets, self.problem.start, self.solved, jnp.asarray(self.coordinates))[1]


def calibrate(
    rows: tuple[str, ...] = (),
    patients: int = PATIENTS,
    model: Euthymia | None = None,
    most_rounds: int = MOST_ROUNDS,
    progress: Callable[[str], None] = lambda text: None,
) -> Calibration:
    """Fit ``FITTED`` to published numbers.

    Parameters
    ----------
    rows
        Ids of the numbers; all that may be fitted if left out.
    patients
        Virtual patients of the ensemble.
    model
        Parameters that are not fitted; the evidence's if left out.
    most_rounds
        Solutions of the brains, at most. A fit that has not converged by then says so and keeps its best point.
    progress
        Called with what is being done.

    Raises
    ------
    InputError
        If a row may not be fitted, or a number is out of range.
    """
    pairs = calibration_numbers(rows)
    check_size(patients, most_rounds)
    problem = CalibrationProblem(prediction_targets(pairs), default_model() if model is None else model, calibration_data(pairs))
    coordinates = jnp.zeros(len(FITTED))
    rounds: list[FitRound] = []
    best: tuple[float, Array, SolvedEnsemble] | None = None
    converged = False
    while not converged and len(rounds) < most_rounds:
        name = f"round {len(rounds) + 1}"
        upstream = coordinates[: len(UPSTREAM)]
        solved = solve_ensemble(
            problem.targets, problem.start, patients, upstream, upstream_values, lambda text, name=name: progress(f"{name}: {text}")
        )
        log_posterior = float(_log_posterior(problem, solved, coordinates))
        if best is None or log_posterior > best[0]:
            best = log_posterior, coordinates, solved
        mode = maximise_posterior(problem, solved, coordinates)
        moved = float(jnp.max(jnp.abs(mode - coordinates)))
        rounds.append(FitRound(log_posterior, moved))
        progress(f"{name}: log posterior {log_posterior:.2f}, moved {moved:.2f}")
        coordinates, converged = mode, moved < STEP_TOLERANCE
    assert best is not None
    # The last round need not be the best.
    return _laplace(problem, best[2], best[1], tuple(rounds), converged and best[0] == rounds[-1].log_posterior, patients)


def _laplace(
    problem: CalibrationProblem,
    solved: SolvedEnsemble,
    mode: Float[Array, "fitted"],
    rounds: tuple[FitRound, ...],
    converged: bool,
    patients: int,
) -> Calibration:
    """A fit with the normal approximation of the posterior around its mode."""
    information = np.asarray(posterior_information(problem, solved, mode))
    eigenvalues, eigenvectors = np.linalg.eigh(information - np.eye(len(FITTED)))
    return Calibration(
        problem,
        solved,
        np.asarray(mode),
        _covariance(information),
        eigenvalues[::-1],
        eigenvectors[:, ::-1],
        rounds,
        converged,
        patients,
    )


def _covariance(information: np.ndarray) -> np.ndarray:
    eigenvalues, eigenvectors = np.linalg.eigh(information)
    return eigenvectors / np.maximum(eigenvalues, 1.0) @ eigenvectors.T
