"""Who of a cohort relapses once treatment has ended, rated every week."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from ..clinic.outcomes import responds, time_to_relapse
from ..clinic.ratings import Ratings
from ..core.constants import DAY
from .cohort import Cohort

RATED_EVERY = 7 * DAY
"""h."""
FEWEST_RATINGS = 4


def weekly(cohort: Cohort, start: float) -> tuple[np.ndarray, jnp.ndarray] | None:
    """Times (h) of weekly ratings from a start, and the ratings (patient, week) at the nearest kept nodes; None if they are too few."""
    times = np.arange(start, float(cohort.data.time[-1]) + 1e-6, RATED_EVERY)
    if len(times) < FEWEST_RATINGS:
        return None
    return times, jnp.asarray(cohort.data.rated.sel(time=times, method="nearest").values)


class Relapse(NamedTuple):
    """What becomes of those who have responded a day after the last dose; shares of all patients, times in h."""

    responders: float
    relapsed: float
    """Share of the responders, by the end of the course."""
    median: float | None
    """Time from the first rating after the last dose by which half of the responders have relapsed; None if they have not."""
    followed: float
    """From that rating to the last."""


def relapse(cohort: Cohort, p: Ratings) -> Relapse | None:
    """Relapse after the last dose; None where a course has no doses, ends too soon after them, or nobody responds.

    Relapse is that of :func:`..clinic.ratings.time_to_relapse`, a total of 22 or more at
    two ratings 5 to 15 days apart.
    """
    data, doses = cohort.data, cohort.protocol.doses
    if not doses:
        return None
    ratings = weekly(cohort, doses[-1].start + DAY)
    if ratings is None:
        return None
    times, rated = ratings
    baseline = jnp.asarray(data.rated.isel(time=0).values)
    responders = np.asarray(responds(p, baseline, rated[:, 0]))
    share = float(cohort.shares @ responders)
    if share == 0:
        return None
    since = np.asarray(time_to_relapse(p, jnp.asarray(times), rated, jnp.full(len(rated), times[0])))[responders]
    weight = cohort.shares[responders] / share
    order = np.argsort(since)
    reached = np.searchsorted(np.cumsum(weight[order]), 0.5)
    median = float(since[order][min(reached, len(order) - 1)])
    return Relapse(share, float(weight @ np.isfinite(since)), median if np.isfinite(median) else None, float(times[-1] - times[0]))
