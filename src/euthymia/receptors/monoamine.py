"""Targets of what people get today: transporters of serotonin and dopamine, monoamine oxidase A and the GABA-A receptor.

Potencies are total plasma concentrations seen in people by emission tomography or electroencephalography, not affinities
in a dish. Concentrations µM, time h.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.parameters import parameter
from ..core.types import Scalar

AT_SERT = ("escitalopram", "sertraline", "citalopram", "fluoxetine", "norfluoxetine")
"""What binds to the serotonin transporter."""
AT_DAT = ("bupropion", "hydroxybupropion")
"""What binds to the dopamine transporter."""
HOLDING_MAO = ("moclobemide",)
"""What MAO-A lets go of again."""
DESTROYING_MAO = ("phenelzine", "tranylcypromine")
"""What inactivates MAO-A for good."""


class Monoamine(eqx.Module):
    """Potencies at the transporters, the enzyme and the receptor."""

    sert_affinity: Float[Array, "at_sert"] = parameter(
        tuple(f"sert.affinity.{name}" for name in AT_SERT),
        "1/uM",
        "one over the concentration that half fills what can be filled of the serotonin transporter",
    )
    sert_plateau: Scalar = parameter("sert.plateau", "dimensionless", "occupancy of the transporter at high doses")
    dat_affinity: Float[Array, "at_dat"] = parameter(
        tuple(f"dat.affinity.{name}" for name in AT_DAT), "1/uM", "one over the concentration that half fills the dopamine transporter"
    )
    mao_affinity: Float[Array, "holding"] = parameter(
        tuple(f"mao.affinity.{name}" for name in HOLDING_MAO), "1/uM", "one over the concentration that holds half of MAO-A"
    )
    mao_turnover: Scalar = parameter("mao.turnover_half_life", "h", "MAO-A is made and lost with this half-life")
    mao_inactivation: Float[Array, "destroying"] = parameter(
        tuple(f"mao.inactivation.{name}" for name in DESTROYING_MAO), "1/(uM*h)", "rate per concentration at which MAO-A is lost for good"
    )
    gaba_potentiation: Scalar = parameter("gaba.potentiation", "dimensionless", "largest rise of GABA-A currents by midazolam")
    gaba_ec50: Scalar = parameter("gaba.ec50", "uM", "midazolam with half that rise")


def _filled(affinity: Float[Array, "ligand"], concentration: Float[Array, "*batch ligand"]) -> Float[Array, "*batch"]:
    """Share of a site that is filled by ligands which compete for it: Σ cᵢKᵢ/(1 + Σ cᵢKᵢ)."""
    odds = concentration @ affinity
    return odds / (1 + odds)


def sert_occupancy(p: Monoamine, concentration: Float[Array, "*batch at_sert"]) -> Float[Array, "*batch"]:
    """Share of serotonin transporters occupied by ``AT_SERT`` (µM at the site): θ Σ cᵢKᵢ/(1 + Σ cᵢKᵢ).

    Hyperbola with a plateau as in Meyer et al. 2004.
    """
    return p.sert_plateau * _filled(p.sert_affinity, concentration)


def dat_occupancy(p: Monoamine, concentration: Float[Array, "*batch at_dat"]) -> Float[Array, "*batch"]:
    """Share of dopamine transporters occupied by ``AT_DAT`` (µM at the site), far below any plateau."""
    return _filled(p.dat_affinity, concentration)


def mao_held(p: Monoamine, concentration: Float[Array, "*batch holding"]) -> Float[Array, "*batch"]:
    """Share of the MAO-A there is that ``HOLDING_MAO`` (µM at the site) keep from working: it follows them, up and down."""
    return _filled(p.mao_affinity, concentration)


def mao_transitions(
    p: Monoamine, concentration: Float[Array, "*batch destroying"], held: Float[Array, "*batch"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """Rates (1/h) at which MAO-A is made and lost, k and (1 − h) Σ kᵢcᵢ, of dE/dt = k (1 − E) − (1 − h) Σ kᵢcᵢ E.

    ``DESTROYING_MAO`` (µM at the site) reach only what is not held, the share 1 − h: both want the same site.
    """
    made = jnp.broadcast_to(jnp.log(2) / p.mao_turnover, held.shape)
    return made, (1 - held) * (concentration @ p.mao_inactivation)


def gaba_gain(p: Monoamine, concentration: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Factor on GABA-A currents under midazolam (µM): 1 + a c/(c + c₅₀)."""
    return 1 + p.gaba_potentiation * concentration / (concentration + p.gaba_ec50)
