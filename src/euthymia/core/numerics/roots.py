"""Roots by Newton's method."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

TOLERANCE = 1e-13
MAX_STEPS = 64


def find_root(function: Callable[[Float[Array, "..."]], Float[Array, "..."]], guess: Float[Array, "..."]) -> Float[Array, "..."]:
    """Where ``function`` vanishes, by Newton's method from ``guess``; NaN if it does not converge. Works under jit and vmap."""
    # A run whose programs are kept traces nothing, and does without it.
    import optimistix as optx

    newton = optx.Newton(rtol=TOLERANCE, atol=TOLERANCE)
    solution = optx.root_find(lambda x, _: function(x), newton, guess, max_steps=MAX_STEPS, throw=False)
    return jnp.where(solution.result == optx.RESULTS.successful, solution.value, jnp.nan)


def cubic_root(p: Float[Array, "*batch"], q: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """The one real root of x³ + p x = q with p > 0, in closed form: x = 2 √(p/3) sinh(⅓ arsinh(3 q/(2 p) √(3/p)))."""
    return 2 * jnp.sqrt(p / 3) * jnp.sinh(jnp.arcsinh(3 / 2 * q / p * jnp.sqrt(3 / p)) / 3)
