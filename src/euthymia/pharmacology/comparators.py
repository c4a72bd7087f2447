"""What people get today in the body: one linear system per drug, gut → central ⇄ peripheral, and a site that lags plasma.

The same structure serves every drug; one without a peripheral compartment has no flow to it. The site follows the plasma
concentration and holds no drug: transporters are let go of more slowly than plasma clears. Adults of usual weight: weight
does not enter. Amounts µmol, concentrations µM, time h.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.kinetics import flow_matrix
from ..core.parameters import parameter
from ..core.types import Scalar

DRUGS = ("escitalopram", "sertraline", "phenelzine", "midazolam", "memantine", "MK-801")
ENTRY = {
    **dict.fromkeys(("escitalopram", "sertraline", "phenelzine", "memantine"), "gut"),
    **dict.fromkeys(("midazolam", "MK-801"), "central"),
}
"""Where each drug is given: by mouth, or into a vein."""
POOLS = ("gut", "central", "peripheral", "eliminated")
STATES = (*POOLS, "site")


def _rows(name: str) -> tuple[str, ...]:
    return tuple(f"{drug}.{name}" for drug in DRUGS)


class Comparators(eqx.Module):
    """Disposition of each drug, in the order of ``DRUGS``."""

    molar_mass: Float[Array, "drug"] = parameter(_rows("molar_mass"), "mg/umol", "as free base, as doses are stated")
    absorption_half_life: Float[Array, "drug"] = parameter(_rows("absorption_half_life"), "h", "from gut to blood")
    bioavailability: Float[Array, "drug"] = parameter(_rows("bioavailability"), "dimensionless", "share of an oral dose that arrives")
    clearance: Float[Array, "drug"] = parameter(_rows("clearance"), "L/h", "CL")
    central_volume: Float[Array, "drug"] = parameter(_rows("central_volume"), "L", "V1")
    peripheral_volume: Float[Array, "drug"] = parameter(_rows("peripheral_volume"), "L", "V2")
    peripheral_flow: Float[Array, "drug"] = parameter(_rows("peripheral_flow"), "L/h", "Q, zero where one compartment is enough")
    site_half_life: Float[Array, "drug"] = parameter(_rows("site_half_life"), "h", "lag of the site of action behind plasma")
    lowest_dose: Float[Array, "drug"] = parameter(_rows("lowest_dose"), "mg/h", "least that evidence covers, averaged over a day")
    highest_dose: Float[Array, "drug"] = parameter(_rows("highest_dose"), "mg/h", "most that evidence covers, averaged over a day")


def rate_matrix(p: Comparators) -> Float[Array, "drug state state"]:
    """The matrix A of dx/dt = A x + input for each drug. State order is ``STATES``: four amounts and the site's concentration."""

    def one(half_life: Scalar, F: Scalar, CL: Scalar, V1: Scalar, V2: Scalar, Q: Scalar, lag: Scalar) -> Float[Array, "state state"]:
        ka, ke0 = jnp.log(2) / half_life, jnp.log(2) / lag
        flows = flow_matrix(
            POOLS,
            {
                ("gut", "central"): F * ka,
                ("gut", "eliminated"): (1 - F) * ka,
                ("central", "peripheral"): Q / V1,
                ("peripheral", "central"): Q / V2,
                ("central", "eliminated"): CL / V1,
            },
        )
        matrix = jnp.zeros((len(STATES), len(STATES))).at[: len(POOLS), : len(POOLS)].set(flows)
        site = STATES.index("site")
        return matrix.at[site, STATES.index("central")].set(ke0 / V1).at[site, site].set(-ke0)

    return jax.vmap(one)(
        p.absorption_half_life, p.bioavailability, p.clearance, p.central_volume, p.peripheral_volume, p.peripheral_flow, p.site_half_life
    )


def entry_matrices() -> Float[Array, "drug state place"]:
    """Where a dose of each drug enters: one place each."""
    return jnp.stack([jnp.eye(len(STATES))[:, [STATES.index(ENTRY[drug])]] for drug in DRUGS])


def plasma_concentration(p: Comparators, states: Float[Array, "*batch drug state"]) -> Float[Array, "*batch drug"]:
    """Total plasma concentration of each drug, µM."""
    return states[..., STATES.index("central")] / p.central_volume


def site_concentration(states: Float[Array, "*batch drug state"]) -> Float[Array, "*batch drug"]:
    """Concentration that each drug's target sees (µM), on the scale of total plasma."""
    return states[..., STATES.index("site")]
