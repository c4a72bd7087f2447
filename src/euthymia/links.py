"""Every arrow between scales: one named function each, and the switch that removes it.

A link is removed by clamping what it passes on to its undosed value, so that the same undosed patient is the baseline of
every combination of removed links, and nothing recompiles.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from .core.parameters import parameter
from .core.types import CELL_CLASSES, Scalar

PYRAMIDAL = CELL_CLASSES.index("pyramidal")


class Links(eqx.Module):
    """Potencies and couplings between scales."""

    unbound_fraction: Scalar = parameter("brain.unbound_fraction", "dimensionless", "ketamine in plasma that is not protein-bound")
    brain_partition: Scalar = parameter("brain.partition", "dimensionless", "free brain over free plasma ketamine, Kp,uu")
    norketamine_penetration: Scalar = parameter(
        "brain.norketamine_penetration", "dimensionless", "brain entry of norketamine over ketamine"
    )
    signalling_potency: Scalar = parameter(
        "links.signalling_potency", "dimensionless", "loss of pyramidal NMDA drive that half engages eEF2"
    )
    stress_on_elimination: Scalar = parameter("links.stress_on_elimination", "dimensionless", "rise of spine elimination at stress 1")
    damage_share: Scalar = parameter("links.damage_share", "dimensionless", "part of that rise which calcium damage carries")


class Switches(NamedTuple):
    """1 = the link works, 0 = clamped to its undosed value; values between are allowed."""

    calcium_load: Scalar = jnp.ones(())
    """Way 2: NMDA pore block lowers extrasynaptic calcium load."""
    synaptic_signalling: Scalar = jnp.ones(())
    """Way 4: loss of NMDA drive engages BDNF signalling."""
    mtor: Scalar = jnp.ones(())
    """Inside way 4: BDNF engages mTORC1; 0 is what rapamycin does."""
    potentiation: Scalar = jnp.ones(())
    """Inside way 4: BDNF potentiates synapses within hours."""
    regrowth: Scalar = jnp.ones(())
    """Inside way 4: the structural signal speeds spine formation."""


def clamp(value: Float[Array, "..."], undosed: Scalar | float, switch: Scalar) -> Float[Array, "..."]:
    """``value`` where the switch is 1, its undosed value where it is 0."""
    return undosed + switch * (value - undosed)


def free_brain_concentration(p: Links, effect_site: Float[Array, "*batch enantiomer"]) -> Float[Array, "*batch enantiomer"]:
    """Unbound ketamine in brain (µM) from the total effect-site concentration (µM): f_u · K_p,uu · C_e."""
    return p.unbound_fraction * p.brain_partition * effect_site


def free_brain_norketamine(p: Links, effect_site: Float[Array, "*batch enantiomer"]) -> Float[Array, "*batch enantiomer"]:
    """Unbound norketamine in brain (µM); it enters several times less than ketamine."""
    return p.norketamine_penetration * free_brain_concentration(p, effect_site)


def extrasynaptic_block(pore_block: Float[Array, "*batch cell_class"]) -> Float[Array, "*batch"]:
    """Way 2 reads ``pore_block`` of pyramidal cells near rest, where extrasynaptic receptors sit."""
    return pore_block[..., PYRAMIDAL]


def resting_block(p: Links, drive_loss: Float[Array, "*batch cell_class"]) -> Float[Array, "*batch"]:
    """Way 4 reads ``drive_loss`` of pyramidal cells: share of the resting-receptor arm engaged, L/(L + L₅₀)."""
    loss = drive_loss[..., PYRAMIDAL]
    return loss / (loss + p.signalling_potency)


def glutamate_surge() -> Scalar:
    """Glutamate surge that way 1 will pass on to signalling; the prefrontal circuit is not in this version, so undosed: 0."""
    return jnp.zeros(())


def spine_elimination(p: Links, elimination: Scalar, stress: Scalar, damage: Scalar) -> Scalar:
    """Elimination of persistent spines (1/h): stress raises it, partly through calcium damage (relative, 0 to 1).

    e = e₀ [1 + a ((1 − χ) s + χ x)] with stress s and damage x.
    """
    return elimination * (1 + p.stress_on_elimination * ((1 - p.damage_share) * stress + p.damage_share * damage))
