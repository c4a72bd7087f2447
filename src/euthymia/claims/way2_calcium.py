"""Predictions about way 2, NMDA block and calcium load. No observation of it was found: they are about the model itself."""

import jax.numpy as jnp

from ..plasticity.excitotoxicity import calcium_load, damage_source, relative_damage
from .claim import Prediction
from .in_use import model_in_use
from .reference_runs import reference_run


def _largest_fall(name: str, arm: str) -> float:
    """Largest fall of a quantity below its start, as a share of it."""
    values = reference_run().data[name].sel(arm=arm)
    return float(1 - values.min() / values[0])


def _repaired_if_lasting() -> float:
    """Share of the damage that the peak block of one infusion would repair if it never ended."""
    p, stress = model_in_use().physiology.excitotoxicity, reference_run().person.stress
    block = jnp.asarray(float(reference_run().data.pore_block.sel(cell_class="pyramidal").max()))
    undrugged, blocked = (relative_damage(p, damage_source(p, calcium_load(p, stress, loss))) for loss in (jnp.zeros(()), block))
    return float(1 - blocked / undrugged)


PREDICTIONS = {
    "way2.relief": Prediction(lambda: _largest_fall("calcium_load", "as given"), lambda: _largest_fall("calcium_load", "without way 2")),
    "way2.repair": Prediction(lambda: _largest_fall("damage", "as given"), _repaired_if_lasting),
}
