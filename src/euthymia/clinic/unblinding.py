"""How sure a patient and a rater are of the drug."""

from jaxtyping import Array, Float

from .ratings import Ratings


def belief(p: Ratings, dissociation: Float[Array, "..."]) -> Float[Array, "..."]:
    """How sure a patient and their rater are of the drug beyond a guess, from the most dissociation felt in the course: D/(D + D₅₀)."""
    return dissociation / (dissociation + p.half_belief)


def believed_strength(
    p: Ratings, strength: Float[Array, "..."], dissociation: Float[Array, "..."], on: Float[Array, "..."]
) -> Float[Array, "..."]:
    """Strength of a visit (latent shift) for a patient who feels the drug; the switch gives 1 the effect, 0 the strength as it was."""
    return strength + on * p.unblinding * belief(p, dissociation)
