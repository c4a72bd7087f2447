"""Release of a transmitter that inhibits its own cells through autoreceptors; levels are relative to health."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.numerics.roots import cubic_root


def self_inhibited(
    drive: Float[Array, "*batch"], clearance: Float[Array, "*batch"], feedback: Float[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """Release under feedback in proportion to the level: the positive root of r = h/[1 + a (r q − 1)].

    r = 2h/[1 − a + √((1 − a)² + 4 a q h)], with drive h, level per release q and feedback a; the level is r q. Without feedback r = h.
    """
    return 2 * drive / (1 - feedback + jnp.sqrt((1 - feedback) ** 2 + 2 * 2 * feedback * clearance * drive))


def cooperatively_self_inhibited(
    drive: Float[Array, "*batch"], clearance: Float[Array, "*batch"], feedback: Float[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """Release under autoreceptors that take two molecules: the positive root of r = h/[1 + a ((r q)² − 1)].

    Autoreceptors that hold back the share D²/(D² + K²) of release at a level D leave h K²/(D² + K²), and a = 1/(1 + K²) is the share that
    they hold back in health; 0 < a < 1.
    """
    cubic = feedback * clearance**2
    return cubic_root((1 - feedback) / cubic, drive / cubic)
