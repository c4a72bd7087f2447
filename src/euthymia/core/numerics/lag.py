"""A first-order lag, exact where its input is linear between nodes."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..types import Scalar


def lagged(course: Float[Array, "node *axes"], steps: Float[Array, "step"], time: Scalar) -> Float[Array, "node *axes"]:
    """y' = (x − y)/τ from y = 0.

    Parameters
    ----------
    course
        x at nodes, between which it is linear.
    steps
        Between nodes, in the unit of the time constant.
    time
        τ.
    """

    def follow(y: Array, step: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        length, first, last = step
        kept = jnp.exp(-length / time)
        # Mean of the exponential over the step; both weights are between 0 and 1.
        mean = -jnp.expm1(-length / time) * time / length
        y = kept * y + (mean - kept) * first + (1 - mean) * last
        return y, y

    start = jnp.zeros_like(course[0])
    return jnp.concatenate([start[None], jax.lax.scan(follow, start, (steps, course[:-1], course[1:]))[1]])
