"""The undosed patient: a stable fixed point at constant stress, found and not typed."""

import jax
import jax.numpy as jnp
import optimistix as optx
from jaxtyping import Array, Float

from ..core.types import Scalar
from ..links import Switches
from .vector_field import STATE_NAMES, Cascade, pack, slow_rate, unpack

ROOT_TOLERANCE = 1e-13
MAX_NEWTON_STEPS = 64
# Any point of the physical region will do: Newton reaches the one fixed point there.
START_OF_SEARCH = 0.5


def undosed_rate(p: Cascade, vector: Float[Array, " state"], stress: Scalar) -> Float[Array, " state"]:
    """The slow vector field without drug, on packed states, 1/h."""
    return pack(slow_rate(p, unpack(vector), jnp.zeros(()), stress, Switches()))


def fixed_point(p: Cascade, stress: Scalar) -> Float[Array, " state"]:
    """Packed state in which an undosed patient at constant ``stress`` (0 to 1) rests."""
    solution = optx.root_find(
        lambda vector, _: undosed_rate(p, vector, stress),
        optx.Newton(rtol=ROOT_TOLERANCE, atol=ROOT_TOLERANCE),
        jnp.full(len(STATE_NAMES), START_OF_SEARCH),
        max_steps=MAX_NEWTON_STEPS,
        throw=False,
    )
    return jnp.where(solution.result == optx.RESULTS.successful, solution.value, jnp.nan)


def jacobian(p: Cascade, vector: Float[Array, " state"], stress: Scalar) -> Float[Array, "state state"]:
    """Jacobian (1/h) of the undosed field at a packed state: the linear part that the production solver treats exactly."""
    return jax.jacfwd(lambda v: undosed_rate(p, v, stress))(vector)
