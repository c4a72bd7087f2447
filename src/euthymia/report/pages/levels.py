"""The three levels of way 5 in words: acute disruption, escape, consolidation."""

from typing import NamedTuple

import numpy as np

from ...analysis.limbic import Levels
from ..words import percent, span


class LevelRow(NamedTuple):
    """What is measured at one of the three levels."""

    level: str
    measure: str
    value: str


def level_rows(levels: Levels) -> list[LevelRow]:
    """What is measured at each level, and its value."""
    vanishes = percent(levels.critical_loss) if np.isfinite(levels.critical_loss) else "it cannot vanish: there is no second state"
    disruption = [
        ("peak loss of NMDA drive in this course", percent(levels.peak_loss)),
        ("communication of healthy networks at that loss, undrugged = 100 %", percent(levels.communication)),
        ("firing of the locked limbic network at that loss, undrugged = 100 %", percent(levels.firing)),
        ("loss at which this patient’s lock vanishes", vanishes),
    ]
    later = [name for name in levels.lock if name != "before"]
    escape = [("locked share, before", percent(levels.lock["before"])), ("locked share, at the least", percent(levels.least_lock))]
    escape += [(f"locked share, after {name}", percent(levels.lock[name])) for name in later]
    lower, upper = levels.window
    states = f"two states between {lower:.3f} and {upper:.3f} nA" if np.isfinite(lower + upper) else "one state only"
    consolidation = [(f"mean limbic drive ({states}), before", f"{levels.drive['before']:.3f} nA")]
    for name in later:
        consolidation.append((f"mean limbic drive after {name}", f"{levels.drive[name]:.3f} nA"))
        consolidation.append((f"mean time until the middle subnetwork locks again after {name}", span(levels.relapse_time[name])))
    consolidation.append(("mean time until it locks again, before", span(levels.relapse_time["before"])))
    of_levels = {"A acute disruption": disruption, "B escape": escape, "C consolidation": consolidation}
    return [LevelRow(level, *row) for level, rows in of_levels.items() for row in rows]
