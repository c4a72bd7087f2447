"""Numbers of the host as arrays of JAX."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike


def on_device(values: ArrayLike | list, dtype: type | None = None) -> Array:
    """Numbers as an array of JAX. What JAX does not hold yet is put there without compiling; ``jnp.asarray`` compiles for every shape."""
    if any(isinstance(value, jax.Array) for value in jax.tree.leaves(values)):
        return jnp.asarray(values, dtype)
    return jax.device_put(np.asarray(values, dtype))
