"""Posterior predictions of the trials that were held out."""

from collections.abc import Callable

from ..inference.calibration import PATIENTS
from ..inference.fitted import Fitted
from ..inference.prediction import DRAWS, PosteriorPrediction, predict
from ..trials.meta_analysis import meta_analyses
from ..trials.published import published_trials


def predict_held_out(
    fitted: Fitted, patients: int = PATIENTS, draws: int = DRAWS, progress: Callable[[str], None] = lambda text: None
) -> tuple[list[PosteriorPrediction], list[PosteriorPrediction]]:
    """Predictions of every held-out number, and of the calibration numbers that contrasts need; arguments as in :func:`predict`."""
    published = published_trials()
    held_out, contrasted = list(published.observed("validate")), list(published.contrasted())
    rows = predict(held_out + contrasted, fitted, patients=patients, draws=draws, beside=meta_analyses(), progress=progress)
    return rows[: len(held_out)], rows[len(held_out) :]
