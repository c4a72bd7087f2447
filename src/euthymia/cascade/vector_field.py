"""The slow states of one brain and how fast they change."""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from .. import links
from ..core.types import CELL_CLASSES, PerCellClass, Scalar
from ..links import Links, Switches
from ..pharmacology.disposition import Disposition
from ..plasticity.excitotoxicity import Excitotoxicity, calcium_load, damage_rate, relative_damage
from ..plasticity.signalling import Signalling, SignallingState, signalling_rate
from ..plasticity.spines import Spines, SpineState, Turnover, spine_rate, turnover
from ..receptors.nmdar import NMDAReceptor, drive_loss, pore_block, trapping_rate


class Cascade(eqx.Module):
    """Parameters of everything from dose to synapse."""

    disposition: Disposition
    receptor: NMDAReceptor
    links: Links
    excitotoxicity: Excitotoxicity
    signalling: Signalling
    spines: Spines


class SlowState(NamedTuple):
    """What a brain remembers from one hour to the next."""

    bound: PerCellClass
    damage: Scalar
    signalling: SignallingState
    spines: SpineState


STATE_NAMES = (
    *(f"bound.{name}" for name in CELL_CLASSES),
    "damage",
    *SignallingState._fields,
    *(f"spines.{name}" for name in SpineState._fields),
)


def pack(x: SlowState) -> Float[Array, " state"]:
    """The state as one vector, in the order of ``STATE_NAMES``."""
    return jnp.concatenate([x.bound, x.damage[None], jnp.stack(x.signalling), jnp.stack(x.spines)])


def unpack(vector: Float[Array, "*batch state"]) -> SlowState:
    """The state from vectors; leading axes are kept, the class axis of ``bound`` stays last."""
    classes = len(CELL_CLASSES)
    bound, damage = vector[..., :classes], vector[..., classes]
    rest = [vector[..., i] for i in range(classes + 1, vector.shape[-1])]
    count = len(SignallingState._fields)
    return SlowState(bound, damage, SignallingState(*rest[:count]), SpineState(*rest[count:]))


class Drivers(NamedTuple):
    """What the links pass on at one state and concentration."""

    load: Scalar
    """Extrasynaptic calcium load, healthy = 1."""
    rest: Scalar
    """Engagement of the resting-receptor arm, 0 to 1."""
    to_mtor: Scalar
    """BDNF activity that mTORC1 sees."""
    to_potentiation: Scalar
    """BDNF activity that fast potentiation sees."""
    turnover: Turnover
    """Flows of spines, 1/h."""


def drivers(p: Cascade, x: SlowState, concentration: Scalar, stress: Scalar, switches: Switches) -> Drivers:
    """What acts on the slow states; arguments as in :func:`slow_rate`. A clamped link passes its undosed value, 0."""
    block = links.extrasynaptic_block(pore_block(p.receptor, concentration))
    rest = links.resting_block(p.links, drive_loss(p.receptor, concentration))
    growth = links.clamp(x.signalling.structure_3, 0.0, switches.regrowth)
    damage = relative_damage(p.excitotoxicity, x.damage)
    elimination = links.spine_elimination(p.links, p.spines.elimination, stress, damage)
    return Drivers(
        load=calcium_load(p.excitotoxicity, stress, links.clamp(block, 0.0, switches.calcium_load)),
        rest=links.clamp(rest, 0.0, switches.synaptic_signalling),
        to_mtor=links.clamp(x.signalling.bdnf, 0.0, switches.mtor),
        to_potentiation=links.clamp(x.signalling.bdnf, 0.0, switches.potentiation),
        turnover=turnover(p.spines, x.spines, growth, stress, elimination),
    )


def slow_rate(p: Cascade, x: SlowState, concentration: Scalar, stress: Scalar, switches: Switches) -> SlowState:
    """Time derivative of the slow states, 1/h.

    Parameters
    ----------
    p
        Parameters.
    x
        State.
    concentration
        Free brain concentration in equivalents of racemic ketamine, µM.
    stress
        Constant stress of the patient, 0 to 1.
    switches
        Links that are clamped to their undosed value.
    """
    by = drivers(p, x, concentration, stress, switches)
    return SlowState(
        bound=trapping_rate(p.receptor, x.bound, concentration),
        damage=damage_rate(p.excitotoxicity, x.damage, by.load),
        signalling=signalling_rate(p.signalling, x.signalling, links.glutamate_surge(), by.rest, by.to_mtor, by.to_potentiation),
        spines=spine_rate(by.turnover),
    )
