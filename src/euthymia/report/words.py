"""How numbers are said, in the terminal and on the page."""

import math

from ..analysis.summary import Part, Way
from ..core.clock import clock
from ..core.constants import DAY, MONTH, YEAR
from ..evidence.rows import Parameter, Target
from ..trials.published import TrialOutcome

NONE = "–"
"""Where there is no number."""
MOVED = 0.0005
"""Share below which a number did not move, and its peak has no time."""
CENTURY = 100 * YEAR
"""h."""


def number_of(observation: TrialOutcome) -> str:
    """What a published number is of."""
    against = f" against {observation.against}" if observation.against else ""
    # A number stays with its unit.
    at = clock(observation.at).replace(" ", "\N{NO-BREAK SPACE}")
    return f"{observation.statistic}, {observation.arm}{against}, {at}"


def span(hours: float) -> str:
    """A mean time of any length, as a person would say it."""
    if hours > CENTURY:
        return "over 100 years"
    if hours > 2 * YEAR:
        return f"{hours / YEAR:.0f} years"
    return f"{hours / MONTH:.0f} months" if hours > 3 * MONTH else f"{hours / DAY:.0f} d" if hours > 10 * DAY else clock(hours)


def percent(share: float | None) -> str:
    """A share of one, or a dash where there is none."""
    return NONE if share is None or not math.isfinite(share) else f"{100 * share:.1f} %".replace("-", "−")


def points(change: float | None) -> str:
    """A change in rating points with its sign, no sign on what rounds to nothing, or a dash where there is none."""
    return NONE if change is None else "0.0" if abs(change) < 0.05 else f"{change:+.1f}".replace("-", "−")


def rating(value: float | None) -> str:
    """A rating in points, or a dash where none can be made."""
    return NONE if value is None else f"{value:.1f}"


def change(share: float | None, least: float = 0.01) -> str:
    """A change as a share with its sign, or a dash for less than ``least`` of it."""
    return NONE if share is None or abs(share) < least else f"{100 * share:+.0f} %".replace("-", "−")


def part_text(part: Part) -> str:
    """Points, and their share of the whole if they are any."""
    said = points(part.points)
    return said if said == "0.0" or part.share is None else f"{said} ({100 * part.share:.0f} %)".replace("-", "−")


def when(way: Way) -> str:
    """When the number of a way was furthest from before, if it moved at all."""
    return clock(way.peak.time) if abs(way.peak.value) > MOVED else NONE


def before(checkpoint: str) -> str:
    """The name of a checkpoint as a reader knows it."""
    return "before" if checkpoint == "0" else checkpoint


def number(value: float | list[float]) -> str:
    """A value or a list of them, in the fewest digits that say it."""
    return ", ".join(f"{entry:g}" for entry in value) if isinstance(value, list) else f"{value:g}"


def unit(row: Parameter | Target) -> str:
    """The unit of an evidence row as a reader knows it; nothing for a pure number."""
    return "" if row.unit == "dimensionless" else row.unit.replace("madrs_point", "points").replace("hamd_point", "HAM-D points")


def quantity(row: Parameter | Target) -> str:
    """The value of an evidence row with its unit."""
    return f"{number(row.value)} {unit(row)}".rstrip()
