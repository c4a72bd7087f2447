"""Repeated equal doses: the first and the last complete dosing interval of what they feed."""

from itertools import pairwise
from typing import NamedTuple

from ..core.constants import SECOND
from ..pharmacology.comparators import DRUGS, FORMED
from ..protocols.protocol import Protocol
from ..protocols.repeats import all_but_time
from ..protocols.vocabulary import KETAMINES, NORKETAMINES, OF_KETAMINE

FED_BY = {
    **dict.fromkeys(("arterial_ketamine", "venous_ketamine", "free_brain_ketamine"), KETAMINES),
    **dict.fromkeys(("norketamine", "free_brain_norketamine"), (*KETAMINES, *NORKETAMINES)),
    **dict.fromkeys(("hydroxynorketamine", "free_brain_hydroxynorketamine"), OF_KETAMINE),
}
"""Drugs whose doses become what a quantity measures."""
MOLECULES_FED_BY = {drug: (drug,) for drug in DRUGS} | {metabolite: (drug,) for metabolite, drug in FORMED.items()}
"""The same of the molecules of comparators."""
SAME_INTERVAL = SECOND
"""Intervals that differ by less are equal, h."""


class DosingIntervals(NamedTuple):
    """Equal doses at a constant interval; times in h of the course."""

    length: float
    """τ, h."""
    first: float
    """When the first interval begins."""
    last: float
    """When the last interval begins that ends within the course."""
    number: int
    """Which one that is, from 1."""
    doses: int


def dosing_intervals(protocol: Protocol, drugs: tuple[str, ...]) -> DosingIntervals | str:
    """The dosing intervals of these drugs, or in a few words why they have none that could be compared."""
    doses = [dose for dose in protocol.doses if dose.drug in drugs]
    if len(doses) < 2:
        return "a single dose" if doses else "no dose"
    if len({all_but_time(dose) for dose in doses}) > 1:
        return "doses differ"
    starts = [dose.start for dose in doses]
    lengths = [later - earlier for earlier, later in pairwise(starts)]
    if max(lengths) - min(lengths) > SAME_INTERVAL:
        return "intervals between doses differ"
    complete = [start for start in starts if start + lengths[0] <= protocol.horizon + SAME_INTERVAL]
    if len(complete) < 2:
        return "the course ends before a second interval does"
    return DosingIntervals(lengths[0], starts[0], complete[-1], len(complete), len(doses))
