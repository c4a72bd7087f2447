"""Doses as the model takes them: amounts of molecules, by the channel through which they enter the body."""

from dataclasses import dataclass

from ..core.types import ENANTIOMERS
from ..pharmacology import comparators, esketamine, ketamine
from ..pharmacology.absorption import DEPOTS


def channel(enantiomer: str, entry: str) -> str:
    """Name of the channel by which an enantiomer, or one of its metabolites, enters a pool of the body."""
    return f"{enantiomer}-ketamine in {entry}" if entry in DEPOTS else f"{enantiomer}-{entry}"


KETAMINE_CHANNELS = tuple(channel(enantiomer, entry) for enantiomer in ENANTIOMERS for entry in ketamine.ENTRIES)
ESKETAMINE_CHANNELS = tuple(f"esketamine in {entry}" for entry in esketamine.ENTRIES)
CHANNELS = (*KETAMINE_CHANNELS, *ESKETAMINE_CHANNELS, *comparators.DRUGS)
"""Every molecule and the pool it enters, in the order of the input axis: system by system."""


@dataclass(frozen=True)
class Pulse:
    """An amount that enters by one channel at a constant rate; a bolus has no duration. Times h, amount µmol.

    ``slowly_absorbed`` marks input that needs no fine steps, because a slower process stands between it and the blood.
    """

    start: float
    duration: float
    channel: str
    amount: float
    slowly_absorbed: bool = False
