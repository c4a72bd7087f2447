"""Targets of what people get today: serotonin transporter, monoamine oxidase A and the GABA-A receptor.

Potencies are total plasma concentrations seen in people by emission tomography or electroencephalography, not affinities
in a dish. Concentrations µM, time h.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.parameters import parameter
from ..core.types import Scalar


class Monoamine(eqx.Module):
    """Potencies at the transporter, the enzyme and the receptor."""

    sert_affinity: Float[Array, "drug"] = parameter(
        tuple(f"sert.affinity.{drug}" for drug in ("escitalopram", "sertraline", "phenelzine", "midazolam", "memantine", "MK-801")),
        "1/uM",
        "one over the concentration that half fills what can be filled of the transporter",
    )
    sert_plateau: Scalar = parameter("sert.plateau", "dimensionless", "occupancy of the transporter at high doses")
    mao_turnover: Scalar = parameter("mao.turnover_half_life", "h", "MAO-A is made and lost with this half-life")
    mao_inactivation: Scalar = parameter("mao.inactivation", "1/(uM*h)", "phenelzine inactivates MAO-A for good")
    gaba_potentiation: Scalar = parameter("gaba.potentiation", "dimensionless", "largest rise of GABA-A currents by midazolam")
    gaba_half: Scalar = parameter("gaba.half_concentration", "uM", "midazolam with half that rise")


def sert_occupancy(p: Monoamine, concentration: Float[Array, "*batch drug"]) -> Float[Array, "*batch"]:
    """Share of serotonin transporters occupied by drugs (µM at the site) that compete for one site: θ Σ cᵢKᵢ/(1 + Σ cᵢKᵢ).

    Hyperbola with a plateau as in Meyer et al. 2004.
    """
    filled = concentration @ p.sert_affinity
    return p.sert_plateau * filled / (1 + filled)


def mao_transitions(p: Monoamine, concentration: Float[Array, "*batch"]) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """Rates (1/h) at which MAO-A is made and lost under phenelzine (µM), k and k_inact c, of dE/dt = k (1 − E) − k_inact c E."""
    return jnp.broadcast_to(jnp.log(2) / p.mao_turnover, concentration.shape), p.mao_inactivation * concentration


def gaba_gain(p: Monoamine, concentration: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Factor on GABA-A currents under midazolam (µM): 1 + a c/(c + c₅₀)."""
    return 1 + p.gaba_potentiation * concentration / (concentration + p.gaba_half)
