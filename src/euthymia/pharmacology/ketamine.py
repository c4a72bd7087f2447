"""Ketamine, norketamine and hydroxynorketamine in the body: one linear system per enantiomer.

Depots of :mod:`.absorption` empty into blood. Parent: three compartments around arterial blood (Kamp et al. 2020) and a deep one,
which samples over a whole day ask for (Hasan et al. 2021). Metabolites: ketamine → two-step delay → norketamine → two-step delay →
hydroxynorketamine, each with two compartments (Simons et al. 2022), and dehydronorketamine beside it. A venous sample lags arterial
blood, and so does the effect site in the brain; both follow a concentration with first-order lag and hold no drug.
Amounts µmol, concentrations µM, time h.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.numerics.compartments import flow_matrix
from ..core.parameters import parameter
from ..core.types import PerEnantiomer, Scalar
from .absorption import DEPOTS, Absorption, emptying, fates

POOLS = (
    *DEPOTS,
    "ketamine",
    "ketamine_rapid",
    "ketamine_slow",
    "ketamine_deep",
    "norketamine_delay_1",
    "norketamine_delay_2",
    "norketamine",
    "norketamine_peripheral",
    "hydroxynorketamine_delay_1",
    "hydroxynorketamine_delay_2",
    "hydroxynorketamine",
    "hydroxynorketamine_peripheral",
    "dehydronorketamine",
    "excreted",
)
LAGGED = ("venous", "effect_site", "norketamine_effect_site", "hydroxynorketamine_effect_site")
"""Concentrations that follow the concentration of a pool with a lag and hold no drug."""
STATES = POOLS + LAGGED
DELAY_STEPS = 2
ENTRIES = ("ketamine", *DEPOTS, "norketamine", "hydroxynorketamine")
"""Pools that a dose can enter: blood, depots, and blood as a metabolite."""


class Disposition(eqx.Module):
    """Volumes and flows of a 70 kg adult, and how they scale with weight."""

    absorption: Absorption

    reference_weight: Scalar = parameter("allometry.reference_weight", "kg", "weight at which volumes and flows are stated")
    volume_exponent: Scalar = parameter("allometry.volume_exponent", "dimensionless", "volumes grow with weight to this power")
    flow_exponent: Scalar = parameter("allometry.flow_exponent", "dimensionless", "flows grow with weight to this power")

    central_volume: Scalar = parameter("ketamine.central_volume", "L", "V1, arterial core")
    rapid_volume: Scalar = parameter("ketamine.rapid_volume", "L", "V2")
    slow_volume: Scalar = parameter("ketamine.slow_volume", "L", "V3")
    deep_volume: Scalar = parameter("ketamine.deep_volume", "L", "V4")
    clearance: Scalar = parameter("ketamine.clearance", "L/h", "CL")
    rapid_flow: Scalar = parameter("ketamine.rapid_flow", "L/h", "Q2")
    slow_flow: Scalar = parameter("ketamine.slow_flow", "L/h", "Q3")
    deep_flow: Scalar = parameter("ketamine.deep_flow", "L/h", "Q4")
    venous_delay: Scalar = parameter("ketamine.venous_delay", "h", "lag of a peripheral venous sample")
    effect_site_half_life: Scalar = parameter("ketamine.effect_site_half_life", "h", "blood to brain equilibration")

    norketamine_share: Scalar = parameter("norketamine.share", "dimensionless", "ketamine that becomes norketamine")
    norketamine_delay: Scalar = parameter("norketamine.delay", "h", "mean transit time of the formation")
    norketamine_volume: Scalar = parameter("norketamine.central_volume", "L", "central volume")
    norketamine_peripheral_volume: Scalar = parameter("norketamine.peripheral_volume", "L", "peripheral volume")
    norketamine_clearance: Scalar = parameter("norketamine.clearance", "L/h", "clearance of S-norketamine")
    norketamine_clearance_ratio: Scalar = parameter("norketamine.clearance_ratio", "dimensionless", "clearance of R- over S-norketamine")
    norketamine_flow: Scalar = parameter("norketamine.flow", "L/h", "exchange flow")

    hydroxynorketamine_share: Scalar = parameter("hydroxynorketamine.share", "dimensionless", "norketamine that becomes HNK")
    hydroxynorketamine_delay: Scalar = parameter("hydroxynorketamine.delay", "h", "mean transit time of the formation")
    hydroxynorketamine_volume: Scalar = parameter("hydroxynorketamine.central_volume", "L", "central volume")
    hydroxynorketamine_peripheral_volume: Scalar = parameter("hydroxynorketamine.peripheral_volume", "L", "peripheral volume")
    hydroxynorketamine_flow: Scalar = parameter("hydroxynorketamine.flow", "L/h", "exchange flow")
    hydroxynorketamine_clearance: Scalar = parameter("hydroxynorketamine.clearance", "L/h", "clearance of S-HNK")
    hydroxynorketamine_clearance_ratio: Scalar = parameter("hydroxynorketamine.clearance_ratio", "dimensionless", "of R- over S-HNK")
    dehydronorketamine_share: Scalar = parameter("dehydronorketamine.share", "dimensionless", "norketamine that becomes DHNK")
    dehydronorketamine_volume: Scalar = parameter("dehydronorketamine.volume", "L", "volume")
    dehydronorketamine_clearance: Scalar = parameter("dehydronorketamine.clearance", "L/h", "clearance")


def norketamine_clearance(p: Disposition) -> PerEnantiomer:
    """Clearance of S- and R-norketamine (L/h) at the reference weight."""
    return p.norketamine_clearance * jnp.stack([jnp.ones(()), p.norketamine_clearance_ratio])


def hydroxynorketamine_clearance(p: Disposition) -> PerEnantiomer:
    """Clearance of S- and R-hydroxynorketamine (L/h) at the reference weight."""
    return p.hydroxynorketamine_clearance * jnp.stack([jnp.ones(()), p.hydroxynorketamine_clearance_ratio])


def _absorbed(p: Disposition) -> dict[tuple[str, str], Scalar]:
    """Flows out of the depots; first-pass extraction forms norketamine like extraction from blood."""
    rate, (ketamine, extracted) = emptying(p.absorption), fates(p.absorption)
    formed = p.norketamine_share * extracted
    flows = {}
    for index, depot in enumerate(DEPOTS):
        flows[depot, "ketamine"] = ketamine[index] * rate[index]
        flows[depot, "norketamine_delay_1"] = formed[index] * rate[index]
        flows[depot, "excreted"] = (1 - ketamine[index] - formed[index]) * rate[index]
    return flows


def rate_matrix(p: Disposition, weight: Scalar) -> Float[Array, "enantiomer state state"]:
    """The matrix A of dx/dt = A x + input, for each enantiomer, at a body weight (kg). State order is ``STATES``."""
    size = weight / p.reference_weight
    volume, flow = size**p.volume_exponent, size**p.flow_exponent
    absorbed = _absorbed(p)

    def of_enantiomer(clearance_nk: Scalar, clearance_hnk: Scalar) -> Float[Array, "state state"]:
        V1, V2, V3, V4 = (volume * typical for typical in (p.central_volume, p.rapid_volume, p.slow_volume, p.deep_volume))
        CL, Q2, Q3, Q4 = (flow * typical for typical in (p.clearance, p.rapid_flow, p.slow_flow, p.deep_flow))
        VN1, VN2 = volume * p.norketamine_volume, volume * p.norketamine_peripheral_volume
        CLN, QN = flow * clearance_nk, flow * p.norketamine_flow
        VH1, VH2 = volume * p.hydroxynorketamine_volume, volume * p.hydroxynorketamine_peripheral_volume
        CLH, QH = flow * clearance_hnk, flow * p.hydroxynorketamine_flow
        VD, CLD = volume * p.dehydronorketamine_volume, flow * p.dehydronorketamine_clearance
        fN, fH, fD = p.norketamine_share, p.hydroxynorketamine_share, p.dehydronorketamine_share
        kN, kH = DELAY_STEPS / p.norketamine_delay, DELAY_STEPS / p.hydroxynorketamine_delay

        exchange = flow_matrix(
            POOLS,
            absorbed
            | {
                ("ketamine", "ketamine_rapid"): Q2 / V1,
                ("ketamine_rapid", "ketamine"): Q2 / V2,
                ("ketamine", "ketamine_slow"): Q3 / V1,
                ("ketamine_slow", "ketamine"): Q3 / V3,
                ("ketamine", "ketamine_deep"): Q4 / V1,
                ("ketamine_deep", "ketamine"): Q4 / V4,
                ("ketamine", "norketamine_delay_1"): fN * CL / V1,
                ("ketamine", "excreted"): (1 - fN) * CL / V1,
                ("norketamine_delay_1", "norketamine_delay_2"): kN,
                ("norketamine_delay_2", "norketamine"): kN,
                ("norketamine", "norketamine_peripheral"): QN / VN1,
                ("norketamine_peripheral", "norketamine"): QN / VN2,
                ("norketamine", "hydroxynorketamine_delay_1"): fH * CLN / VN1,
                ("norketamine", "dehydronorketamine"): fD * CLN / VN1,
                ("norketamine", "excreted"): (1 - fH - fD) * CLN / VN1,
                ("hydroxynorketamine_delay_1", "hydroxynorketamine_delay_2"): kH,
                ("hydroxynorketamine_delay_2", "hydroxynorketamine"): kH,
                ("hydroxynorketamine", "hydroxynorketamine_peripheral"): QH / VH1,
                ("hydroxynorketamine_peripheral", "hydroxynorketamine"): QH / VH2,
                ("hydroxynorketamine", "excreted"): CLH / VH1,
                ("dehydronorketamine", "excreted"): CLD / VD,
            },
        )
        matrix = jnp.zeros((len(STATES), len(STATES))).at[: len(POOLS), : len(POOLS)].set(exchange)
        ke0 = jnp.log(2) / p.effect_site_half_life
        for lagged, pool, capacity, rate in (
            ("venous", "ketamine", V1, 1 / p.venous_delay),
            ("effect_site", "ketamine", V1, ke0),
            ("norketamine_effect_site", "norketamine", VN1, ke0),
            ("hydroxynorketamine_effect_site", "hydroxynorketamine", VH1, ke0),
        ):
            row = STATES.index(lagged)
            matrix = matrix.at[row, STATES.index(pool)].set(rate / capacity).at[row, row].set(-rate)
        return matrix

    return jax.vmap(of_enantiomer)(norketamine_clearance(p), hydroxynorketamine_clearance(p))


def central_volumes(p: Disposition, weight: Scalar) -> dict[str, Scalar]:
    """Volumes (L) that turn a central amount (µmol) into an arterial concentration (µM)."""
    scale = (weight / p.reference_weight) ** p.volume_exponent
    return {
        "ketamine": scale * p.central_volume,
        "norketamine": scale * p.norketamine_volume,
        "hydroxynorketamine": scale * p.hydroxynorketamine_volume,
        "dehydronorketamine": scale * p.dehydronorketamine_volume,
    }


def entry_matrix() -> Float[Array, "state entry"]:
    """The state that a dose enters, for each of ``ENTRIES``."""
    return jnp.eye(len(STATES))[:, jnp.array([STATES.index(entry) for entry in ENTRIES])]


class Molecules(eqx.Module):
    """Molar mass of each species, as free base."""

    ketamine: Scalar = parameter("ketamine.molar_mass", "mg/umol", "ketamine")
    norketamine: Scalar = parameter("norketamine.molar_mass", "mg/umol", "norketamine")
    hydroxynorketamine: Scalar = parameter("hydroxynorketamine.molar_mass", "mg/umol", "hydroxynorketamine")
    dehydronorketamine: Scalar = parameter("dehydronorketamine.molar_mass", "mg/umol", "dehydronorketamine")
