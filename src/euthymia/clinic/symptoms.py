"""From mechanism states to the ten items of the Montgomery–Åsberg depression rating scale (MADRS).

Mood has no effect compartment of its own: mechanism states move it, and nothing else but the context of the visit. Each
mechanism counts by how far it has come from where this patient started, on the scale between the reference depressed and
the healthy fixed point; together they can repair what is amiss and no more. Fast potentiation is not a lost thing regained
but stands in for one. The states of ways 1, 3 and 5 have their place here and stay at their undosed value in this version.
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
    weight_potentiation: Scalar = parameter("symptoms.weight.potentiation", "dimensionless", "what fast potentiation can stand in for")
    weight_spine_density: Scalar = parameter("symptoms.weight.spine_density", "dimensionless", "weight of spine density (way 4)")
    weight_excitatory_gain: Scalar = parameter("symptoms.weight.excitatory_gain", "dimensionless", "weight of excitatory gain (way 2)")
    weight_prefrontal: Scalar = parameter("symptoms.weight.prefrontal", "dimensionless", "weight of prefrontal function (way 1)")
    weight_reward: Scalar = parameter("symptoms.weight.reward", "dimensionless", "weight of reward, dopamine (way 3)")
    weight_release: Scalar = parameter("symptoms.weight.release", "dimensionless", "weight of release from the limbic lock (way 5)")
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
    prefrontal: Float[Array, "..."]
    reward: Float[Array, "..."]
    release: Float[Array, "..."]


RESTORED = ("spine_density", "excitatory_gain", "prefrontal", "reward", "release")
"""Those that depression lowers and recovery restores."""


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

    K = κ min(Σ wᵢ (xᵢ − xᵢ₀)/(xᵢ healthy − xᵢ depressed) + w_F F/(F + F₅₀), what this patient lacks), Σ wᵢ = 1, so that the
    reference patient restored to health in every state has the healthy total.

    Parameters
    ----------
    p
        Parameters.
    now, start
        Mechanism states of this patient, now and before the first dose.
    healthy, depressed
        Reference states, which set the scale.
    """
    weights = jnp.stack([getattr(p, f"weight_{name}") for name in RESTORED])
    total = jnp.sum(weights)

    def restored(state: Mechanisms) -> Float[Array, "..."]:
        x, x0, well, ill = (jnp.stack([getattr(each, name) for name in RESTORED], -1) for each in (state, start, healthy, depressed))
        return (x - x0) / (well - ill) @ weights / total

    F, F0 = now.potentiation, start.potentiation
    stands_in = p.weight_potentiation / total * (F / (F + p.potentiation_for_half) - F0 / (F0 + p.potentiation_for_half))
    return full_normalisation(p) * jnp.minimum(restored(now) + stands_in, restored(healthy))


def context_shift(p: Symptoms, strength: Scalar, since_visits: Float[Array, "visit *batch"]) -> Float[Array, "*batch"]:
    """Latent shift P by the context of visits of one strength (latent units): the largest any of them still has.

    One visit gives strength (1 − e^{−t/τ_on}) e^{−t/τ_off} at a time t since it began (h), and nothing before.
    """
    t = jnp.maximum(since_visits, 0)
    return strength * jnp.max((1 - jnp.exp(-t / p.context_onset)) * jnp.exp(-t / p.context_waning), 0)


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
    """The ten ratings (points) from baseline ratings and the joint latent shift s: baseline · expit(a − s)/expit(a).

    Items without a driver stay; all others share one shift in this version.
    """
    change = p.driven * (remaining(p, shift)[..., None] - 1)
    return jnp.minimum(items * (1 + change), p.item_maximum)
