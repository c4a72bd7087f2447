"""Virtual patients of trials under each regimen: how far their mechanisms are repaired at the times of ratings.

Patients are points of a quasi-random sequence, so that means over them vary little with who is drawn.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.stats import norm, qmc

from ..clinic.patients import AXES, Draw
from ..clinic.symptoms import ITEMS
from ..core.exported_programs import exported
from ..model.parameters import Euthymia
from ..population.course import repairs, trajectories
from ..population.memory import CHUNK_SIZES
from ..population.patients import patient_of
from ..population.setup import CohortSetup, cohort_setup
from ..protocols.protocol import Protocol
from ..simulation.person import Person
from ..simulation.visits import first_visit
from .published import PublishedTrials, TrialArm

SEED = 1
"""Of the sequence; another seed gives a second set of patients."""


class TrialPatients(NamedTuple):
    """Virtual patients of trials; the patient is the first axis."""

    numbers: Int[Array, "patient"]
    """Of their bodies and circuits."""
    draws: Draw
    fluctuation: Float[Array, "patient time"]
    """Natural fluctuation at :func:`rating_times`, in its SDs."""


class RegimenTrajectories(NamedTuple):
    """Patients under one regimen, at :func:`rating_times`."""

    repair: Float[Array, "patient time item"]
    """Share of the way to health that mechanisms have come."""
    dissociation: Float[Array, "patient"]


def rating_times(published: PublishedTrials) -> np.ndarray:
    """Times since the first visit (h) of all ratings of all trials, and time zero."""
    return np.array(
        sorted({0.0, *(time for trial in published.trials for observation in trial.observations for time in observation.times)})
    )


def regimens_taken(arms: list[TrialArm]) -> list[str]:
    """Regimens of some arms, each once."""
    return list(dict.fromkeys(arm.takes for arm in arms if arm.takes))


def quasi_random_patients(model: Euthymia, times: np.ndarray, count: int, seed: int = SEED) -> TrialPatients:
    """So many patients rated at some times (h): a scrambled Sobol sequence over the axes, the genotype and natural fluctuation."""
    relative = times / float(model.ratings.fluctuation_time)
    sobol = qmc.Sobol(len(AXES) + 1 + len(times), rng=seed)
    uniform = sobol.random_base2(max(count - 1, 0).bit_length())[:count]
    axes, genotype, path = np.split(uniform, [len(AXES), len(AXES) + 1], axis=1)
    # An Ornstein–Uhlenbeck process at the times of ratings.
    root = np.linalg.cholesky(np.exp(-np.abs(relative[:, None] - relative)) + 1e-12 * np.eye(len(times)))
    numbers = jnp.arange(1, count + 1) + seed * count
    return TrialPatients(numbers, Draw(jnp.asarray(norm.ppf(axes)), jnp.asarray(genotype[:, 0])), jnp.asarray(norm.ppf(path) @ root.T))


def trial_patients(published: PublishedTrials, model: Euthymia, count: int, seed: int = SEED) -> TrialPatients:
    """So many patients, rated at :func:`rating_times`."""
    return quasi_random_patients(model, rating_times(published), count, seed)


def untreated(patients: int, times: int) -> RegimenTrajectories:
    """No repair in any patient, by numbers of patients and times."""
    return RegimenTrajectories(jnp.zeros((patients, times, len(ITEMS))), jnp.zeros(patients))


@exported
def _repairs(
    model: Euthymia, typical: Person, setup: CohortSetup, numbers: Int[Array, "patient"], draws: Draw
) -> tuple[Float[Array, "item kept patient"], Float[Array, "patient"]]:
    """Repair and peak dissociation of the patients of some draws."""
    patients = jax.vmap(lambda number, draw: patient_of(model, typical, number, draw), out_axes=-1)(numbers, draws)
    course = trajectories(model, setup, patients)
    return repairs(model, setup, course), course.dissociation


def regimen_trajectories(published: PublishedTrials, regimen: str, model: Euthymia, patients: TrialPatients) -> RegimenTrajectories:
    """Patients under one regimen of the trials, at :func:`rating_times`."""
    return trajectories_at(published.protocol(regimen), rating_times(published), model, patients)


def trajectories_at(protocol: Protocol, times: np.ndarray, model: Euthymia, patients: TrialPatients) -> RegimenTrajectories:
    """Patients under a protocol, at times since the first visit (h); beyond the end of the course as at its end."""
    typical = Person.from_protocol(protocol, model)
    kept_times, setup = cohort_setup(protocol, model, typical)
    nodes = kept_times - first_visit(protocol)
    after = np.clip(np.searchsorted(nodes, times), 1, len(nodes) - 1)
    weight = np.clip((times - nodes[after - 1]) / (nodes[after] - nodes[after - 1]), 0, 1)[:, None]

    chunks: list[tuple[np.ndarray, np.ndarray]] = []
    count, together = len(patients.numbers), CHUNK_SIZES[0]
    for start in range(0, count, together):
        # The last chunk is filled up with patients from its end.
        of_chunk = np.minimum(np.arange(start, start + together), count - 1)
        repair, dissociation = _repairs(model, typical, setup, *jax.tree.map(lambda leaf, of_chunk=of_chunk: leaf[of_chunk], patients[:2]))
        at_nodes = np.asarray(repair).T
        chunks.append((at_nodes[:, after - 1] * (1 - weight) + at_nodes[:, after] * weight, np.asarray(dissociation)))
    return RegimenTrajectories(*(jnp.asarray(np.concatenate(arrays)[:count]) for arrays in zip(*chunks, strict=True)))
