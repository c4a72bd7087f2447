"""Trials that were held out, predicted."""

from collections.abc import Callable

from ..inference.calibration import PATIENTS
from ..inference.fitted import Fitted
from ..inference.prediction import DRAWS, PosteriorPrediction, predict
from ..trials.published import trials


def predict_held_out(
    fitted: Fitted, patients: int = PATIENTS, draws: int = DRAWS, progress: Callable[[str], None] = lambda text: None
) -> tuple[list[PosteriorPrediction], list[PosteriorPrediction]]:
    """Every number that was held out, and those of calibration trials that contrasts need beside; arguments as in :func:`predict`."""
    held_out, beside = list(trials().observed("validate")), list(trials().contrasted())
    rows = predict(held_out + beside, fitted, patients=patients, draws=draws, progress=progress)
    return rows[: len(held_out)], rows[len(held_out) :]
