"""The reference solution: body and brain as one system, integrated adaptively, against which the production solver is checked."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.numerics.adaptive import integrate
from ..core.types import Scalar
from ..links import Switches
from ..pharmacology.comparators import site_concentration
from .closures.response import no_correction
from .exposure import DrugFamilies, brain_exposure, by_family, enzyme_transitions, systems
from .fast import Brain
from .inputs import CHANNELS, Pulse
from .parameters import Physiology
from .state import Inputs, pack, unpack
from .vector_field import slow_rate


def _infusion(pulses: list[Pulse], time: float) -> np.ndarray:
    """Rate (µmol/h) of the infusions that run at a time, per channel."""
    rates = np.zeros(len(CHANNELS))
    for pulse in pulses:
        if pulse.duration > 0 and pulse.start <= time < pulse.start + pulse.duration:
            rates[CHANNELS.index(pulse.channel)] += pulse.amount / pulse.duration
    return rates


def _bolus(pulses: list[Pulse], time: float) -> np.ndarray:
    """Amount (µmol) of the boluses at a time, per channel."""
    amounts = np.zeros(len(CHANNELS))
    for pulse in pulses:
        if pulse.duration == 0 and pulse.start == time:
            amounts[CHANNELS.index(pulse.channel)] += pulse.amount
    return amounts


def reference_course(
    p: Physiology,
    brain: Brain,
    weight: Scalar,
    switches: Switches,
    pulses: list[Pulse],
    times: np.ndarray,
    tolerance: float = 1e-11,
    stress_until: float = np.inf,
) -> tuple[tuple[DrugFamilies, Array], Float[Array, "time state"]]:
    """Drug states with MAO-A, and packed slow states, at ``times`` (h, from 0) for a weight (kg); a bolus counts from its time on, and
    stress is there until a time (h)."""
    events = *(t for pulse in pulses for t in (pulse.start, pulse.start + pulse.duration)), min(stress_until, times[-1])
    changes = np.unique([0.0, times[-1], *events])
    edges = changes[changes <= times[-1]]
    families = systems(p, weight)
    matrices, entries = (DrugFamilies(*(getattr(family, name) for family in families)) for name in ("matrix", "entry"))
    start = pack(brain.rest)

    def entering(amounts: np.ndarray) -> DrugFamilies:
        return jax.tree.map(lambda entry, amount: jnp.einsum("sip,sp->si", entry, amount), entries, by_family(jnp.asarray(amounts)))

    empty = jax.tree.map(lambda entry: jnp.zeros(entry.shape[:2]), entries)
    rates = [(entering(_infusion(pulses, begin)), jnp.asarray(float(begin < stress_until))) for begin in edges[:-1]]
    jumps = [(entering(_bolus(pulses, begin)), jnp.zeros(()), jnp.zeros_like(start)) for begin in edges[:-1]]
    derivative = eqx.Partial(_derivative, p, brain, switches, matrices)
    bodies, mao, slow = integrate(derivative, (empty, jnp.ones(()), start), edges, rates, jumps, times, tolerance)
    return (bodies, mao), slow


def _derivative(
    p: Physiology,
    brain: Brain,
    switches: Switches,
    matrices: DrugFamilies,
    state: tuple[DrugFamilies, Scalar, Float[Array, " state"]],
    constant: tuple[DrugFamilies, Scalar],
) -> tuple[DrugFamilies, Scalar, Float[Array, " state"]]:
    """Of drugs, MAO-A and slow states, at what is infused and the stress that is left."""
    infusion, stress_left = constant
    bodies, mao, slow = state
    at_site = site_concentration(bodies.comparators)
    synthesis, inactivation = enzyme_transitions(p.monoamine, at_site)
    inputs = Inputs(brain_exposure(p, bodies).blockers, at_site, mao, stress_left, no_correction())
    flows = jax.tree.map(lambda matrix, x, entered: jnp.einsum("sij,sj->si", matrix, x) + entered, matrices, bodies, infusion)
    return flows, synthesis * (1 - mao) - inactivation * mao, pack(slow_rate(p, unpack(slow), inputs, brain, switches))
