"""From mechanism states to the ten items of the Montgomery–Åsberg depression rating scale (MADRS).

Mood has no effect compartment of its own: it follows mechanism states, and apart from them only the context of the treatment. A
mechanism counts by how far it has moved from where this patient started, on the scale between the reference depressed and the
healthy fixed point, and to health and no further. Each item weights the mechanisms in its own way, and together they restore what the
patient lacks and no more.
Fast potentiation is nothing that depression takes away; it substitutes for what is lost. Personality is not modelled.
"""

from typing import NamedTuple

import equinox as eqx
import jax
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
RESTORED = ("spine_density", "lasting_spines", "excitatory_gain", "focus", "reward", "release", "limbic_input")
"""Mechanism states that depression moves and recovery restores."""
VISIT_CONTEXTS = ("saline", "midazolam", "placebo spray", "open label")
"""Contexts that act by each visit."""
COURSE_CONTEXTS = ("oral placebo", "placebo spray", "electroconvulsive therapy")
"""Contexts that act over weeks; one may do both."""
OPEN_CONTEXTS = ("open label",)
"""Contexts in which everybody knows the drug: the strength of a visit has full belief in it already."""
EMPIRICAL_CONTEXTS = ("electroconvulsive therapy",)
"""Contexts that are treatments without a mechanism here: a curve set from trials."""


def _rows(contexts: tuple[str, ...], what: str) -> tuple[str, ...]:
    return tuple(f"context.{name.replace(' ', '_')}.{what}" for name in contexts)


class Symptoms(eqx.Module):
    """Baseline profile, weights of mechanisms in each item, the latent scale, and contexts."""

    baseline: PerItem = parameter(tuple(f"symptoms.baseline.{item}" for item in ITEMS), "madrs_point", "reference profile")
    mechanism_weights: Float[Array, "mechanism item"] = parameter(
        tuple(f"symptoms.drivers.{name}" for name in RESTORED), "dimensionless", "weight of each mechanism in each item"
    )
    stand_in: PerItem = parameter("symptoms.drivers.potentiation", "dimensionless", "weight of fast potentiation in each item")
    potentiation_ec50: Scalar = parameter("symptoms.potentiation_ec50", "dimensionless", "potentiation with half its effect")
    item_maximum: Scalar = parameter("symptoms.item_maximum", "madrs_point", "highest rating of an item")
    healthy_madrs: Scalar = parameter("symptoms.healthy_madrs", "madrs_point", "total without disorder, which full normalisation reaches")
    repair_saturation: Scalar = parameter("symptoms.repair_saturation", "dimensionless", "how soon repair has most of its effect")
    offset: Scalar = parameter("symptoms.offset", "dimensionless", "latent severity before any change")
    join_exponent: Scalar = parameter("symptoms.join_exponent", "dimensionless", "sharpness of the join of drug and context")
    visit_onset: Scalar = parameter("context.onset_time", "h", "rise of the effect of a visit")
    visit_waning: Scalar = parameter("context.waning_time", "h", "its decay")
    visit_items: PerItem = parameter("context.items", "dimensionless", "1 if a visit moves the item")
    visit_strength: Float[Array, "visit_context"] = parameter(
        _rows(VISIT_CONTEXTS, "visit"), "dimensionless", "latent shift by a visit with a placebo"
    )
    course_onset: Float[Array, "course_context"] = parameter(
        _rows(COURSE_CONTEXTS, "time"), "h", "rise of the response to weeks of treatment as such"
    )
    course_strength: Float[Array, "course_context"] = parameter(
        _rows(COURSE_CONTEXTS, "course"), "dimensionless", "latent shift by weeks of treatment as such"
    )


class Mechanisms(NamedTuple):
    """The mechanism states that mood reads."""

    potentiation: Float[Array, "..."]
    """Fast potentiation (way 4, hours)."""
    spine_density: Float[Array, "..."]
    """All spines (way 4, days)."""
    lasting_spines: Float[Array, "..."]
    """Spines that are no longer transient (way 4, weeks)."""
    excitatory_gain: Float[Array, "..."]
    """Excitatory transmission that damage leaves (way 2)."""
    focus: Float[Array, "..."]
    """How long the prefrontal circuit holds activity (way 1)."""
    reward: Float[Array, "..."]
    """Dopamine tone (way 3)."""
    release: Float[Array, "..."]
    """Probability of being out of the limbic lock (way 5)."""
    limbic_input: Float[Array, "..."]
    """Drive of the limbic network, nA (way 5, graded)."""


def context_strengths(p: Symptoms, context: str) -> tuple[Scalar, Float[Array, "course_context"]]:
    """Latent shifts of a context by a visit, and by weeks in the place of each context that acts so; zero where it has none."""

    def alone(names: tuple[str, ...], shifts: Float[Array, "context"]) -> Float[Array, "context"]:
        return shifts * jnp.array([name == context for name in names])

    return alone(VISIT_CONTEXTS, p.visit_strength).sum(), alone(COURSE_CONTEXTS, p.course_strength)


def baseline_items(p: Symptoms, madrs: Scalar) -> PerItem:
    """Item ratings of a patient with a given total: the reference profile, scaled towards 0 or towards the maximum."""
    total, ceiling = jnp.sum(p.baseline), p.item_maximum * len(ITEMS)
    below = p.baseline * madrs / total
    above = p.baseline + (p.item_maximum - p.baseline) * (madrs - total) / (ceiling - total)
    return jnp.where(madrs <= total, below, above)


def remaining(p: Symptoms, shift: Float[Array, "..."]) -> Float[Array, "..."]:
    """Share of a symptom that remains after a latent shift: expit(a − s)/expit(a)."""
    return jax.nn.sigmoid(p.offset - shift) / jax.nn.sigmoid(p.offset)


def full_normalisation(p: Symptoms) -> Scalar:
    """Latent shift κ that takes the reference patient to the healthy total: the inverse of :func:`remaining`."""
    share = p.healthy_madrs / jnp.sum(p.baseline)
    return p.offset + jnp.log((1 + jnp.exp(-p.offset)) / share - 1)


def repaired(p: Symptoms, now: Mechanisms, start: Mechanisms, healthy: Mechanisms, depressed: Mechanisms) -> Float[Array, "*batch item"]:
    """Share m of the way to health that the mechanisms behind each item have come; negative means worse than at the start.

    m = min(Σ wᵢ min(rᵢ, what i lacks) + w_F [F/(F + F₅₀) − F₀/(F₀ + F₅₀)], what this patient lacks), with
    rᵢ = (xᵢ − xᵢ₀)/(xᵢ healthy − xᵢ depressed) and Σ wᵢ = 1 in each item, so that the reference patient restored to health in every state
    has m = 1, and a mechanism beyond health counts no more than health.

    Parameters
    ----------
    p
        Parameters.
    now, start
        Mechanism states of this patient, now and before the first dose.
    healthy, depressed
        Reference states, which set the scale.
    """
    total = jnp.sum(p.mechanism_weights, 0)

    def stacked(state: Mechanisms) -> Float[Array, "*batch mechanism"]:
        return jnp.stack([getattr(state, name) for name in RESTORED], -1)

    x, x0, well, ill = map(stacked, (now, start, healthy, depressed))
    lacking = jnp.maximum((well - x0) / (well - ill), 0)
    weights = p.mechanism_weights / total

    F, F0 = now.potentiation, start.potentiation
    stands_in = F / (F + p.potentiation_ec50) - F0 / (F0 + p.potentiation_ec50)
    gained = jnp.minimum((x - x0) / (well - ill), lacking) @ weights + stands_in[..., None] * p.stand_in / total
    return jnp.minimum(gained, lacking @ weights)


def mechanism_shift(p: Symptoms, responsiveness: Scalar, m: Float[Array, "*batch item"]) -> Float[Array, "*batch item"]:
    """Latent shift K by mechanisms in a patient whose mood uses a share A (``responsiveness``) of what they have repaired.

    K = κ min(A g m, 1) in an item whose mechanisms have come a share m of the way to health, with g = (1 − e^{−λM})/(M (1 − e^{−λ})) and M
    the mean of m over items: the first part of repair does most, and items keep their proportions. A worsening counts in full, K = κ m.
    """
    gained = jnp.clip(m, 0, 1)
    saturation, overall = p.repair_saturation, gained.mean(-1, keepdims=True)
    some = jnp.where(overall > 0, overall, 1)
    gain = jnp.where(overall > 0, jnp.expm1(-saturation * some) / some, -saturation) / jnp.expm1(-saturation)
    return full_normalisation(p) * (jnp.minimum(responsiveness * gain * gained, 1) + jnp.minimum(m, 0))


def visit_shift(p: Symptoms, strength: Scalar, since_visits: Float[Array, "visit *batch"]) -> Float[Array, "*batch item"]:
    """Latent shift by visits of one strength (latent units): the largest that any of them still has, on the items that follow.

    One visit gives strength (1 − e^{−t/τ_on}) e^{−t/τ_off} at a time t since it began (h), and nothing before.
    """
    t = jnp.maximum(since_visits, 0)
    largest = jnp.max((1 - jnp.exp(-t / p.visit_onset)) * jnp.exp(-t / p.visit_waning), 0)
    return strength * largest[..., None] * p.visit_items


def course_shift(p: Symptoms, strength: Float[Array, "course_context"], since_start: Float[Array, "*batch"]) -> Float[Array, "*batch item"]:
    """Latent shift by weeks of treatment as such, Σ strength (1 − e^{−t/τ}) at a time t since it began (h), on every item."""
    t = jnp.maximum(since_start, 0)[..., None]
    return ((1 - jnp.exp(-t / p.course_onset)) @ strength)[..., None] * jnp.ones_like(p.baseline)


def join(p: Symptoms, context: Float[Array, "..."], mechanisms: Float[Array, "..."]) -> Float[Array, "..."]:
    """A drug and the context of a visit do not add: s = (P^q + K^q)^(1/q), and a worsening K < 0 counts in full.

    The response to weeks of treatment as such is added to s: so oral antidepressants and their placebo are held to combine.
    """
    q = p.join_exponent
    larger = jnp.maximum(context, mechanisms)
    # Scaled by the larger of the two, so that neither a zero nor a high power spoils the derivative.
    scale = jnp.where(larger > 0, larger, 1)
    ratios = (jnp.maximum(context, 0) / scale) ** q + (jnp.maximum(mechanisms, 0) / scale) ** q
    joined = jnp.where(larger > 0, scale * jnp.where(larger > 0, ratios, 1) ** (1 / q), 0)
    return joined + jnp.minimum(mechanisms, 0)


def item_ratings(p: Symptoms, items: PerItem, shift: Float[Array, "*batch item"]) -> Float[Array, "*batch item"]:
    """The ten ratings (points) from baseline ratings and joint latent shifts s: baseline · expit(a − s)/expit(a)."""
    return jnp.minimum(items * remaining(p, shift), p.item_maximum)
