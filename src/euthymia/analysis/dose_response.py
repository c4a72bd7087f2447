"""Dose response of prefrontal rates, and its shape and sign when unknown parameters are drawn from their priors.

A split is what is unknown of a circuit: for each class the NMDA part of recurrent excitation, that of the background, and the
concentration that halves its NMDA drive, in the order of ``SPLIT``.
"""

from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from ..circuits.prefrontal import E, Prefrontal, steady_rates
from ..core.types import PerCellClass, Scalar
from ..model.parameters import DoseCurve

CONCENTRATIONS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""µM, free in brain."""
CIRCUITS, SEED = 2000, 0
"""Random circuits."""
SPLIT = ("nmda_share", "tonic_share", "ic50")
"""The unknowns of each class."""
Split = Float[Array, "*batch split cell_class"]


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


@eqx.filter_jit
def rates_at(p: Prefrontal, nmda: Float[Array, "point cell_class"], recurrence: Scalar) -> Float[Array, "point cell_class"]:
    """Steady rates (Hz) of a circuit of one recurrence (healthy = 1) at shares of NMDA drive left in each class."""
    return jax.vmap(lambda left: steady_rates(p, left, recurrence, jnp.ones(())))(nmda)


def dose_curve(
    p: Prefrontal, ic50: PerCellClass, concentrations: Float[Array, "concentration"]
) -> Float[Array, "concentration cell_class"]:
    """Steady rates (Hz) where a concentration c (µM) leaves 1/(1 + c/K) of the NMDA drive of each class."""
    return rates_at(p, 1 / (1 + concentrations[:, None] / ic50), jnp.ones(()))


@eqx.filter_jit
def _curves(
    p: Prefrontal, splits: Float[Array, "draw split cell_class"], concentrations: Float[Array, "concentration"]
) -> Float[Array, "draw concentration cell_class"]:
    def one(split: Float[Array, "split cell_class"]) -> Array:
        nmda_share, tonic_share, ic50 = split
        return dose_curve(replace(p, nmda_share=nmda_share, tonic_share=tonic_share), ic50, concentrations)

    return jax.vmap(one)(splits)


@eqx.filter_jit
def _drawn(p: Prefrontal, priors: DoseCurve, key: Array, n: int) -> Float[Array, "draw split cell_class"]:
    """Splits drawn from their priors, class by class."""

    def between(key: Array, edges: Float[Array, "edge"]) -> Array:
        return jax.random.uniform(key, (n, len(p.baseline)), minval=edges[0], maxval=edges[1])

    share, tonic, ic50 = jax.random.split(key, len(SPLIT))
    return jnp.stack(
        [between(share, priors.nmda_share), between(tonic, priors.tonic_share), jnp.exp(between(ic50, jnp.log(priors.ic50)))], 1
    )


def dose_curve_draws(p: Prefrontal, priors: DoseCurve, key: Array, n: int, concentrations: tuple[float, ...] = CONCENTRATIONS) -> Draws:
    """Dose curves of ``n`` circuits whose split into AMPA and NMDA and whose potencies are drawn from their priors, class by class."""
    rates = _curves(p, _drawn(p, priors, key, n), jnp.array(concentrations))
    pyramidal = rates[..., E] / p.baseline[E] - 1
    rises = pyramidal.max(-1) >= priors.rise
    return Draws(rates, rises, rises & (pyramidal[:, -1] < 0))


class SignOfRise(NamedTuple):
    """Relative change of the pyramidal rate at one concentration: of a circuit, and of what it could as well have been."""

    here: float
    drawn: Float[np.ndarray, "draw"]
    """In circuits drawn from the priors."""
    moved: Float[np.ndarray, "split cell_class"]
    """In this circuit with one number of its split moved to the middle of that number's prior."""

    @property
    def share_falling(self) -> float:
        """Share of the drawn circuits in which the rate falls."""
        return float((self.drawn < 0).mean())


def sign_of_rise(p: Prefrontal, ic50: PerCellClass, priors: DoseCurve, concentration: float, spared: tuple[int, ...] = ()) -> SignOfRise:
    """How the pyramidal rate of a healthy circuit changes at a concentration (µM), and how far that rests on its assumed split.

    Parameters
    ----------
    ic50
        Concentration that halves the NMDA drive of each class, µM.
    spared
        Classes that keep their NMDA drive.
    """
    here = np.stack([np.asarray(p.nmda_share), np.asarray(p.tonic_share), np.asarray(ic50)])
    midpoint = np.array([np.mean(priors.nmda_share), np.mean(priors.tonic_share), np.exp(np.mean(np.log(priors.ic50)))])
    one_number = np.eye(here.size).reshape(-1, *here.shape)
    moved = here + one_number * (midpoint[:, None] - here)
    splits = np.concatenate([here[None], moved, _drawn(p, priors, jax.random.key(SEED), CIRCUITS)])
    splits[:, SPLIT.index("ic50"), list(spared)] = np.inf
    pyramidal = np.asarray(_curves(p, jnp.asarray(splits), jnp.array([0.0, concentration])))[..., E]
    change = pyramidal[:, 1] / pyramidal[:, 0] - 1
    return SignOfRise(float(change[0]), change[1 + here.size :], change[1 : 1 + here.size].reshape(here.shape))


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
