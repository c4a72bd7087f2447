"""Many patients through one protocol: one compiled call for a chunk of them, of fixed shape."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from ..core.errors import InputError
from ..core.parallel import ordered_map
from ..model.default import default_model
from ..model.parameters import Euthymia
from ..pharmacology.comparators import DRUGS
from ..protocols.protocol import Protocol
from ..simulation.person import Person
from .course import AT_ONCE, Outcome, Shared, comparator_of, outcomes, share
from .patients import check_population
from .weighting import BaselineTarget, inside, weights

MOST_PATIENTS = 100_000
LEAST_PLAUSIBLE = 20
"""People drawn for one patient found, at most."""


@dataclass(frozen=True)
class Cohort:
    """Patients under one protocol (``data``: patient, time in h), and how many were drawn to find so many plausible ones."""

    protocol: Protocol
    data: xr.Dataset
    drawn: int
    like: tuple[BaselineTarget, ...] = ()

    @property
    def shares(self) -> np.ndarray:
        """What each patient counts for; together 1."""
        return self.data.share.values


def cohort(
    protocol: Protocol,
    patients: int,
    model: Euthymia | None = None,
    progress: Callable[[int], None] = lambda done: None,
    at_once: int = AT_ONCE,
    like: Sequence[BaselineTarget] = (),
    processes: int = 1,
) -> Cohort:
    """So many plausible patients of the population under one protocol; body and mind of its patient are their middle.

    Parameters
    ----------
    protocol
        What is given; doses per kg go with the weight of each.
    patients
        How many.
    model
        Numbers; the evidence's if left out.
    progress
        Called with the number of patients found.
    at_once
        Patients in a chunk; no result depends on it.
    like
        Whom the cohort is like: who is outside the limits is left out, and the others count for so much that they have these means.
    processes
        How many solve at the same time; no result depends on it. A script that wants more than one must be guarded by
        ``if __name__ == "__main__"``, because helpers import it.

    Raises
    ------
    InputError
        If the number is out of range, hardly anybody is plausible or within the limits, no weights give the means, or there is no
        finite answer.
    """
    check_patients(protocol, patients)
    model = default_model() if model is None else model
    check_population(model.population)
    typical = Person.from_protocol(protocol, model)
    grid, kept, shared = share(protocol, model, typical)
    have = drawn = 0
    whole: Chosen | None = None
    with closing(ordered_map(Chunk(model, typical, shared, len(kept), at_once, tuple(like)), processes)) as chunks:
        for chunk in chunks:
            # One place for everybody from the start: joined afterwards, everybody would be held twice.
            whole = jax.tree.map(lambda leaf: np.empty((patients, *leaf.shape[1:]), leaf.dtype), chunk) if whole is None else whole
            more = min(len(chunk.numbers), patients - have)
            jax.tree.map(lambda all_, leaf, at=have, more=more: np.copyto(all_[at : at + more], leaf[:more]), whole, chunk)
            have += more
            drawn = int(chunk.numbers[more - 1]) if have == patients else drawn + at_once
            progress(have)
            if have == patients:
                break
            if drawn > LEAST_PLAUSIBLE * (patients + at_once):
                if like:
                    raise InputError(f"like: {have} of {drawn} people drawn are plausible and within the limits; widen them")
                raise InputError(f"patient: {have} of {drawn} people drawn around this patient are plausible; choose one less extreme")
    assert whole is not None
    data = _labelled(whole.outcome, whole.numbers, grid.times[kept], model, comparator_of(protocol))
    data["share"] = ("patient", weights(_known(whole.outcome), like), {"units": "1", "long_name": "what a patient counts for"})
    if not all(np.isfinite(data[name]).all() for name in data.data_vars):
        raise InputError("doses: the model has no finite answer for doses this large")
    return Cohort(protocol, data, drawn, tuple(like))


class Chosen(NamedTuple):
    """Who of a chunk is wanted."""

    numbers: np.ndarray
    outcome: Outcome


@dataclass(frozen=True)
class Chunk:
    """Solves the chunk of a number."""

    model: Euthymia
    typical: Person
    shared: Shared
    kept: int
    at_once: int
    like: tuple[BaselineTarget, ...]

    def __call__(self, part: int) -> Chosen:
        """Those of the chunk who are plausible and within the limits."""
        numbers = part * self.at_once + 1 + np.arange(self.at_once)
        solved = outcomes(self.model, self.typical, self.shared, jnp.asarray(numbers))
        at = np.flatnonzero(solved.plausible & inside(_known(solved), self.like))
        # What is behind mood is not kept: it is more than all the rest.
        solved = solved._replace(trajectory=solved.trajectory._replace(mechanism_shift=solved.trajectory.mechanism_shift[:, :0]))
        outcome = jax.tree.map(lambda leaf: np.asarray(leaf)[(at, slice(self.kept))[: leaf.ndim]], solved)
        return Chosen(numbers[at], outcome)


def _known(found: Outcome) -> dict[str, np.ndarray]:
    """What a trial knows of patients before treatment: what was rated."""
    return {"madrs": np.asarray(found.rated)[:, 0], "weight": np.asarray(found.weight)}


def check_patients(protocol: Protocol, patients: int) -> None:
    """Raises ``InputError`` for a cohort that cannot be drawn."""
    if not 1 <= patients <= MOST_PATIENTS:
        raise InputError(f"people: {patients} is outside 1 to {MOST_PATIENTS}")
    if protocol.patient.species != "human" or protocol.patient.condition != "depressed":
        raise InputError("patient: a cohort is of depressed people")
    if protocol.patient.individual is not None:
        raise InputError("patient.individual: is one body; leave it out of a cohort")
    if protocol.patient.stress in (0.0, 1.0):
        raise InputError("patient.stress: people differ around a stress above 0 and below 1")


def _labelled(found: Outcome, numbers: np.ndarray, times: np.ndarray, model: Euthymia, comparator: str | None) -> xr.Dataset:
    of_time = ("patient", "time")
    about = {
        "venous": ("ng/mL", "total ketamine in a venous sample"),
        **({"comparator": ("ng/mL", f"{comparator} in plasma")} if comparator else {}),
        "drive_loss": ("1", "effective loss of NMDA drive in pyramidal cells"),
        "spine_density": ("1", "all spines, healthy density = 1"),
        "lock": ("1", "probability that the limbic network is locked"),
        "madrs": ("points", "MADRS total, 0 to 60"),
        "context_madrs": ("points", "the same with the context of treatment alone"),
        "rated": ("points", "MADRS as rated, with fluctuation, error and unblinding"),
        "context_rated": ("points", "the same with the context of treatment alone"),
    }
    values = found.trajectory._asdict() | found._asdict()
    values |= {"venous": 1e3 * float(model.molecules.ketamine) * found.trajectory.venous}
    if comparator:
        mass = float(model.physiology.comparators.molar_mass[DRUGS.index(comparator)])
        values |= {"comparator": 1e3 * mass * found.trajectory.comparator}
    of_stress = {"units": "1", "long_name": "stress that holds the patient depressed"}
    variables = {
        **{name: (of_time, values[name], {"units": unit, "long_name": text}) for name, (unit, text) in about.items()},
        "stress": (("patient",), found.trajectory.stress, of_stress),
        "weight": (("patient",), found.weight, {"units": "kg", "long_name": "body weight"}),
        "baseline": (("patient",), found.baseline, {"units": "points", "long_name": "MADRS before treatment"}),
    }
    return xr.Dataset(variables, {"patient": numbers, "time": ("time", times, {"units": "h", "long_name": "time since the start"})})
