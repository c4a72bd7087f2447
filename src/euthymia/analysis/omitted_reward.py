"""A reward that does not come: one synchronous excitation of the habenula, and how long it silences dopamine cells."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..circuits.habenula.nucleus import simulate_nucleus
from ..circuits.habenula.parameters import Nucleus
from ..circuits.midbrain import Dopamine, pause_after_volley
from ..core.types import Scalar
from ..model.closures.recipes import PLAN as CLOSURE_PLAN
from ..model.closures.recipes import SEED
from ..model.parameters import OmittedReward

PLAN = CLOSURE_PLAN._replace(settle=450, nodes=90)
"""As for the closures, but little more than the excitation is kept."""
START = 55
"""Node at which the excitation begins."""
SPACING = PLAN.substeps * PLAN.step
"""ms between nodes."""
REPEATS = 5
"""Runs of which a mean is taken, each with its own cells and glutamate."""
MILLISECONDS = 1e3
"""In a second."""


@eqx.filter_jit
def excited_rate(p: Nucleus, experiment: OmittedReward, nmda: Scalar, shift: Scalar, repeats: int = REPEATS) -> Float[Array, "node"]:
    """Mean rate of the cells (Hz) at the nodes around the excitation.

    Parameters
    ----------
    nmda
        Share of NMDA conductance that is left.
    shift
        Change of every cell's resting potential (mV).
    repeats
        How many of the ``REPEATS`` runs the mean is of.
    """
    since = times_since_excitation()
    pulse = jnp.where((since >= 0) & (since < experiment.duration), experiment.pulse, 0)
    keys = jax.random.split(jax.random.key(SEED), REPEATS)[:repeats]
    return jax.vmap(lambda key: simulate_nucleus(p, nmda, shift, key, PLAN, pulse)[1])(keys).mean(0)


def times_since_excitation() -> Float[np.ndarray, "node"]:
    """Start of each node (ms), counted from the excitation."""
    return (np.arange(PLAN.nodes) - START) * SPACING


def volley(p: Nucleus, experiment: OmittedReward, rate: Float[Array | np.ndarray, "node"]) -> float:
    """Spikes per cell during the excitation and in one interval of a burst after it."""
    length = round((experiment.duration.item() + p.burst_interval.tolist()[0]) / SPACING)
    return float(np.asarray(rate)[START : START + length].sum()) * SPACING / MILLISECONDS


def pause(p: Dopamine, spikes: float) -> float:
    """How long (ms) dopamine cells are silent after so many synchronous spikes of every habenula cell."""
    return float(jax.jit(pause_after_volley)(p, spikes))
