"""A cohort: many virtual patients through one protocol, solved in chunks of fixed size by one compiled program."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from ..core.constants import NG_PER_ML
from ..core.errors import InputError, NoFiniteAnswer
from ..core.parallel import ordered_map
from ..core.types import CELL_CLASSES
from ..links import PYRAMIDAL
from ..model.default import default_model
from ..model.parameters import Euthymia
from ..pharmacology.comparators import DRUGS
from ..protocols.protocol import Protocol
from ..results.labelled import labelled
from ..simulation.person import Person
from ..simulation.removable import changes_by, removal
from .course import PatientOutcome, patient_outcomes
from .memory import CHUNK_SIZES, suitable_chunk_size, useful_processes
from .patients import check_population, circuit_of
from .setup import CohortSetup, cohort_setup, comparator_of
from .weighting import BaselineTarget, balancing_weights, within_limits

COHORT_ARMS = ("as given", "context")
MOST_PATIENTS = 100_000
MOST_DRAWS_PER_PATIENT = 20
"""Patients drawn for one that is plausible and within the limits, at most."""


@dataclass(frozen=True)
class Cohort:
    """Virtual patients under one protocol, and the number drawn to find them.

    ``data`` has the axes patient and time (h); MADRS and its ratings also arm: as given, and with the context alone.
    """

    protocol: Protocol
    data: xr.Dataset
    drawn: int
    like: tuple[BaselineTarget, ...] = ()
    changes: tuple[str, ...] = ()
    """What differs from the model as it ships, a phrase each."""

    @property
    def rated(self) -> xr.DataArray:
        """MADRS as rated, of the arm as given."""
        return self.data.rated_madrs.sel(arm="as given")

    @property
    def weights(self) -> np.ndarray:
        """Weight of each patient; their sum is 1."""
        return self.data.sampling_weight.values


class PatientChunk(NamedTuple):
    """Numbers of patients who are plausible and within the limits, and their courses."""

    numbers: np.ndarray
    outcome: PatientOutcome


@dataclass(frozen=True)
class ChunkSolver:
    """Solves one chunk of patients; picklable, so that processes can share the chunks."""

    model: Euthymia
    typical: Person
    setup: CohortSetup
    kept: int
    """Kept nodes without padding."""
    chunk_size: int
    like: tuple[BaselineTarget, ...]

    def __call__(self, chunk: int) -> PatientChunk:
        """Patients of a chunk who are plausible and within the limits."""
        # Solved by a program for as many or more.
        together = next((size for size in CHUNK_SIZES if size >= self.chunk_size), self.chunk_size)
        numbers = chunk * self.chunk_size + 1 + np.arange(together)
        solved = patient_outcomes(self.model, self.typical, self.setup, jnp.asarray(numbers))
        within = solved.plausible & within_limits(_baseline_characteristics(solved), self.like)
        chosen = np.flatnonzero(within[: self.chunk_size])
        outcome = jax.tree.map(lambda leaf: np.asarray(leaf)[(chosen, slice(self.kept))[: leaf.ndim]], solved)
        return PatientChunk(numbers[chosen], outcome)


def cohort(
    protocol: Protocol,
    patients: int,
    model: Euthymia | None = None,
    progress: Callable[[int], None] = lambda done: None,
    chunk_size: int | None = None,
    like: Sequence[BaselineTarget] = (),
    processes: int = 1,
    without: Sequence[str] = (),
) -> Cohort:
    """Virtual patients under one protocol, drawn around the protocol's patient, who is the typical one.

    Parameters
    ----------
    protocol
        The treatment; a dose per kg is in proportion to each patient's weight.
    patients
        Number of plausible patients.
    model
        Parameters; the evidence's if left out.
    progress
        Called with the number of patients solved.
    chunk_size
        Patients solved together, otherwise fewer in small cohorts than in large ones and, on an accelerator, as many as its memory
        holds; no result depends on it.
    like
        Limits of inclusion, and baseline means and SDs to which the patients are weighted.
    processes
        Number of parallel processes, of which an accelerator uses one; no result depends on it. A script that wants more than one must
        be guarded by ``if __name__ == "__main__"``, because the processes import it.
    without
        What does not act, of :data:`~euthymia.simulation.removable.REMOVABLE`.

    Raises
    ------
    InputError
        If the number is out of range, hardly anybody is plausible or within the limits, no weights give the means, or a result is
        not finite.
    """
    check_patients(protocol, patients)
    model = default_model() if model is None else model
    check_population(model.population)
    typical = Person.from_protocol(protocol, model)
    removed = removal(without)
    times, setup = cohort_setup(protocol, model, typical, without=removed)
    solver = ChunkSolver(model, typical, setup, len(times), chunk_size or suitable_chunk_size(patients), tuple(like))
    drawn, solved = _solve(solver, patients, progress, useful_processes(processes))
    weights = balancing_weights(_baseline_characteristics(solved.outcome), like)
    data = _dataset(solved, times, model, comparator_of(protocol), weights)
    if not all(np.isfinite(data[name]).all() for name in data.data_vars):
        raise NoFiniteAnswer("doses: the model has no finite answer for doses this large")
    return Cohort(protocol, data, drawn, tuple(like), changes_by(removed))


def _solve(solver: ChunkSolver, patients: int, progress: Callable[[int], None], processes: int) -> tuple[int, PatientChunk]:
    """The number of patients drawn, and the first ``patients`` of them who are plausible and within the limits."""
    solved = drawn = 0
    every: PatientChunk | None = None
    with closing(ordered_map(solver, processes)) as chunks:
        for chunk in chunks:
            # Arrays of full size from the start: concatenation at the end would hold every patient twice.
            every = jax.tree.map(lambda leaf: np.empty((patients, *leaf.shape[1:]), leaf.dtype), chunk) if every is None else every
            more = min(len(chunk.numbers), patients - solved)
            jax.tree.map(lambda array, leaf, at=solved, more=more: np.copyto(array[at : at + more], leaf[:more]), every, chunk)
            solved += more
            drawn = int(chunk.numbers[more - 1]) if solved == patients else drawn + solver.chunk_size
            progress(solved)
            if solved == patients:
                break
            if drawn > MOST_DRAWS_PER_PATIENT * (patients + solver.chunk_size):
                if solver.like:
                    raise InputError(f"like: {solved} of {drawn} people drawn are plausible and within the limits; widen them")
                raise InputError(f"patient: {solved} of {drawn} people drawn around this patient are plausible; choose one less extreme")
    assert every is not None
    return drawn, every


def _baseline_characteristics(outcome: PatientOutcome) -> dict[str, np.ndarray]:
    """Of each patient before treatment, as in a trial: MADRS as rated (points), and weight (kg)."""
    return {"madrs": np.asarray(outcome.rated)[:, 0], "weight": np.asarray(outcome.weight)}


def check_patients(protocol: Protocol, patients: int) -> None:
    """Raises ``InputError`` for a cohort that cannot be drawn."""
    if not 1 <= patients <= MOST_PATIENTS:
        raise InputError(f"people: {patients} is outside 1 to {MOST_PATIENTS}")
    if protocol.patient.species != "human" or protocol.patient.condition != "depressed":
        raise InputError("patient: a cohort is of depressed people")
    if protocol.patient.individual is not None:
        raise InputError("patient.individual: is one body; leave it out of a cohort")
    if protocol.patient.disposition is not None:
        raise InputError("patient.disposition: is one body; leave it out of a cohort")
    if protocol.patient.stress in (0.0, 1.0):
        raise InputError("patient.stress: people differ around a stress above 0 and below 1")


def _dataset(patients: PatientChunk, times: np.ndarray, model: Euthymia, comparator: str | None, weights: np.ndarray) -> xr.Dataset:
    """A cohort as labelled quantities."""
    outcome = patients.outcome
    values = {
        "venous_ketamine_mass": NG_PER_ML * float(model.molecules.ketamine) * outcome.venous,
        "drive_loss": outcome.drive_loss[..., None],
        "habenula_burst_rate": outcome.burst_rate,
        "spine_density": outcome.spine_density,
        "lock": outcome.lock,
        "madrs": np.stack([outcome.madrs, outcome.context_madrs], 1),
        "rated_madrs": np.stack([outcome.rated, outcome.context_rated], 1),
        "stress": outcome.stress,
        "weight": outcome.weight,
        "baseline_madrs": outcome.baseline,
        "sampling_weight": weights,
        "prefrontal_circuit": 1 + np.asarray(jax.vmap(lambda number: circuit_of(model, number))(jnp.asarray(patients.numbers))),
    }
    along = {"patient": patients.numbers, "time": times, "cell_class": CELL_CLASSES[PYRAMIDAL : PYRAMIDAL + 1]}
    if comparator:
        mass = float(model.physiology.comparators.molar_mass[DRUGS.index(comparator)])
        values["comparator_mass"] = (NG_PER_ML * mass * outcome.comparator)[..., None]
        along["molecule"] = (comparator,)
    # What does not depend on the arm is given once.
    arms = {name: values.pop(name) for name in ("madrs", "rated_madrs")}
    return labelled(values, along).merge(labelled(arms, along | {"arm": COHORT_ARMS}), combine_attrs="override")
