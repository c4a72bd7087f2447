"""Relapse of responders once treatment has ended, from weekly ratings."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from ..clinic.outcomes import responds, time_to_relapse
from ..clinic.ratings import Ratings
from ..core.constants import DAY
from .cohort import Cohort

RATING_INTERVAL = 7 * DAY
"""h."""
FEWEST_RATINGS = 4


class WeeklyRatings(NamedTuple):
    """Ratings of a cohort, a week apart."""

    times: np.ndarray
    """h."""
    madrs: jnp.ndarray
    """Rated MADRS (points) at the nearest kept nodes, patient by week."""


def weekly_ratings(cohort: Cohort, start: float) -> WeeklyRatings | None:
    """Weekly ratings of a cohort from a time (h) to the end of its course; None where they are too few."""
    times = np.arange(start, float(cohort.data.time[-1]) + 1e-6, RATING_INTERVAL)
    if len(times) < FEWEST_RATINGS:
        return None
    return WeeklyRatings(times, jnp.asarray(cohort.rated.sel(time=times, method="nearest").values))


class Relapse(NamedTuple):
    """Relapse among those who respond a day after the last dose; proportions of patients, times in h."""

    responders: float
    """Proportion of all patients."""
    relapsed: float
    """Proportion of the responders, by the end of the course."""
    median_time: float | None
    """Median time to relapse from the first rating after the last dose; None where fewer than half relapse."""
    follow_up: float
    """From that rating to the last."""


def relapse(cohort: Cohort, p: Ratings) -> Relapse | None:
    """Relapse after the last dose; None where a course has no doses, ends too soon after them, or nobody responds.

    Relapse is that of :func:`..clinic.outcomes.time_to_relapse`: a total of 22 or more at two ratings 5 to 15 days apart.
    """
    doses = cohort.protocol.doses
    if not doses:
        return None
    ratings = weekly_ratings(cohort, doses[-1].start + DAY)
    if ratings is None:
        return None
    times, madrs = ratings
    baseline = jnp.asarray(cohort.rated.isel(time=0).values)
    responders = np.asarray(responds(p, baseline, madrs[:, 0]))
    proportion = float(cohort.weights @ responders)
    if proportion == 0:
        return None
    time_to = np.asarray(time_to_relapse(p, jnp.asarray(times), madrs, jnp.full(len(madrs), times[0])))[responders]
    weights = cohort.weights[responders] / proportion
    order = np.argsort(time_to)
    reached = np.searchsorted(np.cumsum(weights[order]), 0.5)
    median = float(time_to[order][min(reached, len(order) - 1)])
    return Relapse(proportion, float(weights @ np.isfinite(time_to)), median if np.isfinite(median) else None, float(times[-1] - times[0]))
