"""Sampling error of published numbers: from a confidence interval, an SD, or the number of patients."""

from math import log, sqrt

from ..core.errors import InputError
from ..core.normal import Z_95
from .published import BETWEEN_ARMS, Trial, TrialArm, TrialOutcome

PROPORTIONS = ("response", "remission", "relapse", "relapse by the median")
READ_FROM_A_TEST = 1 + Z_95**2 / 3
"""Factor on the variance of an estimate of which is known only that it did not differ from nothing: it is within ±1.96 errors of it."""
SD_OF_CHANGE = 11.0
"""Points of MADRS, where a change or a difference was published without an error (its d says 10.6 and 10.8 for Janik 2025)."""


def arm_size(observation: TrialOutcome, arm: TrialArm) -> int | None:
    """Number of patients in the arm of a published number; None where it was not published."""
    n = observation.n or arm.n or observation.row.n
    return n // 2 if n is not None and observation.statistic in BETWEEN_ARMS and arm.n is None else n


def standard_error(observation: TrialOutcome, trial: Trial) -> float:
    """Standard error of a published number, in its unit: from its interval, its SD, or the number of patients.

    That of a proportion is at the Agresti–Coull estimate (two successes and two failures more), so that 0 of 33 has an error too.

    Raises
    ------
    InputError
        If the only spread is a range over sites, which is no interval of their mean.
    """
    row, statistic = observation.row, observation.statistic
    if row.spread and row.spread.startswith("range over"):
        raise InputError(
            f"{row.id}: {row.spread} is a range over trials or sites, not an interval of their mean; state an SD or an interval"
        )
    if statistic == "response odds ratio" and row.lower and row.upper:
        return row.value * log(row.upper / row.lower) / (2 * Z_95)
    if row.spread and row.spread.startswith("95 %"):
        if row.lower is not None and row.upper is not None:
            return (row.upper - row.lower) / (2 * Z_95)
        bound = row.lower if row.lower is not None else row.upper
        if bound is not None:
            return abs(bound - row.value) / Z_95
    n = arm_size(observation, trial.arms[observation.arm])
    if n is None:
        raise ValueError(f"{observation.target}: no interval, SD or number of patients")
    if statistic == "effect once lost":
        return sqrt(READ_FROM_A_TEST * 2 / n)
    if statistic in PROPORTIONS:
        p = (observation.observed / 100 * n + 2) / (n + 4)
        return 100 * sqrt(p * (1 - p) / n)
    if statistic in ("effect", "benefit"):
        return sqrt(2 / n + row.value**2 / (4 * n))
    if row.sd is not None:
        return row.sd / sqrt(n)
    if statistic in ("change", "score"):
        return SD_OF_CHANGE / sqrt(n)
    if observation.against is not None:
        control = arm_size(observation, trial.arms[observation.against]) or n
        return SD_OF_CHANGE * sqrt(1 / n + 1 / control)
    raise ValueError(f"{observation.target}: no interval, SD or number of patients")
