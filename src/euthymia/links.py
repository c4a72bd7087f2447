"""Links between scales: one named function each, and the switch that removes it.

A link is removed by clamping its output to its undosed value, so that the same undosed patient is the baseline of every
combination of removed links, and nothing recompiles.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .core.numerics.settings import SMOOTH_EXCESS, SUBNETWORKS
from .core.parameters import parameter
from .core.types import CORTICAL, DRIVES, Scalar

SUBNETWORK_DEVIATIONS, _weights = np.polynomial.hermite_e.hermegauss(SUBNETWORKS)
SUBNETWORK_WEIGHTS = _weights / _weights.sum()
"""Deviations of limbic subnetworks in SDs, and the share of the network that each stands for (Gauss–Hermite)."""
PYRAMIDAL, HABENULA, LIMBIC, RESTING = (DRIVES.index(name) for name in ("pyramidal", "habenula", "limbic", "resting"))


class Links(eqx.Module):
    """Potencies and couplings between scales."""

    unbound_fraction: Scalar = parameter("brain.unbound_fraction", "dimensionless", "ketamine in plasma that is not protein-bound")
    brain_partition: Scalar = parameter("brain.partition", "dimensionless", "free brain over free plasma ketamine, Kp,uu")
    norketamine_penetration: Scalar = parameter(
        "brain.norketamine_penetration", "dimensionless", "brain entry of norketamine over ketamine"
    )
    hydroxynorketamine_penetration: Scalar = parameter(
        "brain.hydroxynorketamine_penetration", "dimensionless", "brain entry of hydroxynorketamine over ketamine"
    )
    free_share: Float[Array, "blocker"] = parameter(
        ("memantine.free_in_brain", "MK-801.free_in_brain"), "dimensionless", "free brain over total plasma concentration"
    )
    signalling_ec50: Scalar = parameter("links.signalling_ec50", "dimensionless", "loss of pyramidal NMDA drive that half engages eEF2")
    surge_ec50: Scalar = parameter("links.surge_ec50", "dimensionless", "rise of glutamate that half engages BDNF release")
    cooperativity: Scalar = parameter("links.cooperativity", "dimensionless", "Hill exponent of the engagement of BDNF")
    adaptation_time: Scalar = parameter("links.adaptation_time", "h", "time constant of adaptation to a lasting loss of NMDA drive")
    trapped_on_habenula: Scalar = parameter(
        "links.trapped_on_habenula", "dimensionless", "loss of NMDA drive in the habenula per receptor of bursting cells that is trapped"
    )
    stress_on_elimination: Scalar = parameter(
        "links.stress_on_elimination", "dimensionless", "rise at stress 1 of the elimination of young spines"
    )
    stress_on_persistent: Scalar = parameter("links.stress_on_persistent", "dimensionless", "the same of persistent spines")
    damage_share: Scalar = parameter("links.damage_share", "dimensionless", "part of that rise which calcium damage carries")
    spines_on_recurrence: Scalar = parameter(
        "links.spines_on_recurrence", "dimensionless", "share of recurrent excitation that goes with spine density"
    )
    stress_on_habenula: Scalar = parameter("links.stress_on_habenula", "mV", "shift of the habenula's resting potential by high stress")
    stress_for_half_shift: Scalar = parameter("links.stress_for_half_shift", "dimensionless", "stress with half that shift")
    dopamine_on_habenula: Scalar = parameter("links.dopamine_on_habenula", "mV", "depolarisation by a doubled dopamine tone")
    dopamine_time: Scalar = parameter("links.dopamine_time", "h", "time constant of dopamine tone")
    limbic_input_healthy: Scalar = parameter("links.limbic_input_healthy", "nA", "drive of the limbic network in health")
    limbic_heterogeneity: Scalar = parameter("links.limbic_heterogeneity", "nA", "SD of the drive of limbic subnetworks around their mean")
    spines_on_limbic_input: Scalar = parameter("links.limbic_input_per_lost_spine", "nA", "limbic drive that healthy spines take away")
    dopamine_on_limbic_input: Scalar = parameter("links.dopamine_on_limbic_input", "nA", "limbic drive that healthy dopamine takes away")
    serotonin_on_limbic_input: Scalar = parameter("links.serotonin_on_limbic_input", "nA", "limbic drive that healthy serotonin takes away")


class Switches(NamedTuple):
    """1 = the link works, 0 = clamped to its undosed value; values between are allowed."""

    prefrontal: Scalar
    """Way 1: loss of NMDA drive, or gain of inhibition, changes prefrontal activity."""
    calcium_load: Scalar
    """Way 2: NMDA pore block lowers extrasynaptic calcium load."""
    habenula: Scalar
    """Way 3: loss of NMDA drive makes the lateral habenula fire less."""
    trapping: Scalar
    """Inside way 3: drug that stays trapped in bursting cells is part of that loss."""
    dopamine: Scalar
    """Way 3: whatever changes the release of dopamine."""
    synaptic_signalling: Scalar
    """Way 4: glutamate, receptor block and serotonin engage BDNF signalling."""
    limbic_lock: Scalar
    """Way 5: block, spines, dopamine and serotonin move the limbic lock."""
    mtor: Scalar
    """Inside way 4: BDNF engages mTORC1; 0 is what rapamycin does."""
    potentiation: Scalar
    """Inside way 4: BDNF potentiates synapses within hours."""
    regrowth: Scalar
    """Inside way 4: the structural signal speeds spine formation."""
    surge: Scalar
    """From way 1 to way 4: the glutamate surge engages BDNF; 0 is what an AMPA receptor blocker does."""
    cortex_to_dopamine: Scalar
    """From way 1 to way 3: prefrontal activity drives dopamine cells."""
    adaptation: Scalar
    """Ways 1, 3, 4 and 5: circuits adapt to a lasting loss of NMDA drive."""
    reuptake: Scalar
    """Comparators: transporter and enzyme block slow the clearance of serotonin and dopamine."""


def every_link(**settings: float) -> Switches:
    """Switches with every link working, but for those that are set."""
    return Switches(**{name: jnp.asarray(settings.get(name, 1.0)) for name in Switches._fields})


def clamp(value: Float[Array, "..."], undosed: Float[Array, "..."] | float, switch: Scalar) -> Float[Array, "..."]:
    """``value`` where the switch is 1, its undosed value where it is 0."""
    return undosed + switch * (value - undosed)


def free_brain_concentration(p: Links, effect_site: Float[Array, "*batch enantiomer"]) -> Float[Array, "*batch enantiomer"]:
    """Unbound ketamine in brain (µM) from the total effect-site concentration (µM): f_u · K_p,uu · C_e."""
    return p.unbound_fraction * p.brain_partition * effect_site


def free_brain_norketamine(p: Links, effect_site: Float[Array, "*batch enantiomer"]) -> Float[Array, "*batch enantiomer"]:
    """Unbound norketamine in brain (µM); it enters several times less than ketamine."""
    return p.norketamine_penetration * free_brain_concentration(p, effect_site)


def free_brain_hydroxynorketamine(p: Links, effect_site: Float[Array, "*batch enantiomer"]) -> Float[Array, "*batch enantiomer"]:
    """Unbound hydroxynorketamine in brain (µM)."""
    return p.hydroxynorketamine_penetration * free_brain_concentration(p, effect_site)


def free_brain_blockers(p: Links, site: Float[Array, "*batch blocker"]) -> Float[Array, "*batch blocker"]:
    """Unbound memantine and MK-801 in brain (µM) from the plasma concentration with the lag of their site (µM)."""
    return p.free_share * site


def unadapted(loss: Float[Array, "*batch"], adaptation: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Loss of NMDA drive that cell classes still feel after adapting: what exceeds the loss they are used to; there is no rebound.

    d²/(d + δ) with the excess d, so that it sets in smoothly.
    """
    excess = jnp.maximum(loss - adaptation, 0)
    return excess**2 / (excess + SMOOTH_EXCESS)


def prefrontal_loss(felt: Float[Array, "*batch drive"]) -> Float[Array, "*batch cortical_class"]:
    """Way 1 reads ``drive_loss`` of the four cortical classes, not adapted to."""
    return felt[..., : len(CORTICAL)]


def recurrence(p: Links, spine_density: Float[Array, "*batch"], excitatory_gain: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Strength of recurrent prefrontal excitation, healthy = 1: g [1 + c (ρ − 1)] with excitatory gain g and spine density ρ."""
    return excitatory_gain * (1 + p.spines_on_recurrence * (spine_density - 1))


def extrasynaptic_block(pore_block: Float[Array, "*batch cell_class"]) -> Float[Array, "*batch"]:
    """Way 2 reads ``pore_block`` of pyramidal cells near rest, where extrasynaptic receptors sit."""
    return pore_block[..., PYRAMIDAL]


def habenula_loss(p: Links, felt: Float[Array, "*batch drive"], trapped: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Way 3 reads two words: ``drive_loss`` of habenular cells, not adapted to, while the drug is there, and ``bound`` of those that burst,
    which outlasts it.

    1 − (1 − L)(1 − w B): what the drug in the fluid leaves, and of that what trapped drug leaves.
    """
    return 1 - (1 - felt[..., HABENULA]) * (1 - p.trapped_on_habenula * trapped)


def habenula_shift(p: Links, stress: Float[Array, "*batch"], dopamine: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Shift of the habenula's resting potentials (mV): stress hyperpolarises, Δ s/(s + s₅₀); dopamine depolarises through Ih."""
    return p.stress_on_habenula * stress / (stress + p.stress_for_half_shift) + p.dopamine_on_habenula * (dopamine - 1)


def dopamine_drive(
    active_share: Float[Array, "*batch"], rate: Float[Array, "*batch"], healthy_share: Scalar, healthy_rate: Scalar
) -> Float[Array, "*batch"]:
    """Spikes that release dopamine (healthy = 1): share of cells that fire times their rate."""
    return active_share * rate / (healthy_share * healthy_rate)


def cooperative(p: Links, signal: Float[Array, "*batch"], half: Scalar) -> Float[Array, "*batch"]:
    """Cooperative engagement of BDNF by a signal, xⁿ/(xⁿ + x₅₀ⁿ): calcium acts through calmodulin, which binds several ions."""
    n = p.cooperativity
    # The derivative of a power at zero is not finite for every exponent that a fit may try.
    positive = signal > 0
    powered = jnp.where(positive, signal, 1) ** n
    return jnp.where(positive, powered / (powered + half**n), 0)


def surge_engagement(p: Links, rise: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """From way 1 to way 4: engagement of BDNF release by a rise of glutamate above the patient's baseline; none by a fall."""
    return cooperative(p, rise, p.surge_ec50)


def resting_block(p: Links, felt: Float[Array, "*batch drive"]) -> Float[Array, "*batch"]:
    """Way 4 reads ``drive_loss`` of pyramidal cells at rest, not adapted to: share of the resting-receptor arm engaged."""
    return cooperative(p, felt[..., RESTING], p.signalling_ec50)


def limbic_loss(felt: Float[Array, "*batch drive"]) -> Float[Array, "*batch"]:
    """Way 5 reads ``drive_loss`` of the limbic network's pyramidal cells, not adapted to: recurrent NMDA drive holds the network up."""
    return felt[..., LIMBIC]


def limbic_input(
    p: Links, spine_density: Float[Array, "*batch"], dopamine: Float[Array, "*batch"], serotonin: Float[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """Drive of the limbic network (nA): lack of spines, dopamine and serotonin (healthy = 1) adds to its healthy value."""
    return (
        p.limbic_input_healthy
        + p.spines_on_limbic_input * (1 - spine_density)
        + p.dopamine_on_limbic_input * (1 - dopamine)
        + p.serotonin_on_limbic_input * (1 - serotonin)
    )


def limbic_inputs(p: Links, mean: Float[Array, "*batch"]) -> Float[Array, "*batch subnetwork"]:
    """Drive of each limbic subnetwork (nA): normal around the mean, at the nodes of a quadrature with ``SUBNETWORK_WEIGHTS``."""
    return mean[..., None] + p.limbic_heterogeneity * SUBNETWORK_DEVIATIONS


def spine_elimination(p: Links, young: Scalar, persistent: Scalar, stress: Scalar, damage: Scalar) -> tuple[Scalar, Scalar]:
    """Elimination of young and persistent spines (1/h): stress raises it, partly through calcium damage (relative, 0 to 1).

    e = e₀ (1 + a σ) of each kind, with its rate e₀ and effect a of stress, and σ = (1 − χ) s + χ x of stress s and damage x.
    """
    effective = (1 - p.damage_share) * stress + p.damage_share * damage
    return young * (1 + p.stress_on_elimination * effective), persistent * (1 + p.stress_on_persistent * effective)
