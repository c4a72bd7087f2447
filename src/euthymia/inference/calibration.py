"""Calibration: how patients and trials differ, fitted to trials of role ``calibrate`` through the ensemble.

The posterior is sampled by importance: draws from a multivariate t distribution around its mode, with the curvature there, count by the
posterior over that distribution. So the spread between trials is integrated over; its mode with its curvature would be too sure.
Brains are solved once, before.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.optimize import minimize
from scipy.stats import multivariate_t

from ..core.types import Scalar
from ..model.parameters import Euthymia
from ..trials.published import calibration_numbers
from .coordinates import FITTED, values_at
from .likelihood import Moments
from .problem import CalibrationProblem, calibration_problem, of_first
from .sizes import DRAWS_OF_POSTERIOR, PATIENTS, check_draws

PATIENTS_OF_SEARCH = 64
"""With which the search for the mode begins."""
MOST_STEPS, FLAT = 200, 0.02
"""Of the optimiser, and the gradient (per prior SD) at which it ends."""
STEP = 0.25
"""Prior SDs, to each side, over which curvature is taken."""
DEGREES_OF_FREEDOM = 10
"""Of the proposal: its tails are longer than those of the posterior."""
SEED = 4
STARTS = (0.0, -0.7, 0.7)
"""Prior SDs from the start of all coordinates at which the search for the mode begins."""


@eqx.filter_jit
def trial_log_likelihoods(problem: CalibrationProblem, draws: Float[Array, "draw fitted"]) -> Float[Array, "draw trial"]:
    """Log likelihood of each trial at some coordinates."""
    return jax.lax.map(problem.log_likelihoods, draws)


@eqx.filter_jit
def _negative_log_posterior(problem: CalibrationProblem, coordinates: Float[Array, "fitted"]) -> tuple[Scalar, Float[Array, "fitted"]]:
    """Up to a constant, with its gradient."""

    def negative(coordinates: Float[Array, "fitted"]) -> Scalar:
        return 0.5 * jnp.sum(coordinates**2) - jnp.sum(problem.log_likelihoods(coordinates))

    return jax.value_and_grad(negative)(coordinates)


def posterior_mode(problem: CalibrationProblem, start: np.ndarray) -> tuple[np.ndarray, float]:
    """Mode of the posterior near a start, and the log posterior there up to a constant."""

    def objective(coordinates: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = _negative_log_posterior(problem, jnp.asarray(coordinates))
        return float(value), np.asarray(gradient)

    minimum = minimize(objective, start, jac=True, method="BFGS", options={"gtol": FLAT, "maxiter": MOST_STEPS})
    return minimum.x, -float(minimum.fun)


def posterior_information(problem: CalibrationProblem, coordinates: np.ndarray) -> np.ndarray:
    """Negative Hessian of the log posterior, by differences of its gradient over steps as wide as half of a prior SD."""

    def gradient(at: np.ndarray) -> np.ndarray:
        return np.asarray(_negative_log_posterior(problem, jnp.asarray(at))[1])

    steps = STEP * np.eye(len(coordinates))
    information = np.array([(gradient(coordinates + step) - gradient(coordinates - step)) / (2 * STEP) for step in steps])
    return (information + information.T) / 2


@dataclass(frozen=True, eq=False)
class Posterior:
    """Weighted draws of coordinates, and the mode with the curvature from which they were proposed."""

    trial_names: tuple[str, ...]
    draws: np.ndarray
    of_trials: np.ndarray
    """Log likelihood of each trial at each draw."""
    of_prior: np.ndarray
    """Log density of the prior at each draw, less that of the proposal, up to a constant."""
    mode: np.ndarray
    information: np.ndarray
    """Negative Hessian of the log posterior at the mode."""
    left_out: tuple[str, ...] = ()

    def without(self, name: str) -> "Posterior":
        """The posterior given all trials but one: the same draws with other weights."""
        return replace(self, left_out=(*self.left_out, name))

    @cached_property
    def weights(self) -> np.ndarray:
        """They sum to one, and none is more than √n times the mean before (truncated importance sampling; Ionides 2008)."""
        counts = np.array([name not in self.left_out for name in self.trial_names], float)
        log_weights = self.of_trials @ counts + self.of_prior
        weights = np.exp(np.where(np.isfinite(log_weights), log_weights, -np.inf) - np.nanmax(log_weights))
        weights = np.minimum(weights, weights.mean() * np.sqrt(len(weights)))
        return weights / weights.sum()

    @property
    def effective(self) -> float:
        """Effective number of draws."""
        return float(1 / np.sum(self.weights**2))

    @property
    def mean(self) -> np.ndarray:
        """Of each coordinate."""
        return self.weights @ self.draws

    @property
    def sd(self) -> np.ndarray:
        """Of each coordinate."""
        return np.sqrt(self.weights @ (self.draws - self.mean) ** 2)

    def resampled(self, count: int, seed: int = SEED) -> np.ndarray:
        """So many draws of equal weight, by systematic resampling."""
        places = (np.random.default_rng(seed).uniform() + np.arange(count)) / count
        return self.draws[np.minimum(np.searchsorted(np.cumsum(self.weights), places), len(self.draws) - 1)]


def sample(
    problem: CalibrationProblem,
    starts: tuple[np.ndarray, ...] = (np.zeros(len(FITTED)),),
    draws: int = DRAWS_OF_POSTERIOR,
    seed: int = SEED,
    progress: Callable[[str], None] = lambda text: None,
) -> Posterior:
    """The posterior, by importance.

    Parameters
    ----------
    problem
        Numbers and the ensemble.
    starts
        Where the search for the mode begins, with fewer patients; from the highest that is found it goes on with all.
    draws, seed
        From the proposal.
    progress
        Called with what is being done.
    """
    fewer = of_first(problem, PATIENTS_OF_SEARCH)
    progress("looking for the mode")
    near, _ = max((posterior_mode(fewer, start) for start in starts), key=lambda mode: mode[1])
    mode, _ = posterior_mode(problem, near)
    progress("taking the curvature there")
    information = posterior_information(problem, mode)
    progress(f"weighting {draws} draws around it")
    proposal = multivariate_t(mode, np.linalg.inv(_positive(information)), DEGREES_OF_FREEDOM, seed=seed)
    drawn = proposal.rvs(draws)
    of_trials = np.asarray(trial_log_likelihoods(problem, jnp.asarray(drawn)))
    of_prior = -0.5 * (drawn**2).sum(1) - proposal.logpdf(drawn)
    return Posterior(tuple(problem.targets.trial_names), drawn, of_trials, of_prior, mode, information)


def _positive(information: np.ndarray) -> np.ndarray:
    """No direction is known less well than a priori."""
    eigenvalues, eigenvectors = np.linalg.eigh(information)
    return eigenvectors * np.maximum(eigenvalues, 1.0) @ eigenvectors.T


@dataclass(frozen=True)
class Calibration:
    """A fit: its problem and the posterior of its coordinates."""

    problem: CalibrationProblem
    posterior: Posterior
    patients: int

    @property
    def values(self) -> dict[str, float]:
        """Fitted rows at the posterior mean of their coordinates, each in its own unit."""
        return {row: float(value) for row, value in values_at(FITTED, jnp.asarray(self.posterior.mean)).items()}

    @property
    def predicted(self) -> Moments:
        """Expectations of the numbers that were fitted, at the posterior mean."""
        return eqx.filter_jit(CalibrationProblem.moments)(self.problem, jnp.asarray(self.posterior.mean))


def calibrate(
    rows: tuple[str, ...] = (),
    patients: int = PATIENTS,
    draws: int = DRAWS_OF_POSTERIOR,
    model: Euthymia | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> Calibration:
    """Fit ``FITTED`` to published numbers.

    Parameters
    ----------
    rows
        Ids of the numbers; all that may be fitted if left out.
    patients, draws
        Virtual patients of the ensemble, and draws from the proposal of the posterior.
    model
        Parameters that are not fitted; the evidence's if left out.
    progress
        Called with what is being done.

    Raises
    ------
    InputError
        If a row may not be fitted, or a number is out of range.
    """
    pairs = calibration_numbers(rows)
    check_draws(patients, draws)
    problem = calibration_problem(pairs, patients, model, progress=progress)
    starts = tuple(np.full(len(FITTED), start) for start in STARTS)
    return Calibration(problem, sample(problem, starts, draws, progress=progress), patients)
