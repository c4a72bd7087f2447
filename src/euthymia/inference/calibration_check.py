"""Calibration check: each published number beside its fitted value, in SDs of a further such trial."""

from typing import NamedTuple

import numpy as np

from ..core.normal import Z_90
from ..trials.published import Trial, TrialOutcome
from .calibration import Calibration


class FittedNumber(NamedTuple):
    """A published number beside its fitted value."""

    trial: Trial
    observation: TrialOutcome
    fitted: float
    sd: float
    """Of the number in a further such trial: sampling error, differences between trials, and the discrepancy of the model."""

    @property
    def observed(self) -> float:
        """The published number."""
        return self.observation.observed

    @property
    def standardised_residual(self) -> float:
        """Observed less fitted, over the SD."""
        return (self.observed - self.fitted) / self.sd

    @property
    def inside(self) -> bool:
        """Whether the number is within its central 90 %."""
        return abs(self.standardised_residual) <= Z_90


def fitted_numbers(fit: Calibration) -> list[FittedNumber]:
    """Every number that was fitted."""
    predicted, data = fit.predicted, fit.problem.data
    discrepancy = fit.values["between_trials.discrepancy"] * np.asarray(data.unit)
    sds = np.sqrt(np.asarray(data.error) ** 2 + np.diag(np.asarray(predicted.covariance)) + discrepancy**2)
    return [
        FittedNumber(trial, observation, float(value), float(sd))
        for (trial, observation, _), value, sd in zip(fit.problem.targets.targets, predicted.value, sds, strict=True)
    ]
