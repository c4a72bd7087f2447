"""The three levels of way 5 as numbers: acute disruption, escape, consolidation."""

import numpy as np

from ...simulation.simulate import Simulation
from ..words import percent, span

LATER = ("24 h", "7 d")


def levels(simulation: Simulation) -> list[tuple[str, str, str]]:
    """Level, what is measured, and its value in a course joined by :func:`.circuits.beside`."""
    data, given = simulation.data, simulation.data.sel(arm="as given")
    loss, critical = float(data.drive_loss.sel(cell_class="pyramidal").max()), float(data.critical_block)
    at_peak = data.sel(block=loss, method="nearest")
    talk = float(at_peak.communication.sel(begun="at rest, healthy"))
    fired = data.network_rate.sel(begun="locked, this patient", network="limbic")
    left = float(fired.sel(block=loss, method="nearest") / fired[0])
    vanishes = percent(critical) if np.isfinite(critical) else "it cannot vanish: there is no second state"
    lower, upper = data.window.sel(landscape="undrugged").values
    found = [
        ("A acute disruption", "peak loss of NMDA drive in this course", percent(loss)),
        ("", "communication of healthy networks at that loss, undrugged = 100 %", percent(talk)),
        ("", "firing of the locked limbic network at that loss, undrugged = 100 %", percent(left)),
        ("", "loss at which this patient’s lock vanishes", vanishes),
        ("B escape", "locked, before", percent(float(given.lock[0]))),
        ("", "locked, at the least", percent(float(given.lock.min()))),
    ]
    reached = {name: hours for name, hours in simulation.checkpoints().items() if name in LATER}
    now = {name: given.sel(time=hours, method="nearest") for name, hours in reached.items()}
    found += [("", f"locked, after {name}", percent(float(each.lock))) for name, each in now.items()]
    two = f"two states between {lower:.3f} and {upper:.3f} nA" if np.isfinite(lower + upper) else "one state only"
    consolidation = [(f"limbic drive ({two}), before", f"{float(given.limbic_input[0]):.3f} nA")]
    for name, each in now.items():
        consolidation.append((f"limbic drive after {name}", f"{float(each.limbic_input):.3f} nA"))
        consolidation.append((f"mean time to lock again after {name}", span(1 / float(each.lock_into))))
    consolidation.append(("mean time to lock again, before", span(1 / float(given.lock_into[0]))))
    return found + [("" if place else "C consolidation", *row) for place, row in enumerate(consolidation)]
