"""Functional unblinding: belief in having had the drug, and what it adds to the effect of a visit."""

from jaxtyping import Array, Float

from .ratings import Ratings


def belief(p: Ratings, dissociation: Float[Array, "..."]) -> Float[Array, "..."]:
    """Belief of a patient and their rater in the drug beyond chance, from the peak dissociation D of the course: D/(D + D₅₀)."""
    return dissociation / (dissociation + p.half_belief)


def believed_strength(
    p: Ratings, strength: Float[Array, "..."], dissociation: Float[Array, "..."], switch: Float[Array, "..."]
) -> Float[Array, "..."]:
    """Strength of a visit (latent shift) for a patient who feels the drug; ``switch`` is 1 with unblinding, 0 without."""
    return strength + switch * p.unblinding * belief(p, dissociation)
