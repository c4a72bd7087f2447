"""Summary of a cohort: weighted medians with intervals and response rates at visits, relapse, dropout, and the effective sample size."""

from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ..clinic.outcomes import remits, responds
from ..clinic.ratings import Ratings
from ..simulation.visits import checkpoints_until, first_visit
from .cohort import COHORT_ARMS, Cohort
from .dropout import Dropout, dropout
from .relapse import Relapse, Return, relapse, return_of_symptoms
from .weighting import effective_sample_size

INTERVAL = (0.05, 0.95)
"""Quantiles of the central 90 % of patients."""
EVEN = 0.999
"""Effective sample size over the number of patients, above which weights count as equal."""


class MedianInterval(NamedTuple):
    """Weighted median of patients with the central 90 %."""

    low: float
    median: float
    high: float


class VisitSummary(NamedTuple):
    """A cohort at one named time; response and remission are proportions of patients, by rated MADRS."""

    name: str
    madrs: MedianInterval
    """Points."""
    context: MedianInterval
    """MADRS under context alone, points."""
    spine_density: MedianInterval
    """Per cent of the healthy density."""
    unlocked: float
    """Mean share of the limbic network that is out of the lock."""
    response: float
    remission: float
    context_response: float
    """Response to context alone."""


@dataclass(frozen=True)
class CohortSummary:
    """A cohort at its visits and afterwards."""

    visits: tuple[VisitSummary, ...]
    relapse: Relapse | None
    return_of_symptoms: Return | None
    dropout: Dropout | None
    effective_size: float
    """Effective number of patients (Kish)."""
    weighted: bool
    """Whether patients have unequal weights."""


def weighted_quantile(values: np.ndarray, quantile: float | list[float], weights: np.ndarray) -> np.ndarray:
    """Quantiles over patients, the first axis of ``values``, by the inverse of the weighted distribution function."""
    return np.quantile(values, quantile, 0, weights=weights, method="inverted_cdf")


def visit_summaries(cohort: Cohort, p: Ratings) -> tuple[VisitSummary, ...]:
    """The cohort at each named time within its course, and at its end."""
    data, first, weights = cohort.data, first_visit(cohort.protocol), cohort.weights

    def interval(values: np.ndarray) -> MedianInterval:
        return MedianInterval(*map(float, weighted_quantile(values, [INTERVAL[0], 0.5, INTERVAL[1]], weights)))

    def proportion(of: ArrayLike) -> float:
        return float(weights @ np.asarray(of, float))

    baseline = jnp.asarray(cohort.rated.isel(time=0).values)
    summaries = []
    for name, hours in checkpoints_until(float(data.time[-1]) - first).items():
        now = data.sel(time=first + hours, method="nearest")
        rated, context_rated = (jnp.asarray(now.rated_madrs.sel(arm=arm).values) for arm in COHORT_ARMS)
        summaries.append(
            VisitSummary(
                "before" if hours == 0 else name,
                interval(now.madrs.sel(arm="as given").values),
                interval(now.madrs.sel(arm="context").values),
                interval(100 * now.spine_density.values),
                proportion(1 - now.lock),
                proportion(responds(p, baseline, rated)),
                proportion(remits(p.remission, rated)),
                proportion(responds(p, baseline, context_rated)),
            )
        )
    return tuple(summaries)


def cohort_summary(cohort: Cohort, p: Ratings) -> CohortSummary:
    """Visits, relapse, dropout and effective sample size of a cohort."""
    effective = effective_sample_size(cohort.weights)
    weighted = effective <= EVEN * len(cohort.weights)
    return CohortSummary(
        visit_summaries(cohort, p), relapse(cohort, p), return_of_symptoms(cohort, p), dropout(cohort, p), effective, weighted
    )
