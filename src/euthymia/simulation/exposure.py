"""From dose to receptor: what a body does with a drug and how much of it reaches brain, for one body or a population."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Int
from numpy.typing import ArrayLike

from ..core.errors import InputError, NoFiniteAnswer
from ..core.exported_programs import exported
from ..core.numerics.exponential import Steps
from ..core.types import CELL_CLASSES, ENANTIOMERS
from ..model.default import default_model
from ..model.parameters import Euthymia
from ..model.time_grid import TimeGrid
from ..pharmacology.comparators import MOLECULES
from ..protocols.protocol import Protocol
from ..results.labelled import labelled
from .dosing import grid_of
from .dosing_intervals import FED_BY, MOLECULES_FED_BY, DosingIntervals, dosing_intervals
from .exposure_program import ExposureCourse, GridInput, Quantities, exposed
from .half_lives import half_lives
from .person import Person, sample_body
from .warnings import body_warnings

AT_ONCE = 16
"""People solved together."""
MOST_PEOPLE = 10_000
MOST_KEPT = 3_000_000
"""Nodes of all people whose concentrations are kept, beside those of boluses; peaks are of every node, areas exact."""
ROOM_FOR_BOLUSES = 64
"""Their nodes are padded to a multiple of this."""
ENANTIOMERS_AND_BOTH = (*ENANTIOMERS, "both")
ROOM_FOR_INTERVALS = 4
"""Pairs of intervals are padded to a multiple of this."""


class RepeatedDoses(NamedTuple):
    """Of repeated equal doses, with the axis patient: not a number where a quantity has no two complete dosing intervals."""

    first_area: xr.Dataset
    """Over the first interval, µM h, exact."""
    last_area: xr.Dataset
    """Over the last complete one."""
    lowest: xr.Dataset
    """In the last one, µM."""
    trough: xr.Dataset
    """At its end, before the next dose, µM."""
    highest: xr.Dataset
    """In the last one, µM."""
    highest_time: xr.Dataset
    """Of that, h since the dose."""
    intervals: Mapping[str, DosingIntervals | str]
    """Of each quantity and each molecule of comparators, or why there are none."""


@dataclass(frozen=True)
class Exposures:
    """A protocol and what it brings to blood, brain and receptor of each person.

    ``data`` has the axes patient and time (h), with a node a second before each bolus and one right after it; ``peak``, ``peak_time`` (h)
    and ``area`` (µM h until the horizon) have the axis patient. Areas of concentrations are exact, those of ``pore_block`` nearly.
    ``area_to_infinity`` is what the area would become if nothing but what has entered until the horizon ever did; ``half_life`` (h) that
    of the last exponential.
    """

    protocol: Protocol
    person: Person
    warnings: list[str]
    data: xr.Dataset
    peak: xr.Dataset
    peak_time: xr.Dataset
    area: xr.Dataset
    area_to_infinity: xr.Dataset
    half_life: xr.Dataset
    repeated: RepeatedDoses


@exported
def _everyone(model: Euthymia, patient: Person, numbers: Array) -> Person:
    return jax.vmap(lambda number: patient._replace(body=sample_body(model, patient.body, number)))(numbers)


def check_people(protocol: Protocol, people: int | None) -> None:
    """Raises ``InputError`` for a number of people that cannot be drawn in the place of the protocol's patient."""
    if people is not None and not 1 <= people <= MOST_PEOPLE:
        raise InputError(f"people: {people} is outside 1 to {MOST_PEOPLE}")
    if people is not None and protocol.patient.species != "human":
        raise InputError(f"people: how one {protocol.patient.species} differs from another is not known; leave the number out")
    if people is not None and protocol.patient.disposition is not None:
        raise InputError("people: people drawn from the population have dispositions of their own; leave the patient's out")


def exposures(
    protocol: Protocol, people: int | None = None, model: Euthymia | None = None, progress: Callable[[int], None] = lambda done: None
) -> Exposures:
    """Drug in blood and brain of the protocol's patient, or of so many people of the population in their place.

    Weight, age, sex, genotype and liver are the patient's for everyone.

    Parameters
    ----------
    protocol
        What is given to whom; mouse and rat too.
    people
        How many people are drawn, numbers 1 to ``people``; the patient alone if left out.
    model
        Numbers; the evidence's if left out.
    progress
        Called with the number of people done.

    Raises
    ------
    InputError
        If the number is out of range, people are asked for where there is an animal, or there is no finite answer.
    """
    check_people(protocol, people)
    model = default_model() if model is None else model
    patient = Person.from_protocol(protocol, model)
    intervals = _intervals(protocol)
    grid = grid_of(protocol, model, float(patient.weight), 1, tuple(of.last + of.length for of in _pairs(intervals)))
    inputs = GridInput(
        Steps(jnp.asarray(grid.lengths), jnp.asarray(grid.length_index)), jnp.asarray(grid.infusion), jnp.asarray(grid.bolus)
    )
    if people is None:
        numbers, at_once = np.array([protocol.patient.individual or 0]), 1
        everyone = jax.tree.map(lambda leaf: leaf[None], patient)
    else:
        numbers, at_once = np.arange(1, people + 1), AT_ONCE
        everyone = _everyone(model, patient, jnp.asarray(numbers))
    kept, room = kept_nodes(grid, -(-grid.nodes * len(numbers) // MOST_KEPT))
    padded, nodes = jnp.asarray(np.pad(kept, (0, room - len(kept)), mode="edge")), _nodes_of(_pairs(intervals), grid)
    chunks = []
    for start in range(0, len(numbers), at_once):
        group = np.arange(start, min(start + at_once, len(numbers)))
        full = jnp.asarray(np.pad(group, (0, at_once - len(group)), mode="edge"))
        solved = exposed(model, jax.tree.map(lambda leaf, at=full: leaf[at], everyone), inputs, padded, nodes)
        own = jax.tree.map(lambda leaf, at=group - start: np.asarray(leaf)[at], solved)
        chunks.append(own._replace(course=jax.tree.map(lambda leaf: leaf[:, : len(kept)], own.course)))
        progress(start + len(group))
    whole = jax.tree.map(lambda *leaves: np.concatenate(leaves), *chunks)
    if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(whole)):
        raise NoFiniteAnswer("doses: the model has no finite answer for doses this large")
    coordinates = {"patient": numbers, "enantiomer": ENANTIOMERS_AND_BOTH, "molecule": MOLECULES, "cell_class": CELL_CLASSES}
    warnings = body_warnings(protocol.patient, protocol.doses, model)
    terminal = half_lives(whole.matrices, grid.steps @ grid.infusion + grid.bolus.sum(0))
    repeated = _repeated(whole, intervals, coordinates)
    return Exposures(protocol, patient, warnings, **_datasets(whole, grid.times[kept], coordinates, terminal), repeated=repeated)


def _intervals(protocol: Protocol) -> dict[str, DosingIntervals | str]:
    """Of each quantity, and of each molecule of comparators."""
    return {name: dosing_intervals(protocol, drugs) for name, drugs in (FED_BY | MOLECULES_FED_BY).items()}


def _pairs(intervals: Mapping[str, DosingIntervals | str]) -> list[DosingIntervals]:
    """The different ones among the dosing intervals, in order."""
    return list(dict.fromkeys(of for of in intervals.values() if isinstance(of, DosingIntervals)))


def _nodes_of(pairs: list[DosingIntervals], grid: TimeGrid) -> Int[Array, "pair edge"]:
    """Nodes where the first and the last interval begin and end, padded."""
    edges = [(of.first, of.first + of.length, of.last, of.last + of.length) for of in pairs]
    nodes = [[int(np.abs(grid.times - time).argmin()) for time in times] for times in edges]
    room = max(1, -(-len(nodes) // ROOM_FOR_INTERVALS)) * ROOM_FOR_INTERVALS
    return jnp.asarray([*nodes, *[[0] * 4] * (room - len(nodes))])


def _repeated(solved: ExposureCourse, intervals: Mapping[str, DosingIntervals | str], coordinates: dict[str, Any]) -> RepeatedDoses:
    """What was solved of every pair of intervals, of the pair that belongs to each quantity."""
    pairs = _pairs(intervals)

    def of_own(name: str, of_pairs: ArrayLike) -> np.ndarray:
        values, own = np.asarray(of_pairs), intervals[name]
        return values[:, pairs.index(own)] if isinstance(own, DosingIntervals) else np.full_like(values[:, 0], np.nan)

    def own_intervals(of: Quantities) -> xr.Dataset:
        molecules = [of_own(name, of["comparator_plasma"][..., column]) for column, name in enumerate(MOLECULES)]
        return labelled({name: of_own(name, of[name]) for name in FED_BY} | {"comparator_plasma": np.stack(molecules, -1)}, coordinates)

    first, last, lowest, trough, highest, highest_time = map(own_intervals, solved.pairs)
    return RepeatedDoses(_over_time(first), _over_time(last), lowest, trough, highest, _in_hours(highest_time), intervals)


def kept_nodes(grid: TimeGrid, stride: int) -> tuple[np.ndarray, int]:
    """Every so many nodes, each bolus and the node before it; and to how many to pad them, so that another dose seldom compiles anew."""
    bolus = np.flatnonzero(grid.bolus.any(-1))
    kept = np.unique([*range(0, grid.nodes, stride), *bolus, *(bolus[bolus > 0] - 1)])
    of_boluses = 0 if stride == 1 else -(-2 * len(bolus) // ROOM_FOR_BOLUSES) * ROOM_FOR_BOLUSES
    return kept, len(grid.padded_times) // stride + 1 + of_boluses


def _datasets(solved: ExposureCourse, times: np.ndarray, coordinates: dict[str, Any], terminal: Quantities) -> dict[str, xr.Dataset]:
    """Course, peaks, times of the peaks, areas until the horizon and to infinity, and half-lives as labelled quantities."""
    return {
        "data": labelled(solved.course, coordinates | {"time": times}),
        "peak": labelled(solved.peak, coordinates),
        "peak_time": _in_hours(labelled(solved.peak_time, coordinates)),
        "area": _over_time(labelled(solved.area, coordinates)),
        "area_to_infinity": _over_time(labelled(solved.area_to_infinity, coordinates)),
        "half_life": _in_hours(labelled(terminal, coordinates)),
    }


def _in_hours(data: xr.Dataset) -> xr.Dataset:
    return data.assign({name: values.assign_attrs(units="h") for name, values in data.items()})


def _over_time(data: xr.Dataset) -> xr.Dataset:
    """With the units of areas."""
    return data.assign({name: values.assign_attrs(units=f"{values.units} h".removeprefix("1 ")) for name, values in data.items()})
