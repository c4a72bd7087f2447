"""The undosed patient: the stable fixed point of the slow states at constant stress."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.numerics.steady_state import steady_state
from ..core.types import Scalar
from ..links import Switches, every_link
from .fast import Brain, brain_in_state
from .parameters import Physiology
from .state import STATE_NAMES, no_input, pack, unpack
from .vector_field import slow_rate

# Start of the search: no drug, damage or signalling, and a healthy number of spines.
START = {"spines.transient": 0.05, "spines.young": 0.1, "spines.persistent": 0.85, "dopamine": 1.0, "autoreceptor": 1.0}
LARGEST_RATE = 1e-10
"""Largest rate that counts as zero, 1/h."""


def fixed_point(p: Physiology, stress: Scalar) -> Float[Array, " state"]:
    """Packed steady state of an undosed patient at constant ``stress`` (0 to 1); NaN if there is none nearby."""

    def rate(vector: Float[Array, " state"]) -> Float[Array, " state"]:
        x = unpack(vector)
        return pack(slow_rate(p, x, no_input(), brain_in_state(p, x, stress), every_link()))

    start = jnp.array([START.get(name, 0.0) for name in STATE_NAMES])
    steady = steady_state(rate, start)
    return jnp.where(jnp.max(jnp.abs(rate(steady))) < LARGEST_RATE, steady, jnp.nan)


def patient(p: Physiology, stress: Scalar) -> Brain:
    """The undosed patient in steady state at constant ``stress`` (0 to 1)."""
    rest = unpack(fixed_point(p, stress))
    # Of drug that was never given the search leaves a rounding error, which may be below zero.
    return brain_in_state(p, rest._replace(trapped=jnp.zeros_like(rest.trapped)), stress)


def jacobian(p: Physiology, vector: Float[Array, " state"], brain: Brain, switches: Switches) -> Float[Array, "state state"]:
    """Jacobian (1/h) of the undosed vector field at a packed state."""
    return jax.jacfwd(lambda v: pack(slow_rate(p, unpack(v), no_input(), brain, switches)))(vector)
