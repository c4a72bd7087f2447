"""Why relief fades: how much of what carries it is left at later times."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from ..protocols.vocabulary import OF_KETAMINE
from ..simulation.simulate import Simulation
from ..simulation.visits import first_visit

LEAST_RELIEF = 1.0
"""Points beyond the context that count as relief."""
LEAST_GAIN = 0.005
"""Gain of a mechanism that carries anything."""
FADED = 0.5
"""Share of the largest relief, or of a gain, at which it has faded."""
REMOVED_WITH = {"trapped": {"way 3", "habenula", "trapping"}, "dopamine": {"way 3"}, "spines": {"way 4"}, "unlocked": {"way 5"}}
"""What a user may have removed so that a mechanism carries nothing."""


class Fading(NamedTuple):
    """What is left of relief and of what carries it at named times after the first dose, as shares of their largest gains."""

    relief: dict[str, float]
    """Points below where the patient would be with the context alone; where stress ends, below where the course began."""
    gains: dict[str, dict[str, float]]
    """By mechanism (trapped drug, dopamine, spines, unlocked limbic network) and time; one that never gained is left out."""
    stress_ends: float | None
    """Time of the first dose that stress ends after, h; None where it does not end in the course, or there is none."""

    @property
    def has_faded(self) -> bool:
        """Whether at the last of the times half of the relief or more is gone."""
        return list(self.relief.values())[-1] <= FADED

    @property
    def half_gone(self) -> str:
        """The first of the times at which half of the relief or more is gone; the last where there is none."""
        return next((name for name, left in self.relief.items() if left <= FADED), list(self.relief)[-1])


def fading(simulation: Simulation) -> Fading | None:
    """What is left after the largest relief of a course with ketamine; None for any other, or without relief.

    None too for a course that ends at its largest relief, unless stress ends in it.
    """
    protocol, start = simulation.protocol, first_visit(simulation.protocol)
    if not any(dose.drug in OF_KETAMINE for dose in protocol.doses):
        return None
    until = protocol.patient.stress_until
    stress_ends = until if until is not None and until < protocol.horizon and float(simulation.person.stress) > 0 else None
    madrs = simulation.data.madrs
    without = madrs.sel(arm="context") if stress_ends is None else madrs.sel(arm="as given")[0]
    relief = without - madrs.sel(arm="as given")
    largest = int(np.argmax(relief.to_numpy()))
    since = float(relief.time[largest]) - start
    # Doses still to come would bring back what has faded.
    since = max(since, *(dose.start + (dose.duration or 0.0) - start for dose in protocol.doses))
    checkpoints = list(simulation.checkpoints().items())
    later = dict([(name, hours) for name, hours in checkpoints if hours > since] or (checkpoints[-1:] if stress_ends is not None else []))
    if float(relief[largest]) < LEAST_RELIEF or not later:
        return None
    removed = set(simulation.without)
    gains = {name: gain for name, gain in _gains(simulation).items() if not removed & REMOVED_WITH[name] and float(gain.max()) > LEAST_GAIN}
    return Fading(
        _left(relief, later, start),
        {name: _left(gain, later, start) for name, gain in gains.items()},
        None if stress_ends is None else stress_ends - start,
    )


def _gains(simulation: Simulation) -> dict[str, xr.DataArray]:
    dosed = simulation.data.sel(arm="as given")
    return {
        "trapped": dosed.bound.sel(site="habenula_burst"),
        "dopamine": dosed.dopamine - dosed.dopamine[0],
        "spines": dosed.spine_density - dosed.spine_density[0],
        "unlocked": dosed.lock[0] - dosed.lock,
    }


def _left(gain: xr.DataArray, later: dict[str, float], start: float) -> dict[str, float]:
    return {name: float(gain.sel(time=start + hours, method="nearest") / gain.max()) for name, hours in later.items()}
