"""A cohort made like the patients of a trial: some are left out, and the rest are weighted to a table of baseline characteristics."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Float

from ..core.errors import InputError, short, unknown

CHARACTERISTICS = ("madrs", "weight")
"""What is known of a patient before treatment: MADRS in points, and weight in kg."""
MOST_STEPS = 256
CLOSE = 1e-3
"""By what share of its SD a weighted mean or SD may miss the table."""
FEWEST = 5.0
"""Effective number of patients below which weights rest on too few of them."""


@dataclass(frozen=True)
class BaselineTarget:
    """One line of a table, or one limit of inclusion."""

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


def inside(known: dict[str, np.ndarray], table: Sequence[BaselineTarget]) -> np.ndarray:
    """Who is within all limits."""
    found = np.ones(len(next(iter(known.values()))), bool)
    for line in table:
        found &= (known[line.characteristic] >= line.low) & (known[line.characteristic] <= line.high)
    return found


def weights(known: dict[str, np.ndarray], table: Sequence[BaselineTarget]) -> np.ndarray:
    """Weights of patients, of sum 1, that match a table and are otherwise as even as can be.

    Of all weights with the wanted means and SDs, those of largest entropy (entropy balancing, Hainmueller 2012): they are
    exponentials of a straight combination of the characteristics and their squares. Who is outside the limits has none.

    Parameters
    ----------
    known
        Characteristics before treatment, by name, a value per patient.
    table
        What is wanted.

    Raises
    ------
    InputError
        If nobody is within the limits, or no weights of these patients match the table.
    """
    within = inside(known, table)
    if not within.any():
        limits = ", ".join(f"{line.characteristic} {line.low:g} to {line.high:g}" for line in table if np.isfinite(line.low))
        raise InputError(f"like: none of {len(within)} patients has {limits}; widen the limits, or change the patient in the middle")
    columns = []
    for line in table:
        if line.mean is not None:
            x, scale = known[line.characteristic][within], line.sd or float(known[line.characteristic].std()) or 1.0
            z = (x - line.mean) / scale
            columns.append(z)
            if line.sd is not None:
                columns.append(z**2 - 1)
    found = np.zeros(len(within))
    found[within] = _even(np.stack(columns, -1)) if columns else 1 / within.sum()
    return found


def _even(excess: np.ndarray) -> np.ndarray:
    """Weights of largest entropy under which every column has mean 0, from the minimum of the convex dual log Σ e^{λ·g}."""
    g = jnp.asarray(excess)

    def dual(multipliers: Float[Array, "moment"], _) -> Float[Array, ""]:
        return jax.scipy.special.logsumexp(g @ multipliers)

    found = optx.minimise(dual, optx.BFGS(rtol=1e-9, atol=1e-9), jnp.zeros(g.shape[1]), max_steps=MOST_STEPS, throw=False).value
    even = np.asarray(jax.nn.softmax(g @ found))
    if not np.isfinite(even).all() or np.abs(even @ excess).max() > CLOSE or effective_sample_size(even) < min(FEWEST, len(even)):
        raise InputError(
            "like: no weights of these patients have these means and SDs; draw more people, or move the patient in the middle nearer"
        )
    return even


def effective_sample_size(found: np.ndarray) -> float:
    """Effective number of patients, 1/Σ w² (Kish)."""
    return float(1 / (found**2).sum())
