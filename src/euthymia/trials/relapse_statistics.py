"""Relapse of the responders of an arm: from ratings of a sample of patients, and as expectations that are smooth in every parameter.

In the expectations each patient counts by the probability of having been rated a responder. Raters err independently from rating to
rating; the rating before treatment, to which response and some definitions of relapse refer, is integrated over by quadrature.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm
from jaxtyping import Array, Float

from ..clinic.outcomes import responds
from ..clinic.ratings import Ratings
from ..core.constants import DAY
from ..core.types import Scalar
from .arm_statistics import ExpectedStatistic
from .published import FollowUp

NODES, NODE_WEIGHTS = (np.asarray(values) for values in np.polynomial.hermite_e.hermegauss(7))
NODE_WEIGHTS = NODE_WEIGHTS / NODE_WEIGHTS.sum()
"""Standard normal quadrature of the error of the first rating."""


class FollowedCourse(NamedTuple):
    """MADRS (points) of patients before treatment, when response is judged, and at the ratings that follow."""

    baseline: Float[Array, "patient"]
    judged: Float[Array, "patient"]
    ratings: Float[Array, "patient rating"]


class RatedCourse(NamedTuple):
    """Ratings of a sample of patients at the same times, points."""

    baseline: np.ndarray
    judged: np.ndarray
    ratings: np.ndarray


def follow_up_times(follow_up: FollowUp) -> np.ndarray:
    """Times of the ratings at which a relapse is seen, since the first visit, h."""
    first, *_, last = stated = np.array(follow_up.ratings)
    return np.arange(first, last + DAY / 2, DAY) if follow_up.daily else stated


def followed(follow_up: FollowUp, baseline: Array, judged: Array, at_ratings: Array) -> FollowedCourse:
    """The course of the patients of an arm, between ratings that are stated by interpolation where they are rated daily."""
    if not follow_up.daily:
        return FollowedCourse(baseline, judged, at_ratings)
    times, stated = jnp.asarray(follow_up_times(follow_up)), jnp.asarray(follow_up.ratings)
    return FollowedCourse(baseline, judged, jax.vmap(lambda madrs: jnp.interp(times, stated, madrs))(at_ratings))


def relapse_distribution(p: Ratings, follow_up: FollowUp, course: FollowedCourse) -> Float[Array, "rating"]:
    """Probability that a responder relapses at each rating: the last of as many in a row as a relapse takes."""
    rated_before = course.baseline + p.rater_sd * jnp.asarray(NODES)[:, None]
    judged_better = norm.cdf(((1 - p.response) * rated_before + p.step / 4 - course.judged) / p.rater_sd)
    responder = jnp.asarray(NODE_WEIGHTS)[:, None] * judged_better
    # Totals are whole points: at the cut of a relapse, or above a fraction of the first rating.
    if follow_up.improvement is None:
        lowest = jnp.broadcast_to(p.relapse - p.step / 2, rated_before.shape)
    else:
        lowest = (1 - follow_up.improvement) * rated_before + p.step / 8
    held = norm.cdf((course.ratings.T[:, None] - lowest) / p.rater_sd)

    def next_rating(in_a_row: Float[Array, "run node patient"], held: Float[Array, "node patient"]):
        relapsed = held * in_a_row[-1]
        return jnp.concatenate([((1 - held) * in_a_row.sum(0))[None], held * in_a_row[:-1]]), relapsed

    start = jnp.zeros((follow_up.in_a_row, *responder.shape)).at[0].set(1.0)
    _, relapsed = jax.lax.scan(next_rating, start, held)
    return (responder * relapsed).sum((1, 2)) / responder.sum()


def expected_relapse(p: Ratings, kind: str, follow_up: FollowUp, course: FollowedCourse) -> ExpectedStatistic:
    """Expectation of one of :data:`.published.RELAPSE` over raters: per cent of responders, or days; not a number if nobody responds."""
    at_rating, none = relapse_distribution(p, follow_up, course), jnp.full((), jnp.nan)
    if kind == "mean time to relapse":
        return ExpectedStatistic(_mean_days(follow_up, at_rating), none)
    return ExpectedStatistic(100 * at_rating.sum(), none)


def _mean_days(follow_up: FollowUp, at_rating: Float[Array, "rating"]) -> Scalar:
    """Mean time to the first of the ratings that make a relapse, as long as patients are followed: who does not relapse has the end."""
    days = (jnp.asarray(follow_up_times(follow_up)) - follow_up.counted_from) / DAY
    before = follow_up.in_a_row - 1
    return (at_rating[before:] * days[: len(days) - before]).sum() + (1 - at_rating.sum()) * days[-1]


def relapse_times(p: Ratings, follow_up: FollowUp, rated: RatedCourse) -> np.ndarray:
    """Time (h since the first visit) of the first of the ratings that make a relapse, of each rated patient; infinite if none does."""
    times, fraction = follow_up_times(follow_up), follow_up.improvement
    held = rated.ratings >= float(p.relapse) if fraction is None else rated.ratings > (1 - fraction) * rated.baseline[:, None]
    starts = len(times) - follow_up.in_a_row + 1
    in_a_row = np.all([held[:, later : later + starts] for later in range(follow_up.in_a_row)], 0)
    return np.where(in_a_row.any(1), times[in_a_row.argmax(1)], np.inf)


def sample_relapse(p: Ratings, kind: str, follow_up: FollowUp, rated: RatedCourse, most: int | None = None) -> float:
    """One of :data:`.published.RELAPSE` of the first ``most`` of rated patients who respond, or of all; not a number if nobody does."""
    response = np.flatnonzero(responds(p, jnp.asarray(rated.baseline), jnp.asarray(rated.judged)))[:most]
    if not response.size:
        return float("nan")
    times = relapse_times(p, follow_up, RatedCourse(*(ratings[response] for ratings in rated)))
    if kind == "mean time to relapse":
        end = follow_up_times(follow_up)[-1]
        return float(np.mean(np.minimum(times, end) - follow_up.counted_from) / DAY)
    return float(100 * np.mean(np.isfinite(times)))
