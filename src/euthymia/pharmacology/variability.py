"""Variability between people in pharmacokinetics, and residual error of samples.

A person's parameter is the typical one times exp(η), where the random effect η is normal with mean zero; central volume and
clearance go together (Otto et al. 2021), the others are independent (Simons et al. 2022; sprays: Perez-Ruixo et al. 2021).
"""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from ..core.parameters import parameter
from ..core.types import Scalar
from .esketamine import Esketamine
from .ketamine import Disposition

TRAITS = (
    *("central_volume", "clearance", "slow_flow", "norketamine_clearance", "norketamine_delay"),
    *("hydroxynorketamine_clearance", "deep_volume"),
)
"""Fields of the disposition with a random effect, in the order of the trait axis."""

SPRAY_TRAITS = (
    "plasma_volume",
    "rapid_volume",
    "liver_flow",
    "liver_volume",
    "nasal_rate",
    "swallowed_rate",
    "solution_rate",
    "norketamine_volume",
    "norketamine_clearance",
)
"""Fields of the model of sprays with a random effect, in the order of the spray trait axis."""

PerTrait = Float[Array, " trait"]
"""Random effects η on the logarithms of the traits."""
PerSprayTrait = Float[Array, " spray_trait"]
"""Likewise."""


class Variability(eqx.Module):
    """Variance between people on the logarithmic scale, and residual error of a sample."""

    variance: PerTrait = parameter(
        tuple(f"variability.{trait}" for trait in TRAITS), "dimensionless", "variance between people of the logarithm of a trait"
    )
    spray_variance: PerSprayTrait = parameter(
        tuple(f"variability.esketamine.{trait}" for trait in SPRAY_TRAITS), "dimensionless", "the same of traits in the model of sprays"
    )
    volume_clearance_correlation: Scalar = parameter(
        "variability.volume_clearance_correlation", "dimensionless", "correlation of the logarithms of central volume and clearance"
    )
    proportional_error: Scalar = parameter("variability.proportional_error", "dimensionless", "SD of a sample over its concentration")
    additive_error: Scalar = parameter("variability.additive_error", "uM", "SD of a sample where there is no drug")


def covariance(p: Variability) -> Float[Array, "trait trait"]:
    """Ω, the covariance of η between people."""
    volume, clearance = TRAITS.index("central_volume"), TRAITS.index("clearance")
    shared = p.volume_clearance_correlation * jnp.sqrt(p.variance[volume] * p.variance[clearance])
    return jnp.diag(p.variance).at[volume, clearance].set(shared).at[clearance, volume].set(shared)


def spread(p: Variability) -> Float[Array, "trait trait"]:
    """L with L Lᵀ = Ω, lower triangular: η = L z for standard normal z."""
    return jnp.linalg.cholesky(covariance(p))


def individual(p: Disposition, deviation: PerTrait) -> Disposition:
    """The disposition of a person with random effects η; R-metabolites go with S."""
    return replace(p, **{trait: getattr(p, trait) * factor for trait, factor in zip(TRAITS, jnp.exp(deviation), strict=True)})


def individual_spray(p: Esketamine, deviation: PerSprayTrait) -> Esketamine:
    """The same for the model of sprays."""
    return replace(p, **{trait: getattr(p, trait) * jnp.exp(deviation[index]) for index, trait in enumerate(SPRAY_TRAITS)})


def sample_error(p: Variability, concentration: Float[Array, "*sample"]) -> Float[Array, "*sample"]:
    """SD (µM) of a sample around a concentration (µM): √(a² + (b c)²)."""
    return jnp.sqrt(p.additive_error**2 + (p.proportional_error * concentration) ** 2)


def people(p: Variability, key: Key[Array, ""], number: Int[Array, " patient"]) -> Float[Array, "patient trait"]:
    """η of people drawn from the population; a number is the same person however many are drawn."""
    return _normal(key, number, len(TRAITS)) @ spread(p).T


def spray_people(p: Variability, key: Key[Array, ""], number: Int[Array, " patient"]) -> Float[Array, "patient spray_trait"]:
    """The same for the model of sprays."""
    return _normal(key, number, len(SPRAY_TRAITS)) * jnp.sqrt(p.spray_variance)


def _normal(key: Key[Array, ""], number: Int[Array, " patient"], count: int) -> Float[Array, "patient count"]:
    return jax.vmap(lambda person: jax.random.normal(jax.random.fold_in(key, person), (count,)))(number)
