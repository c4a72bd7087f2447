"""Dose response of prefrontal rates, and its shape where what is unknown of a circuit is drawn from its priors."""

from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from ..circuits.prefrontal import CLASSES, E, Prefrontal, steady_rates
from ..core.exported_programs import exported
from ..core.types import PerCellClass, Scalar
from ..model.parameters import DoseCurve, Splits

CONCENTRATIONS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""µM, free in brain."""
CIRCUITS, SEED = 2000, 0
"""Random circuits."""


@eqx.filter_jit
def drawn(priors: DoseCurve, key: Array, circuits: int) -> Splits:
    """Splits drawn from their priors, every number of every class by itself."""

    def between(key: Array, edges: Float[Array, "edge"]) -> Array:
        return jax.random.uniform(key, (circuits, len(CLASSES)), minval=edges[0], maxval=edges[1])

    share, tonic, potency = jax.random.split(key, 3)
    return Splits(between(share, priors.nmda_share), between(tonic, priors.tonic_share), jnp.exp(between(potency, jnp.log(priors.ic50))))


class Draws(NamedTuple):
    """Dose curves under random parameters."""

    rates: Float[Array, "draw concentration cell_class"]
    """Hz."""
    rises: Bool[Array, "draw"]
    """Pyramidal cells rise enough at some dose."""
    inverted: Bool[Array, "draw"]
    """They rise enough, and at the highest dose fire less than undrugged."""

    @property
    def share_rising(self) -> float:
        """Probability of a rise."""
        return float(self.rises.mean())

    @property
    def share_inverted(self) -> float:
        """Probability of a true inverted U."""
        return float(self.inverted.mean())


@exported
def rates_at(p: Prefrontal, nmda: Float[Array, "point cell_class"], recurrence: Scalar) -> Float[Array, "point cell_class"]:
    """Steady rates (Hz) of a circuit of one recurrence (healthy = 1) at shares of NMDA drive left in each class."""
    return jax.vmap(lambda left: steady_rates(p, left, recurrence, jnp.ones(())))(nmda)


def dose_curve(
    p: Prefrontal, ic50: PerCellClass, concentrations: Float[Array, "concentration"]
) -> Float[Array, "concentration cell_class"]:
    """Steady rates (Hz) where a concentration c (µM) leaves 1/(1 + c/K) of the NMDA drive of each class."""
    return rates_at(p, 1 / (1 + concentrations[:, None] / ic50), jnp.ones(()))


@eqx.filter_jit
def curves(
    p: Prefrontal, splits: Splits, concentrations: Float[Array, "concentration"]
) -> Float[Array, "circuit concentration cell_class"]:
    """Dose curves (Hz) of circuits of other splits, at concentrations in µM."""

    def one(split: Splits) -> Array:
        return dose_curve(replace(p, nmda_share=split.nmda_share, tonic_share=split.tonic_share), split.drive_ic50, concentrations)

    return jax.vmap(one)(splits)


def dose_curve_draws(p: Prefrontal, priors: DoseCurve, key: Array, n: int, concentrations: tuple[float, ...] = CONCENTRATIONS) -> Draws:
    """Dose curves of ``n`` circuits whose split into AMPA and NMDA and whose potencies are drawn from their priors, class by class."""
    rates = curves(p, drawn(priors, key, n), jnp.array(concentrations))
    pyramidal = rates[..., E] / p.baseline[E] - 1
    rises = pyramidal.max(-1) >= priors.rise
    return Draws(rates, rises, rises & (pyramidal[:, -1] < 0))


def times_to_change(times: np.ndarray, rates: np.ndarray, change: float | None = None) -> np.ndarray:
    """When each class has first moved by a fraction ``change`` of its first rate, or, without one, halfway to its own extreme.

    Parameters
    ----------
    times
        Increasing.
    rates
        Rates (Hz) by time and class.

    Returns
    -------
    One time per class, linearly interpolated; NaN for a class that never does.
    """
    moved = np.abs(rates / rates[0] - 1)
    target = moved.max(0) / 2 if change is None else np.full(rates.shape[1], change)
    times_of_classes = np.full(rates.shape[1], np.nan)
    for which, course in enumerate(moved.T):
        beyond = np.flatnonzero(course >= target[which])
        if len(beyond):
            after = beyond[0]
            times_of_classes[which] = (
                np.interp(target[which], course[after - 1 : after + 1], times[after - 1 : after + 1]) if after else times[0]
            )
    return times_of_classes
