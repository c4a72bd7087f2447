"""Pharmacokinetics of the comparators: one linear system per drug, gut → central ⇄ peripheral, and a site that lags plasma.

The same structure serves every drug; one without a peripheral compartment has no flow to it. Of some drugs a share of the
clearance forms an active metabolite, which has one compartment and its own site. A site follows the plasma concentration with a
lag and holds no drug: drugs dissociate from transporters more slowly than plasma clears. Adults of typical weight: weight does
not enter. Amounts µmol, concentrations µM, time h.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ..core.numerics.compartments import flow_matrix
from ..core.parameters import parameter

DRUGS = (
    *("escitalopram", "sertraline", "phenelzine", "midazolam", "memantine", "MK-801"),
    *("citalopram", "fluoxetine", "tranylcypromine", "moclobemide", "bupropion"),
)
FORMED = {"norfluoxetine": "fluoxetine", "hydroxybupropion": "bupropion"}
"""Active metabolites, and the drug that forms them; at most one per drug."""
MOLECULES = (*DRUGS, *FORMED)
"""Everything that acts at a target."""
PARENTS = np.array([DRUGS.index(drug) for drug in FORMED.values()])
"""Index of the parent drug of each metabolite."""
INTRAVENOUS = ("midazolam", "MK-801")
ENTRY = {drug: "central" if drug in INTRAVENOUS else "gut" for drug in DRUGS}
"""The pool that a dose of each drug enters: oral or intravenous."""
POOLS = ("gut", "central", "peripheral", "metabolite", "eliminated")
STATES = (*POOLS, "site", "metabolite_site")


def molecule_index(molecules: Sequence[str]) -> Int[Array, "chosen"]:
    """Indices of these on the axis of ``MOLECULES``."""
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


class Kinetics(NamedTuple):
    """Rate constants and volumes of one drug, or of each; those of the metabolite are zero where none is formed."""

    absorption: Float[Array, "*drug"]
    """ka, 1/h."""
    bioavailability: Float[Array, "*drug"]
    """F."""
    clearance: Float[Array, "*drug"]
    """CL, L/h."""
    central_volume: Float[Array, "*drug"]
    """V1, L."""
    peripheral_volume: Float[Array, "*drug"]
    """V2, L."""
    peripheral_flow: Float[Array, "*drug"]
    """Q, L/h."""
    to_site: Float[Array, "*drug"]
    """ke0, 1/h."""
    formed_share: Float[Array, "*drug"]
    """f, share of the clearance that forms the metabolite."""
    metabolite_elimination: Float[Array, "*drug"]
    """km = CL/V of the metabolite, 1/h."""
    metabolite_to_site: Float[Array, "*drug"]
    """km0, its ke0, 1/h."""
    metabolite_site_gain: Float[Array, "*drug"]
    """km0/V of the metabolite, 1/(L h)."""


def _kinetics(p: Comparators) -> Kinetics:
    """Rate constants and volumes of each drug, in the order of ``DRUGS``."""

    def per_drug(metabolites: Float[Array, "metabolite"]) -> Float[Array, "drug"]:
        return jnp.zeros(len(DRUGS)).at[PARENTS].set(metabolites)

    km0, Vm = jnp.log(2) / p.metabolite_site_half_life, p.metabolite_volume
    return Kinetics(
        absorption=jnp.log(2) / p.absorption_half_life,
        bioavailability=p.bioavailability,
        clearance=p.clearance,
        central_volume=p.central_volume,
        peripheral_volume=p.peripheral_volume,
        peripheral_flow=p.peripheral_flow,
        to_site=jnp.log(2) / p.site_half_life,
        formed_share=per_drug(p.formed_share),
        metabolite_elimination=per_drug(p.metabolite_clearance / Vm),
        metabolite_to_site=per_drug(km0),
        metabolite_site_gain=per_drug(km0 / Vm),
    )


def _drug_matrix(k: Kinetics) -> Float[Array, "state state"]:
    """The matrix of one drug."""
    ka, F, CL, V1, V2, Q, ke0, f, km, km0, metabolite_gain = k
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
    for site, pool, gain, loss in (("site", "central", ke0 / V1, ke0), ("metabolite_site", "metabolite", metabolite_gain, km0)):
        row = STATES.index(site)
        matrix = matrix.at[row, STATES.index(pool)].set(gain).at[row, row].set(-loss)
    return matrix


def rate_matrix(p: Comparators) -> Float[Array, "drug state state"]:
    """The matrix A of dx/dt = A x + input for each drug. State order is ``STATES``: five amounts and two concentrations at sites."""
    return jax.vmap(_drug_matrix)(_kinetics(p))


def entry_matrices() -> Float[Array, "drug state entry"]:
    """The state that a dose of each drug enters: one entry each."""
    return jnp.stack([jnp.eye(len(STATES))[:, [STATES.index(ENTRY[drug])]] for drug in DRUGS])


def plasma_concentration(p: Comparators, states: Float[Array, "*batch drug state"]) -> Float[Array, "*batch molecule"]:
    """Total plasma concentration of each drug and metabolite, µM."""
    parents = states[..., STATES.index("central")] / p.central_volume
    return jnp.concatenate([parents, states[..., PARENTS, STATES.index("metabolite")] / p.metabolite_volume], -1)


def site_concentration(states: Float[Array, "*batch drug state"]) -> Float[Array, "*batch molecule"]:
    """Concentration of each drug and metabolite at its target (µM), on the scale of total plasma."""
    return jnp.concatenate([states[..., STATES.index("site")], states[..., PARENTS, STATES.index("metabolite_site")]], -1)
