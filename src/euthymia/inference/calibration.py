"""Hyperparameters fitted to trials of role ``calibrate`` through the ensemble, with what the data leave free.

Rows are fitted as coordinates u = (log value − log start)/SD, with a standard normal prior; correlations as their inverse
hyperbolic tangent. The likelihood of a trial is normal: sampling errors of its numbers beside what all of them share because
context and mechanisms work better in one trial than in another. Brains are solved at each round, with exact derivatives along
upstream coordinates; between rounds reactions follow in a straight line. Gradients in everything else are exact throughout.
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

from ..core.errors import InputError
from ..core.types import Scalar
from ..evidence.registry import evidence
from ..model.default import default_model, with_values
from ..model.parameters import Euthymia
from ..trials.expected import Asked, Effects, Solved, asked, solve
from ..trials.published import Trial, TrialOutcome, to_fit
from ..trials.sampling_error import NORMAL_90, standard_error

USUAL_SD = 0.5
"""Of the logarithm of a row without a range."""
UPSTREAM = ("links.signalling_ec50", "links.surge_ec50", "symptoms.potentiation_ec50")
"""Fitted rows that change what a brain does."""
IN_THE_CLINIC = (
    "population.typical_efficacy",
    "population.efficacy",
    "population.context",
    "population.correlation.context_efficacy",
    "population.between_trials.context",
    "population.between_trials.efficacy",
    "context.saline.visit",
    "context.midazolam.visit",
    "context.placebo_spray.visit",
    "context.placebo_spray.course",
    "context.oral_placebo.course",
    "context.waning_time",
    "ratings.unblinding",
    "ratings.fluctuation_sd",
    "symptoms.join_exponent",
)
"""Fitted rows that change what a brain's doings mean for mood and ratings."""
FITTED = (*UPSTREAM, *IN_THE_CLINIC)
CORRELATIONS = ("population.correlation.context_efficacy",)
PATIENTS = 256
MOST_ROUNDS = 8
SETTLED = 0.05
"""A fit has converged when no coordinate moves further in a round, in SDs of its prior."""
MOST_STEPS = 300
"""Of a climb."""
STRIDE = 0.7
"""How far upstream coordinates go in a round, as the SD of a penalty."""


class Prior(NamedTuple):
    """Start and SD of a row, as a logarithm or an inverse hyperbolic tangent."""

    row: str
    start: float
    sd: float

    def value(self, u: Scalar) -> Scalar:
        """In the row's unit, at a coordinate."""
        return (jnp.tanh if self.row in CORRELATIONS else jnp.exp)(self.start + self.sd * u)


def prior(row: str) -> Prior:
    """From a row's value, and its range if it has one, read as the middle nine tenths.

    Raises
    ------
    InputError
        If the row was read from a study: what was measured is not fitted.
    """
    found = evidence().parameters[row]
    if found.provenance == "read":
        raise InputError(f"row: {row} was read from a study and is not fitted")
    value = float(found.value)  # type: ignore[arg-type]
    if row in CORRELATIONS:
        return Prior(row, float(np.arctanh(value)), USUAL_SD)
    if found.lower and found.upper:
        return Prior(row, float(np.log(value)), float(np.log(found.upper / found.lower)) / (2 * NORMAL_90))
    return Prior(row, float(np.log(value)), USUAL_SD)


def values_at(rows: tuple[str, ...], coordinates: Float[Array, "fitted"]) -> dict[str, Scalar]:
    """Values of rows, each in its own unit, at their coordinates."""
    return {row: prior(row).value(u) for row, u in zip(rows, coordinates, strict=True)}


def upstream_values(coordinates: Float[Array, "fitted"]) -> dict[str, Scalar]:
    """Of ``UPSTREAM``."""
    return values_at(UPSTREAM, coordinates)


class Data(NamedTuple):
    """Published numbers, their sampling errors, SDs across patients where given, and who shares a trial."""

    value: Float[Array, "number"]
    error: Float[Array, "number"]
    sd: Float[Array, "number"]
    """NaN where none was published, or where it is not of one arm."""
    sd_error: Float[Array, "number"]
    same_trial: Float[Array, "number number"]


def data_of(pairs: list[tuple[Trial, TrialOutcome]]) -> Data:
    """Of trials and their numbers."""
    value, error, sd, sd_error = [], [], [], []
    for trial, each in pairs:
        row = each.row
        of_one = row.sd is not None and row.n is not None and each.against is None
        value.append(row.value)
        error.append(standard_error(each, trial))
        sd.append(row.sd if of_one else np.nan)
        sd_error.append(row.sd / np.sqrt(2 * (row.n - 1)) if of_one and row.sd and row.n else np.nan)
    names = [trial.name for trial, _ in pairs]
    same = np.array([[float(one == other) for other in names] for one in names])
    numbers = (jnp.asarray(each, float) for each in (value, error, sd, sd_error, same))
    return Data(*numbers)


class FittedPrediction(NamedTuple):
    """Means and SDs, and how both move with what a trial's context and mechanisms are worth."""

    value: Float[Array, "number"]
    sd: Float[Array, "number"]
    by_effect: Float[Array, "effect number"]


def predict(numbers: Asked, start: Euthymia, solved: Solved, coordinates: Float[Array, "fitted"]) -> tuple[Euthymia, FittedPrediction]:
    """All numbers at coordinates of ``FITTED``, and the model that has these coordinates and is otherwise as at the start."""
    model = with_values(start, values_at(FITTED, coordinates))
    upstream = coordinates[: len(UPSTREAM)]

    def at(effects: Effects) -> tuple[Float[Array, "number"], Float[Array, "number"]]:
        seen = numbers.answers(model, solved, upstream, effects)
        return seen.value, seen.sd

    value, sd = at(Effects())
    one, none = jnp.ones(()), jnp.zeros(())
    along = [jax.jvp(lambda effects: at(effects)[0], (Effects(),), (each,))[1] for each in (Effects(one, none), Effects(none, one))]
    return model, FittedPrediction(value, sd, jnp.stack(along))


def log_likelihood(data: Data, model: Euthymia, predicted: FittedPrediction) -> Scalar:
    """Normal: of the numbers, correlated within a trial, and of the SDs."""
    spread = model.population.between_trials[:, None] * predicted.by_effect
    covariance = jnp.diag(data.error**2) + data.same_trial * (spread.T @ spread)
    root = jnp.linalg.cholesky(covariance)
    residual = jax.scipy.linalg.solve_triangular(root, data.value - predicted.value, lower=True)
    of_values = -0.5 * jnp.sum(residual**2) - jnp.sum(jnp.log(jnp.diag(root)))
    given = jnp.isfinite(data.sd)
    off = jnp.where(given, (jnp.where(given, data.sd, 0) - jnp.where(given, predicted.sd, 0)) / jnp.where(given, data.sd_error, 1), 0)
    return of_values - 0.5 * jnp.sum(off**2)


@dataclass(frozen=True, eq=False)
class Problem:
    """What is fitted to what: the log posterior and its maximum."""

    numbers: Asked
    start: Euthymia
    data: Data

    def log_posterior(self, solved: Solved, coordinates: Float[Array, "fitted"]) -> Scalar:
        """Up to a constant."""
        model, predicted = predict(self.numbers, self.start, solved, coordinates)
        return log_likelihood(self.data, model, predicted) - 0.5 * jnp.sum(coordinates**2)


@eqx.filter_jit
def _height(problem: Problem, solved: Solved, at: Float[Array, "fitted"]) -> Scalar:
    return problem.log_posterior(solved, at)


@eqx.filter_jit
def _curvature(problem: Problem, solved: Solved, at: Float[Array, "fitted"]) -> Float[Array, "fitted fitted"]:
    return -jax.hessian(lambda u: problem.log_posterior(solved, u))(at)


@eqx.filter_jit
def _climb(problem: Problem, solved: Solved, start: Float[Array, "fitted"]) -> Float[Array, "fitted"]:
    """The most probable coordinates near a start, with upstream ones held near where the brains were solved."""

    def below(at: Float[Array, "fitted"], _) -> Scalar:
        strides = (at[: len(UPSTREAM)] - solved.coordinates) / STRIDE
        return 0.5 * jnp.sum(strides**2) - problem.log_posterior(solved, at)

    return optx.minimise(below, optx.BFGS(rtol=1e-6, atol=1e-6), start, max_steps=MOST_STEPS, throw=False).value


class Round(NamedTuple):
    """One solution of the brains and what followed from it."""

    log_posterior: float
    """At the coordinates at which the brains were solved."""
    moved: float
    """Furthest that any coordinate went from there, in SDs of its prior."""


@dataclass(frozen=True)
class Calibration:
    """A fit: where it ended, how sure it is, and how it came there."""

    problem: Problem
    solved: Solved
    coordinates: np.ndarray
    covariance: np.ndarray
    """Of the coordinates, from the curvature of the log posterior (Laplace); no direction is less sure than before the fit."""
    informed: np.ndarray
    """Eigenvalues of the curvature of the log likelihood alone, largest first: below 1 the prior knows more than the data."""
    directions: np.ndarray
    """Its eigenvectors, a column each."""
    rounds: tuple[Round, ...]
    converged: bool
    patients: int

    @property
    def values(self) -> dict[str, float]:
        """Fitted rows, each in its own unit."""
        return {row: float(value) for row, value in values_at(FITTED, jnp.asarray(self.coordinates)).items()}

    @property
    def predicted(self) -> FittedPrediction:
        """The fitted numbers."""
        return predict(self.problem.numbers, self.problem.start, self.solved, jnp.asarray(self.coordinates))[1]


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
        In the ensemble.
    model
        Numbers where nothing is fitted; the evidence's if left out.
    most_rounds
        Solutions of the brains, at most. A fit that has not settled by then says so and keeps its best point.
    progress
        Called with what is being done.

    Raises
    ------
    InputError
        If a row may not be fitted, or a number is out of range.
    """
    pairs = to_fit(rows)
    check_size(patients, most_rounds)
    problem = Problem(asked(pairs), default_model() if model is None else model, data_of(pairs))
    at = jnp.zeros(len(FITTED))
    rounds: list[Round] = []
    best: tuple[float, Array, Solved] | None = None
    converged = False
    while not converged and len(rounds) < most_rounds:
        number = len(rounds) + 1
        solved = solve(
            problem.numbers,
            problem.start,
            patients,
            at[: len(UPSTREAM)],
            upstream_values,
            lambda name, number=number: progress(f"round {number}: {name}"),
        )
        height = float(_height(problem, solved, at))
        if best is None or height > best[0]:
            best = height, at, solved
        there = _climb(problem, solved, at)
        rounds.append(Round(height, float(jnp.max(jnp.abs(there - at)))))
        progress(f"round {number}: log posterior {height:.2f}, moved {rounds[-1].moved:.2f}")
        at, converged = there, rounds[-1].moved < SETTLED
    assert best is not None
    # The last round need not be the best.
    converged = converged and best[0] == rounds[-1].log_posterior
    _, at, solved = best
    curvature = np.asarray(_curvature(problem, solved, at))
    informed, directions = np.linalg.eigh(curvature - np.eye(len(FITTED)))
    return Calibration(
        problem,
        solved,
        np.asarray(at),
        _covariance(curvature),
        informed[::-1],
        directions[:, ::-1],
        tuple(rounds),
        converged,
        patients,
    )


def _covariance(curvature: np.ndarray) -> np.ndarray:
    values, directions = np.linalg.eigh(curvature)
    return directions / np.maximum(values, 1.0) @ directions.T


def check_size(patients: int, most_rounds: int = MOST_ROUNDS) -> None:
    """Raises ``InputError`` for an ensemble or a number of rounds that makes no fit."""
    if not 16 <= patients <= 10_000:
        raise InputError(f"patients: {patients} is outside 16 to 10000")
    if not 1 <= most_rounds <= 100:
        raise InputError(f"rounds: {most_rounds} is outside 1 to 100")
