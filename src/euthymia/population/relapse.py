"""Relapse of responders once treatment has ended: from weekly ratings, and at the visits of trials of infusions."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from ..clinic.outcomes import first_time, responds, time_to_relapse
from ..clinic.ratings import Ratings
from ..core.constants import DAY, WEEK
from ..protocols.vocabulary import SWALLOWED
from .cohort import Cohort

RATING_INTERVAL = 7 * DAY
"""h."""
FEWEST_RATINGS = 4
AFTER_ONE_DOSE = np.array([3.0, 5.0, 7.0, 14.0, 28.0]) * DAY
"""Visits after a dose (h): response is judged at the first; up to day 14 those of a trial of single infusions (Salloum et al. 2019)."""
TWICE_A_WEEK = np.array([4.0, 7.0]) * DAY
"""Visits after the last of several doses, h; response is judged a day after it."""
RELAPSED_BY = (2 * WEEK, 4 * WEEK)
"""After the last dose, h."""


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
    return Relapse(proportion, float(weights @ np.isfinite(time_to)), _median(time_to, weights), float(times[-1] - times[0]))


class Return(NamedTuple):
    """Responders who are rated in relapse again after the last dose that was given at a visit; times in h from that dose."""

    doses: int
    """Given at visits."""
    judged_at: float
    responders: float
    """Proportion of all patients."""
    relapsed_by: dict[float, float]
    """Proportion of the responders, by each of ``RELAPSED_BY`` that the course reaches."""
    median_time: float | None
    """Of the first rating in relapse; None where fewer than half of the responders have one."""
    follow_up: float


def return_of_symptoms(cohort: Cohort, p: Ratings) -> Return | None:
    """Return of symptoms, at any one rating of ``relapse`` or more.

    None where no dose is given at a visit, a course ends within two weeks of the last, or nobody responds.
    """
    starts = [dose.start for dose in cohort.protocol.doses if dose.route not in SWALLOWED]
    length = float(cohort.data.time[-1]) - starts[-1] if starts else 0.0
    reached = [time for time in RELAPSED_BY if time <= length + 1e-6]
    if not reached:
        return None
    weeks = np.arange(length // WEEK + 1) * WEEK
    several = np.concatenate([[DAY], (weeks[:, None] + TWICE_A_WEEK).ravel()])
    visits = AFTER_ONE_DOSE if len(starts) == 1 else several
    visits = visits[visits <= length + 1e-6]
    rated = jnp.asarray(cohort.rated.sel(time=starts[-1] + visits, method="nearest").values)
    response = np.asarray(responds(p, jnp.asarray(cohort.rated.isel(time=0).values), rated[:, 0]))
    proportion = float(cohort.weights @ response)
    if proportion == 0:
        return None
    times = np.asarray(first_time(jnp.asarray(visits[1:]), rated[:, 1:] >= p.relapse))[response]
    weights = cohort.weights[response] / proportion
    relapsed_by = {time: float(weights @ (times <= time)) for time in reached}
    return Return(len(starts), float(visits[0]), proportion, relapsed_by, _median(times, weights), float(visits[-1]))


def _median(times: np.ndarray, weights: np.ndarray) -> float | None:
    """Weighted median of times of which some are infinite; None where it is."""
    order = np.argsort(times)
    reached = np.searchsorted(np.cumsum(weights[order]), 0.5)
    median = float(times[order][min(reached, len(order) - 1)])
    return median if np.isfinite(median) else None
