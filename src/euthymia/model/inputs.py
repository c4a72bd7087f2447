"""What is given: amounts of molecules by the channel through which they enter the body."""

from dataclasses import dataclass

from ..core.types import ENANTIOMERS
from ..pharmacology import comparators, esketamine
from ..pharmacology import ketamine as disposition
from ..pharmacology.absorption import DEPOTS


def channel(enantiomer: str, place: str) -> str:
    """Name of what brings one enantiomer to one of the places of its body."""
    return f"{enantiomer}-ketamine in {place}" if place in DEPOTS else f"{enantiomer}-{place}"


KETAMINE_CHANNELS = tuple(channel(enantiomer, place) for enantiomer in ENANTIOMERS for place in disposition.ENTRIES)
ESKETAMINE_CHANNELS = tuple(f"esketamine in {place}" for place in esketamine.ENTRIES)
CHANNELS = (*KETAMINE_CHANNELS, *ESKETAMINE_CHANNELS, *comparators.DRUGS)
"""What a pulse can bring where, in the order of the input axis: system by system."""


@dataclass(frozen=True)
class Pulse:
    """An amount that comes by one channel at a steady rate; a bolus has no duration. Times h, amount µmol.

    ``gentle`` marks what needs no fine steps, because a slower process stands between it and the blood.
    """

    start: float
    duration: float
    channel: str
    amount: float
    gentle: bool = False
