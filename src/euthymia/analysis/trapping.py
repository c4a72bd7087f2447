"""Bounds on trapping: how much drug can still sit in closed channels of the habenula long after it has gone from the brain."""

from math import e
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ..core.types import SITES
from ..receptors.nmdar import NMDAReceptor, only_ketamine, resting_unblock, trapping_rates

SITE = SITES.index("habenula_burst")


def largest_trapped_share(p: NMDAReceptor, area: float, after: float) -> float:
    """Most of the receptors that can carry the drug so long after a dose, whatever constant share P of channels is open.

    While few carry it, an exposure that is over soon leaves B = P k_on m AUC e^(−P k_off T). Channels that open more often load more
    and lose more; the largest is k_on m AUC/(e k_off T), at P = 1/(k_off T).

    Parameters
    ----------
    area
        AUC of racemic ketamine or its equivalents in brain, µM h.
    after
        T, h.
    """
    binding, unbinding = jax.jit(trapping_rates)(p, only_ketamine(jnp.ones(())), jnp.ones(len(SITES)), resting_unblock(p))
    return float(binding[SITE] / unbinding[SITE]) * area / (e * after)


class ReleaseRates(NamedTuple):
    """How fast the habenula releases trapped drug, 1/h."""

    used: float
    """In bursting cells, as the model has it."""
    by_kinetics: dict[str, float]
    """As the receptor's own kinetics would have it, by how a cell fires."""

    @property
    def ratios(self) -> dict[str, float]:
        """Kinetics over what is used, by how a cell fires."""
        return {name: rate / self.used for name, rate in self.by_kinetics.items()}


def release_rates(p: NMDAReceptor) -> ReleaseRates:
    """The release rate of trapped drug that the habenula reads, beside those that the receptor's kinetics give to its cells."""
    ones = jnp.ones(len(SITES))
    _, unbinding = jax.jit(trapping_rates)(p, only_ketamine(jnp.zeros(())), ones, ones)
    sites = {name: SITES.index(f"habenula_{name}") for name in ("burst", "silent")}
    return ReleaseRates(float(p.habenula_release), {name: float(unbinding[site]) for name, site in sites.items()})
