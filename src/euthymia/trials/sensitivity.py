"""Sensitivities of trajectories to the parameters upstream of mood that a calibration fits."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ..model.default import Values, model_at
from ..model.parameters import Euthymia
from ..population.course import drawn, mechanism_shifts, trajectories
from ..population.setup import CohortSetup, with_typical_brain
from ..simulation.person import Person


class LinearisedTrajectories(NamedTuple):
    """Trajectories at one place, and the derivatives of their mechanism shift."""

    mechanism_shift: Float[Array, "item kept patient"]
    """Latent shift of the ten items at the typical patient's efficacy."""
    dissociation: Float[Array, "patient"]
    """Peak, as a fraction of the maximum."""
    sensitivity: Float[Array, "fitted item kept patient"]


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

    def at(coordinates: Float[Array, "fitted"]) -> tuple[Float[Array, "item kept patient"], tuple[Array, Array]]:
        moved = model_at(values_of(coordinates), model.physiology.closures)
        setup_there = with_typical_brain(setup, moved)
        course = trajectories(moved, setup_there, drawn(moved, typical, numbers))
        shift = mechanism_shifts(moved, setup_there, course)
        return shift, (shift, course.dissociation)

    def along(direction: Float[Array, "fitted"]):
        _, sensitivity, solved = jax.jvp(at, (coordinates,), (direction,), has_aux=True)
        return sensitivity, solved

    if not len(coordinates):
        shift, (_, dissociation) = at(coordinates)
        return LinearisedTrajectories(shift, dissociation, jnp.zeros((0, *shift.shape)))
    sensitivity, (shift, dissociation) = jax.vmap(along, out_axes=(0, None))(jnp.eye(len(coordinates)))
    return LinearisedTrajectories(shift, dissociation, sensitivity)
