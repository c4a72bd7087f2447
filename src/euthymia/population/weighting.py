"""A cohort matched to the patients of a trial: limits of inclusion, and entropy balancing to a table of baseline characteristics."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.errors import InputError, short, unknown

CHARACTERISTICS = ("madrs", "weight")
"""Baseline characteristics: MADRS as rated, in points, and weight in kg."""
MOST_ITERATIONS = 256
TOLERANCE = 1e-3
"""Largest deviation of a standardised weighted moment from the table."""
LEAST_EFFECTIVE_SIZE = 5.0
"""Effective number of patients below which weights rest on too few of them."""


@dataclass(frozen=True)
class BaselineTarget:
    """Mean and SD of a baseline characteristic, or its limits of inclusion."""

    characteristic: str
    mean: float | None = None
    sd: float | None = None
    low: float = -np.inf
    high: float = np.inf

    def __str__(self) -> str:
        if self.mean is None:
            return f"{self.characteristic} {self.low:g} to {self.high:g}"
        return f"{self.characteristic} {self.mean:g}" + (f" ± {self.sd:g}" if self.sd is not None else "")


def baseline_target(text: str) -> BaselineTarget:
    """From ``madrs=37.4:5.6`` (mean and SD), ``madrs=37.4`` (mean alone) or ``madrs=28..60`` (limits).

    Raises
    ------
    InputError
        If the text says something else, or its limits are crossed.
    """
    name, equals, rest = text.partition("=")
    if not equals:
        raise InputError(f"like: {short(text)} is not NAME=MEAN:SD, NAME=MEAN or NAME=LOW..HIGH, for example madrs=37.4:5.6")
    if name not in CHARACTERISTICS:
        raise unknown("like", name, CHARACTERISTICS)
    limits = ".." in rest
    parts = rest.split("..") if limits else rest.split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) not in ((2,) if limits else (1, 2)) or not np.isfinite(numbers).all():
        raise InputError(f"like: {short(text)} is not NAME=MEAN:SD, NAME=MEAN or NAME=LOW..HIGH, for example madrs=37.4:5.6")
    if limits:
        if numbers[0] >= numbers[1]:
            raise InputError(f"like: the limits of {name} are crossed: {numbers[0]:g} is not below {numbers[1]:g}")
        return BaselineTarget(name, low=numbers[0], high=numbers[1])
    if len(numbers) == 2 and numbers[1] <= 0:
        raise InputError(f"like: the SD of {name} is {numbers[1]:g}; it must be above 0")
    return BaselineTarget(name, *numbers)


def within_limits(characteristics: dict[str, np.ndarray], table: Sequence[BaselineTarget]) -> np.ndarray:
    """Whether each patient is within all limits of a table."""
    within = np.ones(len(next(iter(characteristics.values()))), bool)
    for line in table:
        within &= (characteristics[line.characteristic] >= line.low) & (characteristics[line.characteristic] <= line.high)
    return within


def balancing_weights(characteristics: dict[str, np.ndarray], table: Sequence[BaselineTarget]) -> np.ndarray:
    """Weights of patients, of sum 1, under which their baseline characteristics have the means and SDs of a table.

    Entropy balancing (Hainmueller 2012): of all weights with these moments, those of largest entropy, which are exponentials of a
    linear combination of the characteristics and their squares. Patients outside the limits have weight 0.

    Parameters
    ----------
    characteristics
        Baseline characteristics by name, a value per patient.
    table
        Target means and SDs, and limits.

    Raises
    ------
    InputError
        If nobody is within the limits, or no weights of these patients match the table.
    """
    within = within_limits(characteristics, table)
    if not within.any():
        limits = ", ".join(f"{line.characteristic} {line.low:g} to {line.high:g}" for line in table if np.isfinite(line.low))
        raise InputError(f"like: none of {len(within)} patients has {limits}; widen the limits, or change the patient in the middle")
    moments = []
    for line in table:
        if line.mean is not None:
            values = characteristics[line.characteristic]
            scale = line.sd or float(values.std()) or 1.0
            z = (values[within] - line.mean) / scale
            moments.append(z)
            if line.sd is not None:
                moments.append(z**2 - 1)
    weights = np.zeros(len(within))
    weights[within] = _maximum_entropy_weights(np.stack(moments, -1)) if moments else 1 / within.sum()
    return weights


def _maximum_entropy_weights(moments: np.ndarray) -> np.ndarray:
    """Weights of largest entropy under which every column has mean 0, from the minimum of the convex dual log Σ e^{λ·g}."""
    # Only few cohorts are weighted, and every report imports this module.
    import optimistix as optx

    g = jnp.asarray(moments)

    def dual(multipliers: Float[Array, "moment"], _) -> Float[Array, ""]:
        return jax.scipy.special.logsumexp(g @ multipliers)

    solution = optx.minimise(dual, optx.BFGS(rtol=1e-9, atol=1e-9), jnp.zeros(g.shape[1]), max_steps=MOST_ITERATIONS, throw=False).value
    weights = np.asarray(jax.nn.softmax(g @ solution))
    too_few = effective_sample_size(weights) < min(LEAST_EFFECTIVE_SIZE, len(weights))
    if not np.isfinite(weights).all() or np.abs(weights @ moments).max() > TOLERANCE or too_few:
        raise InputError(
            "like: no weights of these patients have these means and SDs; draw more people, or move the patient in the middle nearer"
        )
    return weights


def effective_sample_size(weights: np.ndarray) -> float:
    """Effective number of patients, 1/Σ w² (Kish), for weights of sum 1."""
    return float(1 / (weights**2).sum())
