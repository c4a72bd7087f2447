"""The reference: body and brain as one system, integrated adaptively; it states the production solver's error."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.numerics.adaptive import integrate
from ..core.types import Scalar
from ..links import Switches
from ..pharmacology.comparators import site_concentration
from .closures.response import no_correction
from .exposure import DrugFamilies, by_family, enzyme_transitions, exposure, systems
from .fast import Brain
from .inputs import CHANNELS, Pulse
from .parameters import Physiology
from .state import Inputs, pack, unpack
from .vector_field import slow_rate


def _given(pulses: list[Pulse], begin: float, *, steadily: bool) -> np.ndarray:
    """Rate (µmol/h) of the infusions that run at a time, or amount (µmol) of the boluses given then, per channel."""
    found = np.zeros(len(CHANNELS))
    for pulse in pulses:
        if steadily and pulse.duration > 0 and pulse.start <= begin < pulse.start + pulse.duration:
            found[CHANNELS.index(pulse.channel)] += pulse.amount / pulse.duration
        if not steadily and pulse.duration == 0 and pulse.start == begin:
            found[CHANNELS.index(pulse.channel)] += pulse.amount
    return found


def reference_course(
    p: Physiology, brain: Brain, weight: Scalar, switches: Switches, pulses: list[Pulse], times: np.ndarray, tolerance: float = 1e-11
) -> tuple[tuple[DrugFamilies, Array], Float[Array, "time state"]]:
    """Drug states with MAO-A left, and packed slow states, at ``times`` (h, from 0) for a weight (kg); a node sees its bolus given."""
    changes = np.unique([0.0, times[-1], *(t for pulse in pulses for t in (pulse.start, pulse.start + pulse.duration))])
    edges = changes[changes <= times[-1]]
    families = systems(p, weight)
    matrices, entries = (DrugFamilies(*(family[which] for family in families)) for which in (0, 1))
    start = pack(brain.rest)

    def entering(amounts: np.ndarray) -> DrugFamilies:
        return jax.tree.map(lambda entry, amount: jnp.einsum("sip,sp->si", entry, amount), entries, by_family(jnp.asarray(amounts)))

    def derivative(state, infusion):
        bodies, mao, slow = state
        at_site = site_concentration(bodies.comparators)
        made, lost = enzyme_transitions(p.monoamine, at_site)
        u = Inputs(exposure(p, bodies).racemate_equivalents, at_site, mao, no_correction())
        moved = jax.tree.map(lambda matrix, x, entered: jnp.einsum("sij,sj->si", matrix, x) + entered, matrices, bodies, infusion)
        return moved, made * (1 - mao) - lost * mao, pack(slow_rate(p, unpack(slow), u, brain, switches))

    empty = jax.tree.map(lambda entry: jnp.zeros(entry.shape[:2]), entries)
    rates = [entering(_given(pulses, begin, steadily=True)) for begin in edges[:-1]]
    jumps = [(entering(_given(pulses, begin, steadily=False)), jnp.zeros(()), jnp.zeros_like(start)) for begin in edges[:-1]]
    bodies, mao, slow = integrate(derivative, (empty, jnp.ones(()), start), edges, rates, jumps, times, tolerance)
    return (bodies, mao), slow
