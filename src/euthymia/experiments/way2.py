"""Way 2, NMDA block and calcium load: claims."""

import jax.numpy as jnp
import numpy as np
import optimistix as optx

from ..biophysics.magnesium import Magnesium
from ..receptors.nmdar import NMDAReceptor, pore_block
from .claim import Claim, Control
from .model import default_model

NO_MAGNESIUM = 1e-9
"""mM; zero for every purpose here."""
PURE_GLUN2A = (1.0, 0.0, 0.0, 0.0)


def _receptor(magnesium: float | None = None, pure: tuple[float, ...] | None = None) -> NMDAReceptor:
    receptor = default_model().cascade.receptor
    values = {name: getattr(receptor, name) for name in NMDAReceptor.__dataclass_fields__}
    if magnesium is not None:
        block = {name: getattr(receptor.magnesium, name) for name in Magnesium.__dataclass_fields__}
        values["magnesium"] = Magnesium(**block | {"concentration": jnp.asarray(magnesium)})
    if pure is not None:
        values["composition"] = jnp.broadcast_to(jnp.asarray(pure), receptor.composition.shape)
    return NMDAReceptor(**values)


def half_block(receptor: NMDAReceptor) -> float:
    """Racemic ketamine (µM) that removes half of the NMDA charge of a pyramidal cell."""
    found = optx.root_find(
        lambda log_c, _: pore_block(receptor, jnp.exp(log_c))[0] - 1 / 2, optx.Newton(rtol=1e-10, atol=1e-12), jnp.zeros(()), max_steps=64
    )
    return float(np.exp(found.value))


CLAIMS = (
    Claim(
        "way2.half_block",
        "without magnesium, ketamine halves GluN1/2A current near the measured concentration (µM, within twofold)",
        "abbott2020.half_block",
        lambda: half_block(_receptor(NO_MAGNESIUM, PURE_GLUN2A)),
        (0.23, 0.92),
        Control("the absence of magnesium: 1 mM competes for the pore", lambda: half_block(_receptor(None, PURE_GLUN2A))),
    ),
    Claim(
        "way2.occupancy",
        "half of the receptors are occupied near the concentration found in living rats (µM)",
        "shaffer2014.half_occupancy",
        lambda: half_block(_receptor()),
        (0.99, 2.14),
        Control("magnesium", lambda: half_block(_receptor(NO_MAGNESIUM))),
        "disagrees",
        "measured affinities with magnesium at rest ask for several times more drug: the potency gap",
    ),
)
