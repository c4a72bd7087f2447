"""From mechanism states to the ten items of the Montgomery–Åsberg depression rating scale (MADRS).

Mood has no effect compartment of its own: fast potentiation, spine density and excitatory gain move it, and nothing else
but the context of the visit. Each mechanism counts by how far it has come from where this patient started, on the scale
between the reference depressed and the healthy fixed point.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.parameters import parameter
from ..core.types import PerItem, Scalar

ITEMS = (
    "apparent_sadness",
    "reported_sadness",
    "inner_tension",
    "reduced_sleep",
    "reduced_appetite",
    "concentration_difficulties",
    "lassitude",
    "inability_to_feel",
    "pessimistic_thoughts",
    "suicidal_thoughts",
)


class Symptoms(eqx.Module):
    """Baseline profile, weights and the latent scale."""

    baseline: PerItem = parameter(tuple(f"symptoms.baseline.{item}" for item in ITEMS), "madrs_point", "reference profile")
    driven: PerItem = parameter(
        tuple(f"symptoms.driven.{item}" for item in ITEMS), "dimensionless", "1 if this version has a driver for the item"
    )
    item_maximum: Scalar = parameter("symptoms.item_maximum", "madrs_point", "highest rating of an item")
    healthy_madrs: Scalar = parameter("symptoms.healthy_madrs", "madrs_point", "total without disorder; what full normalisation is worth")
    offset: Scalar = parameter("symptoms.offset", "dimensionless", "latent severity before any change")
    join_exponent: Scalar = parameter("symptoms.join_exponent", "dimensionless", "sharpness of the join of drug and context")
    weight_potentiation: Scalar = parameter("symptoms.weight.potentiation", "dimensionless", "weight of fast potentiation")
    weight_spines: Scalar = parameter("symptoms.weight.spines", "dimensionless", "weight of spine density")
    weight_excitatory_gain: Scalar = parameter("symptoms.weight.excitatory_gain", "dimensionless", "weight of excitatory gain")
    potentiation_for_half: Scalar = parameter("symptoms.potentiation_for_half", "dimensionless", "potentiation with half its effect")
    context_onset: Scalar = parameter("context.onset_time", "h", "rise of the context effect from the visit on")
    context_waning: Scalar = parameter("context.waning_time", "h", "its decay")
    context_strength: Float[Array, "context"] = parameter(
        ("context.saline", "context.midazolam"), "dimensionless", "latent shift by a visit with an inactive or an active placebo"
    )


class Mechanisms(NamedTuple):
    """The mechanism states that mood reads."""

    potentiation: Float[Array, "..."]
    spine_density: Float[Array, "..."]
    excitatory_gain: Float[Array, "..."]


def baseline_items(p: Symptoms, madrs: Scalar) -> PerItem:
    """Item ratings of a patient with a given total: the reference profile, scaled towards 0 or towards the maximum."""
    total, ceiling = jnp.sum(p.baseline), p.item_maximum * len(ITEMS)
    below = p.baseline * madrs / total
    above = p.baseline + (p.item_maximum - p.baseline) * (madrs - total) / (ceiling - total)
    return jnp.where(madrs <= total, below, above)


def remaining(p: Symptoms, shift: Float[Array, "..."]) -> Float[Array, "..."]:
    """Share of a symptom that remains after a latent shift: expit(a − s)/expit(a)."""
    # Written so that no exponential overflows for a large shift.
    return (1 + jnp.exp(-p.offset)) / (1 + jnp.exp(shift - p.offset))


def full_normalisation(p: Symptoms) -> Scalar:
    """Latent shift κ that takes the reference patient to the healthy total: the inverse of :func:`remaining`."""
    share = p.healthy_madrs / jnp.sum(p.baseline)
    return p.offset + jnp.log((1 + jnp.exp(-p.offset)) / share - 1)


def mechanism_shift(p: Symptoms, now: Mechanisms, start: Mechanisms, healthy: Mechanisms, depressed: Mechanisms) -> Float[Array, "..."]:
    """Latent shift K that the mechanisms cause; negative means worse than at the start.

    Parameters
    ----------
    p
        Parameters.
    now, start
        Mechanism states of this patient, now and before the first dose.
    healthy, depressed
        Reference fixed points, which set the scale.
    """

    def gained(name: str) -> Float[Array, "..."]:
        return (getattr(now, name) - getattr(start, name)) / (getattr(healthy, name) - getattr(depressed, name))

    F, F0 = now.potentiation, start.potentiation
    potentiation = F / (F + p.potentiation_for_half) - F0 / (F0 + p.potentiation_for_half)
    return full_normalisation(p) * (
        p.weight_potentiation * potentiation
        + p.weight_spines * gained("spine_density")
        + p.weight_excitatory_gain * gained("excitatory_gain")
    )


def context_shift(p: Symptoms, strength: Scalar, since_visit: Float[Array, "..."]) -> Float[Array, "..."]:
    """Latent shift P by the context of a visit (strength, latent units) at a time since it began (h); 0 before."""
    t = jnp.maximum(since_visit, 0)
    return strength * (1 - jnp.exp(-t / p.context_onset)) * jnp.exp(-t / p.context_waning)


def join(p: Symptoms, context: Float[Array, "..."], mechanisms: Float[Array, "..."]) -> Float[Array, "..."]:
    """Drug and context do not add: s = (P^q + K^q)^(1/q), and a worsening K < 0 counts in full."""
    q = p.join_exponent
    larger = jnp.maximum(context, mechanisms)
    # Scaled by the larger of the two, so that neither a zero nor a high power spoils the derivative.
    scale = jnp.where(larger > 0, larger, 1)
    ratios = (jnp.maximum(context, 0) / scale) ** q + (jnp.maximum(mechanisms, 0) / scale) ** q
    joined = jnp.where(larger > 0, scale * jnp.where(larger > 0, ratios, 1) ** (1 / q), 0)
    return joined + jnp.minimum(mechanisms, 0)


def item_ratings(p: Symptoms, items: PerItem, shift: Float[Array, "*batch"]) -> Float[Array, "*batch item"]:
    """The ten ratings (points) from baseline ratings and the joint latent shift; items without a driver stay."""
    change = p.driven * (remaining(p, shift)[..., None] - 1)
    return jnp.minimum(items * (1 + change), p.item_maximum)
