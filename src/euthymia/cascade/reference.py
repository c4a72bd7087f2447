"""The reference: body and brain as one system, integrated adaptively; it states the production solver's error."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.adaptive import integrate
from ..core.types import Scalar
from ..links import Switches
from ..pharmacology.disposition import STATES, rate_matrix
from .course import brain_exposure
from .timegrid import Pulse
from .vector_field import Cascade, pack, slow_rate, unpack


def reference_course(
    p: Cascade,
    start: Float[Array, " state"],
    weight: Scalar,
    stress: Scalar,
    switches: Switches,
    pulses: list[Pulse],
    times: np.ndarray,
    tolerance: float = 1e-11,
) -> tuple[Float[Array, "time enantiomer drug_state"], Float[Array, "time state"]]:
    """Drug states and packed slow states at ``times`` (h, from 0) for a weight (kg), stress and doses; a node sees its bolus given."""
    matrix = rate_matrix(p.disposition, weight)
    changes = np.unique([0.0, times[-1], *(t for pulse in pulses for t in (pulse.start, pulse.start + pulse.duration))])
    edges = changes[changes <= times[-1]]
    infused = [pulse for pulse in pulses if pulse.duration > 0]
    rates = [
        sum((np.asarray(each.amount) / each.duration for each in infused if each.start <= begin < each.start + each.duration), np.zeros(2))
        for begin in edges[:-1]
    ]
    empty = jnp.zeros((matrix.shape[0], len(STATES)))
    into_blood = empty.at[:, STATES.index("ketamine")]
    boluses = [pulse for pulse in pulses if pulse.duration == 0]
    pushed = [sum((np.asarray(each.amount) for each in boluses if each.start == begin), np.zeros(2)) for begin in edges[:-1]]
    jumps = [(into_blood.set(amount), jnp.zeros_like(start)) for amount in pushed]

    def derivative(state, infusion):
        drug, slow = state
        concentration = brain_exposure(p, drug)[2]
        return (
            jnp.einsum("eij,ej->ei", matrix, drug) + into_blood.set(infusion),
            pack(slow_rate(p, unpack(slow), concentration, stress, switches)),
        )

    return integrate(derivative, (empty, start), edges, [jnp.asarray(rate) for rate in rates], jumps, times, tolerance)
