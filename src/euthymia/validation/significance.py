"""How probable it is that a trial of its size finds its drug to differ from its control."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..inference.likelihood import TEST
from ..inference.prediction import PosteriorPrediction, predictions
from ..inference.problem import PredictionProblem
from ..trials.expected import PredictionTarget
from ..trials.meta_analysis import MetaAnalyses
from ..trials.published import BETWEEN_ARMS
from ..trials.sampling_error import arm_size

DIFFERENCE = "difference"


class Comparison(NamedTuple):
    """A drug against its control at one time of a trial, h since the first visit."""

    trial: str
    arms: tuple[str, ...]
    control: str
    at: float


class Significance(NamedTuple):
    """What is predicted of a comparison."""

    comparison: Comparison
    probability: float
    """That the trial, at its size, has the difference at less than 5 %, two-sided."""
    low: float
    median: float
    high: float
    """Of the difference of the two changes in such a trial, points of MADRS, with central 90 %."""


def comparisons(targets: Sequence[PredictionTarget]) -> dict[Comparison, tuple[PredictionTarget, PredictionTarget]]:
    """A test of significance and a difference in MADRS for each drug and time that a trial compares with a control.

    Numbers of two arms compare them, as do those of one arm under a drug and of another without one, at the same time. The trials of a
    review have no tests of their own.
    """
    single = [target for target in targets if target.trial.pools == 1 and target.observation.follow_up is None]
    compared = {}
    for target in single:
        trial, observation, _ = target
        of_two = observation.statistic in BETWEEN_ARMS
        size = arm_size(observation, trial.arms[observation.arm])
        # What has no size of its arm takes half of that of its number, which is of both arms.
        n = observation.n if of_two or size is None or trial.arms[observation.arm].n is not None else 2 * size
        for control in [observation.against] if of_two else _controls(target, single):
            if control is None or not trial.is_control(control, observation.arm):
                continue
            comparison = Comparison(trial.name, observation.sides[0], control, observation.at)
            as_test, as_difference = (
                target._replace(
                    observation=observation.model_copy(update={"statistic": statistic, "against": control, "remission": None, "n": n})
                )
                for statistic in (TEST, DIFFERENCE)
            )
            compared.setdefault(comparison, (as_test, as_difference))
    return compared


def _controls(target: PredictionTarget, others: Sequence[PredictionTarget]) -> list[str]:
    """Controls of an arm that are rated when it is; where some have its visits, these."""
    trial, observation, _ = target
    at_once = dict.fromkeys(other.observation.arm for other in others if other.trial is trial and other.observation.at == observation.at)
    controls = [arm for arm in at_once if trial.is_control(arm, observation.arm)]
    return [arm for arm in controls if trial.arms[arm].attends == trial.arms[observation.arm].attends] or controls


def predicted_with_comparisons(
    problem: PredictionProblem,
    coordinates: np.ndarray,
    beside: MetaAnalyses | None,
    numbers: Sequence[PredictionTarget],
    compared: Sequence[PredictionTarget],
) -> tuple[list[PosteriorPrediction], list[Significance]]:
    """Predictions of some numbers of a problem, and what they say of the comparisons that others of its numbers make."""
    of_comparisons = comparisons(compared)
    rows = predictions(problem, coordinates, beside, [*numbers, *(target for pair in of_comparisons.values() for target in pair)])
    of_pairs = rows[len(numbers) :]
    return rows[: len(numbers)], [
        Significance(comparison, float(test.draws.mean()), difference.low, difference.median, difference.high)
        for comparison, test, difference in zip(of_comparisons, of_pairs[::2], of_pairs[1::2], strict=True)
    ]
