"""Trials predicted from all others: the posterior, and the meta-analysis beside it, without each trial in turn."""

from collections.abc import Callable
from dataclasses import dataclass

from ..inference.calibration import Calibration, Posterior
from ..inference.prediction import PosteriorPrediction
from ..inference.sizes import DRAWS_OF_PREDICTION
from ..trials.meta_analysis import meta_analyses
from .significance import Significance, predicted_with_comparisons


@dataclass(frozen=True)
class LeftOut:
    """A trial predicted from all others."""

    posterior: Posterior
    """Without it."""
    rows: list[PosteriorPrediction]
    comparisons: list[Significance]


def leave_one_out(
    fit: Calibration, draws: int = DRAWS_OF_PREDICTION, progress: Callable[[str], None] = lambda text: None
) -> dict[str, LeftOut]:
    """Every trial of a fit, predicted from all others.

    Parameters
    ----------
    fit
        A calibration.
    draws
        From each posterior.
    progress
        Called with the name of each trial before it is left out.
    """
    left_out = {}
    for name in fit.problem.targets.trial_names:
        progress(f"without {name}")
        posterior = fit.posterior.without(name)
        numbers = [target for target in fit.problem.targets.targets if target.trial.name == name]
        predicted = predicted_with_comparisons(fit.problem, posterior.resampled(draws), meta_analyses(without=name), numbers, numbers)
        left_out[name] = LeftOut(posterior, *predicted)
    return left_out
