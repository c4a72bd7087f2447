"""Mechanism shifts of an ensemble under each regimen of the trials, and their sensitivities to upstream parameters."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..clinic.ratings import fluctuation
from ..clinic.symptoms import ITEMS
from ..model.default import Values
from ..model.parameters import Euthymia
from ..population.memory import CHUNK_SIZES
from ..population.patients import TRIAL_SEED
from ..population.setup import cohort_setup
from ..simulation.person import Person
from ..simulation.visits import first_visit
from .published import PublishedTrials, TrialArm
from .sensitivity import linearised_trajectories


class RegimenTrajectories(NamedTuple):
    """An ensemble under one regimen, at :func:`rating_times`."""

    mechanism_shift: Float[Array, "patient time item"]
    dissociation: Float[Array, "patient"]
    sensitivity: Float[Array, "patient time item fitted"]
    """Derivative of the mechanism shift with respect to upstream coordinates."""


def rating_times(published: PublishedTrials) -> np.ndarray:
    """Times since the first visit (h) of all ratings of all trials, and time zero."""
    return np.array(
        sorted({0.0, *(time for trial in published.trials for observation in trial.observations for time in observation.times)})
    )


def regimens_taken(arms: list[TrialArm]) -> list[str]:
    """Regimens of some arms, each once."""
    return list(dict.fromkeys(arm.takes for arm in arms if arm.takes))


def untreated(patients: int, times: int, coordinates: int) -> RegimenTrajectories:
    """No mechanism shift in any patient, by numbers of patients, times and upstream coordinates."""
    shift = jnp.zeros((patients, times, len(ITEMS)))
    return RegimenTrajectories(shift, jnp.zeros(patients), jnp.zeros((*shift.shape, coordinates)))


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
    kept_times, setup = cohort_setup(protocol, model, typical)
    nodes, times = kept_times - first_visit(protocol), rating_times(published)
    # Linear interpolation between nodes; no extrapolation beyond the last.
    after = np.clip(np.searchsorted(nodes, times), 1, len(nodes) - 1)
    weight = np.clip((times - nodes[after - 1]) / (nodes[after] - nodes[after - 1]), 0, 1)

    def interpolated(of_patients: np.ndarray) -> np.ndarray:
        along = weight.reshape(-1, *[1] * (of_patients.ndim - 2))
        return of_patients[:, after - 1] * (1 - along) + of_patients[:, after] * along

    chunks: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    together = CHUNK_SIZES[0]
    for start in range(0, patients, together):
        solved = linearised_trajectories(model, typical, setup, jnp.arange(start + 1, start + together + 1), coordinates, values_of)
        shift, sensitivity = (interpolated(np.asarray(array).T) for array in (solved.mechanism_shift, solved.sensitivity))
        chunks.append((shift, sensitivity, np.asarray(solved.dissociation)))
    shift, sensitivity, dissociation = (jnp.asarray(np.concatenate(arrays)[:patients]) for arrays in zip(*chunks, strict=True))
    return RegimenTrajectories(shift, dissociation, sensitivity)


def standardised_fluctuation(model: Euthymia, patients: int, times: Float[Array, "time"]) -> Float[Array, "patient time"]:
    """Natural fluctuation of virtual patients 1 to ``patients`` at some times (h), in units of its SD."""
    numbers = jnp.arange(1, patients + 1)[:, None]
    return fluctuation(model.ratings, jax.random.key(TRIAL_SEED), numbers, times) / model.ratings.fluctuation_sd
