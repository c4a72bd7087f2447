"""The slow states of one brain, as names and as one vector, and the inputs of the brain."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.types import Scalar
from ..pharmacology.comparators import MOLECULES
from ..plasticity.signalling import SignallingState
from ..plasticity.spines import SpineState
from ..receptors.nmdar import Blockers, only_ketamine
from .closures.response import Correction, no_correction


class AdaptationState(NamedTuple):
    """Loss of each of ``DRIVES`` that cells are used to, 0 to 1."""

    pyramidal: Scalar
    parvalbumin: Scalar
    somatostatin: Scalar
    vip: Scalar
    habenula: Scalar
    limbic: Scalar
    resting: Scalar
    """Of receptors at rest, which some blockers spare."""


class SlowState(NamedTuple):
    """The state of a brain: everything that changes over hours to weeks."""

    damage: Scalar
    """Excitotoxic damage."""
    glutamate: Scalar
    """Rise of prefrontal glutamate that the drug causes, relative."""
    measured_glutamate: Scalar
    """The same as an instrument measures it, with its lag."""
    signalling: SignallingState
    spines: SpineState
    trapped: Scalar
    """Share of NMDA receptors of bursting habenula cells that carry the drug."""
    adaptation: AdaptationState
    dopamine: Scalar
    """Dopamine tone, healthy = 1."""
    autoreceptor: Scalar
    """Sensitivity of 5-HT1A autoreceptors, naive = 1."""


STATE_NAMES = (
    "damage",
    "glutamate",
    "measured_glutamate",
    *SignallingState._fields,
    *(f"spines.{name}" for name in SpineState._fields),
    "trapped",
    *(f"adaptation.{name}" for name in AdaptationState._fields),
    "dopamine",
    "autoreceptor",
)


def pack(x: SlowState) -> Float[Array, " state"]:
    """The state as one vector, in the order of ``STATE_NAMES``."""
    return jnp.stack(jax.tree.leaves(x))


def unpack(vector: Float[Array, "*batch state"]) -> SlowState:
    """The state from vectors; leading axes are kept."""
    component = iter(jnp.moveaxis(vector, -1, 0))
    return SlowState(
        damage=next(component),
        glutamate=next(component),
        measured_glutamate=next(component),
        signalling=SignallingState(*(next(component) for _ in SignallingState._fields)),
        spines=SpineState(*(next(component) for _ in SpineState._fields)),
        trapped=next(component),
        adaptation=AdaptationState(*(next(component) for _ in AdaptationState._fields)),
        dopamine=next(component),
        autoreceptor=next(component),
    )


class Inputs(NamedTuple):
    """Drugs in the brain at one time, or at the nodes of a course."""

    blockers: Blockers
    """Free in the brain, µM."""
    comparators: Float[Array, "*node molecule"]
    """Concentration of each comparator and metabolite at its site, µM."""
    mao: Float[Array, "*node"]
    """MAO-A that no drug has destroyed, healthy = 1."""
    stress_left: Float[Array, "*node"]
    """Stress over what the patient is under at the start."""
    correction: Correction
    """What a bridged run adds to the closures; zero otherwise."""
    rates_nearby: Float[Array, "condition cortical_class"] | None = None
    """Prefrontal rates (Hz) with the drug and without at a time close by, from which those at this time are found in fewer steps."""


def no_input() -> Inputs:
    """No drug, and closures without correction."""
    one = jnp.ones(())
    return Inputs(only_ketamine(jnp.zeros(())), jnp.zeros(len(MOLECULES)), one, one, no_correction())
