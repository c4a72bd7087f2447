"""The likelihood of a population given the samples of its people: what differs between people is integrated over approximately.

The objective is −2 log L by first-order conditional estimation with interaction (FOCE-I), the Laplace approximation with the Fisher
information instead of the Hessian,

    Σ [ −2 log p(y, ẑ) + log |I + Jᵀ W J| ] over people,

where z are a person's random effects as standard normal numbers, ẑ the most probable ones, J the derivative of the expected samples
to z and W the information of a sample about its expectation. The constant n log 2π of n samples is left out, as NONMEM does, so that
objectives can be compared with NONMEM's. For normal samples whose expectation is linear in z, with an error that does not depend on
it, the objective is exact. Derivation: Wang 2007 (J Pharmacokinet Pharmacodyn 34:575), Almquist et al. 2015 (same journal, 42:191).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ..core.types import Scalar
from .pk_estimate import JointDensity, most_probable

TOLERANCE = 1e-10
"""The search for a person's effects ends when a full step would lower −log p by less than half of this: gradients are differences of it."""


class MixedModel(eqx.Module):
    """A nonlinear mixed-effects model of people, in coordinates in which it is estimated."""

    parameters: Callable[[Float[Array, " estimated"]], Any]
    """Parameters of the population at coordinates."""
    density: Callable[[Any, Any, Float[Array, " effect"]], JointDensity] = eqx.field(static=True)
    """−log p of a person's samples and effects z under parameters, without the constant n/2 log 2π: (parameters, person, z)."""
    effects: int = eqx.field(static=True)
    """Random effects of a person."""


class PersonObjective(NamedTuple):
    """A person's part of the objective, its derivative to the coordinates, and their most probable effects."""

    value: Scalar
    gradient: Float[Array, "estimated"]
    effects: Float[Array, "effect"]
    converged: Bool[Array, ""]


def person_objective(
    mixed: MixedModel, coordinates: Float[Array, " estimated"], person: Any, start: Float[Array, " effect"]
) -> PersonObjective:
    """A person's part of the objective; ``start`` is where the search for their effects begins.

    The most probable effects ẑ depend on the coordinates x: with the Hessian H of −log p to z, dẑ/dx is −H⁻¹ ∂²(−log p)/∂z∂x.
    """

    def cost(x: Array, z: Array) -> Scalar:
        return mixed.density(mixed.parameters(x), person, z).value

    def log_information(x: Array, z: Array) -> Scalar:
        return jnp.linalg.slogdet(mixed.density(mixed.parameters(x), person, z).information)[1]

    parameters = mixed.parameters(coordinates)
    z, density = most_probable(lambda z: mixed.density(parameters, person, z), start, TOLERANCE)
    hessian = jax.hessian(cost, 1)(coordinates, z)
    z = z - jnp.linalg.solve(hessian, density.gradient)
    spread, (by_coordinates, by_effects) = jax.value_and_grad(log_information, (0, 1))(coordinates, z)
    weight = jnp.linalg.solve(hessian, by_effects)

    def through_effects(x: Array) -> tuple[Scalar, Scalar]:
        value, slope = jax.jvp(lambda z: cost(x, z), (z,), (weight,))
        return 2 * value - slope, value

    of_rest, value = jax.grad(through_effects, has_aux=True)(coordinates)
    converged = jnp.isfinite(density.value) & (density.expected_gain() <= TOLERANCE)
    return PersonObjective(2 * value + spread, by_coordinates + of_rest, z, converged)


@eqx.filter_jit
def population_objective(
    mixed: MixedModel, people: Any, coordinates: Float[Array, " estimated"], starts: Float[Array, "subject effect"]
) -> PersonObjective:
    """Everyone's part of the objective; ``people`` and the result have a leading axis of subjects.

    People do not share a ``vmap``, in which all would take as long as the slowest.
    """
    return jax.lax.map(lambda pair: person_objective(mixed, coordinates, *pair), (people, starts))
