"""From dose to receptor: what a body does with a drug and how much of it reaches brain, for one body or a population."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from ..core.errors import InputError
from ..core.numerics.exponential import Steps
from ..core.types import CELL_CLASSES, ENANTIOMERS
from ..model.default import default_model
from ..model.exposure import DrugPropagators, DrugSystems, drug_course, individualised, propagate, propagators, systems
from ..model.parameters import Euthymia
from ..pharmacology.comparators import MOLECULES
from ..protocols.protocol import Protocol
from ..receptors.nmdar import pore_block
from .dosing import grid_of
from .person import Person, sample_body
from .warnings import body_warnings

AT_ONCE = 16
"""People solved together."""
MOST_PEOPLE = 10_000
MOST_KEPT = 3_000_000
"""Nodes of all people whose concentrations are kept; peaks and exposures are of every node."""
ENANTIOMERS_AND_BOTH = (*ENANTIOMERS, "both")
ABOUT = {
    "arterial_ketamine": ("enantiomer", "umol/L", "total ketamine in arterial plasma"),
    "venous_ketamine": ("enantiomer", "umol/L", "total ketamine in a peripheral venous sample"),
    "norketamine": ("enantiomer", "umol/L", "total norketamine in plasma"),
    "hydroxynorketamine": ("enantiomer", "umol/L", "total hydroxynorketamine in plasma"),
    "comparator": ("drug", "umol/L", "total comparator in plasma"),
    "free_brain_ketamine": ("enantiomer", "umol/L", "unbound ketamine in brain"),
    "free_brain_norketamine": ("enantiomer", "umol/L", "unbound norketamine in brain"),
    "free_brain_hydroxynorketamine": ("enantiomer", "umol/L", "unbound hydroxynorketamine in brain"),
    "racemate_equivalents": (None, "umol/L", "all that blocks NMDA receptors, in equivalents of racemic ketamine"),
    "pore_block": ("cell_class", "1", "loss of NMDA charge by competition with magnesium"),
}
"""Axis beside person and time, unit and meaning of every quantity; the axis of hands ends with both together."""
Quantities = dict[str, Array | np.ndarray]
"""By the names of ``ABOUT``."""


class ExposureCourse(NamedTuple):
    """What a person is exposed to: the course at the kept nodes, and of all nodes the largest value, its time (h) and the area."""

    course: Quantities
    peak: Quantities
    peak_time: Quantities
    area: Quantities


@dataclass(frozen=True)
class Exposures:
    """A protocol and what it brings to blood, brain and receptor of each person.

    ``data`` has the axes person and time (h); ``peak``, ``peak_time`` (h) and ``area`` (µM h until the horizon) the axis person.
    """

    protocol: Protocol
    person: Person
    warnings: list[str]
    data: xr.Dataset
    peak: xr.Dataset
    peak_time: xr.Dataset
    area: xr.Dataset


@eqx.filter_jit
def _exposed(model: Euthymia, people: Person, inputs: list[Array], kept: Array) -> ExposureCourse:
    lengths, which, infusion, bolus = inputs
    steps = lengths[which]
    times = jnp.concatenate([jnp.zeros(1), jnp.cumsum(steps)])

    def area(c: Array) -> Array:
        return jnp.tensordot(steps, (c[1:] + c[:-1]) / 2, 1)

    def system_of(person: Person) -> DrugSystems:
        return systems(individualised(model.physiology, person.body), person.weight)

    system = jax.vmap(system_of)(people)
    over = propagators(system, lengths)

    def one(person: Person, system: DrugSystems, over: DrugPropagators) -> ExposureCourse:
        physiology = individualised(model.physiology, person.body)
        found = drug_course(physiology, person.weight, Steps(lengths, which), propagate(system, over, which, infusion, bolus))
        brain = found.brain
        by_enantiomer = {
            "arterial_ketamine": found.arterial,
            "venous_ketamine": found.venous,
            "norketamine": found.norketamine,
            "hydroxynorketamine": found.hydroxynorketamine,
            "free_brain_ketamine": brain.ketamine,
            "free_brain_norketamine": brain.norketamine,
            "free_brain_hydroxynorketamine": brain.hydroxynorketamine,
        }
        course = {name: jnp.concatenate([each, each.sum(-1, keepdims=True)], -1) for name, each in by_enantiomer.items()} | {
            "comparator": found.comparator_plasma,
            "racemate_equivalents": brain.racemate_equivalents,
            "pore_block": pore_block(physiology.receptor, brain.racemate_equivalents),
        }
        return ExposureCourse(
            jax.tree.map(lambda c: c[kept], course),
            jax.tree.map(lambda c: c.max(0), course),
            jax.tree.map(lambda c: times[c.argmax(0)], course),
            jax.tree.map(area, course),
        )

    return jax.vmap(one, in_axes=(0, 0, 1))(people, system, over)


@eqx.filter_jit
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
    inputs = [jnp.asarray(each) for each in (grid.lengths, grid.length_index, grid.infusion, grid.bolus)]
    if people is None:
        numbers, at_once = np.array([protocol.patient.individual or 0]), 1
        everyone = jax.tree.map(lambda leaf: leaf[None], patient)
    else:
        numbers, at_once = np.arange(1, people + 1), AT_ONCE
        everyone = _everyone(model, patient, jnp.asarray(numbers))
    every = -(-grid.nodes * len(numbers) // MOST_KEPT)
    kept = np.arange(0, grid.nodes, every)
    # Padded like the grid, so that another dose seldom compiles anew.
    padded = jnp.asarray(np.pad(kept, (0, len(grid.padded_times) // every + 1 - len(kept)), mode="edge"))
    found = []
    for start in range(0, len(numbers), at_once):
        group = np.arange(start, min(start + at_once, len(numbers)))
        full = jnp.asarray(np.pad(group, (0, at_once - len(group)), mode="edge"))
        solved = _exposed(model, jax.tree.map(lambda leaf, at=full: leaf[at], everyone), inputs, padded)
        own = jax.tree.map(lambda leaf, at=group - start: np.asarray(leaf)[at], solved)
        found.append(own._replace(course=jax.tree.map(lambda leaf: leaf[:, : len(kept)], own.course)))
        progress(start + len(group))
    whole = jax.tree.map(lambda *each: np.concatenate(each), *found)
    if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(whole)):
        raise InputError("doses: the model has no finite answer for doses this large")
    course, *summaries = (_labelled(each, numbers, times) for each, times in zip(whole, (grid.times[kept], None, None, None), strict=True))
    return Exposures(protocol, patient, body_warnings(protocol.patient, protocol.doses, model), course, *summaries)


def _labelled(found: Quantities, numbers: np.ndarray, times: np.ndarray | None) -> xr.Dataset:
    leading = ("patient",) if times is None else ("patient", "time")
    coords = {"patient": numbers, "enantiomer": list(ENANTIOMERS_AND_BOTH), "drug": list(MOLECULES), "cell_class": list(CELL_CLASSES)}
    return xr.Dataset(
        {
            name: ((*leading, *filter(None, [axis])), found[name], {"units": unit, "long_name": text})
            for name, (axis, unit, text) in ABOUT.items()
        },
        coords if times is None else coords | {"time": ("time", times, {"units": "h", "long_name": "time since the start of the course"})},
    )
