"""What could be measured beside mood, and how far a drug moves it."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from ..results.quantities import QUANTITIES
from ..simulation.simulate import Simulation
from ..simulation.visits import first_visit


class Readout(NamedTuple):
    """A quantity that could be measured; its change is relative to before, or absolute where nothing is there before."""

    name: str
    """In the table of quantities."""
    relative: bool
    way: str | None = None
    """The way that it belongs to."""
    cell_class: str | None = None
    """Class of cell of which it is taken."""

    @property
    def title(self) -> str:
        """A few words for a table."""
        label = QUANTITIES[self.name].label
        return label if self.cell_class is None else f"{label}, {self.cell_class}"

    @property
    def unit(self) -> str:
        """Of the quantity itself; its change is a fraction of it where it is relative."""
        return QUANTITIES[self.name].unit

    @property
    def meaning(self) -> str:
        """What the quantity is."""
        return QUANTITIES[self.name].meaning

    def of(self, data: xr.Dataset) -> xr.DataArray:
        """Its values over time in a course, as given."""
        values = data[self.name]
        if "arm" in values.dims:
            values = values.sel(arm="as given")
        return values if self.cell_class is None else values.sel(cell_class=self.cell_class)


READOUTS = (
    Readout("pore_block", False, cell_class="pyramidal"),
    Readout("sert_occupancy", False),
    Readout("dat_occupancy", False),
    Readout("mao_block", False),
    Readout("serotonin", True),
    Readout("glutamate", False, "way 1"),
    Readout("focus", True, "way 1"),
    Readout("calcium_load", True, "way 2"),
    Readout("habenula_burst_rate", True, "way 3"),
    Readout("dopamine", True, "way 3"),
    Readout("bdnf", False, "way 4"),
    Readout("spine_density", True, "way 4"),
    Readout("lock", False, "way 5"),
)


class LargestChange(NamedTuple):
    """The largest departure of a read-out from the undosed patient."""

    change: float
    """Fraction of the value before, or a difference where nothing is there before."""
    time: float
    """h after the first dose."""
    half: float
    """When half of it is first reached, h after the first dose."""


def largest_change(readout: Readout, simulation: Simulation) -> LargestChange:
    """The largest departure of a read-out from its value before, when it is reached, and when half of it is."""
    # The undosed patient is at rest, so that the value before is that of the untreated course at any time.
    values = readout.of(simulation.data).to_numpy()
    moved = (values - values[0]) / (values[0] if readout.relative else 1.0)
    peak = int(np.argmax(np.abs(moved)))
    half = int(np.argmax(np.abs(moved) >= abs(moved[peak]) / 2))
    peak_time, half_time = (float(simulation.data.time[node]) - first_visit(simulation.protocol) for node in (peak, half))
    return LargestChange(float(moved[peak]), peak_time, half_time)
