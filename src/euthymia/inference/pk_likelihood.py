"""The likelihood of blood samples: predicted concentrations under a person's deviation η, and residual error."""

from dataclasses import replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.numerics.exponential import Steps
from ..core.types import Scalar
from ..model.exposure import drug_states, in_blood
from ..model.parameters import Euthymia
from ..pharmacology.variability import PerTrait, individual, sample_error, spread
from .pk_design import Design

FAMILIES = ("ketamine", "esketamine")
"""Drug families on which a sample depends."""


def concentrations(model: Euthymia, design: Design, deviation: PerTrait) -> Float[Array, "sample"]:
    """Concentrations in the samples of a person who deviates by η, without residual error, µM."""
    physiology = replace(model.physiology, disposition=individual(model.physiology.disposition, deviation))
    steps = Steps(design.lengths, design.which)
    blood = in_blood(physiology, design.weight, drug_states(physiology, design.weight, steps, design.infusion, design.bolus, FAMILIES))
    readouts = jnp.stack([blood.arterial, blood.norketamine, blood.hydroxynorketamine, blood.venous], -1)
    return jnp.sum(design.enantiomers * readouts[design.node, :, design.readout], -1)


def negative_log_density(model: Euthymia, measured: Scalar, concentration: Scalar) -> Scalar:
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
    of_samples = jax.vmap(negative_log_density, (None, 0, 0))(model, design.measured, expected)
    return jnp.sum(jnp.where(design.counted, of_samples, 0)) + z @ z / 2
