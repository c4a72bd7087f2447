"""One protocol through the whole model: every link on, and every combination of removed links beside it."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from ..analysis.attribution import shapley
from ..clinic.symptoms import context_strengths
from ..core.errors import InputError
from ..model.closures.response import Correction, no_correction
from ..model.default import default_model
from ..model.parameters import Euthymia
from ..protocols.protocol import Protocol
from .course import Course, course
from .dataset import labelled_course
from .dosing import grid_of
from .interventions import ARMS, CONTRIBUTORS, GROUPS
from .person import Person
from .visits import CHECKPOINTS, first_visit, since_visits


@dataclass(frozen=True)
class Simulation:
    """A protocol, who it was run for, and every result with names and units."""

    protocol: Protocol
    person: Person
    data: xr.Dataset

    def madrs(self, arm: str = "as given") -> xr.DataArray:
        """Total score over time."""
        return self.data["madrs"].sel(arm=arm)

    def at(self, hours: float, arm: str = "as given") -> float:
        """MADRS so many hours after the first dose (or the start of a course without any)."""
        return float(self.madrs(arm).sel(time=first_visit(self.protocol) + hours, method="nearest"))

    def checkpoints(self) -> dict[str, float]:
        """Named times after the first dose that lie inside the horizon, and its end, h."""
        end = self.protocol.horizon - first_visit(self.protocol)
        inside = {name: hours for name, hours in CHECKPOINTS.items() if hours <= end}
        return inside if end in inside.values() else inside | {f"{end / 24:.3g} d" if end > 48 else f"{end:.3g} h": end}

    def thinned(self, nodes: int) -> "Simulation":
        """The same course on about so many of its nodes, its time counted from the first dose, for drawing."""
        every = max(1, self.data.sizes["time"] // nodes)
        data = self.data.isel(time=slice(None, None, every))
        return replace(self, data=data.assign_coords(time=data.time - first_visit(self.protocol)))

    def shares(self) -> dict[str, xr.DataArray]:
        """The change in MADRS over time that each of ``CONTRIBUTORS`` accounts for, points; together they are the whole."""
        worth = {group: self.data.coalition_madrs.sel(coalition=name).to_numpy() for group, name in GROUPS.items()}
        return {who: xr.DataArray(part, coords={"time": self.data.time}) for who, part in shapley(worth, CONTRIBUTORS).items()}


def simulate(protocol: Protocol, model: Euthymia | None = None, refine: int = 1, correction: Correction | None = None) -> Simulation:
    """Run a protocol with everything on, and with every combination of context and ways removed.

    Parameters
    ----------
    protocol
        What is done to whom.
    model
        Numbers; the evidence's if left out.
    refine
        Split every step of the grid into this many.
    correction
        Of the closures at the nodes of :func:`grid_of`, padded; none if left out.

    Raises
    ------
    InputError
        If the model has no finite answer for this protocol.
    """
    if protocol.patient.species != "human":
        raise InputError(
            f"patient.species: the mood of a {protocol.patient.species} cannot be rated; `euthymia exposure` gives drug levels"
        )
    model = default_model() if model is None else model
    person = Person.from_protocol(protocol, model)
    grid = grid_of(protocol, model, float(person.weight), refine)
    correction = no_correction(len(grid.padded_times)) if correction is None else correction
    arms = jax.tree.map(lambda *each: jnp.stack(each), *ARMS.values())
    since_start = grid.padded_times - first_visit(protocol)
    inputs = [since_visits(protocol, grid.padded_times), since_start, grid.lengths, grid.length_index, grid.infusion, grid.bolus]
    context = context_strengths(model.symptoms, protocol.context)
    found: Course = course(model, person, context, [jnp.asarray(each) for each in inputs], correction, arms)
    data = labelled_course(model, found, grid)
    if not all(np.isfinite(data[name]).all() for name in data.data_vars):
        raise InputError("doses: the model has no finite answer for doses this large")
    return Simulation(protocol, person, data)
