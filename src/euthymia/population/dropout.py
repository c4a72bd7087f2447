"""Who of a cohort would have left a trial by its end, and what that does to its response rate, by how a trial counts leavers."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..clinic.dropout import dropout_time
from ..clinic.outcomes import responds
from ..clinic.ratings import Ratings
from ..simulation.visits import first_visit
from .cohort import Cohort
from .patients import TRIAL
from .relapse import weekly


class Dropout(NamedTuple):
    """Shares of all patients at the last of weekly ratings, but for ``completers``."""

    left: float
    everybody: float
    """Response if nobody left."""
    completers: float
    """Response of those who stayed, as a share of them."""
    carried_forward: float
    """Response where the last rating of who left counts."""
    failures: float
    """Response where who left counts as a failure."""
    followed: float
    """From the first visit to the last rating, h."""


def dropout(cohort: Cohort, p: Ratings) -> Dropout | None:
    """Leaving at the hazard of :func:`..clinic.ratings.dropout_hazard`; None where a course is too short or everybody leaves."""
    data, ratings = cohort.data, weekly(cohort, first_visit(cohort.protocol))
    if ratings is None:
        return None
    times, rated = ratings
    baseline = jnp.asarray(data.rated.isel(time=0).values)
    rated = rated.at[:, 0].set(baseline)
    worse = rated / baseline[:, None] - 1
    gone = dropout_time(p, jax.random.key(TRIAL), jnp.asarray(data.patient.values), jnp.asarray(times), worse)
    stayed = np.asarray(jnp.isinf(gone))
    if not stayed.any():
        return None
    last = jnp.searchsorted(jnp.asarray(times), gone, side="right") - 1
    ends, carried = rated[:, -1], jnp.take_along_axis(rated, last[:, None], -1)[:, 0]
    response, forward = (np.asarray(responds(p, baseline, now)) for now in (ends, carried))
    shares = cohort.shares
    retention = float(shares @ stayed)
    return Dropout(
        left=1 - retention,
        everybody=float(shares @ response),
        completers=float(shares @ (response & stayed)) / retention,
        carried_forward=float(shares @ forward),
        failures=float(shares @ (response & stayed)),
        followed=float(times[-1] - times[0]),
    )
