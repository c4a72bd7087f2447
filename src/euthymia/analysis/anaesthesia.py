"""When a patient is anaesthetised: then no mood can be rated, and what follows goes beyond published experience."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from ..core.clock import clock
from ..results.ratings import rated
from ..simulation.simulate import Simulation
from ..simulation.visits import first_visit

MOST_NAMED = 3
"""Times under anaesthesia that a warning names one by one."""


class Anaesthesia(NamedTuple):
    """One time under anaesthesia."""

    start: float
    """h."""
    end: float
    """h; of one that outlasts the course, the end of the course."""


def anaesthetised(simulation: Simulation) -> list[Anaesthesia]:
    """When the patient as given is anaesthetised, h after the first dose, in order of time."""
    shift = first_visit(simulation.protocol)
    return [Anaesthesia(span.start - shift, span.end - shift) for span in anaesthesia_spans(simulation.data)]


def anaesthesia_spans(course: xr.Dataset) -> list[Anaesthesia]:
    """When the patient of a course is anaesthetised, by the course's own time.

    The read-out ``anaesthesia`` is at or above 1 then; between two nodes of the course it is taken to move on a straight line.
    """
    times, depth = course.time.to_numpy(), course.anaesthesia.to_numpy() - 1
    asleep = np.flatnonzero(np.diff(np.pad(depth >= 0, 1).astype(int)))
    crossings = [_crossing(times, depth, int(node)) for node in asleep]
    return [Anaesthesia(start, end) for start, end in zip(crossings[::2], crossings[1::2], strict=True)]


def _crossing(times: np.ndarray, depth: np.ndarray, node: int) -> float:
    """Time at which a depth passes zero between a node and the one before it; the first or last time outside of the course."""
    if node in (0, len(times)):
        return float(times[min(node, len(times) - 1)])
    before, after = depth[node - 1 : node + 1]
    return float(times[node - 1] + (times[node] - times[node - 1]) * before / (before - after))


def ratings(simulation: Simulation) -> xr.DataArray:
    """MADRS as given, h after the first dose, not a number where it cannot be rated."""
    course = rated(simulation.data)
    return course.assign_coords(time=course.time - first_visit(simulation.protocol))


def rating_at(simulation: Simulation, hours: float) -> float | None:
    """MADRS as given so many hours after the first dose; None where it cannot be rated."""
    at = ratings(simulation).sel(time=hours, method="nearest")
    return float(at) if np.isfinite(at) else None


def checkpoint_ratings(simulation: Simulation) -> dict[str, float | None]:
    """MADRS as given at the checkpoints of a course; None where it cannot be rated."""
    return {name: rating_at(simulation, hours) for name, hours in simulation.checkpoints().items()}


def anaesthesia_warnings(simulation: Simulation) -> list[str]:
    """What a reader should know of ratings under anaesthesia, in one line, if there is any."""
    spans = anaesthetised(simulation)
    if not spans:
        return []
    said = [f"from {clock(span.start)} to {clock(span.end)}" for span in spans[:MOST_NAMED]]
    more = f" and {len(spans) - MOST_NAMED} times more" if len(spans) > MOST_NAMED else ""
    return [
        f"mood: no rating exists {', '.join(said)}{more}, while the patient is anaesthetised; what follows is extrapolation beyond "
        "published experience"
    ]
