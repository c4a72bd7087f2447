"""Dropout from a trial of weekly ratings, and the response rate under each common way of counting who drops out."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..clinic.dropout import dropout_time
from ..clinic.outcomes import responds, worsening
from ..clinic.ratings import Ratings
from ..simulation.visits import first_visit
from .cohort import Cohort
from .patients import TRIAL_SEED
from .relapse import weekly_ratings


class Dropout(NamedTuple):
    """Dropout by the last of weekly ratings, and response rates there; proportions of all patients but for ``completers``."""

    dropped_out: float
    without_dropout: float
    """Response if nobody dropped out."""
    completers: float
    """Response among completers, as a proportion of them."""
    last_observation_carried_forward: float
    """Response where the last rating before dropout counts."""
    non_responder_imputation: float
    """Response where whoever drops out counts as a non-responder."""
    follow_up: float
    """From the first visit to the last rating, h."""


def dropout(cohort: Cohort, p: Ratings) -> Dropout | None:
    """Dropout at the hazard of :func:`..clinic.dropout.dropout_hazard`; None where a course is too short or nobody completes."""
    data, ratings = cohort.data, weekly_ratings(cohort, first_visit(cohort.protocol))
    if ratings is None:
        return None
    times, madrs = ratings
    baseline = jnp.asarray(cohort.rated.isel(time=0).values)
    madrs = madrs.at[:, 0].set(baseline)
    relative_change = worsening(baseline[:, None], madrs)
    time_to = dropout_time(p, jax.random.key(TRIAL_SEED), jnp.asarray(data.patient.values), jnp.asarray(times), relative_change)
    completed = np.asarray(jnp.isinf(time_to))
    if not completed.any():
        return None
    last = jnp.searchsorted(jnp.asarray(times), time_to, side="right") - 1
    final, last_observed = madrs[:, -1], jnp.take_along_axis(madrs, last[:, None], -1)[:, 0]
    response, carried_forward = (np.asarray(responds(p, baseline, rating)) for rating in (final, last_observed))
    weights = cohort.weights
    retention = float(weights @ completed)
    return Dropout(
        dropped_out=1 - retention,
        without_dropout=float(weights @ response),
        completers=float(weights @ (response & completed)) / retention,
        last_observation_carried_forward=float(weights @ carried_forward),
        non_responder_imputation=float(weights @ (response & completed)),
        follow_up=float(times[-1] - times[0]),
    )
