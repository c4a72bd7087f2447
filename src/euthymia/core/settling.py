"""Where a system comes to rest, cheap enough to stand inside another right-hand side."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# Implicit Euler steps in units of the system's own time: the first follow the trajectory, so that the rest reached is the
# one that the start leads to; the last are Newton's method, so that it is reached to rounding error.
STEPS = (*[0.5] * 5, *(32.0**k for k in range(7)))


def settle(
    rate: Callable[[Float[Array, " state"]], Float[Array, " state"]],
    start: Float[Array, " state"],
    jacobian: Callable[[Float[Array, " state"]], Float[Array, "state state"]] | None = None,
) -> Float[Array, " state"]:
    """The rest of dx/dt = rate(x) reached from ``start``, by pseudo-transient continuation (Kelley & Keyes 1998).

    x ← x + (1/h − J)⁻¹ rate(x) with h growing; a fixed number of steps, so that it can be differentiated and batched. J is
    found by differentiation where no ``jacobian`` is given.
    """
    slope = jax.jacfwd(rate) if jacobian is None else jacobian
    one = jnp.eye(len(start))

    def step(x: Float[Array, " state"], h: Float[Array, ""]) -> tuple[Float[Array, " state"], None]:
        return x + jnp.linalg.solve(one / h - slope(x), rate(x)), None

    return jax.lax.scan(step, start, jnp.array(STEPS))[0]
