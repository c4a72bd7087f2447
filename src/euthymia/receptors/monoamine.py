"""Targets of the comparators: transporters of serotonin and dopamine, monoamine oxidase A and the GABA-A receptor.

Potencies are total plasma concentrations in people, from emission tomography or electroencephalography, not affinities
in vitro. Concentrations µM, time h.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.parameters import parameter
from ..core.types import Scalar

SERT_INHIBITORS = ("escitalopram", "sertraline", "citalopram", "fluoxetine", "norfluoxetine")
"""Drugs and metabolites that bind to the serotonin transporter."""
DAT_INHIBITORS = ("bupropion", "hydroxybupropion")
"""Drugs and metabolites that bind to the dopamine transporter."""
REVERSIBLE_MAO_INHIBITORS = ("moclobemide",)
IRREVERSIBLE_MAO_INHIBITORS = ("phenelzine", "tranylcypromine")


class Monoamine(eqx.Module):
    """Potencies at the transporters, the enzyme and the receptor."""

    sert_affinity: Float[Array, "sert_inhibitor"] = parameter(
        tuple(f"sert.affinity.{name}" for name in SERT_INHIBITORS),
        "1/uM",
        "one over the concentration at half the largest occupancy of the serotonin transporter",
    )
    sert_plateau: Scalar = parameter("sert.plateau", "dimensionless", "occupancy of the transporter at high doses")
    dat_affinity: Float[Array, "dat_inhibitor"] = parameter(
        tuple(f"dat.affinity.{name}" for name in DAT_INHIBITORS),
        "1/uM",
        "one over the concentration at half occupancy of the dopamine transporter",
    )
    mao_affinity: Float[Array, "reversible_inhibitor"] = parameter(
        tuple(f"mao.affinity.{name}" for name in REVERSIBLE_MAO_INHIBITORS),
        "1/uM",
        "one over the concentration that inhibits half of MAO-A",
    )
    mao_turnover: Scalar = parameter("mao.turnover_half_life", "h", "half-life of MAO-A turnover")
    mao_inactivation: Float[Array, "irreversible_inhibitor"] = parameter(
        tuple(f"mao.inactivation.{name}" for name in IRREVERSIBLE_MAO_INHIBITORS),
        "1/(uM*h)",
        "rate of irreversible inactivation per concentration",
    )
    gaba_potentiation: Scalar = parameter("gaba.potentiation", "dimensionless", "largest rise of GABA-A currents by midazolam")
    gaba_ec50: Scalar = parameter("gaba.ec50", "uM", "midazolam with half that rise")


def _occupancy(affinity: Float[Array, "ligand"], concentration: Float[Array, "*batch ligand"]) -> Float[Array, "*batch"]:
    """Occupancy of a site by competing ligands: Σ cᵢKᵢ/(1 + Σ cᵢKᵢ)."""
    odds = concentration @ affinity
    return odds / (1 + odds)


def sert_occupancy(p: Monoamine, concentration: Float[Array, "*batch sert_inhibitor"]) -> Float[Array, "*batch"]:
    """Occupancy of serotonin transporters by ``SERT_INHIBITORS`` (µM at the site): θ Σ cᵢKᵢ/(1 + Σ cᵢKᵢ).

    Hyperbola with a plateau as in Meyer et al. 2004.
    """
    return p.sert_plateau * _occupancy(p.sert_affinity, concentration)


def dat_occupancy(p: Monoamine, concentration: Float[Array, "*batch dat_inhibitor"]) -> Float[Array, "*batch"]:
    """Occupancy of dopamine transporters by ``DAT_INHIBITORS`` (µM at the site), far below any plateau."""
    return _occupancy(p.dat_affinity, concentration)


def mao_inhibition(p: Monoamine, concentration: Float[Array, "*batch reversible_inhibitor"]) -> Float[Array, "*batch"]:
    """Share of MAO-A that ``REVERSIBLE_MAO_INHIBITORS`` (µM at the site) inhibit."""
    return _occupancy(p.mao_affinity, concentration)


def mao_transitions(
    p: Monoamine, concentration: Float[Array, "*batch irreversible_inhibitor"], inhibited: Float[Array, "*batch"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """Rates (1/h) of synthesis and irreversible inactivation of MAO-A, k and (1 − h) Σ kᵢcᵢ, of dE/dt = k (1 − E) − (1 − h) Σ kᵢcᵢ E.

    ``IRREVERSIBLE_MAO_INHIBITORS`` (µM at the site) inactivate only the share 1 − h that is not inhibited: both compete for one site.
    """
    synthesis = jnp.broadcast_to(jnp.log(2) / p.mao_turnover, inhibited.shape)
    return synthesis, (1 - inhibited) * (concentration @ p.mao_inactivation)


def gaba_gain(p: Monoamine, concentration: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Factor on GABA-A currents under midazolam (µM): 1 + a c/(c + c₅₀)."""
    return 1 + p.gaba_potentiation * concentration / (concentration + p.gaba_ec50)
