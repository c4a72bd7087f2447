"""Outcomes of a trial: response, remission, whether they are stable, and relapse."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ..core.types import Scalar
from .ratings import Ratings


def worsening(baseline: Float[Array, "..."], rating: Float[Array, "..."]) -> Float[Array, "..."]:
    """Change from baseline divided by baseline; negative means better."""
    return rating / baseline - 1


def responds(p: Ratings, baseline: Float[Array, "..."], rating: Float[Array, "..."]) -> Bool[Array, "..."]:
    """Whether a rating is a response: a fall by at least ``response`` of the baseline, on either scale."""
    return rating <= (1 - p.response) * baseline


def remits(cut: Scalar, rating: Float[Array, "..."]) -> Bool[Array, "..."]:
    """Whether a rating is a remission, at a threshold to be stated: ``remission``, ``strict_remission`` or ``hamd_remission``."""
    return rating <= cut


def stable_remission(p: Ratings, weekly: Float[Array, "*batch week"]) -> Bool[Array, "*batch"]:
    """Remission in at least three of the last four weeks, including the last two (as in SUSTAIN-1)."""
    first, second, third, fourth = jnp.moveaxis(remits(p.remission, weekly), -1, 0)
    return (first | second) & third & fourth


def stable_response(p: Ratings, baseline: Float[Array, "*batch"], weekly: Float[Array, "*batch week"]) -> Bool[Array, "*batch"]:
    """Response in both of the last two of four weeks, without stable remission."""
    *_, third, fourth = jnp.moveaxis(responds(p, baseline[..., None], weekly), -1, 0)
    return third & fourth & ~stable_remission(p, weekly)


def confirmed(p: Ratings, time: Float[Array, "visit"], held: Bool[Array, "*batch visit"]) -> Bool[Array, "*batch visit"]:
    """Whether a condition held at this visit and at the one before, with an interval allowed for a confirmation."""
    apart = jnp.diff(time, prepend=-jnp.inf)
    before = jnp.roll(held, 1, -1)
    return held & before & (apart >= p.confirmed_after) & (apart <= p.confirmed_before)


def first_time(time: Float[Array, "visit"], held: Bool[Array, "*batch visit"]) -> Float[Array, "*batch"]:
    """Time of the first visit at which a condition held; infinite if at none."""
    return jnp.min(jnp.where(held, time, jnp.inf), -1)


def time_to_relapse(
    p: Ratings, time: Float[Array, "visit"], madrs: Float[Array, "*batch visit"], since: Float[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """Time (h) from a remission or a randomisation to the second of two ratings that make a relapse; infinite if none does.

    Ratings before ``since`` do not count, nor do missing ones (NaN). The result is NaN where ``since`` is.
    """
    held = (madrs >= p.relapse) & (time >= since[..., None])
    return first_time(time, confirmed(p, time, held)) - since
