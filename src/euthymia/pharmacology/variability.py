"""How people differ from the typical body, and samples from the curve of their person.

A person's parameter is the typical one times exp(η), where η is normal with mean zero over people; central volume and
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

TRAITS = ("central_volume", "clearance", "slow_flow", "norketamine_clearance", "norketamine_delay")
"""The fields of the disposition in which people differ, in the order of the trait axis."""

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
"""The fields of the model of sprays in which people differ, in the order of the spray trait axis."""

PerTrait = Float[Array, " trait"]
"""A deviation η from the typical logarithm."""
PerSprayTrait = Float[Array, " spray_trait"]
"""Likewise."""


class Variability(eqx.Module):
    """Spread between people on the logarithmic scale, and error of a sample."""

    variance: PerTrait = parameter(
        tuple(f"variability.{trait}" for trait in TRAITS), "dimensionless", "variance between people of the logarithm of a trait"
    )
    spray_variance: PerSprayTrait = parameter(
        tuple(f"variability.esketamine.{trait}" for trait in SPRAY_TRAITS), "dimensionless", "the same of traits in the model of sprays"
    )
    volume_clearance_covariance: Scalar = parameter(
        "variability.volume_clearance_covariance", "dimensionless", "covariance of the logarithms of central volume and clearance"
    )
    proportional_error: Scalar = parameter("variability.proportional_error", "dimensionless", "SD of a sample over its concentration")
    additive_error: Scalar = parameter("variability.additive_error", "uM", "SD of a sample where there is no drug")


def covariance(p: Variability) -> Float[Array, "trait trait"]:
    """Ω, the covariance of η between people."""
    volume, clearance = TRAITS.index("central_volume"), TRAITS.index("clearance")
    shared = p.volume_clearance_covariance
    return jnp.diag(p.variance).at[volume, clearance].set(shared).at[clearance, volume].set(shared)


def spread(p: Variability) -> Float[Array, "trait trait"]:
    """L with L Lᵀ = Ω, lower triangular: η = L z for standard normal z."""
    return jnp.linalg.cholesky(covariance(p))


def individual(p: Disposition, deviation: PerTrait) -> Disposition:
    """The disposition of a person who deviates by η from the typical one; hydroxynorketamine is cleared as in anybody."""
    other = jnp.exp(deviation)
    traits = {trait: getattr(p, trait) * other[place] for place, trait in enumerate(TRAITS)}
    # The clearance of R-HNK is stated by its exposure over ketamine's, which goes down as that clearance goes up.
    return replace(p, **traits, hydroxynorketamine_auc_ratio_r=p.hydroxynorketamine_auc_ratio_r * other[TRAITS.index("clearance")])


def individual_spray(p: Esketamine, deviation: PerSprayTrait) -> Esketamine:
    """The same for the model of sprays."""
    return replace(p, **{trait: getattr(p, trait) * jnp.exp(deviation[place]) for place, trait in enumerate(SPRAY_TRAITS)})


def sample_error(p: Variability, concentration: Float[Array, "*sample"]) -> Float[Array, "*sample"]:
    """SD (µM) of a sample around a concentration (µM): √(a² + (b c)²)."""
    return jnp.sqrt(p.additive_error**2 + (p.proportional_error * concentration) ** 2)


def people(p: Variability, key: Key[Array, ""], number: Int[Array, " person"]) -> Float[Array, "person trait"]:
    """η of people drawn from the population; who has a number is the same person however many are drawn."""
    return _normal(key, number, len(TRAITS)) @ spread(p).T


def spray_people(p: Variability, key: Key[Array, ""], number: Int[Array, " person"]) -> Float[Array, "person spray_trait"]:
    """The same for the model of sprays."""
    return _normal(key, number, len(SPRAY_TRAITS)) * jnp.sqrt(p.spray_variance)


def _normal(key: Key[Array, ""], number: Int[Array, " person"], count: int) -> Float[Array, "person count"]:
    return jax.vmap(lambda each: jax.random.normal(jax.random.fold_in(key, each), (count,)))(number)
