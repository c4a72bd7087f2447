"""Random-effects meta-analysis of the calibration trials: what it predicts of a further trial, without any model of patients."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np

from ..clinic.symptoms import EMPIRICAL_CONTEXTS
from ..core.normal import Z_90
from .published import BETWEEN_ARMS, Trial, TrialOutcome, published_trials
from .sampling_error import PROPORTIONS, standard_error

REVIEW_NOTE = "trials of "
"""How the note begins of a number that pools trials which are here in their own right, or in another review."""
TIME_SPANS = {"hours": 12.0, "a day": 60.0, "days": 240.0, "weeks": np.inf}
"""Upper bounds (h) of the spans of time within which numbers are pooled."""


class OutcomeClass(NamedTuple):
    """Published numbers that are pooled."""

    statistic: str
    treatment: str
    """``ketamine`` (either enantiomer, and differences over a control), ``control``, or another treatment by name."""
    span: str


class TrialEstimate(NamedTuple):
    """A published number with its standard error."""

    value: float
    standard_error: float


class PooledEstimate(NamedTuple):
    """A random-effects mean."""

    mean: float
    standard_error: float
    heterogeneity: float
    """SD between trials, τ."""


@dataclass(frozen=True)
class MetaAnalyses:
    """Random-effects means (DerSimonian & Laird 1986) of calibration trials, by statistic, treatment and time."""

    pools: dict[OutcomeClass, PooledEstimate]

    def prediction_interval(self, trial: Trial, observation: TrialOutcome) -> tuple[float, float] | None:
        """Central 90 % of a further trial's number, from the nearest span of time with any trials; None where there are none."""
        outcome, shift = outcome_class(trial, observation)
        spans = list(TIME_SPANS)
        nearest = sorted(
            (abs(spans.index(other.span) - spans.index(outcome.span)), other)
            for other in self.pools
            if (other.statistic, other.treatment) == (outcome.statistic, outcome.treatment)
        )
        if not nearest:
            return None
        pool = self.pools[nearest[0][1]]
        half = Z_90 * sqrt(pool.heterogeneity**2 + pool.standard_error**2 + standard_error(observation, trial) ** 2)
        low, high = pool.mean + shift - half, pool.mean + shift + half
        if observation.statistic == "benefit":
            low, high = -high, -low
        return (max(low, 0.0), min(high, 100.0)) if observation.statistic in PROPORTIONS else (low, high)


def outcome_class(trial: Trial, observation: TrialOutcome) -> tuple[OutcomeClass, float]:
    """The class of a number, and what to add to a number of that class: a score is a change plus a baseline.

    A benefit is an effect with the other sign.
    """
    span = next(name for name, end in TIME_SPANS.items() if observation.at < end)
    statistic, shift = observation.statistic, 0.0
    if statistic == "score":
        statistic, shift = "change", trial.baseline_of(observation.arm).mean
    if statistic == "benefit":
        statistic = "effect"
    treatments = [_treatment(trial, arm) for arm in (observation.arm, observation.against) if arm]
    other = (treatment for treatment in treatments if treatment not in ("ketamine", "control"))
    return OutcomeClass(statistic, next(other, treatments[0]), span), shift


def _treatment(trial: Trial, arm: str) -> str:
    context, takes = trial.arms[arm].context, trial.arms[arm].takes or ""
    if context in EMPIRICAL_CONTEXTS:
        return context
    if takes.endswith("antidepressant") and "spray" not in takes:
        return "antidepressant"
    return "ketamine" if takes else "control"


def meta_analyses(without: str | None = None) -> MetaAnalyses:
    """Meta-analyses of the numbers that were read and have role ``calibrate``, with the differences of means that follow from arms.

    Reviews of trials that are here in their own right, or in another review, are left out, and so are trials of tablets, whose
    patients differ. ``without`` is a trial that is left out too.
    """
    estimates: dict[OutcomeClass, list[TrialEstimate]] = {}
    for trial, observation in published_trials().observed("calibrate"):
        tablets, review = trial.arms[observation.arm].context == "oral placebo", (observation.repeats or "").startswith(REVIEW_NOTE)
        if (
            observation.row.provenance != "read"
            or tablets
            or review
            or observation.statistic == "significant difference"
            or trial.name == without
        ):
            continue
        outcome, _ = outcome_class(trial, observation)
        value = -observation.observed if observation.statistic == "benefit" else observation.observed
        estimates.setdefault(outcome, []).append(TrialEstimate(value, standard_error(observation, trial)))
    for outcome, estimate in _differences(without):
        estimates.setdefault(outcome, []).append(estimate)
    # Few classes have two trials: the heterogeneity of a statistic is pooled over all drugs, and over all controls.
    alike: dict[tuple[str, bool, str], list[TrialEstimate]] = {}
    for (statistic, treatment, span), of_class in estimates.items():
        alike.setdefault((statistic, statistic in BETWEEN_ARMS or treatment == "ketamine", span), []).extend(of_class)
    between = {
        statistic: between_trial_sd([group for (other, *_), group in alike.items() if other == statistic]) for statistic, *_ in alike
    }
    return MetaAnalyses({outcome: pooled_estimate(of_class, between[outcome.statistic]) for outcome, of_class in estimates.items()})


def _differences(without: str | None) -> Iterator[tuple[OutcomeClass, TrialEstimate]]:
    """Differences between the changes of an active arm and of a control of the same trial at one time."""
    for trial in published_trials().trials:
        changes = [observation for observation in trial.observations if observation.statistic == "change"]
        for active in changes if trial.role == "calibrate" and trial.name != without else []:
            for control in changes:
                if active.at == control.at and trial.is_control(control.arm, active.arm):
                    error = sqrt(standard_error(active, trial) ** 2 + standard_error(control, trial) ** 2)
                    outcome, _ = outcome_class(trial, active.model_copy(update={"against": control.arm}))
                    yield outcome._replace(statistic="difference"), TrialEstimate(active.row.value - control.row.value, error)


def between_trial_sd(classes: list[list[TrialEstimate]]) -> float:
    """SD between trials within classes, τ, pooled over them (DerSimonian–Laird)."""
    excess = scale = 0.0
    for estimates in classes:
        value, weight = np.array([v for v, _ in estimates]), np.array([1 / e**2 for _, e in estimates])
        mean = (weight * value).sum() / weight.sum()
        excess += float((weight * (value - mean) ** 2).sum()) - (len(estimates) - 1)
        scale += float(weight.sum() - (weight**2).sum() / weight.sum())
    return sqrt(max(excess, 0) / scale) if scale > 0 else 0.0


def pooled_estimate(estimates: list[TrialEstimate], between: float) -> PooledEstimate:
    """Inverse-variance mean of estimates with an SD between trials."""
    value, weight = np.array([v for v, _ in estimates]), np.array([1 / (e**2 + between**2) for _, e in estimates])
    return PooledEstimate(float((weight * value).sum() / weight.sum()), float(1 / sqrt(weight.sum())), between)
