"""Way 2, NMDA block and calcium load: claims. No observation of it was found, so these are about the model itself."""

import jax.numpy as jnp

from ..plasticity.excitotoxicity import calcium_load, damage_source, relative_damage
from .claim import Claim, Control
from .model import default_model
from .standard import standard


def _relief(arm: str) -> float:
    """Largest relief of the calcium load, as a share of it."""
    load = standard().data.calcium_load.sel(arm=arm)
    return float(1 - load.min() / load[0])


def _repaired(arm: str) -> float:
    """Largest share of the damage that one course repairs."""
    damage = standard().data.damage.sel(arm=arm)
    return float(1 - damage.min() / damage[0])


def _repaired_if_lasting() -> float:
    """Share of the damage that the peak block of one infusion would repair if it never ended."""
    p, stress = default_model().cascade.excitotoxicity, standard().person.stress
    block = jnp.asarray(float(standard().data.pore_block.sel(cell_class="pyramidal").max()))
    before, after = (relative_damage(p, damage_source(p, calcium_load(p, stress, each))) for each in (jnp.zeros(()), block))
    return float(1 - after / before)


CLAIMS = (
    Claim(
        "way2.relief",
        "one infusion eases the extrasynaptic calcium load while the drug is there (largest share)",
        None,
        lambda: _relief("as given"),
        (0.01, 1.0),
        Control("the calcium link clamped", lambda: _relief("context + way 4")),
    ),
    Claim(
        "way2.repair",
        "one infusion repairs next to nothing of the damage (largest share, below a fiftieth)",
        None,
        lambda: _repaired("as given"),
        (-0.02, 0.02),
        Control("the same block made to last", _repaired_if_lasting),
    ),
)
