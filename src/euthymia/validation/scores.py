"""Scores of predicted trials: coverage, interval scores, signs of differences, and contrasts between trials."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from ..core.constants import DAY
from ..evidence.registry import evidence
from ..inference.likelihood import TEST
from ..inference.prediction import INTERVAL, PosteriorPrediction
from ..trials.published import BETWEEN_ARMS, published_trials

UNITS = {
    "points of MADRS": ("change", "score", "difference"),
    "points of the Hamilton scale": ("HAM-D change", "HAM-D difference"),
    "per cent of patients": ("response", "remission", "response difference", "remission difference", "relapse", "relapse by the median"),
    "SDs": ("effect", "benefit", "effect once lost"),
    "days": ("mean time to relapse",),
}
"""Statistics by their unit; a test of significance has none."""


class IntervalScores(NamedTuple):
    """Mean interval score of the model and of the meta-analysis; every trial counts once."""

    model: float
    meta_analysis: float


@dataclass(frozen=True)
class PredictionSummary:
    """Coverage, width and interval scores of a list of predictions."""

    count: int
    inside: float
    """Proportion of numbers inside their intervals."""
    inside_by_trial: float
    """The same, every trial counting once."""
    width: float
    """Mean width of the intervals in points of MADRS, other scales in proportion; every trial counts once."""
    compared: int
    """Numbers that the meta-analysis can predict too."""
    inside_meta_analysis: float
    """Proportion of these inside the intervals of the meta-analysis."""
    scores: dict[str, IntervalScores]
    """Of the numbers compared: in points of MADRS, other scales in proportion; in standard errors of each number; and by :data:`UNITS`."""


def by_trial(rows: list[PosteriorPrediction], value: Callable[[PosteriorPrediction], float]) -> float:
    """Mean of a value over numbers, every trial counting once; not a number where there are none."""
    names = list(dict.fromkeys(row.trial.name for row in rows))
    return float(np.mean([np.mean([value(row) for row in rows if row.trial.name == name]) for name in names])) if names else float("nan")


def summarise(rows: list[PosteriorPrediction]) -> PredictionSummary:
    """Coverage, width and interval scores, beside those of the meta-analysis."""
    numbers = [row for row in rows if row.observation.statistic != TEST]
    compared = [row for row in numbers if row.meta_analysis is not None]

    def scores(of: list[PosteriorPrediction], unit: Callable[[PosteriorPrediction], float]) -> IntervalScores:
        return IntervalScores(
            by_trial(of, lambda row: row.score / unit(row)), by_trial(of, lambda row: row.meta_analysis_score / unit(row))
        )

    by_unit = {unit: [row for row in compared if row.observation.statistic in kinds] for unit, kinds in UNITS.items()}
    return PredictionSummary(
        len(numbers),
        float(np.mean([row.inside for row in numbers])),
        by_trial(numbers, lambda row: row.inside),
        by_trial(numbers, lambda row: (row.high - row.low) / row.unit),
        len(compared),
        float(np.mean([bool(row.inside_meta_analysis) for row in compared])) if compared else float("nan"),
        {
            "points of MADRS, in proportion": scores(compared, lambda row: row.unit),
            "sampling errors": scores(compared, lambda row: row.standard_error),
        }
        | {unit: scores(of, lambda row: 1.0) for unit, of in by_unit.items() if of},
    )


def bias(rows: list[PosteriorPrediction]) -> float:
    """Mean of predicted less observed difference between drug and control, points of MADRS; every trial counts once.

    A trial gives the differences that it publishes, or else those of the changes of its arms under drug and control at one time.
    """
    differences: dict[str, list[float]] = {}
    for name in dict.fromkeys(row.trial.name for row in rows):
        of_trial = [row for row in rows if row.trial.name == name]
        direct = [row.median - row.observation.observed for row in of_trial if row.observation.statistic == "difference"]
        arms = [row for row in of_trial if row.observation.statistic in ("change", "score")]
        pairs = [
            (first.median - second.median) - (first.observation.observed - second.observation.observed)
            for first, second in product(arms, repeat=2)
            if first.observation.at == second.observation.at and first.trial.is_control(second.observation.arm, first.observation.arm)
        ]
        if direct or pairs:
            differences[name] = direct or pairs
    return float(np.mean([np.mean(of_trial) for of_trial in differences.values()])) if differences else float("nan")


@dataclass(frozen=True)
class SignTest:
    """Whether a predicted difference has the sign of the observed one."""

    kind: str
    what: str
    observed: float
    predicted: float

    @property
    def agrees(self) -> bool:
        """Both on the same side of zero."""
        return self.observed * self.predicted > 0


def sign_tests(rows: list[PosteriorPrediction]) -> list[SignTest]:
    """Sign tests of comparisons with a control, and of changes after a day under each pair of doses, in trials that list doses upwards."""
    tests = [
        SignTest(row.observation.compares or "treatment", f"{row.trial.name} ({row.observation.arm})", row.observation.observed, row.median)
        for row in rows
        if row.observation.statistic in BETWEEN_ARMS and row.observation.statistic != TEST and row.observation.observed != 0
    ]
    for name in dict.fromkeys(row.trial.name for row in rows):
        arms = [row for row in rows if row.trial.name == name and row.observation.statistic == "change" and row.observation.at == DAY]
        for i, lower in enumerate(arms if len(arms) > 2 else []):
            for higher in arms[i + 1 :]:
                what = f"{name} ({higher.observation.arm} against {lower.observation.arm}, a day)"
                observed = higher.observation.row.value - lower.observation.row.value
                kind = "dose" if lower.trial.arms[lower.observation.arm].takes else "control"
                tests.append(SignTest(kind, what, observed, higher.median - lower.median))
    return tests


@dataclass(frozen=True)
class ContrastTest(SignTest):
    """A contrast of differences between trials or arms, with its predictive interval."""

    low: float
    high: float


def contrasts(rows: list[PosteriorPrediction]) -> list[ContrastTest]:
    """Contrasts between the predicted numbers, from draws that belong together in all of them."""
    draws = {row.observation.target: row.draws for row in rows}

    def difference(of: tuple[str, ...], value: Callable[[str], Any]) -> Any:
        return value(of[0]) - value(of[1]) if len(of) == 2 else value(of[0])

    tests = []
    for contrast in published_trials().contrasts:
        observed, predicted = (
            difference(contrast.first, value) - difference(contrast.second, value)
            for value in (lambda row: float(evidence().target(row).value), draws.__getitem__)
        )
        low, median, high = np.quantile(predicted, (INTERVAL[0], 0.5, INTERVAL[1]))
        tests.append(ContrastTest(contrast.compares, contrast.what, observed, float(median), float(low), float(high)))
    return tests


def unanswered(role: str) -> list[tuple[str, str, str]]:
    """Numbers of a role of which the model has no prediction: trial, row, reason."""
    return [(trial.name, row, why) for trial in published_trials().trials if trial.role == role for row, why in trial.unanswered.items()]
