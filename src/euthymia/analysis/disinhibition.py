"""Way 1 in numbers: which classes of prefrontal cell fire less under a treatment, and which more."""

from typing import NamedTuple

import numpy as np

from ..simulation.simulate import Simulation
from ..simulation.visits import first_visit


class FiringChange(NamedTuple):
    """Firing by class when any is furthest from before."""

    time: float
    """h after the first dose."""
    changes: dict[str, float]
    """Fraction of the rate before, by class."""


def firing_change(simulation: Simulation) -> FiringChange:
    """How much each prefrontal class fires against before, at the time at which one of them has changed most."""
    rates = simulation.data.prefrontal_rates.sel(arm="as given")
    changes = (rates / rates[0] - 1).transpose("time", "cortical_class")
    node = int(np.argmax(np.abs(changes.to_numpy()).max(1)))
    at_node = dict(zip(map(str, changes.cortical_class.values), map(float, changes[node]), strict=True))
    return FiringChange(float(changes.time[node]) - first_visit(simulation.protocol), at_node)
