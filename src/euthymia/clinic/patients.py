"""How patients differ: weight, stress, severity, effects of context, responsiveness, potencies, circuits, plasticity, exposure.

A virtual patient is a draw z ~ N(0, R) on the axes below, a BDNF genotype in Hardy–Weinberg proportions, and a body. The patient of
a number is the same in every cohort, because the random key is that of the number alone.
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
    "responsiveness",
    "signalling_ec50",
    "surge_ec50",
    "growth",
    "habenula",
    "prefrontal",
    "exposure",
)
"""Axes on which patients differ, in the order of z."""
CORRELATED = (("stress", "severity"), ("context", "responsiveness"))
GENOTYPES = ("Val/Val", "Val/Met", "Met/Met")
"""Of BDNF at codon 66."""
PerAxis = Float[Array, " axis"]


class Population(eqx.Module):
    """Distribution of patients: spreads, correlations and allele frequency."""

    spread: PerAxis = parameter(tuple(f"population.{axis}" for axis in AXES[:2]), "dimensionless", "SD of logarithm or logit")
    severity: Scalar = parameter("population.severity", "madrs_point", "SD of MADRS before treatment")
    spread_of_effect: Float[Array, "effect"] = parameter(
        tuple(f"population.{axis}" for axis in AXES[3:]), "dimensionless", "SD of the logarithm; of responsiveness, of the logit"
    )
    typical_responsiveness: Scalar = parameter(
        "population.typical_responsiveness", "dimensionless", "share of what mechanisms have repaired that the typical patient's mood uses"
    )
    correlation: Float[Array, "pair"] = parameter(
        tuple(f"population.correlation.{'_'.join(pair)}" for pair in CORRELATED), "dimensionless", "correlation of two axes"
    )
    met_frequency: Scalar = parameter("population.met_frequency", "dimensionless", "frequency of BDNF 66Met")
    release: Float[Array, "genotype"] = parameter(
        ("population.bdnf.val_val", "population.bdnf.val_met", "population.bdnf.met_met"), "dimensionless", "release of BDNF over Val/Val"
    )


class RandomEffects(NamedTuple):
    """Deviations of one patient from the typical one: factors, but severity in points, stress in logits, and responsiveness a share."""

    weight: Scalar = jnp.ones(())
    stress: Scalar = jnp.zeros(())
    severity: Scalar = jnp.zeros(())
    context: Scalar = jnp.ones(())
    responsiveness: Scalar = jnp.ones(())
    """Share of what mechanisms have repaired that mood uses."""
    signalling_ec50: Scalar = jnp.ones(())
    surge_ec50: Scalar = jnp.ones(())
    growth: Scalar = jnp.ones(())
    habenula: Scalar = jnp.ones(())
    """Of the stress at which the resting potential of the lateral habenula is shifted by half."""
    prefrontal: Scalar = jnp.ones(())
    """Of the share of prefrontal recurrent excitation that follows spine density."""
    exposure: Scalar = jnp.ones(())
    """Of bioavailability over clearance of a drug other than ketamine."""
    release: Scalar = jnp.ones(())


def correlation_matrix(p: Population) -> Float[Array, "axis axis"]:
    """Correlation matrix R of z."""
    R = jnp.eye(len(AXES))
    for index, pair in enumerate(CORRELATED):
        i, j = map(AXES.index, pair)
        R = R.at[i, j].set(p.correlation[index]).at[j, i].set(p.correlation[index])
    return R


def genotype(p: Population, uniform: Scalar) -> Int[Array, ""]:
    """Index in ``GENOTYPES`` of a patient, from a uniform draw, in Hardy–Weinberg proportions."""
    q = p.met_frequency
    return (uniform < q * (2 - q)).astype(int) + (uniform < q**2).astype(int)


class Draw(NamedTuple):
    """What makes a patient of a population: independent standard normal numbers, and a uniform one for the genotype."""

    normal: PerAxis
    uniform: Scalar


def draw(key: Key[Array, ""], number: Int[Array, ""]) -> Draw:
    """The draw of the patient of a number."""
    of_axes, of_genotype = jax.random.split(jax.random.fold_in(key, number))
    return Draw(jax.random.normal(of_axes, (len(AXES),)), jax.random.uniform(of_genotype))


def responsiveness(p: Population, logits: Float[Array, "..."]) -> Float[Array, "..."]:
    """Share A of what mechanisms have repaired that mood uses, so many logits above the typical patient's."""
    return jax.nn.sigmoid(jax.scipy.special.logit(p.typical_responsiveness) + logits)


def random_effects(p: Population, drawn: Draw, more_responsive: Scalar | float = 0.0) -> RandomEffects:
    """Random effects of the patient of a draw, in people who are so many logits more responsive than the population."""
    z = jnp.linalg.cholesky(correlation_matrix(p)) @ drawn.normal
    of = dict(zip(AXES, z, strict=True))
    scaled = dict(zip(AXES[3:], p.spread_of_effect * z[3:], strict=True))
    factors = {axis: jnp.exp(of_axis) for axis, of_axis in scaled.items()}
    factors["responsiveness"] = responsiveness(p, scaled["responsiveness"] + more_responsive)
    return RandomEffects(
        weight=jnp.exp(p.spread[0] * of["weight"]),
        stress=p.spread[1] * of["stress"],
        severity=p.severity * of["severity"],
        release=p.release[genotype(p, drawn.uniform)],
        **factors,
    )


class TypicalPatient(eqx.Module):
    """The reference patient with treatment-resistant depression."""

    weight: Scalar = parameter("patient.weight", "kg", "body weight")
    stress: Scalar = parameter("patient.stress", "dimensionless", "constant stress s* that holds the depressed fixed point")
