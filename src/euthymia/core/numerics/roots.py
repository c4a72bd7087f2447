"""The one door to the root finder."""

from collections.abc import Callable

import jax.numpy as jnp
import optimistix as optx
from jaxtyping import Array, Float

TOLERANCE = 1e-13
MAX_STEPS = 64


def find_root(function: Callable[[Float[Array, "..."]], Float[Array, "..."]], guess: Float[Array, "..."]) -> Float[Array, "..."]:
    """Where ``function`` vanishes, by Newton's method from ``guess``; NaN if it does not converge. Works under jit and vmap."""
    found = optx.root_find(lambda x, _: function(x), optx.Newton(rtol=TOLERANCE, atol=TOLERANCE), guess, max_steps=MAX_STEPS, throw=False)
    return jnp.where(found.result == optx.RESULTS.successful, found.value, jnp.nan)
