"""Firing and release of a transmitter that inhibits its own cells through autoreceptors."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def self_inhibited(
    drive: Float[Array, "*batch"], clearance: Float[Array, "*batch"], feedback: Float[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """Release (healthy = 1) under feedback of the transmitter's level: the positive root of r = h/[1 + a (r q − 1)].

    r = 2h/[1 − a + √((1 − a)² + 4 a q h)], with drive h, level per release q and feedback a; the level is r q. Without feedback r = h,
    and a = 1 is a square root.
    """
    return 2 * drive / (1 - feedback + jnp.sqrt((1 - feedback) ** 2 + 2 * 2 * feedback * clearance * drive))
