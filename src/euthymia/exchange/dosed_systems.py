"""Linear systems and what is given to them over time, of a protocol or from a document, and their exact solution."""

from dataclasses import dataclass, replace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from .. import __version__
from ..core.constants import SECOND
from ..core.errors import InputError, NoFiniteAnswer
from ..core.numerics.exponential import Steps, linear_course
from ..core.units import quantity
from ..evidence.registry import evidence
from ..model.exposure import individualised
from ..model.inputs import CHANNELS
from ..model.parameters import Euthymia
from ..model.time_grid import SAME, TimeGrid, time_grid
from ..protocols.protocol import Protocol
from ..protocols.vocabulary import LONGEST
from ..results.csv_table import csv_text
from ..results.quantities import AXES, AXIS_UNITS
from ..simulation.dosing import grid_of
from ..simulation.person import Person
from .linear_systems import LinearSystem, body_systems
from .sbml_document import identifier

TIME_DIGITS = 12
"""Decimals, in h, of the time of a change: the grid sums steps up to it with rounding errors."""
CONCENTRATION = "umol/L"
Variable = tuple[str, np.ndarray, dict[str, str]]


@dataclass(frozen=True)
class DosedSystem:
    """One molecule and its metabolites, and what enters their states; a row of both arrays is one of the times of :class:`DosedSystems`."""

    system: LinearSystem
    infusion: np.ndarray
    """Rate into each state from a time on, µmol/h."""
    bolus: np.ndarray
    """Amount into each state at a time, µmol."""


@dataclass(frozen=True)
class Concentrations:
    """Every concentration of a document by its identifier there, such as ``S_ketamine__venous``.

    ``data`` has the axis time (h), with a node a second before each bolus and one right after it. ``peak``, ``peak_time`` (h) and ``area``
    (µmol/L h, exact) are of the whole course.
    """

    data: xr.Dataset
    peak: xr.Dataset
    peak_time: xr.Dataset
    area: xr.Dataset


@dataclass(frozen=True)
class DosedSystems:
    """The linear systems of a document and what enters them."""

    name: str
    """Identifier of the document."""
    title: str
    notes: str
    times: np.ndarray
    """When input changes, h; the first is the start, 0."""
    systems: tuple[DosedSystem, ...]
    horizon: float | None
    """End of the course, h, if it is stated."""
    unread: tuple[str, ...] = ()
    """States that the document has beside the pharmacology, such as those of the brain; they are not read."""

    def solve(self, until: str | None = None, at: ArrayLike = ()) -> Concentrations:
        """Solve the systems exactly.

        Parameters
        ----------
        until
            End of the course with its unit, such as "24 h"; that of the document if left out.
        at
            Times (h) that are to be among those of the course.

        Returns
        -------
        Concentrations, with their peaks and areas.

        Raises
        ------
        InputError
            If there is no such end, or no finite answer.
        """
        end = self._end(until)
        times = self.times[self.times < end - SAME]
        with_bolus = np.any([dosed.bolus[: len(times)].any(-1) for dosed in self.systems], 0) & (times > 0)
        before = times - np.minimum(SECOND, np.diff(times, prepend=-1.0) / 2)
        grid = time_grid([], end, (*before[with_bolus].tolist(), *np.asarray(at, float).tolist()), changes=tuple(times.tolist()))
        labels, concentrations, areas = {}, [], []
        for dosed in self.systems:
            states, course, area = _solved(dosed, times, grid)
            labels |= {identifier(dosed.system.name, state): label(dosed.system, state) for state in states}
            concentrations.append(course)
            areas.append(area)
        course, area = np.concatenate(concentrations, -1), np.concatenate(areas)
        if not (np.isfinite(course).all() and np.isfinite(area).all()):
            raise NoFiniteAnswer("sbml: these systems have no finite answer")

        def dataset(columns: np.ndarray, unit: str, **coordinates: Variable) -> xr.Dataset:
            return xr.Dataset(
                {
                    name: (tuple(coordinates), column, {"units": unit, "long_name": label})
                    for (name, label), column in zip(labels.items(), columns, strict=True)
                },
                coordinates,
                {"title": self.title, "source": self.notes},
            )

        time = ("time", grid.times, {"long_name": AXES["time"], "units": AXIS_UNITS["time"]})
        return Concentrations(
            dataset(course.T, CONCENTRATION, time=time),
            dataset(course.max(0), CONCENTRATION),
            dataset(grid.times[course.argmax(0)], AXIS_UNITS["time"]),
            dataset(area, f"{CONCENTRATION} {AXIS_UNITS['time']}"),
        )

    def _end(self, until: str | None) -> float:
        """End of the course, h."""
        end = self.horizon if until is None else quantity("until", until, "time")[0]
        if end is None:
            raise InputError('until: the document does not say when its course ends; write for example "24 h"')
        if not 0 < end <= LONGEST:
            raise InputError(f"until: {end:g} h is outside what can be solved; allowed: more than 0 and at most {LONGEST:g} h")
        return end


def label(system: LinearSystem, state: str) -> str:
    """A state in words, with its molecule."""
    return f"{system.name}, {words(state)}"


def words(name: str) -> str:
    """A name of a state in words."""
    return name.replace("_", " ")


def csv_and_netcdf(solved: Concentrations) -> dict[str, bytes]:
    """The course as files, by name; a bolus has two rows of the table: a second before it, and right after it."""
    columns = {f"{name} [{column.units}]": column.values for name, column in solved.data.items()}
    table = csv_text({"time [h]": solved.data.time.values} | columns)
    return {"concentrations.csv": table.encode(), "concentrations.nc": bytes(solved.data.to_netcdf(engine="h5netcdf"))}


def _solved(dosed: DosedSystem, times: np.ndarray, grid: TimeGrid) -> tuple[list[str], np.ndarray, np.ndarray]:
    """States that are concentrations, their course [node, state] and their areas, exact."""
    system, number = dosed.system, len(dosed.system.states)
    scales = {state: 1 / system.volumes.get(state, 1.0) for state in system.states if state not in system.pools or state in system.volumes}
    read_out = np.array([np.where(np.array(system.states) == state, scale, 0.0) for state, scale in scales.items()])
    # Concentrations are integrated beside the states, which gives areas whether or not the matrix can be inverted.
    matrix = np.block([[system.matrix, np.zeros((number, len(scales)))], [read_out, np.zeros((len(scales), len(scales)))]])
    midpoints = grid.padded_times[:-1] + grid.steps / 2
    infusion = dosed.infusion[np.searchsorted(times, midpoints, "right") - 1]
    bolus = np.zeros_like(infusion)
    np.add.at(bolus, np.searchsorted(grid.times, times - SAME), dosed.bolus[: len(times)])
    steps = Steps(jnp.asarray(grid.lengths), jnp.asarray(grid.length_index))
    course = np.asarray(_course(jnp.asarray(matrix), jnp.eye(len(matrix), number), steps, jnp.asarray(infusion), jnp.asarray(bolus)))
    course = course[: grid.nodes]
    return list(scales), course[:, :number] @ read_out.T, course[-1, number:]


@eqx.filter_jit
def _course(
    matrix: Float[Array, "state state"],
    entry: Float[Array, "state entry"],
    steps: Steps,
    infusion: Float[Array, "step entry"],
    bolus: Float[Array, "step entry"],
) -> Float[Array, "node state"]:
    return linear_course(matrix[None], entry[None], steps, infusion[:, None], bolus[:, None])[:, 0]


def dosed_systems(protocol: Protocol, model: Euthymia, person: Person) -> DosedSystems:
    """The systems of the molecules that a protocol gives to a person; changes of input are those of the time grid of the course.

    Raises
    ------
    InputError
        If it gives none.
    """
    if not protocol.doses:
        raise InputError("protocol: it gives no drug, so that there is no pharmacology to write")
    weight = float(person.weight)
    grid = grid_of(protocol, model, weight)
    body = body_systems(replace(model, physiology=individualised(model.physiology, person.body)), weight)
    dosed, changes = [], np.zeros(grid.nodes, bool)
    changes[0] = True
    for system in body:
        infusion, bolus = (_entering(system, channels[: grid.nodes - 1]) for channels in (grid.infusion, grid.bolus))
        if infusion.any() or bolus.any():
            dosed.append(DosedSystem(system, infusion, bolus))
            changes |= bolus.any(-1) | np.diff(infusion, axis=0, prepend=0.0).any(-1)
    nodes = np.flatnonzero(changes)
    particulars = ", ".join((f"{weight:g} kg", *protocol.patient.particulars()))
    return DosedSystems(
        identifier("pharmacology", protocol.name),
        protocol.title,
        f"{protocol.title}. Body weight {particulars}, horizon {protocol.horizon:g} h. "
        f"Written by Euthymia {__version__} from parameters {evidence().parameter_hash()}.",
        np.array([round(time, TIME_DIGITS) for time in grid.times[nodes].tolist()]),
        tuple(DosedSystem(system.system, system.infusion[nodes], system.bolus[nodes]) for system in dosed),
        protocol.horizon,
    )


def _entering(system: LinearSystem, channels: np.ndarray) -> np.ndarray:
    """Input into each state [node, state] from that of the channels [step, channel]; none at the horizon."""
    entering = sum(np.outer(channels[:, CHANNELS.index(channel)], entry) for channel, entry in system.entries.items())
    return np.pad(entering, ((0, 1), (0, 0)))
