"""Posterior predictions of the trials that were held out."""

from collections.abc import Callable
from typing import NamedTuple

from ..inference.fitted import Fitted
from ..inference.prediction import PosteriorPrediction
from ..inference.problem import prediction_problem
from ..inference.sizes import DRAWS_OF_PREDICTION, PATIENTS, check_draws
from ..trials.meta_analysis import meta_analyses
from ..trials.published import published_trials
from .significance import Significance, predicted_with_comparisons


class HeldOut(NamedTuple):
    """Predictions of what was held out."""

    rows: list[PosteriorPrediction]
    beside: list[PosteriorPrediction]
    """Of the calibration numbers that contrasts need."""
    comparisons: list[Significance]
    """Of drugs with controls, in trials that were held out."""


def predict_held_out(
    fitted: Fitted, patients: int = PATIENTS, draws: int = DRAWS_OF_PREDICTION, progress: Callable[[str], None] = lambda text: None
) -> HeldOut:
    """Predictions of every held-out number; arguments as in :func:`euthymia.inference.prediction.predict`."""
    check_draws(patients, draws)
    published = published_trials()
    held_out, contrasted = list(published.observed("validate")), published.contrasted()
    problem = prediction_problem(held_out + contrasted, patients, progress=progress)
    progress("drawing trials")
    numbers = problem.targets.targets
    rows, compared = predicted_with_comparisons(problem, fitted.drawn(draws), meta_analyses(), numbers, numbers[: len(held_out)])
    return HeldOut(rows[: len(held_out)], rows[len(held_out) :], compared)
