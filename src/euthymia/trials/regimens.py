"""What the patients of an ensemble do under each regimen of the trials, and how that moves with what is fitted upstream of mood."""

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
from ..population.course import AT_ONCE, Trajectory, share, shared_brain, trajectories
from ..population.patients import TRIAL
from ..simulation.dosing import COARSE
from ..simulation.person import Person
from ..simulation.visits import first_visit
from .published import TrialArm, Trials

LONG = (1024, 16)
"""Steps and distinct lengths of the grid of any regimen with repeats, so that all are compiled once."""


class Regimen(NamedTuple):
    """An ensemble under one regimen, at :func:`times`."""

    mechanism_shift: Float[Array, "patient time item"]
    dissociation: Float[Array, "patient"]
    slope: Float[Array, "patient time item fitted"]
    """Derivative of the mechanism shift by what is fitted upstream."""


def times(found: Trials) -> np.ndarray:
    """When anybody was rated in any trial, since the first visit (h), and before treatment."""
    return np.array(sorted({0.0, *(each.at for trial in found.trials for each in trial.observations)}))


def needed(arms: list[TrialArm]) -> list[str]:
    """Regimens that somebody takes, each once."""
    return list(dict.fromkeys(arm.takes for arm in arms if arm.takes))


def untreated(patients: int, count: int, fitted: int) -> Regimen:
    """So many patients to whom nothing is given, at so many times, by so many upstream coordinates."""
    shift = jnp.zeros((patients, count, len(ITEMS)))
    return Regimen(shift, jnp.zeros(patients), jnp.zeros((*shift.shape, fitted)))


class _Upstream(NamedTuple):
    value: Trajectory
    slope: Float[Array, "fitted patient kept item"]


@eqx.filter_jit
def _linearised(
    model: Euthymia,
    typical: Person,
    shared,
    numbers: Int[Array, "patient"],
    coordinates: Float[Array, "fitted"],
    values_of: Callable[[Float[Array, "fitted"]], Values],
) -> _Upstream:
    """Reactions at upstream coordinates, and their derivatives by them, one forward pass for each."""

    def at(coordinates: Float[Array, "fitted"]) -> tuple[Float[Array, "patient kept item"], Trajectory]:
        here = with_values(model, values_of(coordinates))
        found = trajectories(here, typical, shared_brain(here, shared), numbers)
        return found.mechanism_shift, found

    def along(direction: Float[Array, "fitted"]):
        _, slope, found = jax.jvp(at, (coordinates,), (direction,), has_aux=True)
        return slope, found

    if not len(coordinates):
        found = at(coordinates)[1]
        return _Upstream(found, jnp.zeros((0, *found.mechanism_shift.shape)))
    slope, found = jax.vmap(along, out_axes=(0, None))(jnp.eye(len(coordinates)))
    return _Upstream(found, slope)


def regimen_trajectories(
    found: Trials,
    regimen: str,
    model: Euthymia,
    patients: int,
    coordinates: Float[Array, "fitted"],
    values_of: Callable[[Float[Array, "fitted"]], Values],
) -> Regimen:
    """The first so many patients of the population under one regimen.

    Parameters
    ----------
    found, regimen
        Trials, and the name of a regimen in them.
    model
        Numbers where nothing is fitted.
    patients
        How many.
    coordinates, values_of
        What is fitted upstream of mood, and the numbers it stands for.
    """
    protocol = found.protocol(regimen)
    typical = Person.from_protocol(protocol, model)
    grid, kept, shared = share(protocol, model, typical, COARSE if len(protocol.doses) == 1 else LONG)
    nodes, at = grid.times[kept] - first_visit(protocol), times(found)
    # Between two nodes a shift is taken to be straight; beyond the last nobody asks.
    after = np.clip(np.searchsorted(nodes, at), 1, len(nodes) - 1)
    weight = np.clip((at - nodes[after - 1]) / (nodes[after] - nodes[after - 1]), 0, 1)

    def at_times(shift: np.ndarray) -> np.ndarray:
        return shift[..., after - 1, :] * (1 - weight)[:, None] + shift[..., after, :] * weight[:, None]

    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for start in range(0, patients, AT_ONCE):
        solved = _linearised(model, typical, shared, jnp.arange(start + 1, start + AT_ONCE + 1), coordinates, values_of)
        shift, slope = (at_times(np.asarray(each)) for each in (solved.value.mechanism_shift, solved.slope))
        parts.append((shift, np.moveaxis(slope, 0, -1), np.asarray(solved.value.dissociation)))
    shift, slope, dissociation = (jnp.asarray(np.concatenate(each)[:patients]) for each in zip(*parts, strict=True))
    return Regimen(shift, dissociation, slope)


def wandering(model: Euthymia, patients: int, at: Float[Array, "time"]) -> Float[Array, "patient time"]:
    """Natural fluctuation of the first so many patients at some times (h), in its SDs."""
    numbers = jnp.arange(1, patients + 1)[:, None]
    return fluctuation(model.ratings, jax.random.key(TRIAL), numbers, at) / model.ratings.fluctuation_sd
