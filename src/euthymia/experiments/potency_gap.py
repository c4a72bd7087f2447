"""The potency gap: per way, the loss that the sources give beside the loss that the way needs."""

from typing import NamedTuple

import jax.numpy as jnp

from ..plasticity.excitotoxicity import damage_source, load_for_damage
from .model import Euthymia
from .simulation import Simulation


class PotencyGap(NamedTuple):
    """Losses as shares, 0 to 1."""

    way: str
    reads: str
    sources_give: float
    """Peak pore block by competition with magnesium, from measured affinities."""
    link_reads: float
    """Peak of the word this way reads."""
    needs: float | None
    """Loss at which the way is half engaged; None if there is nothing to engage."""
    criterion: str


def potency_gaps(model: Euthymia, simulation: Simulation) -> list[PotencyGap]:
    """The gap of each way in this version at the peak of one course."""
    pyramidal = simulation.data.sel(cell_class="pyramidal")
    block, felt = float(pyramidal.pore_block.max()), float(pyramidal.drive_loss.max())
    toxicity, stress = model.cascade.excitotoxicity, simulation.person.stress
    stressed, healthy = 1 + toxicity.glutamate_excess * stress, jnp.ones(())
    halfway = (damage_source(toxicity, stressed) + damage_source(toxicity, healthy)) / 2
    lasting = 1 - load_for_damage(toxicity, halfway) / stressed
    return [
        PotencyGap(
            "way 2",
            "pore block",
            block,
            block,
            float(lasting),
            "a lasting loss that halves the stress-driven damage, at assumed load and cooperativity",
        ),
        PotencyGap(
            "way 4",
            "drive loss",
            block,
            felt,
            float(model.cascade.links.signalling_potency),
            "the loss that half engages eEF2 signalling, assumed",
        ),
    ]
