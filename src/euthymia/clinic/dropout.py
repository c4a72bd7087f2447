"""Who drops out of a trial, and when."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from ..core.types import Scalar
from .ratings import Ratings, random_stream


def dropout_hazard(p: Ratings, worse: Float[Array, "..."]) -> Float[Array, "..."]:
    """Hazard of leaving a trial (1/h), −ln(1 − share)/T · e^{β w}, at a worsening w."""
    return -jnp.log1p(-p.dropout) / p.dropout_by * jnp.exp(p.dropout_slope * worse)


def _cumulated(p: Ratings, time: Float[Array, "visit"], worse: Float[Array, "*batch visit"]) -> Float[Array, "*batch visit"]:
    each = dropout_hazard(p, worse[..., :-1]) * jnp.diff(time)
    return jnp.concatenate([jnp.zeros_like(worse[..., :1]), jnp.cumsum(each, -1)], -1)


def retention(p: Ratings, time: Float[Array, "visit"], worse: Float[Array, "*batch visit"]) -> Float[Array, "*batch visit"]:
    """Share that is still in the trial at each visit; all are at the first. Until a visit, the last rating sets the hazard."""
    return jnp.exp(-_cumulated(p, time, worse))


def dropout_time(
    p: Ratings, key: Key[Array, ""], number: Int[Array, "*batch"], time: Float[Array, "visit"], worse: Float[Array, "*batch visit"]
) -> Float[Array, "*batch"]:
    """When patients leave (h), drawn from that hazard; infinite if not before the last visit."""

    def at(number: Int[Array, ""], cumulated: Float[Array, "visit"]) -> Scalar:
        patience = jax.random.exponential(random_stream(key, number, "leaving"), dtype=float)
        return jnp.interp(patience, cumulated, time, right=jnp.inf)

    return jnp.vectorize(at, signature="(),(v)->()")(number, _cumulated(p, time, worse))
