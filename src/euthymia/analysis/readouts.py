"""What could be measured beside mood, and how far a drug moves it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import xarray as xr

from ..simulation.simulate import Simulation
from ..simulation.visits import first_visit


class Readout(NamedTuple):
    """Something that could be measured; its change is relative to before, or absolute where nothing is there before."""

    title: str
    of: Callable[[xr.Dataset], xr.DataArray]
    relative: bool
    way: str | None = None
    """The way that it belongs to."""


def _given(name: str) -> Callable[[xr.Dataset], xr.DataArray]:
    return lambda data: data[name].sel(arm="as given")


READOUTS = (
    Readout("NMDA pore block, pyramidal", lambda data: data.pore_block.sel(cell_class="pyramidal"), False),
    Readout("serotonin transporter occupied", _given("sert_occupancy"), False),
    Readout("dopamine transporter occupied", _given("dat_occupancy"), False),
    Readout("MAO-A lost", _given("mao_block"), False),
    Readout("serotonin", _given("serotonin"), True),
    Readout("glutamate surge", _given("glutamate"), False, "way 1"),
    Readout("prefrontal focus", _given("focus"), True, "way 1"),
    Readout("calcium load", _given("calcium_load"), True, "way 2"),
    Readout("habenula burst rate", _given("habenula_burst_rate"), True, "way 3"),
    Readout("dopamine tone", _given("dopamine"), True, "way 3"),
    Readout("BDNF–TrkB activity", _given("bdnf"), False, "way 4"),
    Readout("spine density", _given("spine_density"), True, "way 4"),
    Readout("limbic lock, probability", _given("lock"), False, "way 5"),
)


class Move(NamedTuple):
    """The largest departure of a read-out from the undosed patient."""

    change: float
    """Share of the value before, or a difference where nothing is there before."""
    time: float
    """h after the first dose."""
    half: float
    """When half of it is first reached, h after the first dose."""


def largest_change(readout: Readout, simulation: Simulation) -> Move:
    # The undosed patient is at rest, so that the value before is that of the untreated course at any time.
    values = readout.of(simulation.data).to_numpy()
    moved = (values - values[0]) / (values[0] if readout.relative else 1.0)
    place = int(np.argmax(np.abs(moved)))
    half = int(np.argmax(np.abs(moved) >= abs(moved[place]) / 2))
    peak_time, half_time = (float(simulation.data.time[each]) - first_visit(simulation.protocol) for each in (place, half))
    return Move(float(moved[place]), peak_time, half_time)
