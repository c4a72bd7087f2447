"""Firing and glutamate of the ensemble's prefrontal circuits in one course."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ..circuits.prefrontal import glutamate_release, steady_rates
from ..core.exported_programs import exported
from ..core.numerics.lag import lagged
from ..links import clamp, unadapted
from ..model.circuits import split_of, with_split
from ..model.parameters import Physiology, Splits

CHUNK = 8
"""Circuits solved together."""


class EnsembleCourse(NamedTuple):
    """Of every circuit, against before."""

    firing: Float[Array, "circuit node cell_class"]
    """Change of each rate, as a share."""
    glutamate: Float[Array, "circuit node"]
    """Rise in tissue, as a share."""


@exported
def over_ensemble(
    physiology: Physiology,
    splits: Splits,
    steps: Float[Array, "step"],
    concentration: Float[Array, "node"],
    drive_loss: Float[Array, "node cell_class"],
    recurrence: Float[Array, "node"],
    inhibition: Float[Array, "node"],
    adapts: Bool[Array, ""] | bool,
) -> EnsembleCourse:
    """What circuits of other splits do under the same drug, with the same synapses.

    Parameters
    ----------
    physiology, splits
        The course's own numbers, and the circuits.
    steps
        Between the nodes of the course, h.
    concentration
        Of ketamine in brain, in equivalents of racemate, µM.
    drive_loss
        Of each class in the course's own circuit. What it has beyond ketamine's part is the work of other blockers, which have no potency
        of their own in a circuit.
    recurrence, inhibition
        Strengths of synapses, as in the course.
    adapts
        Whether classes get used to a lasting loss.
    """
    own = split_of(physiology)
    odds_of_others = drive_loss / (1 - drive_loss) - concentration[:, None] / own.drive_ic50
    one = jnp.ones(())

    def of_circuit(split: Splits) -> EnsembleCourse:
        p = with_split(physiology, split).prefrontal
        odds = concentration[:, None] / split.drive_ic50 + odds_of_others
        loss = odds / (1 + odds)
        used_to = clamp(lagged(loss, steps, physiology.links.adaptation_time), 0.0, jnp.asarray(adapts, float))
        left = 1 - unadapted(loss, used_to)
        rates = jax.vmap(lambda *state: steady_rates(p, *state))(left, recurrence, inhibition)
        undrugged = jax.vmap(lambda strength: steady_rates(p, jnp.ones_like(p.baseline), strength, one))(recurrence)
        release = jax.vmap(lambda drugged, without: glutamate_release(p, drugged, without))(rates, undrugged)
        return EnsembleCourse(rates / rates[0] - 1, lagged(release, steps, p.glutamate_time))

    return jax.lax.map(of_circuit, splits, batch_size=CHUNK)
