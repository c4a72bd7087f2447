"""The slow states of one brain, as names and as one vector, and what reaches them."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.types import Scalar
from ..pharmacology.comparators import MOLECULES
from ..plasticity.signalling import SignallingState
from ..plasticity.spines import SpineState
from .closures.response import Correction, no_correction


class SlowState(NamedTuple):
    """What a brain remembers from one hour to the next."""

    damage: Scalar
    """Excitotoxic damage."""
    glutamate: Scalar
    """Rise of prefrontal glutamate that the drug causes, relative."""
    measured_glutamate: Scalar
    """The same as an instrument shows it, with its lag."""
    signalling: SignallingState
    spines: SpineState
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
    "dopamine",
    "autoreceptor",
)


def pack(x: SlowState) -> Float[Array, " state"]:
    """The state as one vector, in the order of ``STATE_NAMES``."""
    return jnp.stack(jax.tree.leaves(x))


def unpack(vector: Float[Array, "*batch state"]) -> SlowState:
    """The state from vectors; leading axes are kept."""
    part = iter(jnp.moveaxis(vector, -1, 0))
    return SlowState(
        damage=next(part),
        glutamate=next(part),
        measured_glutamate=next(part),
        signalling=SignallingState(*(next(part) for _ in SignallingState._fields)),
        spines=SpineState(*(next(part) for _ in SpineState._fields)),
        dopamine=next(part),
        autoreceptor=next(part),
    )


class Inputs(NamedTuple):
    """What reaches the brain at one time, or at the nodes of a course."""

    ketamine: Float[Array, "*node"]
    """Free brain concentration in equivalents of racemic ketamine, µM."""
    comparators: Float[Array, "*node molecule"]
    """Concentration of each comparator and metabolite at its site, µM."""
    mao: Float[Array, "*node"]
    """MAO-A that no drug has destroyed, healthy = 1."""
    correction: Correction
    """What a bridged run adds to the closures; zero otherwise."""


def no_input() -> Inputs:
    """Nothing given, closures as they are."""
    return Inputs(jnp.zeros(()), jnp.zeros(len(MOLECULES)), jnp.ones(()), no_correction())
