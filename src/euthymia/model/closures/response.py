"""Closures of the habenula and of the limbic lock: response surfaces that stand for the circuits in the slow field."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ...brain.escape import LimbicLock, bounded
from ...core.numerics.chebyshev import Surface
from ...core.types import Scalar


class Closures(eqx.Module):
    """The two surfaces, and the shear of one."""

    habenula: Surface
    """Of NMDA conductance left and shift of resting potential (mV)."""
    passage: Surface
    """Mean times (h) into and out of the limbic lock, of block of recurrent NMDA drive and sheared limbic drive (nA)."""
    shear: Scalar
    """Limbic drive (nA) that nearly compensates the block of all recurrent drive: along it passages change little."""


class HabenulaOutput(NamedTuple):
    """Firing of the nucleus."""

    tonic_rate: Scalar
    """Spikes outside bursts, Hz."""
    burst_rate: Scalar
    """Spikes inside bursts, Hz."""
    burst_rate_strict: Scalar
    """The same by a stricter criterion of what a burst is, Hz."""
    unblocked: Scalar
    """Fraction of NMDA pores free of Mg2+, mean of the nucleus."""


class LockRates(NamedTuple):
    """Transitions of the limbic network, 1/h."""

    into: Scalar
    out_of: Scalar
    passages: Float[Array, "*batch passage"]
    """Mean passage times (h), without the bound on the rates."""


HABENULA_OUTPUTS = (
    ("tonic_rate", "Hz"),
    ("burst_rate", "Hz"),
    ("burst_rate_strict", "Hz"),
    ("unblocked", "1"),
)
PASSAGE_OUTPUTS = (("into", "h"), ("out_of", "h"))


class Correction(NamedTuple):
    """Correction of the closures in a bridged run: added to the habenula's outputs, and to the logarithms of the passage times."""

    habenula: Float[Array, "*batch output"]
    passage: Float[Array, "*batch passage"]


def no_correction(nodes: int | None = None) -> Correction:
    """No correction of the closures, at one time or at every node."""
    leading = () if nodes is None else (nodes,)
    return Correction(*(jnp.zeros((*leading, len(outputs))) for outputs in (HABENULA_OUTPUTS, PASSAGE_OUTPUTS)))


@jax.jit
def habenula_output(p: Closures, nmda: Float[Array, "*batch"], shift: Float[Array, "*batch"], correction: Correction) -> HabenulaOutput:
    """Output of the nucleus at a share of NMDA conductance left and a shift of resting potential (mV); none is negative."""
    outputs = jnp.maximum(p.habenula(nmda, shift) + correction.habenula, 0)
    return HabenulaOutput(**{name: outputs[..., index] for index, (name, _) in enumerate(HABENULA_OUTPUTS)})


def lock_rates(
    p: Closures, limbic: LimbicLock, block: Float[Array, "*#batch"], limbic_input: Float[Array, "*batch"], correction: Correction
) -> LockRates:
    """Transition rates (1/h) at a block of recurrent NMDA drive (0 to 1) and a limbic drive (nA)."""
    passages = p.passage(block, limbic_input - p.shear * block) * jnp.exp(correction.passage)
    return LockRates(*bounded(limbic, passages), passages)
