"""Sensitivities of trajectories to the parameters upstream of mood that a calibration fits."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ..model.default import Values, model_at
from ..model.parameters import Euthymia
from ..population.course import Trajectory, trajectories
from ..population.setup import CohortSetup, with_typical_brain
from ..simulation.person import Person


class LinearisedTrajectories(NamedTuple):
    """Trajectories at one place, and the derivatives of their mechanism shift."""

    trajectory: Trajectory
    sensitivity: Float[Array, "fitted patient kept item"]


@eqx.filter_jit
def linearised_trajectories(
    model: Euthymia,
    typical: Person,
    setup: CohortSetup,
    numbers: Int[Array, "patient"],
    coordinates: Float[Array, "fitted"],
    values_of: Callable[[Float[Array, "fitted"]], Values],
) -> LinearisedTrajectories:
    """Trajectories at upstream coordinates, and the sensitivities of the mechanism shift, by one forward pass per coordinate."""

    def at(coordinates: Float[Array, "fitted"]) -> tuple[Float[Array, "patient kept item"], Trajectory]:
        moved = model_at(values_of(coordinates), model.physiology.closures)
        trajectory = trajectories(moved, typical, with_typical_brain(setup, moved), numbers)
        return trajectory.mechanism_shift, trajectory

    def along(direction: Float[Array, "fitted"]):
        _, sensitivity, trajectory = jax.jvp(at, (coordinates,), (direction,), has_aux=True)
        return sensitivity, trajectory

    if not len(coordinates):
        trajectory = at(coordinates)[1]
        return LinearisedTrajectories(trajectory, jnp.zeros((0, *trajectory.mechanism_shift.shape)))
    sensitivity, trajectory = jax.vmap(along, out_axes=(0, None))(jnp.eye(len(coordinates)))
    return LinearisedTrajectories(trajectory, sensitivity)
