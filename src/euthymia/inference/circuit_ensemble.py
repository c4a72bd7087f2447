"""Prefrontal circuits that evidence leaves: splits drawn from their priors and kept where they meet every condition.

Rejection: what is kept is distributed as the posterior, every circuit with the same weight. A prior is uniform (of a potency, in its
logarithm), and a condition is a direction, an order or a range.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.stats import ks_2samp

from ..analysis.circuit_conditions import CONDITIONS, HIGH, Condition, Experiment, Readouts, met, readouts
from ..analysis.dose_response import drawn
from ..circuits.prefrontal import E
from ..core.errors import InputError
from ..core.types import Scalar
from ..model.parameters import DoseCurve, Physiology, Splits
from .sizes import DRAWS_OF_CIRCUITS, SEED_OF_CIRCUITS

MEMBERS = 128
"""Circuits that ship."""


@dataclass(frozen=True)
class Conditioned:
    """Circuits drawn, what they do, and which conditions each meets."""

    splits: Splits
    read: Readouts
    met: np.ndarray
    """By condition and circuit."""

    @property
    def accepted(self) -> np.ndarray:
        """Numbers of the circuits that meet every condition, in the order in which they were drawn."""
        return np.flatnonzero(self.met.all(0))

    def share_rising(self, chosen: np.ndarray) -> float:
        """Share of some circuits in which pyramidal cells rise at the end of the standard infusion."""
        return float((np.asarray(self.read.peak)[chosen, E] > 0).mean())


def conditioned(
    physiology: Physiology,
    priors: DoseCurve,
    experiment: Experiment,
    draws: int = DRAWS_OF_CIRCUITS,
    seed: int = SEED_OF_CIRCUITS,
    conditions: Sequence[Condition] = CONDITIONS,
) -> Conditioned:
    """Draw circuits and hold them against conditions.

    Raises
    ------
    InputError
        If priors are none, or no draw meets every condition.
    """
    circuits = held_against(physiology, priors, experiment, draws, seed, conditions)
    if not len(circuits.accepted):
        raise InputError(_nothing(circuits, conditions))
    return circuits


def held_against(
    physiology: Physiology, priors: DoseCurve, experiment: Experiment, draws: int, seed: int, conditions: Sequence[Condition] = CONDITIONS
) -> Conditioned:
    """Circuits drawn and held against conditions, of which they may meet none.

    Raises
    ------
    InputError
        If priors are none.
    """
    check_priors(priors)
    splits = drawn(priors, jax.random.key(seed), draws)
    read = jax.tree.map(np.asarray, readouts(physiology, experiment, splits))
    return Conditioned(splits, read, met(read, tuple(conditions)))


def check_priors(priors: DoseCurve) -> None:
    """Raises ``InputError`` for edges that are no prior: of a share between 0 and 1, of a potency above 0, the first below the second."""
    for name, least, most in (("nmda_share", 0.0, 1.0), ("tonic_share", 0.0, 1.0), ("ic50", np.finfo(float).tiny, np.inf)):
        low, high = map(float, getattr(priors, name))
        if not least <= low < high <= most:
            allowed = "above 0" if most > 1 else "within 0 to 1"
            raise InputError(f"dose_curve.{name}: {low:g} to {high:g} is no prior; both edges are {allowed}, the lower one first")


def _nothing(circuits: Conditioned, conditions: Sequence[Condition]) -> str:
    """That no draw meets every condition, and by how much the best misses: of those that meet most, the one that misses least."""
    margins = np.stack([condition.margin(circuits.read) for condition in conditions])
    meets = circuits.met.sum(0)
    missing = np.where(circuits.met, 0, np.where(np.isfinite(margins), -margins, HIGH)).sum(0)
    best = int(np.where(meets == meets.max(), missing, np.inf).argmin())
    missed = [
        f"“{condition.name}” by {_amount(-float(margin), condition.unit)}"
        for condition, margin, holds in zip(conditions, margins[:, best], circuits.met[:, best], strict=True)
        if not holds
    ]
    return (
        f"circuits: none of {len(meets)} draws meets every condition; the best meets {meets[best]} of {len(conditions)} and misses "
        f"{', '.join(missed)}; widen the priors dose_curve.* or draw more"
    )


def _amount(miss: float, unit: str) -> str:
    if not np.isfinite(miss):
        return "all there is"
    return f"{100 * miss:.2g} %" if unit == "1" else f"{miss:.2g} {unit}"


def widened(priors: DoseCurve, factor: float) -> DoseCurve:
    """Priors of another width: around the same middle, but for the background, whose share goes on to begin at its lowest value."""

    def wider(edges: Float[Array, "edge"], still: Scalar) -> Float[Array, "edge"]:
        return still + factor * (edges - still)

    potency = jnp.log(priors.ic50)
    return replace(
        priors,
        nmda_share=jnp.clip(wider(priors.nmda_share, priors.nmda_share.mean()), 0, 1),
        tonic_share=jnp.clip(wider(priors.tonic_share, priors.tonic_share[0]), 0, 1),
        ic50=jnp.exp(wider(potency, potency.mean())),
    )


def acceptance(circuits: Conditioned) -> list[float]:
    """Share of the draws that meet the first condition, the first two, and so on."""
    return [float(share) for share in np.logical_and.accumulate(circuits.met, 0).mean(1)]


def left_out(circuits: Conditioned) -> list[float]:
    """For each condition the share that meets it among the circuits that meet all others: what they predict of it."""
    every = range(len(circuits.met))
    return [float(circuits.met[which, np.delete(circuits.met, which, 0).all(0)].mean()) for which in every]


def distances(circuits: Conditioned) -> Splits:
    """Kolmogorov–Smirnov distance of each number's distribution after conditioning from that before."""

    def apart(numbers: Float[Array, "circuit cell_class"]) -> np.ndarray:
        before = np.asarray(numbers)
        after = before[circuits.accepted]
        return np.array([ks_2samp(before[:, which], after[:, which]).statistic for which in range(before.shape[1])])

    return jax.tree.map(apart, circuits.splits)


def members(circuits: Conditioned, experiment: Experiment, count: int = MEMBERS) -> tuple[Splits, int]:
    """The circuits that ship, in the order in which they were drawn, and which of them is the middle one.

    The middle is the circuit whose read-outs are nowhere far from the middle of the others': the least largest distance of ranks, over
    the change of every class at the peak, the rise of glutamine, and the loss of pyramidal drive there, which other ways read.
    """
    chosen = circuits.accepted[:count]
    splits = jax.tree.map(lambda numbers: np.asarray(numbers)[chosen], circuits.splits)
    loss = 1 / (1 + splits.drive_ic50[:, E] / float(experiment.concentration[-1]))
    read = np.column_stack([circuits.read.peak[chosen], circuits.read.glutamine[chosen], loss])
    ranks = (read.argsort(0).argsort(0) + 1 / 2) / len(chosen)
    return splits, int(np.abs(ranks - 1 / 2).max(1).argmin())
