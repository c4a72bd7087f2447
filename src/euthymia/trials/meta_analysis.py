"""What a random-effects meta-analysis of the calibration trials says of a further trial, without any model."""

from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np

from ..clinic.symptoms import EMPIRICAL_CONTEXTS
from ..model.default import default_model
from .published import BETWEEN_ARMS, Trial, TrialOutcome, trials
from .sampling_error import NORMAL_90, SHARES, standard_error

REVIEWED = "trials of "
"""How the note begins of a number that pools trials that are here otherwise."""
TIMES = {"hours": 12.0, "a day": 60.0, "days": 240.0, "weeks": np.inf}
"""Ends (h) of the spans within which a meta-analysis takes ratings to be of one kind."""


class Class(NamedTuple):
    """Numbers that a meta-analysis takes to be of one kind."""

    statistic: str
    treatment: str
    """``ketamine`` (whichever, and differences over a control), ``control``, or what an arm gets that is neither."""
    span: str


class Pool(NamedTuple):
    """A random-effects mean."""

    mean: float
    error: float
    heterogeneity: float
    """SD between trials."""


@dataclass(frozen=True)
class MetaAnalyses:
    """Random-effects means (DerSimonian & Laird 1986) of calibration trials, by statistic, arm and time."""

    pools: dict[Class, Pool]

    def interval(self, trial: Trial, observation: TrialOutcome) -> tuple[float, float] | None:
        """Central 90 % of the number of a further trial; of the nearest span of time where its own has no trials."""
        kind, shift = class_of(trial, observation)
        spans = list(TIMES)
        nearest = sorted(
            (abs(spans.index(other.span) - spans.index(kind.span)), other)
            for other in self.pools
            if (other.statistic, other.treatment) == (kind.statistic, kind.treatment)
        )
        if not nearest:
            return None
        pool = self.pools[nearest[0][1]]
        half = NORMAL_90 * sqrt(pool.heterogeneity**2 + pool.error**2 + standard_error(observation, trial) ** 2)
        low, high = pool.mean + shift - half, pool.mean + shift + half
        return (max(low, 0.0), min(high, 100.0)) if observation.statistic in SHARES else (low, high)


def class_of(trial: Trial, observation: TrialOutcome) -> tuple[Class, float]:
    """The kind of a number, and what to add to a number of that kind: a score is a change over a baseline."""
    span = next(name for name, end in TIMES.items() if observation.at < end)
    statistic, shift = observation.statistic, 0.0
    if statistic == "score":
        baseline = trial.baseline_of(observation.arm)
        usual = float(default_model().symptoms.baseline.sum())
        statistic, shift = "change", usual if baseline is None else baseline.mean
    if statistic == "benefit":
        statistic = "effect"
    arms = [_treatment(trial, name) for name in (observation.arm, observation.against) if name]
    return Class(statistic, next((each for each in arms if each not in ("ketamine", "control")), arms[0]), span), shift


def _treatment(trial: Trial, arm: str) -> str:
    context, takes = trial.arms[arm].context, trial.arms[arm].takes or ""
    if context in EMPIRICAL_CONTEXTS:
        return context
    if takes.endswith("antidepressant") and "spray" not in takes:
        return "antidepressant"
    return "ketamine" if takes else "control"


def meta_analyses() -> MetaAnalyses:
    """Of the numbers that were read of trials of role ``calibrate``; differences of means follow from arms where none was published.

    Reviews of trials that are here themselves, or in another review, are left out.
    """
    found: dict[Class, list[tuple[float, float]]] = {}
    for trial, each in trials().observed("calibrate"):
        # Trials of tablets had other patients.
        if each.row.provenance != "read" or trial.arms[each.arm].context == "oral placebo" or (each.repeats or "").startswith(REVIEWED):
            continue
        kind, _ = class_of(trial, each)
        value = -each.row.value if each.statistic == "benefit" else each.row.value
        found.setdefault(kind, []).append((value, standard_error(each, trial)))
    for value, error, kind in _differences():
        found.setdefault(kind, []).append((value, error))
    # Few kinds have two trials: how far trials lie apart is taken from drugs and from controls of any sort.
    alike: dict[tuple[str, bool, str], list[tuple[float, float]]] = {}
    for (statistic, treatment, span), numbers in found.items():
        alike.setdefault((statistic, statistic in BETWEEN_ARMS or treatment == "ketamine", span), []).extend(numbers)
    between = {statistic: between_trials([of for (other, *_), of in alike.items() if other == statistic]) for statistic, *_ in alike}
    return MetaAnalyses({kind: pooled(numbers, between[kind.statistic]) for kind, numbers in found.items()})


def _differences():
    """Of the changes of two arms of a trial at one time."""
    for trial in trials().trials:
        changes = [each for each in trial.observations if each.statistic == "change"] if trial.role == "calibrate" else []
        for active in changes:
            for control in changes:
                if active.at == control.at and trial.arms[active.arm].takes and _is_control(trial, active.arm, control.arm):
                    error = sqrt(standard_error(active, trial) ** 2 + standard_error(control, trial) ** 2)
                    kind, _ = class_of(trial, active.model_copy(update={"against": control.arm}))
                    yield active.row.value - control.row.value, error, kind._replace(statistic="difference")


def _is_control(trial: Trial, active: str, control: str) -> bool:
    return (
        active != control
        and (trial.arms[control].takes or "") in ("", "new antidepressant")
        and trial.arms[active].takes != trial.arms[control].takes
    )


def between_trials(classes: list[list[tuple[float, float]]]) -> float:
    """SD between trials within classes, pooled over them (DerSimonian–Laird)."""
    excess = scale = 0.0
    for numbers in classes:
        value, weight = np.array([v for v, _ in numbers]), np.array([1 / e**2 for _, e in numbers])
        mean = (weight * value).sum() / weight.sum()
        excess += float((weight * (value - mean) ** 2).sum()) - (len(numbers) - 1)
        scale += float(weight.sum() - (weight**2).sum() / weight.sum())
    return sqrt(max(excess, 0) / scale) if scale > 0 else 0.0


def pooled(numbers: list[tuple[float, float]], between: float) -> Pool:
    value, weight = np.array([v for v, _ in numbers]), np.array([1 / (e**2 + between**2) for _, e in numbers])
    return Pool(float((weight * value).sum() / weight.sum()), float(1 / sqrt(weight.sum())), between)
