"""The undosed patient: a stable fixed point at constant stress, found and not typed."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.roots import find_root
from ..core.types import Scalar
from ..links import Switches
from .vector_field import STATE_NAMES, Cascade, pack, slow_rate, unpack

# Any point of the physical region will do: Newton reaches the one fixed point there.
START_OF_SEARCH = 0.5


def undosed_rate(p: Cascade, vector: Float[Array, " state"], stress: Scalar, switches: Switches | None = None) -> Float[Array, " state"]:
    """The slow vector field without drug, on packed states, 1/h; all links on unless switches are given."""
    return pack(slow_rate(p, unpack(vector), jnp.zeros(()), stress, Switches() if switches is None else switches))


def fixed_point(p: Cascade, stress: Scalar) -> Float[Array, " state"]:
    """Packed state in which an undosed patient at constant ``stress`` (0 to 1) rests."""
    return find_root(lambda vector: undosed_rate(p, vector, stress), jnp.full(len(STATE_NAMES), START_OF_SEARCH))


def jacobian(p: Cascade, vector: Float[Array, " state"], stress: Scalar, switches: Switches | None = None) -> Float[Array, "state state"]:
    """Jacobian (1/h) of the undosed field at a packed state: the linear part that the production solver treats exactly."""
    return jax.jacfwd(lambda v: undosed_rate(p, v, stress, switches))(vector)
