"""Way 2, NMDA block and calcium load: claims. No observation of it was found, so these are about the model itself."""

import jax.numpy as jnp

from ..model.default import default_model
from ..plasticity.excitotoxicity import calcium_load, damage_source, relative_damage
from .claim import Claim, Control
from .reference_runs import reference_run


def _largest_fall(name: str, arm: str) -> float:
    """Largest fall of a quantity below its start, as a share of it."""
    values = reference_run().data[name].sel(arm=arm)
    return float(1 - values.min() / values[0])


def _repaired_if_lasting() -> float:
    """Share of the damage that the peak block of one infusion would repair if it never ended."""
    p, stress = default_model().physiology.excitotoxicity, reference_run().person.stress
    block = jnp.asarray(float(reference_run().data.pore_block.sel(cell_class="pyramidal").max()))
    before, after = (relative_damage(p, damage_source(p, calcium_load(p, stress, each))) for each in (jnp.zeros(()), block))
    return float(1 - after / before)


CLAIMS = (
    Claim(
        "way2.relief",
        "one infusion eases the extrasynaptic calcium load while the drug is there (largest share)",
        None,
        lambda: _largest_fall("calcium_load", "as given"),
        (0.01, 1.0),
        Control("the calcium link clamped", lambda: _largest_fall("calcium_load", "without way 2")),
    ),
    Claim(
        "way2.repair",
        "one infusion repairs next to nothing of the damage (largest share, below a fiftieth)",
        None,
        lambda: _largest_fall("damage", "as given"),
        (-0.02, 0.02),
        Control("the same block made to last", _repaired_if_lasting),
    ),
)
