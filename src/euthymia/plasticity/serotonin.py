"""Serotonin over weeks: raphe cells fire under feedback from 5-HT1A autoreceptors, which adapt; and dopamine under its D2 autoreceptors.

Less clearance raises serotonin, serotonin slows the raphe, and so acute block changes serotonin little; as autoreceptors
desensitise over weeks, firing recovers and serotonin rises. Whether desensitisation is the cause of that recovery is disputed
(Commons & Linnros 2019); the sizes of the feedback and of its loss are assumed. Relative to health, time h.
"""

import equinox as eqx
from jaxtyping import Array, Float

from ..biophysics.autoreceptors import cooperatively_self_inhibited, self_inhibited
from ..core.parameters import parameter
from ..core.types import Scalar


class Serotonin(eqx.Module):
    """Clearance, feedback and its adaptation."""

    sert_share: Scalar = parameter("serotonin.sert_share", "dimensionless", "share of serotonin clearance by the transporter")
    mao_share: Scalar = parameter("serotonin.mao_share", "dimensionless", "share of serotonin clearance by MAO-A")
    dopamine_mao_share: Scalar = parameter("serotonin.dopamine_mao_share", "dimensionless", "share of dopamine clearance by MAO")
    dopamine_dat_share: Scalar = parameter(
        "serotonin.dopamine_dat_share", "dimensionless", "share of dopamine clearance by the transporter"
    )
    dopamine_feedback: Scalar = parameter(
        "dopamine.autoreceptor_feedback", "dimensionless", "share of dopamine release that D2 autoreceptors hold back in health"
    )
    feedback: Scalar = parameter("serotonin.feedback", "dimensionless", "slowing of the raphe per relative rise of serotonin")
    adaptation: Scalar = parameter("serotonin.adaptation", "dimensionless", "exponent of autoreceptor desensitisation in serotonin")
    adaptation_time: Scalar = parameter("serotonin.adaptation_time", "h", "time constant of autoreceptor sensitivity")


def clearance_factor(p: Serotonin, sert: Float[Array, "*batch"], mao_block: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Serotonin per raphe spike, q = 1/[(1 − κ S)(1 − μ M)], from occupied transporters S and lost MAO-A M (0 to 1)."""
    return 1 / ((1 - p.sert_share * sert) * (1 - p.mao_share * mao_block))


def serotonin_level(
    p: Serotonin,
    drive: Float[Array, "*batch"],
    sert: Float[Array, "*batch"],
    mao_block: Float[Array, "*batch"],
    sensitivity: Float[Array, "*batch"],
) -> Float[Array, "*batch"]:
    """Serotonin at terminals, healthy = 1: r q.

    Parameters
    ----------
    p
        Clearance and feedback.
    drive
        Drive of the raphe, healthy = 1.
    sert, mao_block
        Occupied transporters and lost MAO-A, 0 to 1.
    sensitivity
        Autoreceptor sensitivity D, naive = 1.
    """
    q = clearance_factor(p, sert, mao_block)
    return self_inhibited(drive, q, p.feedback * sensitivity) * q


def autoreceptor_rate(p: Serotonin, sensitivity: Float[Array, "*batch"], level: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """d(sensitivity)/dt (1/h): dD/dt = (s⁻ⁿ − D)/τ at a serotonin level s; it recovers when s does."""
    return (level**-p.adaptation - sensitivity) / p.adaptation_time


def dopamine_factor(p: Serotonin, dat: Float[Array, "*batch"], mao_block: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Dopamine per spike, 1/[(1 − δ T)(1 − ν M)], from occupied dopamine transporters T and lost MAO M (0 to 1).

    The serotonin transporter does not carry dopamine.
    """
    return 1 / ((1 - p.dopamine_dat_share * dat) * (1 - p.dopamine_mao_share * mao_block))


def dopamine_level(
    p: Serotonin, drive: Float[Array, "*batch"], dat: Float[Array, "*batch"], mao_block: Float[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """Dopamine at terminals, healthy = 1: spikes (healthy = 1) release it under D2 autoreceptors, times the level per spike.

    An agonist acts with a Hill exponent of two; how much autoreceptors hold back in health is what a blocker of them releases.
    """
    q = dopamine_factor(p, dat, mao_block)
    return cooperatively_self_inhibited(drive, q, p.dopamine_feedback) * q
