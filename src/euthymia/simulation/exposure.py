"""From dose to receptor: what a body does with a drug and how much of it reaches brain, for one body or a population."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from ..core.errors import InputError, NoFiniteAnswer
from ..core.exported_programs import exported
from ..core.numerics.exponential import Steps
from ..core.types import CELL_CLASSES, ENANTIOMERS, Scalar
from ..model.default import default_model
from ..model.exposure import (
    DrugPropagators,
    DrugStates,
    DrugSystems,
    areas,
    brain_exposure,
    in_blood,
    individualised,
    propagate,
    propagators,
    systems,
)
from ..model.parameters import Euthymia, Physiology
from ..model.time_grid import TimeGrid
from ..pharmacology.comparators import MOLECULES, plasma_concentration
from ..protocols.protocol import Protocol
from ..receptors.nmdar import Blockers, pore_block
from ..results.labelled import labelled
from .dosing import grid_of
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
Quantities = Mapping[str, Array | np.ndarray]
"""By the names of the table of quantities."""


class GridInput(NamedTuple):
    """Steps of a padded time grid and the input in each."""

    steps: Steps
    infusion: Float[Array, "step channel"]
    bolus: Float[Array, "step channel"]


class ExposureCourse(NamedTuple):
    """What a person is exposed to: the course at the kept nodes, of all nodes the largest value and its time (h), and the exact area."""

    course: Quantities
    peak: Quantities
    peak_time: Quantities
    area: Quantities


@dataclass(frozen=True)
class Exposures:
    """A protocol and what it brings to blood, brain and receptor of each person.

    ``data`` has the axes patient and time (h), with a node a second before each bolus and one right after it; ``peak``, ``peak_time`` (h)
    and ``area`` (µM h until the horizon) have the axis patient. Areas of concentrations are exact, those of ``pore_block`` nearly.
    """

    protocol: Protocol
    person: Person
    warnings: list[str]
    data: xr.Dataset
    peak: xr.Dataset
    peak_time: xr.Dataset
    area: xr.Dataset


def _concentrations(p: Physiology, weight: Scalar, states: DrugStates) -> dict[str, Array]:
    """Concentrations at the nodes; linear in the states."""
    blood, brain = in_blood(p, weight, states), brain_exposure(p, states)
    by_enantiomer = {
        "arterial_ketamine": blood.arterial,
        "venous_ketamine": blood.venous,
        "norketamine": blood.norketamine,
        "hydroxynorketamine": blood.hydroxynorketamine,
        "free_brain_ketamine": brain.ketamine,
        "free_brain_norketamine": brain.norketamine,
        "free_brain_hydroxynorketamine": brain.hydroxynorketamine,
    }
    return {name: jnp.concatenate([values, values.sum(-1, keepdims=True)], -1) for name, values in by_enantiomer.items()} | {
        "comparator_plasma": plasma_concentration(p.comparators, states.comparators),
        "racemate_equivalents": brain.blockers.ketamine,
        "others": brain.blockers.others,
    }


@exported
def _exposed(model: Euthymia, people: Person, inputs: GridInput, kept: Array) -> ExposureCourse:
    steps, infusion, bolus = inputs
    lengths = steps.lengths[steps.length_index]
    times = jnp.concatenate([jnp.zeros(1), jnp.cumsum(lengths)])
    dosed = lengths @ infusion + bolus.sum(0)

    def system_of(person: Person) -> DrugSystems:
        return systems(individualised(model.physiology, person.body), person.weight)

    system = jax.vmap(system_of)(people)
    over = propagators(system, steps.lengths)

    def one(person: Person, system: DrugSystems, over: DrugPropagators) -> ExposureCourse:
        physiology = individualised(model.physiology, person.body)
        states = propagate(system, over, steps.length_index, infusion, bolus)
        course = _concentrations(physiology, person.weight, states)
        whole = _concentrations(physiology, person.weight, jax.tree.map(lambda x: x[None], areas(system, states, dosed)))
        area = jax.tree.map(lambda c: c[0], whole)

        def block(blockers: Blockers) -> Array:
            return pore_block(physiology.receptor, blockers)

        # The part that is linear in the concentration has the exact area; the rest is small where steps are long, unless block saturates.
        in_brain, whole_in_brain = (Blockers(of["racemate_equivalents"], of.pop("others")) for of in (course, area))
        linear = jax.jacfwd(block)(jax.tree.map(jnp.zeros_like, whole_in_brain))

        def in_proportion_to(blockers: Blockers) -> Array:
            return blockers.ketamine[..., None] * linear.ketamine + blockers.others @ linear.others.T

        course["pore_block"] = block(in_brain)
        in_proportion = in_proportion_to(in_brain)
        saturates = in_proportion.max(0) > 1
        rest = course["pore_block"] - jnp.where(saturates, 0, in_proportion)
        area["pore_block"] = jnp.where(saturates, 0, in_proportion_to(whole_in_brain)) + lengths @ (rest[1:] + rest[:-1]) / 2
        return ExposureCourse(
            jax.tree.map(lambda c: c[kept], course),
            jax.tree.map(lambda c: c.max(0), course),
            jax.tree.map(lambda c: times[c.argmax(0)], course),
            area,
        )

    return jax.vmap(one, in_axes=(0, 0, 1))(people, system, over)


@exported
def _everyone(model: Euthymia, patient: Person, numbers: Array) -> Person:
    return jax.vmap(lambda number: patient._replace(body=sample_body(model, patient.body, number)))(numbers)


def check_people(protocol: Protocol, people: int | None) -> None:
    """Raises ``InputError`` for a number of people that cannot be drawn in the place of the protocol's patient."""
    if people is not None and not 1 <= people <= MOST_PEOPLE:
        raise InputError(f"people: {people} is outside 1 to {MOST_PEOPLE}")
    if people is not None and protocol.patient.species != "human":
        raise InputError(f"people: how one {protocol.patient.species} differs from another is not known; leave the number out")


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
    grid = grid_of(protocol, model, float(patient.weight))
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
    padded = jnp.asarray(np.pad(kept, (0, room - len(kept)), mode="edge"))
    chunks = []
    for start in range(0, len(numbers), at_once):
        group = np.arange(start, min(start + at_once, len(numbers)))
        full = jnp.asarray(np.pad(group, (0, at_once - len(group)), mode="edge"))
        solved = _exposed(model, jax.tree.map(lambda leaf, at=full: leaf[at], everyone), inputs, padded)
        own = jax.tree.map(lambda leaf, at=group - start: np.asarray(leaf)[at], solved)
        chunks.append(own._replace(course=jax.tree.map(lambda leaf: leaf[:, : len(kept)], own.course)))
        progress(start + len(group))
    whole = jax.tree.map(lambda *leaves: np.concatenate(leaves), *chunks)
    if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(whole)):
        raise NoFiniteAnswer("doses: the model has no finite answer for doses this large")
    coordinates = {"patient": numbers, "enantiomer": ENANTIOMERS_AND_BOTH, "molecule": MOLECULES, "cell_class": CELL_CLASSES}
    warnings = body_warnings(protocol.patient, protocol.doses, model)
    return Exposures(protocol, patient, warnings, *_datasets(whole, grid.times[kept], coordinates))


def kept_nodes(grid: TimeGrid, stride: int) -> tuple[np.ndarray, int]:
    """Every so many nodes, each bolus and the node before it; and to how many to pad them, so that another dose seldom compiles anew."""
    bolus = np.flatnonzero(grid.bolus.any(-1))
    kept = np.unique([*range(0, grid.nodes, stride), *bolus, *(bolus[bolus > 0] - 1)])
    of_boluses = 0 if stride == 1 else -(-2 * len(bolus) // ROOM_FOR_BOLUSES) * ROOM_FOR_BOLUSES
    return kept, len(grid.padded_times) // stride + 1 + of_boluses


def _datasets(solved: ExposureCourse, times: np.ndarray, coordinates: dict) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset, xr.Dataset]:
    """Course, peaks, times of the peaks and areas as labelled quantities."""
    peak_time, area = labelled(solved.peak_time, coordinates), labelled(solved.area, coordinates)
    return (
        labelled(solved.course, coordinates | {"time": times}),
        labelled(solved.peak, coordinates),
        peak_time.assign({name: values.assign_attrs(units="h") for name, values in peak_time.items()}),
        area.assign({name: values.assign_attrs(units=f"{values.units} h".removeprefix("1 ")) for name, values in area.items()}),
    )
