"""How people differ in their disposition, fitted to published SDs between people.

The variance of the logarithm of a number between people is J Ω Jᵀ + (j w)² + σ² to first order, where J and j are its derivatives by the
random effects of a person and by the logarithm of body weight, whose SD is w, and σ is the error of one person's number. Its published
SD estimates that with the sampling error of an SD; numbers of the two enantiomers are of the same people and count half each. SDs of
half-lives are left out: they say where samples end. Traits of which nothing published says more than the row that they have keep it.
"""

from dataclasses import dataclass, replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Float

from ..clinic.patients import AXES
from ..core.errors import InputError
from ..core.types import Scalar
from ..evidence.pharmacokinetics import Prior, priors
from ..model.parameters import Euthymia
from ..pharmacology.variability import TRAITS, covariance, individual
from .disposition_fit import ROLE, VARIABILITY, DispositionProblem
from .disposition_statistics import predicted_numbers
from .disposition_studies import StudyNumber

MOST_ITERATIONS = 200
TOLERANCE = 1e-6


@dataclass(frozen=True)
class VariabilityFit:
    """Variances of traits with the SDs of their logarithms, and the SDs of numbers between people, published and predicted."""

    values: dict[str, float]
    sds: dict[str, float]
    numbers: dict[str, tuple[float, float]]
    """By number: SD of its logarithm, observed and predicted."""


def _informs(number: StudyNumber) -> bool:
    published = number.cv is not None and number.n is not None and number.role == ROLE
    return published and number.route == "vein" and number.kind != "half-life"


def fit_variability(model: Euthymia, problem: DispositionProblem) -> VariabilityFit:
    """Variances between people from the SDs that were published after a vein, at a typical disposition.

    Raises
    ------
    InputError
        If the fit does not converge.
    """
    known = [i for i, number in enumerate(problem.numbers) if _informs(number)]
    chosen: list[StudyNumber] = [problem.numbers[i] for i in known]
    slopes, by_weight = (slope[np.array(known)] for slope in _slopes(model, problem))
    aside = (by_weight * model.population.spread[AXES.index("weight")]) ** 2 + model.variability.proportional_error**2
    observed = jnp.asarray([np.sqrt(np.log1p(number.cv**2)) for number in chosen])  # type: ignore[operator]
    # An SD of n people has a relative sampling error of 1/√(2 (n − 1)), and one that counts half √2 times that.
    error = jnp.asarray([1 / np.sqrt(number.n - 1) for number in chosen])  # type: ignore[operator]
    fitted: list[Prior] = [prior for row, prior in priors().items() if row.startswith(VARIABILITY)]
    indices = jnp.array([TRAITS.index(prior.row.removeprefix(VARIABILITY)) for prior in fitted])

    def log_sd(u: Float[Array, " fitted"]) -> Float[Array, " number"]:
        variance = jnp.stack([prior.value * jnp.exp(prior.sd * coordinate) for prior, coordinate in zip(fitted, u, strict=True)])
        omega = covariance(replace(model.variability, variance=model.variability.variance.at[indices].set(variance)))
        return jnp.log(jnp.einsum("ni,ij,nj->n", slopes, omega, slopes) + aside) / 2

    def negative_log_posterior(u: Float[Array, " fitted"], _: None = None) -> Scalar:
        return jnp.sum(((jnp.log(observed) - log_sd(u)) / error) ** 2) / 2 + u @ u / 2

    optimiser = optx.BFGS(rtol=TOLERANCE, atol=TOLERANCE)
    solution = optx.minimise(negative_log_posterior, optimiser, jnp.zeros(len(fitted)), max_steps=MOST_ITERATIONS, throw=False)
    if solution.result != optx.RESULTS.successful:
        raise InputError("disposition: the fit of variances between people did not converge")
    mode = solution.value
    sds = np.sqrt(np.diag(np.linalg.inv(np.asarray(jax.hessian(negative_log_posterior)(mode)))))
    return VariabilityFit(
        {prior.row: float(prior.value * np.exp(prior.sd * u)) for prior, u in zip(fitted, np.asarray(mode), strict=True)},
        {prior.row: float(prior.sd * sd) for prior, sd in zip(fitted, sds, strict=True)},
        {number.name: (float(o), float(np.exp(p))) for number, o, p in zip(chosen, observed, np.asarray(log_sd(mode)), strict=True)},
    )


@eqx.filter_jit
def _slopes(model: Euthymia, problem: DispositionProblem) -> tuple[Float[Array, "number trait"], Float[Array, " number"]]:
    """Derivatives of the logarithms of numbers by a person's random effects and the logarithm of weight, at the typical person."""

    def log_numbers(deviation: Float[Array, " trait"], log_weight: Scalar) -> Array:
        physiology = replace(model.physiology, disposition=individual(model.physiology.disposition, deviation))
        design = problem.arms.design
        arms = problem.arms._replace(design=design._replace(weight=design.weight * jnp.exp(log_weight)))
        return jnp.log(predicted_numbers(replace(model, physiology=physiology), problem.reference, arms, problem.numbers))

    return jax.jacfwd(log_numbers, (0, 1))(jnp.zeros(len(TRAITS)), jnp.zeros(()))
