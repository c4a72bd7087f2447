"""Ketamine at the NMDA receptor: three measures of block, which are not interchangeable.

``bound``       share of receptors that carry the drug, trapped until the channel opens again;
``pore_block``  loss of NMDA charge in a cell class at its voltage, where Mg2+ competes for the pore;
``drive_loss``  effective loss of NMDA drive to a circuit in vivo, with its own potency.

The molecules compete for one site. Ketamine and its metabolites enter as one concentration in equivalents of racemic ketamine; every
other blocker has its own affinity, share that is trapped, and engagement of receptors at rest, because what ketamine does in vivo beyond
its pore block is known of ketamine alone. Concentrations µM, voltages mV, time h.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..biophysics.magnesium import Magnesium, magnesium_constant, magnesium_unblock
from ..core.parameters import parameter
from ..core.types import CELL_CLASSES, CORTICAL, DRIVES, SITES, SUBUNITS, PerCellClass, PerLigand, PerSite, PerSubunit, Scalar

LIGANDS = ("S-ketamine", "R-ketamine", "S-norketamine", "R-norketamine", "S-hydroxynorketamine", "R-hydroxynorketamine")
"""Ketamine and its metabolites."""
BLOCKERS = ("memantine", "MK-801")
"""Other molecules that compete for the site."""
PYRAMIDAL = CELL_CLASSES.index(CORTICAL[0])
OF_PYRAMIDAL_CELLS = DRIVES[len(CELL_CLASSES) :]
"""Drives beside that of the prefrontal circuit, each with a potency of its own."""
CLASS_OF_SITE = np.array([next(i for i, name in enumerate(CELL_CLASSES) if site.startswith(name)) for site in SITES])


class NMDAReceptor(eqx.Module):
    """Affinities of the site and subunit composition of the receptors in each cell class."""

    magnesium: Magnesium
    binding_constant: PerLigand = parameter(
        tuple(f"nmdar.Ki.{ligand}" for ligand in LIGANDS),
        "uM",
        "binding constant against [3H]MK-801; only ratios are used",
    )
    affinity: PerSubunit = parameter(
        tuple(f"nmdar.affinity.{subunit}" for subunit in SUBUNITS),
        "uM",
        "racemic ketamine, without Mg2+, at the reference voltage",
    )
    affinity_of_others: Float[Array, "blocker subunit"] = parameter(
        tuple(f"nmdar.affinity.{blocker}" for blocker in BLOCKERS), "uM", "of GluN2A, 2B, 2C, 2D, without Mg2+, at the reference voltage"
    )
    trapped_share: Float[Array, "blocker"] = parameter(
        tuple(f"nmdar.trapped_share.{blocker}" for blocker in BLOCKERS),
        "dimensionless",
        "of what binds, the part that a closing channel traps",
    )
    resting_engagement: Float[Array, "blocker"] = parameter(
        tuple(f"nmdar.resting_engagement.{blocker}" for blocker in BLOCKERS),
        "dimensionless",
        "effect on receptors at rest, over that of ketamine at equal pore block",
    )
    reference_voltage: Scalar = parameter("nmdar.reference_voltage", "mV", "voltage at which affinities were measured")
    voltage_slope: Scalar = parameter("nmdar.voltage_slope", "mV", "depolarisation that raises the constant e-fold")
    on_rate: Scalar = parameter("nmdar.on_rate", "1/(uM*h)", "binding to an open pore free of Mg2+")
    off_rate: Scalar = parameter("nmdar.off_rate", "1/h", "leaving an open pore")

    composition: Float[Array, "cell_class subunit"] = parameter(
        tuple(f"nmdar.composition.{name}" for name in CELL_CLASSES), "dimensionless", "share of NMDA conductance by GluN2A, 2B, 2C, 2D"
    )
    voltage: PerCellClass = parameter(tuple(f"nmdar.voltage.{name}" for name in CELL_CLASSES), "mV", "typical membrane voltage")
    open_probability: PerSite = parameter(
        tuple(f"nmdar.open_probability.{name}" for name in SITES), "dimensionless", "time-averaged share of open channels"
    )
    drive_ic50: PerCellClass = parameter(
        tuple(f"nmdar.drive_ic50.{name}" for name in CELL_CLASSES), "uM", "concentration of ketamine that halves NMDA drive in vivo"
    )
    ic50_ratio: Float[Array, "pyramidal"] = parameter(
        tuple(f"nmdar.drive_ic50_ratio.{name}" for name in OF_PYRAMIDAL_CELLS),
        "dimensionless",
        "the same concentration in pyramidal cells of the limbic network and at rest, over that in the prefrontal circuit",
    )
    habenula_release: Scalar = parameter("nmdar.habenula_release", "1/h", "release of trapped drug in bursting habenula cells")


class Blockers(NamedTuple):
    """Free concentrations in the brain of what blocks the receptor, µM."""

    ketamine: Float[Array, "*batch"]
    """Ketamine and its metabolites, in equivalents of racemic ketamine."""
    others: Float[Array, "*batch blocker"]
    """Each of ``BLOCKERS``."""


def only_ketamine(concentration: Float[Array, "*batch"]) -> Blockers:
    """Blockers with no other than ketamine, at a concentration in equivalents of racemate (µM)."""
    concentration = jnp.asarray(concentration, float)
    return Blockers(concentration, jnp.zeros((*concentration.shape, len(BLOCKERS))))


def racemate_equivalents(p: NMDAReceptor, ligands: Float[Array, "*batch ligand"]) -> Float[Array, "*batch"]:
    """Concentration of racemic ketamine (µM) that competes like a mixture of ``LIGANDS`` (µM).

    Other differences between these molecules (off-rate, trapping, preference for a subunit) are left out.
    """
    strength = 1 / p.binding_constant
    racemate = jnp.mean(strength[:2])
    return ligands @ (strength / racemate)


def _pore_block(p: NMDAReceptor, occupancy: Float[Array, "*batch subunit"]) -> Float[Array, "*batch cell_class"]:
    """Loss of charge per cell class from c/K per subunit at the reference voltage, summed over what binds."""
    V = p.voltage[:, None]
    magnesium = p.magnesium.concentration / (magnesium_constant(p.magnesium, V) * p.magnesium.subunit_scale)
    bound = occupancy[..., None, :] * jnp.exp(-(V - p.reference_voltage) / p.voltage_slope)
    undrugged = p.composition / (1 + magnesium)
    lost = undrugged * bound / (1 + magnesium + bound)
    return jnp.sum(lost, -1) / jnp.sum(undrugged, -1)


def pore_block(p: NMDAReceptor, blockers: Blockers) -> Float[Array, "*batch cell_class"]:
    """Loss of NMDA charge by competition with Mg2+ for the pore, averaged over subunits by the charge each carries.

    One subunit passes 1/(1 + Mg/K_Mg(V) + Σ c/K(V)), so that the half-block of one blocker is K(V)(1 + Mg/K_Mg(V)).
    """
    return _pore_block(p, blockers.ketamine[..., None] / p.affinity + (blockers.others[..., None] / p.affinity_of_others).sum(-2))


def _odds_of_others(p: NMDAReceptor, blockers: Blockers) -> Float[Array, "*batch blocker cell_class"]:
    """Odds of block by each of the other blockers alone."""
    block = _pore_block(p, blockers.others[..., None] / p.affinity_of_others)
    return block / (1 - block)


def drive_losses(p: NMDAReceptor, blockers: Blockers) -> Float[Array, "*batch drive"]:
    """Effective loss of each of ``DRIVES``: x/(1 + x), with x = c/K of ketamine and the odds of pore block by each other blocker.

    The in vivo potency K was inferred for ketamine; nothing lends it to another molecule, which loses what its pore block says. At rest
    another blocker counts by its engagement of receptors there.
    """
    potency = jnp.concatenate([p.drive_ic50, p.drive_ic50[PYRAMIDAL] * p.ic50_ratio])
    of_others = _odds_of_others(p, blockers)
    of_pyramidal = of_others[..., PYRAMIDAL]
    beside = jnp.stack([of_pyramidal.sum(-1), of_pyramidal @ p.resting_engagement], -1)
    odds = blockers.ketamine[..., None] / potency + jnp.concatenate([of_others.sum(-2), beside], -1)
    return odds / (1 + odds)


def drive_loss(p: NMDAReceptor, blockers: Blockers) -> Float[Array, "*batch cell_class"]:
    """:func:`drive_losses` of the cell classes."""
    return drive_losses(p, blockers)[..., : len(CELL_CLASSES)]


def resting_unblock(p: NMDAReceptor) -> PerSite:
    """Fraction of pores free of Mg2+ at the typical voltage of each site's cell class."""
    return magnesium_unblock(p.magnesium, p.voltage)[CLASS_OF_SITE]


def trapping_rates(p: NMDAReceptor, blockers: Blockers, activity: PerSite, unblocked: PerSite) -> tuple[PerSite, PerSite]:
    """Rates a, b (1/h) of d(bound)/dt = a (1 − B) − b B: open channels bind in Mg-free time, and release only while open.

    a = P_open k_on c m,  b = P_open k_off. Depolarisation weakens binding as it does in :func:`pore_block`; one rate pair
    stands for every subunit. Another blocker counts by its affinity over that of ketamine, as far as it is trapped.

    Parameters
    ----------
    p
        Rates.
    blockers
        c, µM.
    activity
        Activity of the circuit that opens the channels, undrugged and healthy = 1; it scales P_open.
    unblocked
        m, share of pores free of Mg2+.
    """
    k_on = p.on_rate * jnp.exp(-(p.voltage - p.reference_voltage) / p.voltage_slope)[CLASS_OF_SITE]
    relative = jnp.einsum("cs,bs->bc", p.composition, p.affinity / p.affinity_of_others)[:, CLASS_OF_SITE]
    concentration = blockers.ketamine + (blockers.others * p.trapped_share) @ relative
    opening = activity * p.open_probability
    return opening * k_on * concentration * unblocked, opening * p.off_rate
