"""The likelihood of samples: what a body would show, and how raters of blood err."""

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ..core.numerics.exponential import Steps
from ..core.types import ENANTIOMERS, Scalar
from ..model.exposure import drug_states, in_blood
from ..model.parameters import Euthymia
from ..pharmacology.variability import PerTrait, individual, sample_error, spread

READOUTS = ("ketamine", "norketamine", "hydroxynorketamine", "ketamine, venous")
"""What a sample can show: arterial ketamine and metabolites, and ketamine with the lag of a vein; metabolites have none."""
SPECIES = READOUTS[:3]
BOTH = "both"
MOLECULES = {
    species if enantiomer == BOTH else f"{enantiomer}-{species}": (species, [float(enantiomer in (BOTH, each)) for each in ENANTIOMERS])
    for species in SPECIES
    for enantiomer in (BOTH, *ENANTIOMERS)
}
"""The molecules of a sample: the species, and which enantiomers are counted."""
SAMPLINGS = ("venous", "arterial")
SHOWN = ("ketamine", "esketamine")
"""Families of the body that a sample shows."""


class Design(NamedTuple):
    """One person's weight, input and samples, padded; nothing is counted in the padding."""

    weight: Scalar
    lengths: Float[Array, "length"]
    which: Int[Array, "step"]
    infusion: Float[Array, "step channel"]
    bolus: Float[Array, "step channel"]
    node: Int[Array, "sample"]
    readout: Int[Array, "sample"]
    enantiomers: Float[Array, "sample enantiomer"]
    measured: Float[Array, "sample"]
    """µM."""
    counted: Bool[Array, "sample"]


class Estimate(NamedTuple):
    """The most probable η, its covariance, what it predicts (µM), and what the typical person's body predicts."""

    deviation: PerTrait
    covariance: Float[Array, "trait trait"]
    predicted: Float[Array, "sample"]
    typical: Float[Array, "sample"]
    converged: Bool[Array, ""]


def concentrations(model: Euthymia, design: Design, deviation: PerTrait) -> Float[Array, "sample"]:
    """What the samples of a person who deviates by η would show without error, µM."""
    physiology = replace(model.physiology, disposition=individual(model.physiology.disposition, deviation))
    steps = Steps(design.lengths, design.which)
    blood = in_blood(physiology, design.weight, drug_states(physiology, design.weight, steps, design.infusion, design.bolus, SHOWN))
    shown = jnp.stack([blood.arterial, blood.norketamine, blood.hydroxynorketamine, blood.venous], -1)
    return jnp.sum(design.enantiomers * shown[design.node, :, design.readout], -1)


def misfit(model: Euthymia, measured: Scalar, concentration: Scalar) -> Scalar:
    """−log p of one sample given its concentration, up to a constant."""
    sd = sample_error(model.variability, concentration)
    return ((measured - concentration) / sd) ** 2 / 2 + jnp.log(sd)


def sample_information(model: Euthymia, concentration: Scalar) -> Scalar:
    """Fisher information of one sample about its concentration c: (1 + 2 (dσ/dc)²)/σ²."""
    sd, slope = jax.value_and_grad(lambda c: sample_error(model.variability, c))(concentration)
    return (1 + 2 * slope**2) / sd**2


def negative_log_joint(model: Euthymia, design: Design, z: PerTrait) -> Scalar:
    """−log p(y, z) up to a constant, where η = L z and z is standard normal over people."""
    expected = concentrations(model, design, spread(model.variability) @ z)
    each = jax.vmap(misfit, (None, 0, 0))(model, design.measured, expected)
    return jnp.sum(jnp.where(design.counted, each, 0)) + z @ z / 2
