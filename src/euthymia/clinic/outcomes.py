"""What a trial counts: response, remission, their stability, and relapse."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ..core.types import Scalar
from .ratings import Ratings


def worsening(baseline: Float[Array, "..."], rating: Float[Array, "..."]) -> Float[Array, "..."]:
    """Change over baseline as a share of it; negative means better."""
    return rating / baseline - 1


def responds(p: Ratings, baseline: Float[Array, "..."], rating: Float[Array, "..."]) -> Bool[Array, "..."]:
    """Response, on either scale."""
    return rating <= (1 - p.response) * baseline


def remits(cut: Scalar, rating: Float[Array, "..."]) -> Bool[Array, "..."]:
    """Remission at a cut, which a result must state: ``remission`` or ``strict_remission``, or ``hamd_remission``."""
    return rating <= cut


def stable_remission(p: Ratings, weekly: Float[Array, "*batch week"]) -> Bool[Array, "*batch"]:
    """Remission in at least three of the last four weeks, the last two among them (as in SUSTAIN-1)."""
    first, second, third, fourth = jnp.moveaxis(remits(p.remission, weekly), -1, 0)
    return (first | second) & third & fourth


def stable_response(p: Ratings, baseline: Float[Array, "*batch"], weekly: Float[Array, "*batch week"]) -> Bool[Array, "*batch"]:
    """Response in both of the last two of four weeks, without stable remission."""
    *_, third, fourth = jnp.moveaxis(responds(p, baseline[..., None], weekly), -1, 0)
    return third & fourth & ~stable_remission(p, weekly)


def confirmed(p: Ratings, time: Float[Array, "visit"], held: Bool[Array, "*batch visit"]) -> Bool[Array, "*batch visit"]:
    """Whether something held at this visit and at the one before, neither too soon nor too long ago."""
    apart = jnp.diff(time, prepend=-jnp.inf)
    before = jnp.roll(held, 1, -1)
    return held & before & (apart >= p.confirmed_after) & (apart <= p.confirmed_before)


def first_time(time: Float[Array, "visit"], held: Bool[Array, "*batch visit"]) -> Float[Array, "*batch"]:
    """Time of the first visit at which something held; infinite if at none."""
    return jnp.min(jnp.where(held, time, jnp.inf), -1)


def time_to_relapse(
    p: Ratings, time: Float[Array, "visit"], madrs: Float[Array, "*batch visit"], since: Float[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """Time (h) from a remission or a randomisation to the second of two ratings that make a relapse; infinite if none does.

    Ratings before ``since`` do not count, nor do missing ones (not a number). Without a time to count from there is no answer.
    """
    held = (madrs >= p.relapse) & (time >= since[..., None])
    return first_time(time, confirmed(p, time, held)) - since
