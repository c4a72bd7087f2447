"""One course over prefrontal circuits: the same protocol and person with one circuit of the ensemble after the other."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import xarray as xr

from ..core.errors import InputError
from ..model.circuits import with_split
from ..model.parameters import Euthymia
from ..results.quantities import AXES
from .simulate import Simulation, simulate

QUANTITIES = (
    *("prefrontal_rates", "glutamate", "measured_glutamate", "focus", "impulse_control"),
    *("surge_engagement", "resting_engagement", "limbic_block", "lock", "dopamine", "spine_density", "madrs"),
)
"""What is kept of each course, as given: way 1, what reads it or the same potency, and mood."""


FEW = 20
"""Circuits below which no quantile is said."""


class Spread(NamedTuple):
    """How a spread over circuits is said: its quantiles, low, middle and high, and their name."""

    quantiles: tuple[float, float, float]
    name: str


def spread_over(circuits: int) -> Spread:
    """The interval of so many circuits; of a few, from the lowest to the highest."""
    counted = f"{circuits} prefrontal circuit{'s' * (circuits > 1)}"
    if circuits < FEW:
        return Spread((0.0, 0.5, 1.0), f"{counted}, lowest to highest")
    return Spread((0.05, 0.5, 0.95), f"{counted}, 5 to 95 %")


def check_circuits(count: int, model: Euthymia) -> None:
    """Raises ``InputError`` for a number of circuits that the ensemble does not have."""
    there = len(model.circuits.drive_ic50)
    if not 1 <= count <= there:
        also = "" if there > 1 else ": a number of the typical circuit is set, and everybody has that circuit"
        raise InputError(f"circuits: {count} is outside 1 to {there}, the circuits of the ensemble{also}")


def over_circuits(simulation: Simulation, model: Euthymia, count: int, progress: Callable[[int], None] = lambda done: None) -> xr.Dataset:
    """The course of a simulation with each of the first circuits of the ensemble in the place of the typical one.

    Parameters
    ----------
    simulation
        The course.
    model
        Its numbers.
    count
        Of circuits, from 1 to those that the ensemble has. They stand in random order, so that the first are like all.
    progress
        Called with the number of circuits done.

    Returns
    -------
    ``QUANTITIES`` along circuit (from 1) and time.

    Raises
    ------
    InputError
        If the ensemble has fewer circuits.
    """
    check_circuits(count, model)
    courses = []
    for number in range(count):
        own = replace(model, physiology=with_split(model.physiology, model.circuits.of(number)))
        course = simulate(simulation.protocol, own, without=simulation.without).data
        courses.append(course[list(QUANTITIES)].sel(arm="as given", drop=True))
        progress(number + 1)
    circuits = xr.IndexVariable("circuit", range(1, count + 1), {"long_name": AXES["circuit"]})
    return xr.concat(courses, circuits, combine_attrs="override")
