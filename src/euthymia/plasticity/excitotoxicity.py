"""Way 2: extrasynaptic glutamate loads cells with calcium, and the load damages them.

Extrasynaptic glutamate rises with stress; calcium enters in proportion to the unblocked NMDA current; damage is a
cooperative function of that load and is repaired over days. No published model gives these rates: the form follows
Hardingham & Bading (2010), the values are assumed and listed as such.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.parameters import parameter
from ..core.types import Scalar


class Excitotoxicity(eqx.Module):
    """Calcium load and damage."""

    glutamate_excess: Scalar = parameter("excitotoxicity.glutamate_excess", "dimensionless", "extra extrasynaptic glutamate at stress 1")
    load_for_half_damage: Scalar = parameter("excitotoxicity.load_for_half_damage", "dimensionless", "load, healthy = 1")
    cooperativity: Scalar = parameter("excitotoxicity.cooperativity", "dimensionless", "Hill exponent of damage in load")
    repair_time: Scalar = parameter("excitotoxicity.repair_time", "h", "time constant of damage and of its repair")
    gain_loss: Scalar = parameter("excitotoxicity.gain_loss", "dimensionless", "loss of excitatory gain at stress 1")


def calcium_load(p: Excitotoxicity, stress: Scalar, block: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Extrasynaptic calcium load q = (1 + κ s)(1 − block), relative to an undrugged, unstressed cell."""
    return (1 + p.glutamate_excess * stress) * (1 - block)


def damage_source(p: Excitotoxicity, load: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Steady-state damage (0 to 1) at a constant calcium load: qⁿ/(qⁿ + q₅₀ⁿ)."""
    powered = load**p.cooperativity
    return powered / (powered + p.load_for_half_damage**p.cooperativity)


def damage_rate(p: Excitotoxicity, damage: Scalar, load: Scalar) -> Scalar:
    """d(damage)/dt, 1/h."""
    return (damage_source(p, load) - damage) / p.repair_time


def relative_damage(p: Excitotoxicity, damage: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Damage on a scale where an unstressed cell has 0 and a cell at stress 1 has 1."""
    healthy, stressed = damage_source(p, jnp.ones(())), damage_source(p, 1 + p.glutamate_excess)
    return (damage - healthy) / (stressed - healthy)


def excitatory_gain(p: Excitotoxicity, damage: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Gain of excitatory transmission under damage, 1 − γ x with relative damage x; healthy = 1."""
    return 1 - p.gain_loss * relative_damage(p, damage)


def load_for_damage(p: Excitotoxicity, damage: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Constant load whose steady-state damage (0 to 1) this is: the inverse of :func:`damage_source`."""
    return p.load_for_half_damage * (damage / (1 - damage)) ** (1 / p.cooperativity)
