"""Maximum a posteriori estimate of one person's pharmacokinetics, and its Laplace approximation.

The joint density of samples y and deviation η is maximised,

    −log p(y, η) = Σ [(y − c(η))² / 2σ² + log σ] + ½ ηᵀ Ω⁻¹ η + constant,    σ² = a² + (b c)²,

by damped Fisher scoring with exact derivatives; a censored sample enters by the probability of lying between its limits. The inverse
of the Hessian H there is the covariance of η (Laplace), and −2 log p(y) is about twice the minimum plus log det(Ω H). The population
is the prior and is not fitted: these are empirical-Bayes estimates at the parameters of the evidence.
"""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ..core.types import Scalar
from ..model.parameters import Euthymia
from ..pharmacology.variability import TRAITS, PerTrait, spread
from .pk_design import Design
from .pk_likelihood import concentrations, negative_log_joint, sample_costs, sample_informations

MOST_ITERATIONS = 100
TOLERANCE = 1e-6
"""The search ends when a full step would lower −log p by less than half of this."""
LEAST_DAMPING = 1e-3
"""Relative to the information of the prior; the search begins with it."""
DAMPING_FACTOR = 10.0
"""By which damping falls after a step that lowers −log p by more than half of what its information promises, and rises after another:
where the information is less than the curvature, steps are too long and would swing around the minimum."""


class JointDensity(NamedTuple):
    """−log p(y, z) at a point z, its gradient and the Fisher information."""

    value: Scalar
    gradient: Float[Array, "effect"]
    information: Float[Array, "effect effect"]

    def expected_gain(self) -> Scalar:
        """Twice the decrease of the value by a full step, were it quadratic: the squared Newton decrement."""
        return self.gradient @ jnp.linalg.solve(self.information, self.gradient)


class ScoringState(NamedTuple):
    """State of damped Fisher scoring."""

    z: Float[Array, " effect"]
    density: JointDensity
    damping: Scalar
    iteration: Int[Array, ""]


class SubjectEstimate(NamedTuple):
    """Most probable η, its covariance, and concentrations (µM) predicted for the person and for a typical person."""

    deviation: PerTrait
    covariance: Float[Array, "trait trait"]
    predicted: Float[Array, "sample"]
    typical: Float[Array, "sample"]
    objective: Scalar
    """−2 log p(y) by Laplace's approximation, concentrations in µM, without log 2π for each measured value."""
    gradient: Scalar
    """Largest derivative of −log p(y, z) by the standardised deviations z, where the search ended."""
    converged: Bool[Array, ""]


def joint_density(model: Euthymia, design: Design, z: PerTrait) -> JointDensity:
    """−log p(y, z) with its gradient and information, from one derivative of the concentrations."""
    L = spread(model.variability)

    def expected(z: PerTrait) -> tuple[Array, Array]:
        c = concentrations(model, design, L @ z)
        return c, c

    J, c = jax.jacfwd(expected, has_aux=True)(z)

    def total(c: Array) -> Scalar:
        return jnp.sum(sample_costs(model, design, c))

    value, slope = jax.value_and_grad(total)(c)
    weight = sample_informations(model, design, c)
    return JointDensity(value + z @ z / 2, J.T @ slope + z, J.T @ (weight[:, None] * J) + jnp.eye(len(z)))


def most_probable(
    density: Callable[[Float[Array, " effect"]], JointDensity], start: Float[Array, " effect"], tolerance: float
) -> tuple[Float[Array, " effect"], JointDensity]:
    """The random effects of the highest joint density, and the density there.

    The search ends when a full step would lower −log p by less than half of ``tolerance``.
    """

    def unfinished(state: ScoringState) -> Array:
        return (state.iteration == 0) | ((state.density.expected_gain() > tolerance) & (state.iteration < MOST_ITERATIONS))

    def step(state: ScoringState) -> ScoringState:
        at = state.density
        change = -jnp.linalg.solve(at.information + state.damping * jnp.eye(len(state.z)), at.gradient)
        promised = -(at.gradient @ change + change @ at.information @ change / 2)
        proposed = density(state.z + change)
        # A value that is not a number is neither accepted nor trusted.
        gain = at.value - proposed.value
        accepted, trusted = gain >= 0, gain > promised / 2
        z, proposed = jax.tree.map(lambda new, old: jnp.where(accepted, new, old), (state.z + change, proposed), (state.z, at))
        damping = jnp.where(trusted, jnp.maximum(state.damping / DAMPING_FACTOR, LEAST_DAMPING), state.damping * DAMPING_FACTOR)
        return ScoringState(z, proposed, damping, state.iteration + 1)

    # The first step, of length zero, evaluates the density at the start: to compile it once more costs seconds.
    unknown = JointDensity(jnp.asarray(jnp.inf), jnp.zeros_like(start), jnp.eye(len(start)))
    final = jax.lax.while_loop(unfinished, step, ScoringState(start, unknown, jnp.asarray(LEAST_DAMPING), jnp.asarray(0)))
    return final.z, final.density


def maximum_a_posteriori(model: Euthymia, design: Design) -> tuple[PerTrait, JointDensity]:
    """The z of the highest joint density, and the density there."""
    return most_probable(lambda z: joint_density(model, design, z), jnp.zeros(len(TRAITS)), TOLERANCE)


@eqx.filter_jit
def estimate_subject(model: Euthymia, design: Design) -> SubjectEstimate:
    """The estimate of one person. People do not share a ``vmap``, in which all would take as long as the slowest."""
    L = spread(model.variability)
    z, density = maximum_a_posteriori(model, design)
    hessian = jax.hessian(lambda z: negative_log_joint(model, design, z))(z)
    predicted, typical = jax.lax.map(lambda z: concentrations(model, design, L @ z), jnp.stack([z, jnp.zeros_like(z)]))
    return SubjectEstimate(
        deviation=L @ z,
        covariance=L @ jnp.linalg.solve(hessian, L.T),
        predicted=predicted,
        typical=typical,
        objective=2 * density.value + jnp.linalg.slogdet(hessian)[1],
        gradient=jnp.max(jnp.abs(density.gradient)),
        converged=jnp.isfinite(density.value) & (density.expected_gain() <= TOLERANCE),
    )
