"""How numbers are said, in the terminal and on the page."""

import math
from collections.abc import Sequence

from ..analysis.onset import LargestChange
from ..analysis.readouts import LEAST
from ..analysis.summary import Part, Way
from ..core.clock import clock
from ..core.constants import DAY, MONTH, YEAR
from ..population.summary import MedianInterval
from ..trials.published import TrialOutcome

SHORT_CLASS = {"parvalbumin": "PV", "somatostatin": "SST", "vip": "VIP"}
"""Classes of cell that are called by an abbreviation in figures and tables."""
CELLS = {"vip": "VIP"}
"""Classes of cell that are not called by their name in sentences."""
SPLIT = {
    "nmda_share": "the NMDA part of the excitation that pyramidal cells send to",
    "tonic_share": "the NMDA part of the background of",
    "drive_ic50": "the potency of the drug at",
}
"""What is unknown of a prefrontal circuit, before the class of cell."""
NONE = "–"
"""Where there is no number."""
MOVED = 0.0005
"""Share below which a number did not move, and its peak has no time."""
CENTURY = 100 * YEAR
"""h."""
LEAST_POINTS = 0.05
"""Points of a rating that do not round to nothing."""
COUNTED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
"""Numbers that are said as words."""


def number_of(observation: TrialOutcome) -> str:
    """What a published number is of."""
    against = f" against {observation.against}" if observation.against else ""
    arms = joined([observation.arm, *observation.pooled_with])
    start = 0.0 if observation.follow_up is None else observation.follow_up.counted_from
    # A number stays with its unit.
    at = clock(observation.at - start).replace(" ", "\N{NO-BREAK SPACE}") + (" after the last dose" if start else "")
    return f"{observation.statistic}, {arms}{against}, {at}"


def number_of_cells(name: str) -> str:
    """What a number of a prefrontal circuit is of, by its name and that of the class."""
    number, _, cells = name.partition(" ")
    return f"{SPLIT[number]} {CELLS.get(cells, cells)} cells"


def span(hours: float) -> str:
    """A mean time of any length, as a person would say it."""
    if hours > CENTURY:
        return "over 100 years"
    if hours > 2 * YEAR:
        return f"{hours / YEAR:.0f} years"
    return f"{hours / MONTH:.0f} months" if hours > 3 * MONTH else f"{hours / DAY:.0f} d" if hours > 10 * DAY else clock(hours)


def counted(number: int) -> str:
    """A number of things as a person would say it."""
    return COUNTED[number] if number < len(COUNTED) else str(number)


def joined(phrases: Sequence[str]) -> str:
    """Phrases in a row, the last after "and"."""
    return " and ".join(phrase for phrase in (", ".join(phrases[:-1]), *phrases[-1:]) if phrase)


def percent(share: float | None) -> str:
    """A share of one, or a dash where there is none."""
    return NONE if share is None or not math.isfinite(share) else f"{100 * share:.1f} %".replace("-", "−")


def points(change: float | None) -> str:
    """A change in rating points with its sign, no sign on what rounds to nothing, or a dash where there is none."""
    return NONE if change is None else "0.0" if abs(change) < LEAST_POINTS else f"{change:+.1f}".replace("-", "−")


def rating(value: float | None) -> str:
    """A rating in points, or a dash where none can be made."""
    return NONE if value is None else f"{value:.1f}"


def interval(values: MedianInterval) -> str:
    """A median with its interval."""
    return f"{values.median:.0f} ({values.low:.0f}–{values.high:.0f})"


def change(share: float | None, least: float = LEAST, digits: int = 0) -> str:
    """A change as a share with its sign, or a dash for less than ``least`` of it."""
    return NONE if share is None or abs(share) < least else f"{100 * share:+.{digits}f} %".replace("-", "−")


def half_by(largest: LargestChange) -> str:
    """A largest change of a read-out, and when half of it is first reached."""
    return f"{change(largest.change)} ({clock(largest.half)})"


def points_by_half(largest: LargestChange | None) -> str:
    """A largest change of a rating, and when half of it is first reached."""
    return NONE if largest is None else f"{points(largest.change)} ({clock(largest.half)})"


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
