"""Voltage-dependent block of the NMDA receptor by external magnesium (Jahr & Stevens 1990)."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.parameters import parameter
from ..core.types import SUBUNITS, PerSubunit, Scalar


class Magnesium(eqx.Module):
    """Affinity of external Mg2+ for the pore."""

    concentration: Scalar = parameter("magnesium.concentration", "mM", "external Mg2+")
    affinity_at_0mV: Scalar = parameter("magnesium.affinity_at_0mV", "mM", "dissociation constant at 0 mV, GluN2A/2B")
    slope: Scalar = parameter("magnesium.slope", "1/mV", "steepness of its voltage dependence")
    subunit_scale: PerSubunit = parameter(
        tuple(f"magnesium.scale.{subunit}" for subunit in SUBUNITS),
        "dimensionless",
        "dissociation constant relative to GluN2A/2B",
    )


def magnesium_constant(p: Magnesium, voltage: Float[Array, "..."]) -> Float[Array, "..."]:
    """Dissociation constant of Mg2+ (mM) at a voltage (mV), for GluN2A/2B: K = K₀ e^{slope·V}."""
    return p.affinity_at_0mV * jnp.exp(p.slope * voltage)


def magnesium_unblock(p: Magnesium, voltage: Float[Array, "..."]) -> Float[Array, "..."]:
    """Fraction of GluN2A/2B pores free of Mg2+ at a voltage (mV): 1/(1 + [Mg]/K(V))."""
    return 1 / (1 + p.concentration / magnesium_constant(p, voltage))
