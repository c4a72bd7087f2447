"""Numbers of the host as arrays of JAX."""

import jax
import numpy as np
from jaxtyping import Array, ArrayLike


def on_device(values: ArrayLike | list) -> Array:
    """Numbers as an array of JAX. Unlike ``jnp.asarray`` it compiles nothing, where that compiles for every shape."""
    return jax.device_put(np.asarray(values))
