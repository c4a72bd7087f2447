"""Mechanism shifts of an ensemble under each regimen of the trials, and their sensitivities to upstream parameters."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ..clinic.ratings import fluctuation
from ..clinic.symptoms import ITEMS
from ..model.default import Values, with_values
from ..model.parameters import Euthymia
from ..population.course import CHUNK_SIZE, Trajectory, trajectories
from ..population.patients import TRIAL_SEED
from ..population.setup import CohortSetup, cohort_setup, with_typical_brain
from ..simulation.dosing import COARSE
from ..simulation.person import Person
from ..simulation.visits import first_visit
from .published import PublishedTrials, TrialArm

REPEATED_DOSES = (1024, 16)
"""Steps and distinct lengths of the grid of a regimen with repeats, the same for all so that they are compiled once."""


class RegimenTrajectories(NamedTuple):
    """An ensemble under one regimen, at :func:`rating_times`."""

    mechanism_shift: Float[Array, "patient time item"]
    dissociation: Float[Array, "patient"]
    sensitivity: Float[Array, "patient time item fitted"]
    """Derivative of the mechanism shift with respect to upstream coordinates."""


def rating_times(published: PublishedTrials) -> np.ndarray:
    """Times since the first visit (h) of all ratings of all trials, and time zero."""
    return np.array(sorted({0.0, *(observation.at for trial in published.trials for observation in trial.observations)}))


def regimens_taken(arms: list[TrialArm]) -> list[str]:
    """Regimens of some arms, each once."""
    return list(dict.fromkeys(arm.takes for arm in arms if arm.takes))


def untreated(patients: int, times: int, coordinates: int) -> RegimenTrajectories:
    """No mechanism shift in any patient, by numbers of patients, times and upstream coordinates."""
    shift = jnp.zeros((patients, times, len(ITEMS)))
    return RegimenTrajectories(shift, jnp.zeros(patients), jnp.zeros((*shift.shape, coordinates)))


class _Linearised(NamedTuple):
    trajectory: Trajectory
    sensitivity: Float[Array, "fitted patient kept item"]


@eqx.filter_jit
def _linearised(
    model: Euthymia,
    typical: Person,
    setup: CohortSetup,
    numbers: Int[Array, "patient"],
    coordinates: Float[Array, "fitted"],
    values_of: Callable[[Float[Array, "fitted"]], Values],
) -> _Linearised:
    """Trajectories at upstream coordinates, and the sensitivities of the mechanism shift, by one forward pass per coordinate."""

    def at(coordinates: Float[Array, "fitted"]) -> tuple[Float[Array, "patient kept item"], Trajectory]:
        moved = with_values(model, values_of(coordinates))
        trajectory = trajectories(moved, typical, with_typical_brain(setup, moved), numbers)
        return trajectory.mechanism_shift, trajectory

    def along(direction: Float[Array, "fitted"]):
        _, sensitivity, trajectory = jax.jvp(at, (coordinates,), (direction,), has_aux=True)
        return sensitivity, trajectory

    if not len(coordinates):
        trajectory = at(coordinates)[1]
        return _Linearised(trajectory, jnp.zeros((0, *trajectory.mechanism_shift.shape)))
    sensitivity, trajectory = jax.vmap(along, out_axes=(0, None))(jnp.eye(len(coordinates)))
    return _Linearised(trajectory, sensitivity)


def regimen_trajectories(
    published: PublishedTrials,
    regimen: str,
    model: Euthymia,
    patients: int,
    coordinates: Float[Array, "fitted"],
    values_of: Callable[[Float[Array, "fitted"]], Values],
) -> RegimenTrajectories:
    """Virtual patients 1 to ``patients`` under one regimen, at :func:`rating_times`.

    Parameters
    ----------
    published, regimen
        Trials, and the name of a regimen in them.
    model
        Parameters that are not fitted.
    patients
        How many.
    coordinates, values_of
        Upstream coordinates, and the parameter values they stand for.
    """
    protocol = published.protocol(regimen)
    typical = Person.from_protocol(protocol, model)
    kept_times, setup = cohort_setup(protocol, model, typical, COARSE if len(protocol.doses) == 1 else REPEATED_DOSES)
    nodes, times = kept_times - first_visit(protocol), rating_times(published)
    # Linear interpolation between nodes; no extrapolation beyond the last.
    after = np.clip(np.searchsorted(nodes, times), 1, len(nodes) - 1)
    weight = np.clip((times - nodes[after - 1]) / (nodes[after] - nodes[after - 1]), 0, 1)

    def interpolated(shift: np.ndarray) -> np.ndarray:
        return shift[..., after - 1, :] * (1 - weight)[:, None] + shift[..., after, :] * weight[:, None]

    chunks: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for start in range(0, patients, CHUNK_SIZE):
        solved = _linearised(model, typical, setup, jnp.arange(start + 1, start + CHUNK_SIZE + 1), coordinates, values_of)
        shift, sensitivity = (interpolated(np.asarray(array)) for array in (solved.trajectory.mechanism_shift, solved.sensitivity))
        chunks.append((shift, np.moveaxis(sensitivity, 0, -1), np.asarray(solved.trajectory.dissociation)))
    shift, sensitivity, dissociation = (jnp.asarray(np.concatenate(arrays)[:patients]) for arrays in zip(*chunks, strict=True))
    return RegimenTrajectories(shift, dissociation, sensitivity)


def standardised_fluctuation(model: Euthymia, patients: int, times: Float[Array, "time"]) -> Float[Array, "patient time"]:
    """Natural fluctuation of virtual patients 1 to ``patients`` at some times (h), in units of its SD."""
    numbers = jnp.arange(1, patients + 1)[:, None]
    return fluctuation(model.ratings, jax.random.key(TRIAL_SEED), numbers, times) / model.ratings.fluctuation_sd
