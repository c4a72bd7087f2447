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
    """When stress ends, h after the first visit; None where there is none, or it does not end between the first dose and the end of the
    course, or only after relief has faded."""

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

    None too for a course that ends at its largest relief, unless stress ends in it. Where relief has faded before stress ends, it is
    told up to that end: what recovers then needs no drug.
    """
    data, protocol, start = simulation.data, simulation.protocol, first_visit(simulation.protocol)
    if not any(dose.drug in OF_KETAMINE for dose in protocol.doses):
        return None
    dosed_until = max(dose.start + (dose.duration or 0.0) for dose in protocol.doses)
    madrs, stress_ends = data.madrs, _end_of_stress(simulation)
    relief = madrs.sel(arm="context") - madrs.sel(arm="as given")
    if stress_ends is not None and dosed_until < stress_ends and _gone(relief.sel(time=slice(None, stress_ends))):
        data, stress_ends = data.sel(time=slice(None, stress_ends)), None
        relief = relief.sel(time=data.time)
    elif stress_ends is not None:
        relief = madrs.sel(arm="as given")[0] - madrs.sel(arm="as given")
    largest = int(np.argmax(relief.to_numpy()))
    # Doses still to come would bring back what has faded.
    since = max(float(relief.time[largest]), dosed_until) - start
    checkpoints = [(name, hours) for name, hours in simulation.checkpoints().items() if start + hours <= float(data.time[-1])]
    later = dict([(name, hours) for name, hours in checkpoints if hours > since] or (checkpoints[-1:] if stress_ends is not None else []))
    if float(relief[largest]) < LEAST_RELIEF or not later:
        return None
    removed = set(simulation.without)
    gains = {name: gain for name, gain in _gains(data).items() if not removed & REMOVED_WITH[name] and float(gain.max()) > LEAST_GAIN}
    return Fading(
        _left(relief, later, start),
        {name: _left(gain, later, start) for name, gain in gains.items()},
        None if stress_ends is None else stress_ends - start,
    )


def _end_of_stress(simulation: Simulation) -> float | None:
    """When stress ends between the first dose and the end of the course, h since its start; None where it does not, or there is none."""
    protocol, until = simulation.protocol, simulation.protocol.patient.stress_until
    if until is None or float(simulation.person.stress) == 0:
        return None
    return until if min(dose.start for dose in protocol.doses) <= until < protocol.horizon else None


def _gone(relief: xr.DataArray) -> bool:
    """Whether there was relief, of which half or more is gone at the end."""
    return float(relief.max()) >= LEAST_RELIEF and float(relief[-1]) <= FADED * float(relief.max())


def _gains(data: xr.Dataset) -> dict[str, xr.DataArray]:
    dosed = data.sel(arm="as given")
    return {
        "trapped": dosed.bound.sel(site="habenula_burst"),
        "dopamine": dosed.dopamine - dosed.dopamine[0],
        "spines": dosed.spine_density - dosed.spine_density[0],
        "unlocked": dosed.lock[0] - dosed.lock,
    }


def _left(gain: xr.DataArray, later: dict[str, float], start: float) -> dict[str, float]:
    return {name: float(gain.sel(time=start + hours, method="nearest") / gain.max()) for name, hours in later.items()}
