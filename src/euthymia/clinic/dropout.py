"""Dropout from a trial: hazard, retention and time."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from ..core.types import Scalar
from .ratings import Ratings, random_stream


def dropout_hazard(p: Ratings, worse: Float[Array, "..."]) -> Float[Array, "..."]:
    """Hazard of dropout (1/h), −ln(1 − share)/T · e^{β w}, at a worsening w (change over baseline, dimensionless)."""
    return -jnp.log1p(-p.dropout) / p.dropout_by * jnp.exp(p.dropout_slope * worse)


def _cumulative_hazard(p: Ratings, time: Float[Array, "visit"], worse: Float[Array, "*batch visit"]) -> Float[Array, "*batch visit"]:
    """Cumulative hazard at each visit; until a visit, the rating before it sets the hazard."""
    increments = dropout_hazard(p, worse[..., :-1]) * jnp.diff(time)
    return jnp.concatenate([jnp.zeros_like(worse[..., :1]), jnp.cumsum(increments, -1)], -1)


def retention(p: Ratings, time: Float[Array, "visit"], worse: Float[Array, "*batch visit"]) -> Float[Array, "*batch visit"]:
    """Probability of being still in the trial at each visit (1 at the first), e^{−cumulative hazard}."""
    return jnp.exp(-_cumulative_hazard(p, time, worse))


def dropout_time(
    p: Ratings, key: Key[Array, ""], number: Int[Array, "*batch"], time: Float[Array, "visit"], worse: Float[Array, "*batch visit"]
) -> Float[Array, "*batch"]:
    """Times of dropout (h) drawn for the patients of these numbers; infinite if not before the last visit."""

    def one_patient(number: Int[Array, ""], cumulative_hazard: Float[Array, "visit"]) -> Scalar:
        threshold = jax.random.exponential(random_stream(key, number, "dropout"), dtype=float)
        return jnp.interp(threshold, cumulative_hazard, time, right=jnp.inf)

    return jnp.vectorize(one_patient, signature="(),(v)->()")(number, _cumulative_hazard(p, time, worse))
