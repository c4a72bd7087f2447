"""The NMDA receptor, on which all five ways rest, and ketamine in the body: claims."""

from dataclasses import replace

import jax.numpy as jnp

from ..core.roots import find_root
from ..core.types import CELL_CLASSES, SUBUNITS
from ..links import PYRAMIDAL
from ..receptors.nmdar import NMDAReceptor, pore_block, trapping_rate
from .claim import Claim, Control, between
from .model import default_model

NO_MAGNESIUM = 1e-9
"""mM; zero for every purpose here."""


def _receptor(magnesium: float | None = None, subunit: str | None = None) -> NMDAReceptor:
    """The default receptor, at another magnesium (mM), made of one subunit, or both."""
    receptor = default_model().cascade.receptor
    if magnesium is not None:
        receptor = replace(receptor, magnesium=replace(receptor.magnesium, concentration=jnp.asarray(magnesium)))
    if subunit is not None:
        pure = jnp.eye(len(SUBUNITS))[SUBUNITS.index(subunit)]
        receptor = replace(receptor, composition=jnp.broadcast_to(pure, receptor.composition.shape))
    return receptor


def half_block(receptor: NMDAReceptor) -> float:
    """Racemic ketamine (µM) that removes half of the NMDA charge of a pyramidal cell."""
    return float(jnp.exp(find_root(lambda log_c: pore_block(receptor, jnp.exp(log_c))[PYRAMIDAL] - 1 / 2, jnp.zeros(()))))


def half_occupancy(receptor: NMDAReceptor) -> float:
    """Unbound plasma ketamine (µM) at which half of a pyramidal cell's receptors carry the drug in the end."""

    def excess(log_c):
        binding, leaving = trapping_rates(receptor, jnp.exp(log_c), jnp.ones(len(SITES)), resting_unblock(receptor))
        return jnp.log(binding / leaving)[PYRAMIDAL]

    in_brain = float(jnp.exp(find_root(excess, jnp.zeros(()))))
    return in_brain / float(default_model().cascade.links.brain_partition)


CLAIMS = (
    Claim(
        "receptor.competition",
        "1 mM magnesium shifts the half-block of GluN1/2A to where it was measured (µM, within a quarter)",
        "kotermanski2009.half_block_with_magnesium",
        lambda: half_block(_receptor(subunit="GluN2A")),
        (4.05, 6.75),
        Control("no magnesium in the pore", lambda: half_block(_receptor(NO_MAGNESIUM, "GluN2A"))),
    ),
    Claim(
        "receptor.occupancy",
        "half of the receptors are occupied at the plasma concentration found in living rats (µM, unbound)",
        "shaffer2014.half_occupancy",
        lambda: half_occupancy(_receptor()),
        between("shaffer2014.half_occupancy"),
        Control("no magnesium in the pore", lambda: half_occupancy(_receptor(NO_MAGNESIUM))),
        "disagrees",
        "measured affinities with magnesium at rest ask for several times more drug: the potency gap",
    ),
)
