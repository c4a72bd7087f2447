"""How patients differ: in body, stress, severity, in what context and mechanisms are worth, in potencies, circuits and plasticity.

A virtual patient is a draw z ~ N(0, R) on the axes below, a BDNF genotype in Hardy–Weinberg proportions, and a body. Who has a
number is the same patient in whatever company, because each draws from a key of its own.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from ..core.parameters import parameter
from ..core.types import Scalar

AXES = (
    "weight",
    "stress",
    "severity",
    "context",
    "efficacy",
    "signalling_ec50",
    "surge_ec50",
    "growth",
    "habenula",
    "prefrontal",
    "exposure",
)
"""On which patients differ, in the order of the axis of z."""
CORRELATED = (("stress", "severity"), ("context", "efficacy"))
VARY_BETWEEN_TRIALS = ("context", "efficacy")
"""What works better in one trial than in another, for reasons that no table gives."""
GENOTYPES = ("Val/Val", "Val/Met", "Met/Met")
"""Of BDNF at 66."""
PerAxis = Float[Array, " axis"]


class Population(eqx.Module):
    """Spread of patients."""

    spread: PerAxis = parameter(tuple(f"population.{axis}" for axis in AXES[:2]), "dimensionless", "SD of logarithm or logit")
    severity: Scalar = parameter("population.severity", "madrs_point", "SD of MADRS before treatment")
    spread_of_effect: Float[Array, "effect"] = parameter(
        tuple(f"population.{axis}" for axis in AXES[3:]), "dimensionless", "SD of the logarithm"
    )
    typical_efficacy: Scalar = parameter("population.typical_efficacy", "dimensionless", "what mechanisms are worth to the typical patient")
    between_trials: Float[Array, "effect_of_trial"] = parameter(
        tuple(f"population.between_trials.{effect}" for effect in VARY_BETWEEN_TRIALS),
        "dimensionless",
        "SD of the logarithm between trials",
    )
    correlation: Float[Array, "pair"] = parameter(
        tuple(f"population.correlation.{'_'.join(pair)}" for pair in CORRELATED), "dimensionless", "correlation of two axes"
    )
    met_frequency: Scalar = parameter("population.met_frequency", "dimensionless", "frequency of BDNF 66Met")
    release: Float[Array, "genotype"] = parameter(
        ("population.bdnf.val_val", "population.bdnf.val_met", "population.bdnf.met_met"), "dimensionless", "release of BDNF over Val/Val"
    )


class RandomEffects(NamedTuple):
    """How one patient differs from the typical one; factors but for severity (points) and stress (logits)."""

    weight: Scalar = jnp.ones(())
    stress: Scalar = jnp.zeros(())
    severity: Scalar = jnp.zeros(())
    context: Scalar = jnp.ones(())
    efficacy: Scalar = jnp.ones(())
    signalling_ec50: Scalar = jnp.ones(())
    surge_ec50: Scalar = jnp.ones(())
    growth: Scalar = jnp.ones(())
    habenula: Scalar = jnp.ones(())
    """Stress that half shifts the resting potential of the lateral habenula."""
    prefrontal: Scalar = jnp.ones(())
    """How much of prefrontal recurrent excitation goes with spines."""
    exposure: Scalar = jnp.ones(())
    """What of another drug than ketamine is in the blood: bioavailability over clearance."""
    release: Scalar = jnp.ones(())


def correlation_matrix(p: Population) -> Float[Array, "axis axis"]:
    """R, with ones on its diagonal."""
    R = jnp.eye(len(AXES))
    for place, pair in enumerate(CORRELATED):
        i, j = map(AXES.index, pair)
        R = R.at[i, j].set(p.correlation[place]).at[j, i].set(p.correlation[place])
    return R


def genotype(p: Population, uniform: Scalar) -> Int[Array, ""]:
    """Place in ``GENOTYPES`` of a patient, from a uniform draw."""
    q = p.met_frequency
    return (uniform < q * (2 - q)).astype(int) + (uniform < q**2).astype(int)


def random_effects(p: Population, key: Key[Array, ""], number: Int[Array, ""]) -> RandomEffects:
    """The differences of the patient of a number."""
    of_axes, of_genotype = jax.random.split(jax.random.fold_in(key, number))
    z = jnp.linalg.cholesky(correlation_matrix(p)) @ jax.random.normal(of_axes, (len(AXES),))
    of = dict(zip(AXES, z, strict=True))
    factors = dict(zip(AXES[3:], jnp.exp(p.spread_of_effect * z[3:]), strict=True))
    factors["efficacy"] *= p.typical_efficacy
    return RandomEffects(
        weight=jnp.exp(p.spread[0] * of["weight"]),
        stress=p.spread[1] * of["stress"],
        severity=p.severity * of["severity"],
        release=p.release[genotype(p, jax.random.uniform(of_genotype))],
        **factors,
    )


class TypicalPatient(eqx.Module):
    """The reference patient with treatment-resistant depression."""

    weight: Scalar = parameter("patient.weight", "kg", "body weight")
    stress: Scalar = parameter("patient.stress", "dimensionless", "constant stress s* that holds the depressed fixed point")
