"""Steps that treat a linear part exactly: the matrix exponential, and a second-order exponential scheme."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .types import Scalar

# Below this |z| the quotients lose digits and the series is exact to rounding.
SERIES_BELOW = 1e-2


def phi1(z: Float[Array, "..."]) -> Float[Array, "..."]:
    """(e^z − 1)/z, exact through z = 0."""
    safe = jnp.where(z == 0, 1, z)
    return jnp.where(z == 0, 1, jnp.expm1(safe) / safe)


def phi2(z: Float[Array, "..."]) -> Float[Array, "..."]:
    """(e^z − 1 − z)/z², exact through z = 0."""
    near = jnp.abs(z) < SERIES_BELOW
    safe = jnp.where(near, 1, z)
    series = 1 / 2 + z / 6 * (1 + z / 4 * (1 + z / 5 * (1 + z / 6 * (1 + z / 7))))
    return jnp.where(near, series, (jnp.expm1(safe) - safe) / safe**2)


def exact_step(
    matrix: Float[Array, "state state"], entry: Float[Array, " state"], step: Scalar
) -> tuple[Float[Array, "state state"], Float[Array, " state"]]:
    """Propagators of dx/dt = A x + entry·u with constant u over one step: x(t+h) = P x(t) + g u.

    Both come from one exponential of the matrix augmented by the input (Van Loan 1978).
    """
    n = len(entry)
    augmented = jnp.zeros((n + 1, n + 1)).at[:n, :n].set(matrix).at[:n, n].set(entry)
    exponential = jax.scipy.linalg.expm(augmented * step, max_squarings=48)
    return exponential[:n, :n], exponential[:n, n]


def etd2rk(
    derivative: Callable[[Float[Array, " state"], Float[Array, " input"]], Float[Array, " state"]],
    decay: Float[Array, " state"],
    start: Float[Array, " state"],
    steps: Float[Array, " step"],
    inputs: Float[Array, "node input"],
) -> Float[Array, "node state"]:
    """Integrate dx/dt = derivative(x, u) with the second-order exponential Runge–Kutta scheme of Cox & Matthews (2002).

    The linear part −decay·x is exact; inputs are given at the nodes. Steps of length zero leave the state as it is.
    Source: J Comput Phys 176:430, equations 20–22.
    """

    def remainder(x: Float[Array, " state"], u: Float[Array, " input"]) -> Float[Array, " state"]:
        return derivative(x, u) + decay * x

    def advance(x: Float[Array, " state"], step: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        h, before, after = step
        z = -decay * h
        at_start = remainder(x, before)
        predicted = jnp.exp(z) * x + h * phi1(z) * at_start
        x = predicted + h * phi2(z) * (remainder(predicted, after) - at_start)
        return x, x

    _, later = jax.lax.scan(advance, start, (steps, inputs[:-1], inputs[1:]))
    return jnp.concatenate([start[None], later])
