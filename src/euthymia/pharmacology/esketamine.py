"""Esketamine from a nasal device or swallowed: the population model of the clinical programme, with a well-stirred liver.

Perez-Ruixo et al. 2021 (820 people, venous plasma): nose → blood; gut → liver → blood; three compartments; noresketamine is
formed in the liver and has two. Its disposition is not that of :mod:`.ketamine`, which was fitted to arterial samples of
infusions: the two differ by a third after an infusion, so each is used for the routes it was fitted to.
Amounts µmol, concentrations µM, time h. Adults; weight does not enter.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.numerics.compartments import flow_matrix
from ..core.parameters import parameter
from ..core.types import Scalar

POOLS = ("nose", "gut", "solution", "liver", "plasma", "rapid", "slow", "norketamine", "norketamine_peripheral", "excreted")
LAGGED = ("effect_site", "norketamine_effect_site")
"""Concentrations that follow the concentration of a pool with a lag and hold no drug."""
STATES = POOLS + LAGGED
ENTRIES = ("nose", "gut", "solution")
"""Pools that a dose can enter."""


class Esketamine(eqx.Module):
    """Absorption and disposition of the clinical programme."""

    nasal_share: Scalar = parameter("esketamine.nasal_share", "dimensionless", "share of the first device that the nose takes up")
    later_devices: Scalar = parameter("esketamine.later_devices", "dimensionless", "the same of later devices over the first")
    device: Scalar = parameter("esketamine.device", "mg", "content of one device")
    device_interval: Scalar = parameter("esketamine.device_interval", "h", "time from one device to the next")
    nasal_rate: Scalar = parameter("esketamine.nasal_rate", "1/h", "from nose to blood")
    swallowed_rate: Scalar = parameter("esketamine.swallowed_rate", "1/h", "from gut to liver")
    solution_rate: Scalar = parameter("esketamine.solution_rate", "1/h", "the same of a solution by mouth")
    swallowing_time: Scalar = parameter("esketamine.swallowing_time", "h", "time over which the swallowed part of a spray arrives")
    drinking_time: Scalar = parameter("esketamine.drinking_time", "h", "the same of a solution by mouth")
    gut_share: Scalar = parameter("absorption.gut_share", "dimensionless", "share of what is swallowed that reaches the liver")
    plasma_volume: Scalar = parameter("esketamine.plasma_volume", "L", "Vc")
    rapid_volume: Scalar = parameter("esketamine.rapid_volume", "L", "Vp1")
    slow_volume: Scalar = parameter("esketamine.slow_volume", "L", "Vp2")
    rapid_flow: Scalar = parameter("esketamine.rapid_flow", "L/h", "Q1")
    slow_flow: Scalar = parameter("esketamine.slow_flow", "L/h", "Q2")
    liver_flow: Scalar = parameter("esketamine.liver_flow", "L/h", "Qh, hepatic blood flow")
    liver_volume: Scalar = parameter("esketamine.liver_volume", "L", "Vh, liver and portal vein")
    metabolism: Scalar = parameter("esketamine.metabolism", "1/h", "kmet + kel, in the liver")
    norketamine_share: Scalar = parameter("norketamine.share", "dimensionless", "ketamine that becomes norketamine, as after an injection")
    norketamine_volume: Scalar = parameter("esketamine.norketamine_volume", "L", "Vcn, apparent")
    norketamine_peripheral_volume: Scalar = parameter("esketamine.norketamine_peripheral_volume", "L", "Vpn, apparent")
    norketamine_flow: Scalar = parameter("esketamine.norketamine_flow", "L/h", "Q3n, apparent")
    norketamine_clearance: Scalar = parameter("norketamine.clearance", "L/h", "CLn, that after an injection")
    effect_site_half_life: Scalar = parameter("ketamine.effect_site_half_life", "h", "blood to brain equilibration")


def rate_matrix(p: Esketamine) -> Float[Array, "state state"]:
    """The matrix A of dx/dt = A x + input. State order is ``STATES``."""
    Vc, Vh, VN = p.plasma_volume, p.liver_volume, p.norketamine_volume
    exchange = flow_matrix(
        POOLS,
        {
            ("nose", "plasma"): p.nasal_rate,
            ("gut", "liver"): p.gut_share * p.swallowed_rate,
            ("gut", "excreted"): (1 - p.gut_share) * p.swallowed_rate,
            ("solution", "liver"): p.gut_share * p.solution_rate,
            ("solution", "excreted"): (1 - p.gut_share) * p.solution_rate,
            ("plasma", "liver"): p.liver_flow / Vc,
            ("liver", "plasma"): p.liver_flow / Vh,
            ("liver", "norketamine"): p.norketamine_share * p.metabolism,
            ("liver", "excreted"): (1 - p.norketamine_share) * p.metabolism,
            ("plasma", "rapid"): p.rapid_flow / Vc,
            ("rapid", "plasma"): p.rapid_flow / p.rapid_volume,
            ("plasma", "slow"): p.slow_flow / Vc,
            ("slow", "plasma"): p.slow_flow / p.slow_volume,
            ("norketamine", "norketamine_peripheral"): p.norketamine_flow / VN,
            ("norketamine_peripheral", "norketamine"): p.norketamine_flow / p.norketamine_peripheral_volume,
            ("norketamine", "excreted"): p.norketamine_clearance / VN,
        },
    )
    matrix = jnp.zeros((len(STATES), len(STATES))).at[: len(POOLS), : len(POOLS)].set(exchange)
    ke0 = jnp.log(2) / p.effect_site_half_life
    for lagged, pool, volume in (("effect_site", "plasma", Vc), ("norketamine_effect_site", "norketamine", VN)):
        row = STATES.index(lagged)
        matrix = matrix.at[row, STATES.index(pool)].set(ke0 / volume).at[row, row].set(-ke0)
    return matrix


def entry_matrix() -> Float[Array, "state entry"]:
    """The state that a dose enters, for each of ``ENTRIES``."""
    return jnp.eye(len(STATES))[:, jnp.array([STATES.index(entry) for entry in ENTRIES])]


def concentrations(p: Esketamine, states: Float[Array, "*batch state"]) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """Total plasma esketamine and noresketamine, µM."""
    return states[..., STATES.index("plasma")] / p.plasma_volume, states[..., STATES.index("norketamine")] / p.norketamine_volume
