"""One protocol through the whole model: as given, its context alone, and untreated; other arms and coalitions when they are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr

from ..clinic.symptoms import context_strengths
from ..core.errors import NoFiniteAnswer, unknown
from ..model.closures.response import Correction
from ..model.default import default_model
from ..model.parameters import Euthymia
from ..model.time_grid import SAME
from ..protocols.protocol import Protocol
from ..protocols.rating import check_rated
from .course import course, resting_patient
from .dataset import coalition_dataset, course_dataset
from .dosing import grid_of
from .interventions import ARMS, BASE, COALITIONS, SIZES, Intervention, coalition, everything_but, settings
from .person import Person
from .removable import EVERYTHING, changes_by, removal
from .schedule import schedules
from .visits import checkpoints_until, first_visit


@dataclass(frozen=True)
class Simulation:
    """A protocol, who it was run for, and every result with names and units."""

    protocol: Protocol
    person: Person
    data: xr.Dataset
    """The course, by arm and time."""
    coalitions: xr.Dataset | None = None
    """MADRS with only some of context and ways allowed to act, where it was asked for."""
    circuits: xr.Dataset | None = None
    """What the circuits say beside the course, where it was asked for."""
    without: tuple[str, ...] = ()
    """What a user removed, of :data:`~euthymia.simulation.removable.REMOVABLE`; every arm but one is without it."""
    changes: tuple[str, ...] = ()
    """What differs from the model as it ships, a phrase each."""
    options: Mapping[str, object] = field(default_factory=dict)
    """What a user asked for beside a protocol, for the manifest."""
    over_circuits: xr.Dataset | None = None
    """The course over prefrontal circuits, where it was asked for."""
    observed: xr.Dataset | None = None
    """A user's own ratings or concentrations, to be shown beside the course."""

    def madrs(self, arm: str = "as given") -> xr.DataArray:
        """Total score over time."""
        return self.data["madrs"].sel(arm=arm)

    def at(self, hours: float, arm: str = "as given") -> float:
        """MADRS so many hours after the first dose (or the start of a course without any)."""
        return float(self.madrs(arm).sel(time=first_visit(self.protocol) + hours, method="nearest"))

    def undosed(self, name: str) -> float:
        """A quantity of the untreated patient, who is at rest: its value before the course."""
        return float(self.data[name].sel(arm="untreated")[0])

    def checkpoints(self) -> dict[str, float]:
        """Named times after the first dose that lie inside the horizon, and its end, h."""
        return checkpoints_until(self.protocol.horizon - first_visit(self.protocol))

    def thinned(self, nodes: int) -> "Simulation":
        """The course on about so many of its nodes, every dose and the node before it among them, by time since the first, for drawing."""

        def thin(data: xr.Dataset) -> xr.Dataset:
            times = data.time.values
            doses = np.searchsorted(times[:-1], [dose.start - SAME for dose in self.protocol.doses])
            kept = np.unique([*range(0, len(times), max(1, len(times) // nodes)), *doses, *np.maximum(doses - 1, 0)])
            data = data.isel(time=kept)
            return data.assign_coords(time=data.time - first_visit(self.protocol))

        along_time = {"data": self.data, "coalitions": self.coalitions, "over_circuits": self.over_circuits}
        return replace(self, **{name: None if data is None else thin(data) for name, data in along_time.items()})


def simulate(
    protocol: Protocol,
    model: Euthymia | None = None,
    *,
    arms: Sequence[str] = BASE,
    coalitions: bool = False,
    without: Sequence[str] = (),
    refine: int = 1,
    correction: Correction | None = None,
) -> Simulation:
    """Run a protocol with everything on, and beside it with some of it removed.

    Parameters
    ----------
    protocol
        What is done to whom.
    model
        Numbers; the evidence's if left out.
    arms
        Which of ``ARMS`` to solve; "as given" stands first.
    coalitions
        Whether to solve every coalition of context and ways too, for an attribution.
    without
        What does not act, of :data:`~euthymia.simulation.removable.REMOVABLE`, in any arm but "everything acts", which is added.
    refine
        Split every step of the grid into this many.
    correction
        Of the closures at the nodes of :func:`grid_of`, padded; none if left out.

    Raises
    ------
    InputError
        If an arm or what is removed is not known, or the model has no finite answer for this protocol.
    """
    check_rated(protocol)
    for arm in arms:
        if arm not in ARMS:
            raise unknown("arm", arm, ARMS)
    names, removed = list(dict.fromkeys(("as given", *arms))), removal(without)
    model = default_model() if model is None else model
    person = Person.from_protocol(protocol, model)
    grid = grid_of(protocol, model, float(person.weight), refine)
    acting = everything_but(removed)
    interventions = [ARMS[name].beside(acting) for name in names]
    if removed:
        names.append(EVERYTHING)
        interventions.append(Intervention())
    interventions += [coalition(members).beside(acting) for members in COALITIONS] if coalitions else []
    solved = settings(interventions, acting.clamped, SIZES)
    context = context_strengths(model.symptoms, protocol.context)
    resting = resting_patient(model, person.stress)
    result = course(model, person, resting, context, schedules(protocol, grid, correction), solved)
    data = course_dataset(model, result, resting.healthy, grid.times, names, np.asarray(solved.brain_of))
    if not all(np.isfinite(data[name]).all() for name in data.data_vars):
        raise NoFiniteAnswer("doses: the model has no finite answer for doses this large")
    of_coalitions = coalition_dataset(result, grid.times, len(names)) if coalitions else None
    return Simulation(protocol, person, data, of_coalitions, without=removed, changes=changes_by(removed))
