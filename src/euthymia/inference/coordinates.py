"""The fitted parameters and their priors: coordinates u with a standard normal prior.

A row is exp(log start + SD u); a share has the logit in place of the logarithm, a correlation the inverse hyperbolic tangent, what is at
least one the logarithm of what it is above one, and what may have either sign is start + SD u.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import logit

from ..clinic.trial_differences import COVARIATES, EFFECTS
from ..core.errors import InputError
from ..core.normal import Z_90
from ..core.types import Scalar
from ..evidence.registry import evidence

DEFAULT_SD = 0.5
"""Prior SD of the logarithm or inverse hyperbolic tangent of a row without a range."""
SHARES = ("population.typical_responsiveness",)
ABOVE_ONE = ("symptoms.join_exponent",)
CORRELATIONS = ("population.correlation.context_responsiveness", "between_trials.correlation")
SIGNED = (*(f"between_trials.{covariate}.{effect}" for effect in EFFECTS for covariate in COVARIATES), "between_trials.small_study")
FITTED = (
    *SHARES,
    "population.responsiveness",
    "population.context",
    "symptoms.repair_saturation",
    "symptoms.join_exponent",
    "context.saline.visit",
    "context.midazolam.visit",
    "context.placebo_spray.visit",
    "context.open_label.visit",
    "context.placebo_spray.course",
    "context.oral_placebo.course",
    "context.waning_time",
    "ratings.unblinding",
    "ratings.fluctuation_sd",
    "between_trials.context",
    "between_trials.responsiveness",
    "between_trials.discrepancy",
    *CORRELATIONS,
    *SIGNED,
)
"""Fitted rows: how patients and trials differ, and what context does. None of them reaches a brain."""


class Scale(NamedTuple):
    """A scale on which a prior is normal, and the way back from it."""

    to: Callable[[float], float]
    back: Callable[[Scalar], Scalar]


LOGARITHM, LOGIT = Scale(np.log, jnp.exp), Scale(logit, jax.nn.sigmoid)
EXCESS = Scale(lambda value: np.log(value - 1), lambda value: 1 + jnp.exp(value))
CORRELATION, LINEAR = Scale(np.arctanh, jnp.tanh), Scale(float, lambda value: value)


def scale_of(row: str) -> Scale:
    """The scale on which the prior of a row is normal."""
    if row in SHARES:
        return LOGIT
    if row in ABOVE_ONE:
        return EXCESS
    return CORRELATION if row in CORRELATIONS else LINEAR if row in SIGNED else LOGARITHM


class Prior(NamedTuple):
    """Mean and SD of a row's normal prior, on its scale."""

    row: str
    start: float
    sd: float

    def value(self, u: Scalar) -> Scalar:
        """In the row's unit, at a coordinate."""
        return scale_of(self.row).back(self.start + self.sd * u)


def prior(row: str) -> Prior:
    """Prior of a row: around its value, with its range, where it has one, as the central 90 %.

    Raises
    ------
    InputError
        If the row was read from a study: what was measured is not fitted.
    """
    parameter, to = evidence().parameters[row], scale_of(row).to
    if parameter.provenance == "read":
        raise InputError(f"row: {row} was read from a study and is not fitted")
    start, lower, upper = float(to(parameter.value)), parameter.lower, parameter.upper  # type: ignore[arg-type]
    if lower is None or upper is None:
        return Prior(row, start, DEFAULT_SD)
    return Prior(row, start, float(to(upper) - to(lower)) / (2 * Z_90))


def values_at(rows: tuple[str, ...], coordinates: Float[Array, "fitted"]) -> dict[str, Scalar]:
    """Values of rows, each in its own unit, at their coordinates."""
    return {row: prior(row).value(u) for row, u in zip(rows, coordinates, strict=True)}
