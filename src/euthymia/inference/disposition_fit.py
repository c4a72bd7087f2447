"""The typical disposition, fitted to pharmacokinetic studies.

The logarithm of number i, of study s and group g, is normal around the model's,

    log y = log f(θ) + b_sg + e + r,    b_sg ~ N(0, τ_g²),    e ~ N(0, σ²),

where r is the error with which a curve was read from a picture. Errors e of one mean curve are alike where their times are: their
correlation falls with the distance of the logarithms of time. The shifts b of studies are marginal in the likelihood. A group is a
molecule with the way it came in; what is derived from areas is shifted apart from concentrations, since windows and assays differ.
Coordinates are distances of θ, σ and τ from their priors' medians, on the logarithm or logit, in SDs of the priors. The posterior is
taken as normal around its mode (Laplace), and sampled beside it.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Bool, Float

from ..core.errors import InputError
from ..core.types import Scalar
from ..core.units import factor
from ..evidence.pharmacokinetics import Prior, priors
from ..evidence.registry import evidence
from ..evidence.rows import Role
from ..model.default import default_model, model_at
from ..model.parameters import Euthymia
from .disposition_statistics import ArmDesigns, arm_designs, predicted_numbers
from .disposition_studies import DERIVED_FROM_AREAS, StudyNumber, arm_subjects
from .sampler import PosteriorSample, SamplerSettings, sample_posterior

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
CORRELATION_LENGTH = 0.5
"""Distance of the logarithms of two times of a curve at which the correlation of their errors has fallen to 1/e."""
SAMPLER = SamplerSettings(warm_up=80, samples=150, chains=2, most_tree_depth=3)
SEED = 15


class FitData(NamedTuple):
    """Numbers as arrays, and which belong to the same shift."""

    log_observed: Float[Array, " number"]
    reading_error: Float[Array, " number"]
    """SD of the logarithm, where a curve was read from a picture."""
    correlation: Float[Array, "number number"]
    """Of the errors within a study."""
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

    def used(self, without: str | None = None) -> Bool[Array, " number"]:
        """Which numbers a fit counts, with one study left out or none."""
        return jnp.asarray([number.role == ROLE and number.number.counts and number.study != without for number in self.numbers])

    def values(self, coordinates: Float[Array, " fitted"]) -> dict[str, Scalar]:
        """Values of rows, in the unit of the prior, at their coordinates."""
        return {prior.row: _value(prior, u) for prior, u in zip(self.priors, coordinates, strict=True)}

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
        shared = values[WITHIN_STUDY] ** 2 * data.correlation + jnp.where(data.same_shift, tau[:, None] * tau, 0)
        own = jnp.where(used, data.reading_error**2, 1)
        root = jnp.linalg.cholesky(jnp.diag(own) + jnp.where(used & used[:, None], shared, 0))
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
    def values(self) -> dict[str, float]:
        """Fitted rows, in the units of their priors."""
        return {row: float(value) for row, value in self.problem.values(jnp.asarray(self.coordinates)).items()}

    @property
    def sds(self) -> dict[str, float]:
        """SD of each on the scale of its prior, by the normal approximation."""
        sds = np.sqrt(np.diag(self.covariance))
        return {prior.row: float(prior.sd * sd) for prior, sd in zip(self.problem.priors, sds, strict=True)}


def _value(prior: Prior, u: Scalar) -> Scalar:
    """A row at its coordinate."""
    if prior.scale == "log":
        return prior.value * jnp.exp(prior.sd * u)
    return jax.nn.sigmoid(jnp.log(prior.value / (1 - prior.value)) + prior.sd * u)


def between_study_error(number: StudyNumber) -> str:
    """The row of the SD of a number's shift between studies: of an area after nose or mouth, that of how much arrives."""
    if number.route != "vein" and number.kind in DERIVED_FROM_AREAS:
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
    return FitData(
        jnp.asarray(np.log(observed)),
        jnp.asarray(np.array([number.reading_error for number in numbers]) / observed),
        jnp.asarray([[_correlation(one, other) for other in numbers] for one in numbers]),
        jnp.asarray([[float(between_study_error(number) == row) for row in errors] for number in numbers]),
        jnp.asarray([[mine == other for other in shift] for mine in shift]),
    )


def _correlation(one: StudyNumber, other: StudyNumber) -> float:
    """Of the errors of two numbers within a study: of one curve, by the distance of their times."""
    if one is other:
        return 1.0
    same_curve = (one.study, one.arm, one.number.of) == (other.study, other.arm, other.number.of)
    if not same_curve or one.hours is None or other.hours is None:
        return 0.0
    return math.exp(-abs(math.log(one.hours / other.hours)) / CORRELATION_LENGTH)


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

    Raises
    ------
    InputError
        If the fit does not converge.
    """
    used = problem.used(without)
    mode = _mode(problem, used, jnp.zeros(len(problem.priors)) if start is None else jnp.asarray(start))
    study = "" if without is None else f" without {without}"
    gradient, information, log_predicted = map(np.asarray, _around(problem, used, mode))
    covariance = np.linalg.inv(information)
    decrement = float(gradient @ covariance @ gradient)
    if not decrement < CONVERGED:
        raise InputError(f"disposition: the fit{study} did not converge; its Newton decrement is {decrement:.2g}")
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


def sample_disposition(fit: DispositionFit, settings: SamplerSettings = SAMPLER) -> PosteriorSample:
    """Draws from the posterior of coordinates."""
    problem, used = fit.problem, fit.problem.used()
    mode, covariance = jnp.asarray(fit.coordinates), jnp.asarray(fit.covariance)
    return sample_posterior(lambda u: problem.log_likelihood(u, used), mode, covariance, settings, SEED)


def left_out(fit: DispositionFit) -> dict[str, np.ndarray]:
    """Every number as a fit without its study predicts it, by study; the fit is where each begins."""
    studies = dict.fromkeys(number.study for number in fit.problem.numbers if number.role == ROLE)
    return {study: fit_disposition(fit.problem, study, fit.coordinates).predicted for study in studies}


def predictions(problem: DispositionProblem, values: Mapping[str, float]) -> np.ndarray:
    """Every number at values of rows."""
    model = model_at({row: jnp.asarray(value) for row, value in values.items() if not row.startswith(ERROR)})
    return np.asarray(eqx.filter_jit(predicted_numbers)(model, problem.reference, problem.arms, problem.numbers))
