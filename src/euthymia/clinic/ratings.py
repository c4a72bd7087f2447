"""From a patient's latent symptoms to a rating: natural fluctuation, error of the rater, whole points, and the HAM-D17 of equal rank.

Every random draw is a function of the key of a trial, the number of a patient and the time of a rating alone, so that it does not
depend on other patients, on chunks or on the schedule of visits.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, UInt

from ..core.parameters import parameter
from ..core.types import Scalar
from .symptoms import ITEMS

SPAN = 4096.0
"""Fluctuations are drawn from this many time constants before the first dose to as many after it."""
LEVELS = 27
"""Number of halvings of that span: the last intervals are 2⁻¹⁴ of a time constant, a few minutes."""
DRAWN = ("fluctuation", "rater", "dropout")
"""What is drawn for a patient, from independent random streams."""
Knots = Float[Array, "knot"]


class Ratings(eqx.Module):
    """Fluctuation, raters, unblinding, definitions of outcome, and dropout."""

    fluctuation_time: Scalar = parameter("ratings.fluctuation_time", "h", "time constant of natural fluctuation")
    fluctuation_sd: Scalar = parameter("ratings.fluctuation_sd", "dimensionless", "its SD, as a latent shift")
    rater_sd: Scalar = parameter("ratings.rater_sd", "madrs_point", "SD of a rater's error")
    step: Scalar = parameter("ratings.step", "madrs_point", "a whole point")
    item_maximum: Scalar = parameter("symptoms.item_maximum", "madrs_point", "highest rating of an item")
    sitting: Scalar = parameter("ratings.sitting", "h", "how long one rating takes")
    linked_madrs: Knots = parameter("ratings.linked_madrs", "madrs_point", "MADRS totals linked to HAM-D17")
    linked_hamd: Knots = parameter("ratings.linked_hamd", "hamd_point", "HAM-D17 totals linked to MADRS")
    response: Scalar = parameter("ratings.response", "dimensionless", "fall over baseline of a responder")
    remission: Scalar = parameter("ratings.remission", "madrs_point", "highest total in remission")
    strict_remission: Scalar = parameter("ratings.strict_remission", "madrs_point", "highest total in remission in stricter trials")
    hamd_remission: Scalar = parameter("ratings.hamd_remission", "hamd_point", "highest total in remission on the HAM-D17")
    relapse: Scalar = parameter("ratings.relapse", "madrs_point", "lowest total in relapse")
    confirmed_after: Scalar = parameter("ratings.confirmed_after", "h", "shortest time between two ratings that make a relapse")
    confirmed_before: Scalar = parameter("ratings.confirmed_before", "h", "longest time between them")
    unblinding: Scalar = parameter("ratings.unblinding", "dimensionless", "latent shift by being sure of the drug")
    half_belief: Scalar = parameter("ratings.half_belief", "dimensionless", "peak dissociation with half of full belief")
    dropout: Scalar = parameter("ratings.dropout", "dimensionless", "share that drops out of a trial in which nobody changes")
    dropout_by: Scalar = parameter("ratings.dropout_by", "h", "duration in which that share drops out")
    dropout_slope: Scalar = parameter("ratings.dropout_slope", "dimensionless", "slope of the log hazard of dropout in worsening")


def random_stream(key: Key[Array, ""], number: Int[Array, ""], drawn: str) -> Key[Array, ""]:
    """Random key of a patient of a trial for one of ``DRAWN``."""
    return jax.random.fold_in(jax.random.fold_in(key, number), DRAWN.index(drawn))


def _between(before: Scalar, after: Scalar, since: Scalar, until: Scalar, z: Scalar) -> Scalar:
    """Bridge of a stationary Ornstein–Uhlenbeck process of unit variance between two known values, from a standard normal z.

    With times in time constants, A = 1 − e^{−2 since}, B = 1 − e^{−2 until} and C that of their sum, the mean is
    (e^{−since} B before + e^{−until} A after)/C and the variance A B/C: exact for any step, and no exponential overflows.
    """
    A, B, C = (-jnp.expm1(-2 * t) for t in (since, until, since + until))
    mean = (jnp.exp(-since) * B * before + jnp.exp(-until) * A * after) / C
    return mean + jnp.sqrt(A * B / C) * z


def fluctuation(p: Ratings, key: Key[Array, ""], number: Int[Array, "..."], time: Float[Array, "..."]) -> Float[Array, "..."]:
    """Natural fluctuation of patients at times (h): a latent shift towards worse, to be subtracted from the shift of every item.

    An Ornstein–Uhlenbeck process, dX = −X/τ dt + σ √(2/τ) dW, stationary before and after the first dose. A patient has one path,
    evaluated at a time by bisection of the whole span: each midpoint is drawn between its neighbours, with a key of its own. Visits
    are evaluated independently, and their joint distribution is that of the process, except for two within the last interval, a few
    minutes, which share a draw.

    Parameters
    ----------
    p
        Parameters.
    key
        Key of the trial.
    number, time
        Who and when; they broadcast, so that ``number[:, None], time`` gives every patient at every visit.
    """
    halves = SPAN / 2.0 ** jnp.arange(LEVELS)
    # A path is not differentiable in time, nor in its time constant.
    times = jax.lax.stop_gradient(time / p.fluctuation_time)

    def at(number: Int[Array, ""], t: Scalar) -> Scalar:
        own = random_stream(key, number, "fluctuation")

        def normal(node: UInt[Array, ""]) -> Scalar:
            return jax.random.normal(jax.random.fold_in(own, node), dtype=float)

        def halve(state: tuple[Array, ...], half: Scalar) -> tuple[tuple[Array, ...], None]:
            node, start, before, after = state
            midpoint, value = start + half, _between(before, after, half, half, normal(node))
            later = t >= midpoint
            chosen = jnp.where(later, midpoint, start), jnp.where(later, value, before), jnp.where(later, after, value)
            return (2 * node + later.astype(node.dtype), *chosen), None

        # The ends of the span are so far apart that they are independent; nodes count from 1, as in a heap.
        before, after = jax.random.normal(jax.random.fold_in(own, 0), (2,), dtype=float)
        (leaf, start, before, after), _ = jax.lax.scan(halve, (jnp.uint32(1), jnp.asarray(-SPAN), before, after), halves)
        since = jnp.clip(t - start, 0, halves[-1])
        return _between(before, after, since, halves[-1] - since, normal(leaf))

    return p.fluctuation_sd * jnp.vectorize(at)(number, times)


def rated(
    p: Ratings, key: Key[Array, ""], number: Int[Array, "..."], time: Float[Array, "..."], madrs: Float[Array, "..."]
) -> Float[Array, "..."]:
    """Recorded MADRS totals of true totals (points): with a normal error for each sitting, in whole points, within the scale.

    ``number`` and ``time`` broadcast as in :func:`fluctuation`; ratings within the same sitting share the error.
    """
    sitting = jnp.round(time / p.sitting).astype(int)

    def error(number: Int[Array, ""], sitting: Int[Array, ""]) -> Scalar:
        return jax.random.normal(jax.random.fold_in(random_stream(key, number, "rater"), sitting), dtype=float)

    total = madrs + p.rater_sd * jnp.vectorize(error)(number, sitting)
    return jnp.clip(p.step * jnp.round(total / p.step), 0, p.item_maximum * len(ITEMS))


def hamd(p: Ratings, madrs: Float[Array, "..."]) -> Float[Array, "..."]:
    """HAM-D17 total of equal percentile rank (points, not rounded): linear interpolation between the linked totals."""
    return jnp.interp(madrs, p.linked_madrs, p.linked_hamd)
