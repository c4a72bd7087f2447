"""Maximum likelihood of a population: the search, standard errors, and what says whether to trust them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..core.errors import InputError
from .population_likelihood import MixedModel, population_objective

REACH = 8.0
"""Of the search in each coordinate, to both sides of its start, if no other bounds are stated: a factor of 3,000 for logarithms."""
AT_BOUND = 1e-3
"""A coordinate this near to its bound is not estimated."""
MOST_STEPS, LONGEST_STEP, MOST_HALVINGS = 200, 1.0, 12
"""Of a search: steps, how far one goes in any coordinate, and halvings of a step that does not lower the objective."""
SUFFICIENT_DECREASE = 1e-4
"""As a share of what the gradient promises."""
LEAST_CURVATURE = 0.2
"""Of the secant along a step, as a share of the curvature before: less is made up for, so that the curvature stays positive (Powell)."""
FLAT = 1e-6
"""Newton decrement, by the curvature as far as the search knows it, at which a search ends."""
CONVERGED = 1e-4
"""Newton decrement, by the Hessian, of a minimum: the objective would fall by half of it."""
MOST_SEARCHES = 6
"""Each but the first begins where the one before ended, with the Hessian there."""
PLATEAU = 1e-2
"""Second derivative of the objective to a coordinate on which it no longer depends: the logarithm of an SD that has vanished."""
STEP = 1e-4
"""In coordinates, to each side, over which the Hessian is taken as differences of the gradient."""


@dataclass(frozen=True)
class PopulationEstimate:
    """The most likely population.

    Attributes
    ----------
    coordinates
        By coordinate.
    objective
        −2 log L without n log 2π.
    people
        Everyone's part of the objective.
    gradient, hessian
        Of the objective.
    scores
        Everyone's part of the gradient, by person and coordinate.
    effects
        Most probable z of people, by person and effect.
    free
        Which coordinates are estimated: those that are not at a bound, and on which the objective depends.
    decrement
        Newton decrement in the free coordinates; not a number where the Hessian is not positive definite.
    settled
        Whether every person's search converged.
    evaluations
        Of the objective with its gradient.
    """

    coordinates: np.ndarray
    objective: float
    people: np.ndarray
    gradient: np.ndarray
    hessian: np.ndarray
    scores: np.ndarray
    effects: np.ndarray
    free: np.ndarray
    decrement: float
    settled: bool
    evaluations: int

    @property
    def converged(self) -> bool:
        """Whether this is a minimum, as far as the gradient and the Hessian tell."""
        return bool(self.decrement < CONVERGED) and self.settled

    def covariance(self, robust: bool = False) -> np.ndarray:
        """Of the coordinates: twice the inverse Hessian R⁻¹, or the sandwich R⁻¹ S R⁻¹ that also holds for a wrong likelihood.

        Not a number for a coordinate that is not free, and for all where the Hessian is not positive definite.
        """
        covariance = np.full(self.hessian.shape, np.nan)
        if np.isfinite(self.decrement):
            inside = np.ix_(self.free, self.free)
            inverse = np.linalg.inv(self.hessian[inside] / 2)
            scores = self.scores[:, self.free] / 2
            covariance[inside] = inverse @ (scores.T @ scores) @ inverse if robust else inverse
        return covariance

    def standard_errors(self, reported: Callable[[jax.Array], jax.Array], robust: bool = False) -> np.ndarray:
        """Of functions of the coordinates, by first derivatives; not a number for one that depends on a coordinate that is not free."""
        jacobian = np.asarray(jax.jacobian(reported)(jnp.asarray(self.coordinates)))
        covariance = np.where(np.isnan(self.covariance(robust)), 0, self.covariance(robust))
        undefined = (jacobian != 0) @ np.isnan(np.diag(self.covariance(robust)))
        return np.where(undefined, np.nan, np.sqrt(np.einsum("ri,ij,rj->r", jacobian, covariance, jacobian)))

    @property
    def condition_number(self) -> float:
        """Of the correlation matrix of the free coordinates: largest over smallest eigenvalue."""
        covariance = self.covariance()[np.ix_(self.free, self.free)]
        if not np.isfinite(covariance).all():
            return float("inf")
        sd = np.sqrt(np.diag(covariance))
        eigenvalues = np.linalg.eigvalsh(covariance / np.outer(sd, sd))
        return float(eigenvalues[-1] / eigenvalues[0])


class _Search:
    """The objective with what is remembered between its evaluations: people's effects at the lowest so far."""

    def __init__(self, mixed: MixedModel, people: Any, subjects: int, progress: Callable[[str], None]) -> None:
        self.mixed, self.people, self.progress = mixed, people, progress
        self.effects = jnp.zeros((subjects, mixed.effects))
        self.lowest, self.evaluations = np.inf, 0

    def everyone(self, coordinates: np.ndarray) -> Any:
        """Everyone's objective."""
        objectives = population_objective(self.mixed, self.people, jnp.asarray(coordinates), self.effects)
        self.evaluations += 1
        value = float(objectives.value.sum())
        if value < self.lowest:
            self.lowest, self.effects = value, objectives.effects
        if np.isfinite(self.lowest):
            self.progress(f"step {self.evaluations}, objective {self.lowest:.3f}")
        return objectives

    def __call__(self, coordinates: np.ndarray) -> tuple[float, np.ndarray]:
        """The objective and its gradient; far above every other where it is not a number, so that the search turns round."""
        objectives = self.everyone(coordinates)
        value, gradient = float(objectives.value.sum()), np.asarray(objectives.gradient.sum(0))
        if np.isfinite(value) and np.isfinite(gradient).all():
            return value, gradient
        return np.finfo(float).max, np.zeros_like(gradient)

    def hessian(self, coordinates: np.ndarray) -> np.ndarray:
        """Central differences of the gradient."""
        steps = STEP * np.eye(len(coordinates))
        differences = np.array([(self(coordinates + step)[1] - self(coordinates - step)[1]) / (2 * STEP) for step in steps])
        return (differences + differences.T) / 2


def estimate_population(
    mixed: MixedModel,
    people: Any,
    start: np.ndarray,
    bounds: tuple[np.ndarray, np.ndarray] | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> PopulationEstimate:
    """The most likely population, from a start in coordinates.

    Parameters
    ----------
    mixed
        The model.
    people
        Their designs and samples, with a leading axis of subjects in every array.
    start
        Coordinates.
    bounds
        Lowest and highest coordinates.
    progress
        Called with a few words after every evaluation of the objective.

    Raises
    ------
    InputError
        If the likelihood is not finite at the start.
    """
    bounds = (start - REACH, start + REACH) if bounds is None else bounds
    search = _Search(mixed, people, len(jax.tree.leaves(people)[0]), progress)
    coordinates, hessian, free = _minimum(search, start, *bounds)
    final = search.everyone(coordinates)
    gradient = np.asarray(final.gradient.sum(0))
    return PopulationEstimate(
        coordinates=coordinates,
        objective=float(final.value.sum()),
        people=np.asarray(final.value),
        gradient=gradient,
        hessian=hessian,
        scores=np.asarray(final.gradient),
        effects=np.asarray(final.effects),
        free=free,
        decrement=_newton_decrement(hessian, gradient, free),
        settled=bool(final.converged.all()),
        evaluations=search.evaluations,
    )


def _minimum(search: _Search, start: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates of a minimum, the Hessian there, and which coordinates are free. Searches as long as one before ended elsewhere."""
    scores = np.asarray(search.everyone(start).gradient)
    if not np.isfinite(search.lowest):
        raise InputError("population: the likelihood is not finite at the start; other typical values or a larger error are needed")
    coordinates, curvature, hessian = start, scores.T @ scores / 2 + np.eye(len(start)), np.full((len(start),) * 2, np.nan)
    free, returned = np.ones(len(start), bool), np.zeros(len(start), bool)
    for _ in range(MOST_SEARCHES):
        coordinates = _descended(search, coordinates, curvature, low, high)
        hessian = search.hessian(coordinates)
        plateau = np.abs(np.diag(hessian)) < PLATEAU
        free = (coordinates > low + AT_BOUND) & (coordinates < high - AT_BOUND) & ~plateau
        curvature = _positive(hessian)
        if (plateau & ~returned).any():
            # A search may have overshot. From the start once more, at the other coordinates reached, it would not go there again.
            coordinates, returned = np.where(plateau, start, coordinates), returned | plateau
        elif _newton_decrement(hessian, search(coordinates)[1], free) < CONVERGED:
            return coordinates, hessian, free
    return coordinates, hessian, free


def _descended(search: _Search, start: np.ndarray, curvature: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Coordinates near a minimum, by quasi-Newton steps (BFGS) that begin with a positive definite curvature."""
    coordinates, (value, gradient) = start, search(start)
    for _ in range(MOST_STEPS):
        free = ~(((coordinates <= low) & (gradient > 0)) | ((coordinates >= high) & (gradient < 0)))
        step = np.zeros_like(start)
        step[free] = -np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
        if not -gradient @ step > FLAT:
            break
        step *= min(1.0, LONGEST_STEP / np.abs(step).max())
        for halving in range(MOST_HALVINGS):
            proposed = np.clip(coordinates + step / 2**halving, low, high)
            value_there, gradient_there = search(proposed)
            if value_there <= value + SUFFICIENT_DECREASE * gradient @ (proposed - coordinates):
                break
        else:
            break
        curvature = _updated(curvature, proposed - coordinates, gradient_there - gradient)
        coordinates, value, gradient = proposed, value_there, gradient_there
    return coordinates


def _updated(curvature: np.ndarray, step: np.ndarray, change: np.ndarray) -> np.ndarray:
    """A positive definite curvature after a step over which the gradient changed (BFGS with Powell's damping)."""
    along = curvature @ step
    secant, before = step @ change, step @ along
    if secant < LEAST_CURVATURE * before:
        weight = (1 - LEAST_CURVATURE) * before / (before - secant)
        change = weight * change + (1 - weight) * along
    return curvature - np.outer(along, along) / before + np.outer(change, change) / (step @ change)


def _newton_decrement(hessian: np.ndarray, gradient: np.ndarray, free: np.ndarray) -> float:
    """gᵀ H⁻¹ g in the free coordinates; not a number where the Hessian is not positive definite."""
    inside = hessian[np.ix_(free, free)]
    if not np.isfinite(inside).all() or np.linalg.eigvalsh(inside).min(initial=np.inf) <= 0:
        return float("nan")
    return float(gradient[free] @ np.linalg.solve(inside, gradient[free]))


def _positive(hessian: np.ndarray) -> np.ndarray:
    """The matrix with the same eigenvectors whose eigenvalues are the absolute ones, and at least 1; that of no curvature if it is none."""
    if not np.isfinite(hessian).all():
        return np.eye(len(hessian))
    eigenvalues, vectors = np.linalg.eigh(hessian)
    return vectors * np.maximum(np.abs(eigenvalues), 1) @ vectors.T
