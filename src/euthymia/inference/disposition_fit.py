"""The typical disposition, fitted to pharmacokinetic studies.

The logarithm of number i, of study s and group g, is normal around the model's,

    log y = log f(θ) + b_sg + e,    b_sg ~ N(0, τ_g²),    e ~ N(0, σ² + r²),

where r is the resolution of a digitised picture over the number. The shifts b of studies are marginal in the likelihood. A group is a
molecule with the way it came in; what is derived from areas is shifted apart from concentrations, since windows and assays differ.
Coordinates are logarithms of θ, σ and τ from their priors' medians, in SDs of the priors. The posterior is normal around its mode
(Laplace), and importance sampling says how nearly.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Bool, Float

from ..core.types import Scalar
from ..core.units import factor
from ..evidence.pharmacokinetics import Prior, priors
from ..evidence.registry import evidence
from ..evidence.rows import Role
from ..model.default import default_model, model_at
from ..model.parameters import Euthymia
from .disposition_statistics import ArmDesigns, arm_designs, predicted_numbers
from .disposition_studies import DERIVED_FROM_AREAS, StudyNumber, arm_subjects

ERROR, VARIABILITY = "error.", "variability."
"""What rows of errors and of differences between people begin with."""
WITHIN_STUDY = "error.within_study"
BETWEEN_STUDIES = "error.between_studies."
ROLE: Role = "calibrate"
MOST_ITERATIONS = 400
TOLERANCE = 1e-5
"""Of the optimiser, in coordinates and in the logarithm of the posterior."""
CONVERGED = 1e-2
"""A fit has converged where a full Newton step would raise the logarithm of the posterior by less than half of this. Peaks are taken from
samples, so that its slope has steps."""
IMPORTANCE_DRAWS = 400
SEED = 15


class FitData(NamedTuple):
    """Numbers as arrays, and which belong to the same shift."""

    log_observed: Float[Array, " number"]
    resolution: Float[Array, " number"]
    """SD of the logarithm, of a digitised picture."""
    of_group: Float[Array, "number error"]
    """One for the between-study error of a number."""
    same_shift: Bool[Array, "number number"]


@dataclass(frozen=True, eq=False)
class DispositionProblem:
    """Studies, the model whose other numbers are kept, and the priors of those that are fitted."""

    reference: Euthymia
    arms: ArmDesigns
    numbers: tuple[StudyNumber, ...]
    priors: tuple[Prior, ...]
    data: FitData

    @property
    def rows(self) -> tuple[str, ...]:
        """Rows of the coordinates."""
        return tuple(prior.row for prior in self.priors)

    def values(self, coordinates: Float[Array, " fitted"]) -> dict[str, Scalar]:
        """Values of rows, in the unit of the prior, at their coordinates."""
        return {prior.row: prior.value * jnp.exp(prior.log_sd * u) for prior, u in zip(self.priors, coordinates, strict=True)}

    def log_predicted(self, coordinates: Float[Array, " fitted"]) -> Float[Array, " number"]:
        """Logarithms of the numbers that the model predicts."""
        parameters = {row: value for row, value in self.values(coordinates).items() if not row.startswith(ERROR)}
        return jnp.log(predicted_numbers(model_at(parameters), self.reference, self.arms, self.numbers))

    def log_posterior(self, coordinates: Float[Array, " fitted"], used: Bool[Array, " number"]) -> Scalar:
        """Of the numbers used, up to a constant."""
        return self.log_likelihood(coordinates, used) - coordinates @ coordinates / 2

    def log_likelihood(self, coordinates: Float[Array, " fitted"], used: Bool[Array, " number"]) -> Scalar:
        """Of the numbers used, up to a constant: a number that is not stands alone, with an error of nothing."""
        values, data = self.values(coordinates), self.data
        tau = data.of_group @ jnp.stack([values[row] for row in self.rows if row.startswith(BETWEEN_STUDIES)])
        residual = jnp.where(used, data.log_observed - self.log_predicted(coordinates), 0)
        own = jnp.where(used, values[WITHIN_STUDY] ** 2 + data.resolution**2, 1)
        shared = jnp.where(data.same_shift & used & used[:, None], tau[:, None] * tau, 0)
        root = jnp.linalg.cholesky(jnp.diag(own) + shared)
        whitened = jax.scipy.linalg.solve_triangular(root, residual, lower=True)
        return -whitened @ whitened / 2 - jnp.sum(jnp.log(jnp.diag(root)))


@dataclass(frozen=True)
class DispositionFit:
    """Mode and normal approximation of the posterior of the numbers used."""

    problem: DispositionProblem
    coordinates: np.ndarray
    covariance: np.ndarray
    newton_decrement: float
    """Twice what a full Newton step would raise the logarithm of the posterior by, were it quadratic."""
    predicted: np.ndarray
    """Every number at the mode, in the unit of the model."""

    @property
    def converged(self) -> bool:
        """Whether the mode was found."""
        return self.newton_decrement < CONVERGED

    @property
    def values(self) -> dict[str, float]:
        """Fitted rows, in the units of their priors."""
        return {row: float(value) for row, value in self.problem.values(jnp.asarray(self.coordinates)).items()}

    @property
    def log_sds(self) -> dict[str, float]:
        """SD of the logarithm of each, by the normal approximation."""
        sds = np.sqrt(np.diag(self.covariance))
        return {prior.row: float(prior.log_sd * sd) for prior, sd in zip(self.problem.priors, sds, strict=True)}


def between_study_error(number: StudyNumber) -> str:
    """The row of the SD of a number's shift between studies."""
    if number.kind == "bioavailability":
        return BETWEEN_STUDIES + "bioavailability"
    return BETWEEN_STUDIES + ("absorbed" if number.species == "ketamine" and number.route != "vein" else number.species)


def disposition_problem(reference: Euthymia | None = None, roles: Collection[Role] = (ROLE,)) -> DispositionProblem:
    """Every study of some roles, and the priors of what is fitted."""
    reference = default_model() if reference is None else reference
    subjects, numbers = arm_subjects(roles, reference)
    fitted = tuple(_in_unit_of_row(prior) for row, prior in priors().items() if not row.startswith(VARIABILITY))
    return DispositionProblem(reference, arm_designs(subjects, reference), tuple(numbers), fitted, _fit_data(numbers, fitted))


def _in_unit_of_row(prior: Prior) -> Prior:
    """The prior in the unit of the row that it is of; a row that the fit made has the prior's own."""
    row = evidence().parameters.get(prior.row)
    return prior if row is None else prior.model_copy(update={"value": prior.value * factor(prior.unit, row.unit), "unit": row.unit})


def _fit_data(numbers: Sequence[StudyNumber], fitted: Sequence[Prior]) -> FitData:
    errors = [prior.row for prior in fitted if prior.row.startswith(BETWEEN_STUDIES)]
    shift = [(number.study, between_study_error(number), number.kind in DERIVED_FROM_AREAS) for number in numbers]
    observed = np.array([number.observed for number in numbers])
    # An error that is uniform within a step of the picture.
    step_sd = np.array([number.resolution for number in numbers]) / np.sqrt(12)
    return FitData(
        jnp.asarray(np.log(observed)),
        jnp.asarray(step_sd / observed),
        jnp.asarray([[float(between_study_error(number) == row) for row in errors] for number in numbers]),
        jnp.asarray([[mine == other for other in shift] for mine in shift]),
    )


def fit_disposition(problem: DispositionProblem, without: str | None = None, start: np.ndarray | None = None) -> DispositionFit:
    """The fit to all studies but one.

    Parameters
    ----------
    problem
        Studies and priors.
    without
        The study that is left out; none if left out here.
    start
        Coordinates to begin from; the priors' medians if left out.
    """
    used = jnp.asarray([number.study != without and number.role == ROLE for number in problem.numbers])
    mode = _mode(problem, used, jnp.zeros(len(problem.priors)) if start is None else jnp.asarray(start))
    gradient, information, log_predicted = map(np.asarray, _around(problem, used, mode))
    covariance = np.linalg.inv(information)
    decrement = float(gradient @ covariance @ gradient)
    return DispositionFit(problem, np.asarray(mode), covariance, decrement, np.exp(log_predicted))


@eqx.filter_jit
def _mode(problem: DispositionProblem, used: Bool[Array, " number"], start: Float[Array, " fitted"]) -> Float[Array, " fitted"]:
    optimiser = optx.BFGS(rtol=TOLERANCE, atol=TOLERANCE)
    return optx.minimise(lambda u, _: -problem.log_posterior(u, used), optimiser, start, max_steps=MOST_ITERATIONS, throw=False).value


@eqx.filter_jit
def _around(
    problem: DispositionProblem, used: Bool[Array, " number"], mode: Float[Array, " fitted"]
) -> tuple[Float[Array, " fitted"], Float[Array, "fitted fitted"], Float[Array, " number"]]:
    """Gradient, information and predictions at a mode."""
    posterior = jax.grad(lambda u: -problem.log_posterior(u, used))
    # One direction at a time: side by side they would not fit into the cache.
    information = jax.lax.map(lambda direction: jax.jvp(posterior, (mode,), (direction,))[1], jnp.eye(len(mode)))
    return posterior(mode), information, problem.log_predicted(mode)


def importance_efficiency(fit: DispositionFit, draws: int = IMPORTANCE_DRAWS) -> float:
    """Effective number of draws of the normal approximation over their number: 1 where it is the posterior."""
    used = jnp.asarray([number.role == ROLE for number in fit.problem.numbers])
    root = np.linalg.cholesky(fit.covariance)
    normal = np.random.default_rng(SEED).standard_normal((draws, len(root)))
    density = _log_posteriors(fit.problem, used, jnp.asarray(fit.coordinates + normal @ root.T))
    log_weight = np.asarray(density) + (normal**2).sum(1) / 2
    weight = np.exp(log_weight - log_weight.max())
    return float(weight.sum() ** 2 / (weight**2).sum() / draws)


@eqx.filter_jit
def _log_posteriors(
    problem: DispositionProblem, used: Bool[Array, " number"], coordinates: Float[Array, "draw fitted"]
) -> Float[Array, " draw"]:
    return jax.lax.map(lambda u: problem.log_posterior(u, used), coordinates)


def left_out(fit: DispositionFit) -> dict[str, np.ndarray]:
    """Every number as a fit without its study predicts it, by study; the fit is where each begins."""
    studies = dict.fromkeys(number.study for number in fit.problem.numbers if number.role == ROLE)
    return {study: fit_disposition(fit.problem, study, fit.coordinates).predicted for study in studies}


def predictions(problem: DispositionProblem, values: Mapping[str, float]) -> np.ndarray:
    """Every number at values of rows."""
    model = model_at({row: jnp.asarray(value) for row, value in values.items() if not row.startswith(ERROR)})
    return np.asarray(eqx.filter_jit(predicted_numbers)(model, problem.reference, problem.arms, problem.numbers))
