"""What could be measured beside mood, and how far a drug moves it."""

from typing import NamedTuple

import xarray as xr

from ..results.quantities import QUANTITIES
from ..results.ratings import rated
from ..simulation.simulate import Simulation
from ..simulation.visits import first_visit
from .onset import LargestChange, largest_changes


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
        """Its values over time in a course, as given; not a number where it is a rating that cannot be made."""
        values = rated(data, self.name)
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


MOOD = Readout("madrs", True)
"""The rating."""
LEAST = 0.01
"""Change below which a read-out has not moved."""
LEAST_POINTS = 0.05
"""Change of MADRS below which it rounds to nothing, points."""


def change_of(readout: Readout, simulation: Simulation) -> xr.DataArray:
    """The change of a read-out from before along time, h after the first dose; none of what is relative where nothing is there before."""
    values = readout.of(simulation.data)
    values = values.assign_coords(time=values.time - first_visit(simulation.protocol))
    # The undosed patient is at rest, so that the value before is that of the untreated course at any time.
    moved, before = values - values[0], float(values[0])
    return moved if not readout.relative else moved / before if before else 0 * moved


def largest_changes_of(readout: Readout, simulation: Simulation) -> tuple[LargestChange, ...]:
    """Its largest rise and fall from before, in order of time, and when half of each is first reached."""
    return largest_changes(change_of(readout, simulation), LEAST)
