"""How predictions of trials are scored: intervals, signs, and contrasts between trials."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..core.constants import DAY
from ..evidence.registry import evidence
from ..inference.prediction import INTERVAL, PosteriorPrediction
from ..trials.published import trials
from ..trials.sampling_error import standard_error

UNITS = {
    "points of MADRS": ("change", "score", "difference"),
    "per cent of patients": ("response", "remission", "response difference"),
    "SDs": ("effect", "benefit"),
}
"""Statistics by their unit."""


class Score(NamedTuple):
    """Mean interval score with the model and without; every trial counts once."""

    model: float
    baseline: float


@dataclass(frozen=True)
class Summary:
    """How a list of predictions did."""

    count: int
    inside: float
    """Share of numbers inside their intervals."""
    compared: int
    """Numbers that could be predicted without a model too."""
    inside_baseline: float
    scores: dict[str, Score]
    """Of the numbers compared: in sampling errors of each number, and by :data:`UNITS`."""


def summarise(rows: list[PosteriorPrediction]) -> Summary:
    """Coverage, and scores beside those of the meta-analysis."""
    compared = [row for row in rows if row.baseline is not None]

    def mean(of: list[PosteriorPrediction], score: Callable[[PosteriorPrediction], float]) -> float:
        names = list(dict.fromkeys(row.trial.name for row in of))
        return float(np.mean([np.mean([score(row) for row in of if row.trial.name == name]) for name in names]))

    def both(of: list[PosteriorPrediction], own_unit: bool) -> Score:
        def unit(row: PosteriorPrediction) -> float:
            return standard_error(row.observation, row.trial) if own_unit else 1.0

        return Score(mean(of, lambda row: row.score * unit(row)), mean(of, lambda row: row.baseline_score * unit(row)))

    by_unit = {unit: [row for row in compared if row.observation.statistic in kinds] for unit, kinds in UNITS.items()}
    return Summary(
        len(rows),
        float(np.mean([row.inside for row in rows])),
        len(compared),
        float(np.mean([bool(row.inside_baseline) for row in compared])),
        {"sampling errors": both(compared, False)} | {unit: both(of, True) for unit, of in by_unit.items() if of},
    )


@dataclass(frozen=True)
class SignTest:
    """Whether a difference goes the way it went in a trial."""

    kind: str
    what: str
    observed: float
    predicted: float

    @property
    def agrees(self) -> bool:
        """Both on the same side of zero."""
        return self.observed * self.predicted > 0


def sign_tests(rows: list[PosteriorPrediction]) -> list[SignTest]:
    """Of what was compared with a placebo, and of doses with each other after a day, in trials that list them from the lowest up."""
    found = [
        SignTest(row.observation.compares, f"{row.trial.name} ({row.observation.arm})", row.observation.row.value, row.middle)
        for row in rows
        if row.observation.compares
    ]
    for name in dict.fromkeys(row.trial.name for row in rows):
        arms = [row for row in rows if row.trial.name == name and row.observation.statistic == "change" and row.observation.at == DAY]
        for i, lower in enumerate(arms if len(arms) > 2 else []):
            for higher in arms[i + 1 :]:
                what = f"{name} ({higher.observation.arm} against {lower.observation.arm}, a day)"
                observed = higher.observation.row.value - lower.observation.row.value
                kind = "dose" if lower.trial.arms[lower.observation.arm].takes else "control"
                found.append(SignTest(kind, what, observed, higher.middle - lower.middle))
    return found


@dataclass(frozen=True)
class Contrasted(SignTest):
    """How much less a drug did in one trial or arm than in another, with the ends of its interval."""

    low: float
    high: float


def contrasts(rows: list[PosteriorPrediction]) -> list[Contrasted]:
    """Of predictions of the numbers that contrasts name, by the draws that all of them share."""
    draws = {row.observation.target: row.draws for row in rows}

    def difference(of: tuple[str, ...], value: Callable[[str], Any]) -> Any:
        return value(of[0]) - value(of[1]) if len(of) == 2 else value(of[0])

    found = []
    for each in trials().contrasts:
        observed, predicted = (
            difference(each.first, value) - difference(each.second, value)
            for value in (lambda row: float(evidence().target(row).value), draws.__getitem__)
        )
        low, middle, high = np.quantile(predicted, (INTERVAL[0], 0.5, INTERVAL[1]))
        found.append(Contrasted(each.compares, each.what, observed, float(middle), float(low), float(high)))
    return found


def unanswered(role: str) -> list[tuple[str, str, str]]:
    """Numbers of a role that the model has no answer to: trial, row, why."""
    return [(trial.name, row, why) for trial in trials().trials if trial.role == role for row, why in trial.unanswered.items()]
