"""The fitted parameters and their priors: coordinates u = (log value − log start)/SD with a standard normal prior.

A correlation has the inverse hyperbolic tangent in place of the logarithm.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.errors import InputError
from ..core.normal import Z_90
from ..core.types import Scalar
from ..evidence.registry import evidence

DEFAULT_SD = 0.5
"""Prior SD of the logarithm of a row without a range."""
UPSTREAM = ("links.signalling_ec50", "links.surge_ec50", "symptoms.potentiation_ec50")
"""Fitted rows on which brain trajectories depend."""
DOWNSTREAM = (
    "population.typical_efficacy",
    "population.efficacy",
    "population.context",
    "population.correlation.context_efficacy",
    "population.between_trials.context",
    "population.between_trials.efficacy",
    "context.saline.visit",
    "context.midazolam.visit",
    "context.placebo_spray.visit",
    "context.open_label.visit",
    "context.placebo_spray.course",
    "context.oral_placebo.course",
    "context.waning_time",
    "ratings.unblinding",
    "ratings.fluctuation_sd",
    "symptoms.join_exponent",
)
"""Fitted rows on which mood and ratings depend, given brain trajectories."""
FITTED = (*UPSTREAM, *DOWNSTREAM)
CORRELATIONS = ("population.correlation.context_efficacy",)


class Prior(NamedTuple):
    """Mean and SD of a row's normal prior, as a logarithm or an inverse hyperbolic tangent."""

    row: str
    start: float
    sd: float

    def value(self, u: Scalar) -> Scalar:
        """In the row's unit, at a coordinate."""
        return (jnp.tanh if self.row in CORRELATIONS else jnp.exp)(self.start + self.sd * u)


def prior(row: str) -> Prior:
    """Prior of a row: around its value, with its range, where it has one, as the central 90 %.

    Raises
    ------
    InputError
        If the row was read from a study: what was measured is not fitted.
    """
    parameter = evidence().parameters[row]
    if parameter.provenance == "read":
        raise InputError(f"row: {row} was read from a study and is not fitted")
    value = float(parameter.value)  # type: ignore[arg-type]
    if row in CORRELATIONS:
        return Prior(row, float(np.arctanh(value)), DEFAULT_SD)
    if parameter.lower and parameter.upper:
        return Prior(row, float(np.log(value)), float(np.log(parameter.upper / parameter.lower)) / (2 * Z_90))
    return Prior(row, float(np.log(value)), DEFAULT_SD)


def values_at(rows: tuple[str, ...], coordinates: Float[Array, "fitted"]) -> dict[str, Scalar]:
    """Values of rows, each in its own unit, at their coordinates."""
    return {row: prior(row).value(u) for row, u in zip(rows, coordinates, strict=True)}


def upstream_values(coordinates: Float[Array, "fitted"]) -> dict[str, Scalar]:
    """Values of ``UPSTREAM`` at their coordinates."""
    return values_at(UPSTREAM, coordinates)
