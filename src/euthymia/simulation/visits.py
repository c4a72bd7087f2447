"""When a patient comes, and the named times of a course."""

import numpy as np

from ..clinic.symptoms import EMPIRICAL_CONTEXTS
from ..core.constants import DAY, WEEK
from ..protocols.protocol import Protocol

CHECKPOINTS = {"0": 0.0, "2 h": 2.0, "24 h": DAY, "3 d": 3 * DAY, "7 d": WEEK, "14 d": 2 * WEEK, "28 d": 4 * WEEK, "42 d": 6 * WEEK}
EMPIRICAL = "empirical: no mechanism"
"""What is written wherever the curve of such a treatment is shown."""


def since_visits(protocol: Protocol, times: np.ndarray) -> np.ndarray:
    """Time since the latest visit and the one before it, at times since the start (h); negative before there was one.

    Two are enough: the context of a visit wanes from hours after it on, so older ones never count more.
    """
    starts = np.array(protocol.visited())
    latest = np.searchsorted(starts, times, side="right") - 1
    return np.stack([np.where(visit >= 0, times - starts[np.maximum(visit, 0)], -1.0) for visit in (latest, latest - 1)])


def first_visit(protocol: Protocol) -> float:
    """Start of the first dose or stated visit, or of a course without any, h."""
    return protocol.begins


def checkpoints_until(end: float) -> dict[str, float]:
    """Named times after the first dose that lie inside a course which ends so many hours after it, and that end, h."""
    inside = {name: hours for name, hours in CHECKPOINTS.items() if hours <= end}
    return inside if end in inside.values() else inside | {f"{end / DAY:.3g} d" if end > 2 * DAY else f"{end:.3g} h": end}


def course_title(name: str, protocol: Protocol) -> str:
    """The name of a course, which says if its curve is set from trials and comes from no mechanism."""
    return f"{name} ({EMPIRICAL})" if protocol.context in EMPIRICAL_CONTEXTS else name
