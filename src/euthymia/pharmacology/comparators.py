"""What people get today in the body: one linear system per drug, gut → central ⇄ peripheral, and a site that lags plasma.

The same structure serves every drug; one without a peripheral compartment has no flow to it. Of some drugs a share of what is
cleared becomes a metabolite that acts as well, and has one compartment and a site of its own. A site follows the plasma
concentration and holds no drug: transporters are let go of more slowly than plasma clears. Adults of usual weight: weight
does not enter. Amounts µmol, concentrations µM, time h.
"""

from collections.abc import Iterable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ..core.numerics.compartments import flow_matrix
from ..core.parameters import parameter
from ..core.types import Scalar

DRUGS = (
    *("escitalopram", "sertraline", "phenelzine", "midazolam", "memantine", "MK-801"),
    *("citalopram", "fluoxetine", "tranylcypromine", "moclobemide", "bupropion"),
)
FORMED = {"norfluoxetine": "fluoxetine", "hydroxybupropion": "bupropion"}
"""Metabolites that act, and the drug that each is formed from; one of a drug at most."""
MOLECULES = (*DRUGS, *FORMED)
"""What reaches a target."""
PARENTS = jnp.array([DRUGS.index(drug) for drug in FORMED.values()])
INTO_A_VEIN = ("midazolam", "MK-801")
ENTRY = {drug: "central" if drug in INTO_A_VEIN else "gut" for drug in DRUGS}
"""Where each drug is given: by mouth, or into a vein."""
POOLS = ("gut", "central", "peripheral", "metabolite", "eliminated")
STATES = (*POOLS, "site", "metabolite_site")


def places(molecules: Sequence[str]) -> Int[Array, "chosen"]:
    """Where these stand on the axis of ``MOLECULES``."""
    return jnp.array([MOLECULES.index(name) for name in molecules])


def _rows(name: str, molecules: Iterable[str] = DRUGS) -> tuple[str, ...]:
    return tuple(f"{molecule}.{name}" for molecule in molecules)


class Comparators(eqx.Module):
    """Disposition of each drug in the order of ``DRUGS``, and of each metabolite in that of ``FORMED``."""

    molar_mass: Float[Array, "molecule"] = parameter(_rows("molar_mass", MOLECULES), "mg/umol", "as free base, as doses are stated")
    absorption_half_life: Float[Array, "drug"] = parameter(_rows("absorption_half_life"), "h", "from gut to blood")
    bioavailability: Float[Array, "drug"] = parameter(_rows("bioavailability"), "dimensionless", "share of an oral dose that arrives")
    clearance: Float[Array, "drug"] = parameter(_rows("clearance"), "L/h", "CL")
    central_volume: Float[Array, "drug"] = parameter(_rows("central_volume"), "L", "V1")
    peripheral_volume: Float[Array, "drug"] = parameter(_rows("peripheral_volume"), "L", "V2")
    peripheral_flow: Float[Array, "drug"] = parameter(_rows("peripheral_flow"), "L/h", "Q, zero where one compartment is enough")
    site_half_life: Float[Array, "drug"] = parameter(_rows("site_half_life"), "h", "lag of the site of action behind plasma")
    formed_share: Float[Array, "metabolite"] = parameter(
        _rows("formed_share", FORMED), "dimensionless", "share of the parent's clearance that forms it"
    )
    metabolite_clearance: Float[Array, "metabolite"] = parameter(_rows("clearance", FORMED), "L/h", "CL of the metabolite")
    metabolite_volume: Float[Array, "metabolite"] = parameter(_rows("volume", FORMED), "L", "V of the metabolite")
    metabolite_site_half_life: Float[Array, "metabolite"] = parameter(
        _rows("site_half_life", FORMED), "h", "lag of its site of action behind plasma"
    )
    lowest_dose: Float[Array, "drug"] = parameter(_rows("lowest_dose"), "mg/h", "least that evidence covers, averaged over a day")
    highest_dose: Float[Array, "drug"] = parameter(_rows("highest_dose"), "mg/h", "most that evidence covers, averaged over a day")


def _of_drugs(metabolites: Float[Array, "metabolite"]) -> Float[Array, "drug"]:
    """Numbers of metabolites by the drug they are formed from, zero where nothing is."""
    return jnp.zeros(len(DRUGS)).at[PARENTS].set(metabolites)


def rate_matrix(p: Comparators) -> Float[Array, "drug state state"]:
    """The matrix A of dx/dt = A x + input for each drug. State order is ``STATES``: five amounts and two concentrations at sites."""

    def one(
        ka: Scalar, F: Scalar, CL: Scalar, V1: Scalar, V2: Scalar, Q: Scalar, ke0: Scalar, f: Scalar, km: Scalar, seen: Scalar, km0: Scalar
    ) -> Float[Array, "state state"]:
        flows = flow_matrix(
            POOLS,
            {
                ("gut", "central"): F * ka,
                ("gut", "eliminated"): (1 - F) * ka,
                ("central", "peripheral"): Q / V1,
                ("peripheral", "central"): Q / V2,
                ("central", "metabolite"): f * CL / V1,
                ("central", "eliminated"): (1 - f) * CL / V1,
                ("metabolite", "eliminated"): km,
            },
        )
        matrix = jnp.zeros((len(STATES), len(STATES))).at[: len(POOLS), : len(POOLS)].set(flows)
        for site, pool, gain, forgetting in (("site", "central", ke0 / V1, ke0), ("metabolite_site", "metabolite", seen, km0)):
            row = STATES.index(site)
            matrix = matrix.at[row, STATES.index(pool)].set(gain).at[row, row].set(-forgetting)
        return matrix

    formed_ke0, Vm = jnp.log(2) / p.metabolite_site_half_life, p.metabolite_volume
    return jax.vmap(one)(
        *(jnp.log(2) / p.absorption_half_life, p.bioavailability, p.clearance),
        *(p.central_volume, p.peripheral_volume, p.peripheral_flow, jnp.log(2) / p.site_half_life),
        *(_of_drugs(each) for each in (p.formed_share, p.metabolite_clearance / Vm, formed_ke0 / Vm, formed_ke0)),
    )


def entry_matrices() -> Float[Array, "drug state place"]:
    """Where a dose of each drug enters: one place each."""
    return jnp.stack([jnp.eye(len(STATES))[:, [STATES.index(ENTRY[drug])]] for drug in DRUGS])


def plasma_concentration(p: Comparators, states: Float[Array, "*batch drug state"]) -> Float[Array, "*batch molecule"]:
    """Total plasma concentration of each drug and metabolite, µM."""
    given = states[..., STATES.index("central")] / p.central_volume
    return jnp.concatenate([given, states[..., PARENTS, STATES.index("metabolite")] / p.metabolite_volume], -1)


def site_concentration(states: Float[Array, "*batch drug state"]) -> Float[Array, "*batch molecule"]:
    """Concentration of each drug and metabolite that its target sees (µM), on the scale of total plasma."""
    return jnp.concatenate([states[..., STATES.index("site")], states[..., PARENTS, STATES.index("metabolite_site")]], -1)
