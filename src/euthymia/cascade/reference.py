"""The reference: body and brain as one system, integrated adaptively; it states the production solver's error."""

import diffrax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.types import Scalar
from ..links import Switches
from ..pharmacology.disposition import STATES, rate_matrix
from .course import brain_exposure
from .timegrid import Pulse
from .vector_field import Cascade, pack, slow_rate, unpack

MAX_STEPS = 1_000_000


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
    """Drug states and packed slow states at ``times`` (h), by Dormand–Prince 8(7) restarted at every change of input.

    Infusions only: a bolus is a jump that an adaptive step cannot see.
    """
    matrix = rate_matrix(p.disposition, weight)
    starts = jnp.asarray([pulse.start for pulse in pulses])
    ends = jnp.asarray([pulse.start + pulse.duration for pulse in pulses])
    rates = jnp.asarray([np.asarray(pulse.amount) / pulse.duration for pulse in pulses])
    edges = np.unique([0.0, times[-1], *np.asarray(starts), *np.asarray(ends)])
    edges = edges[(edges >= 0) & (edges <= times[-1])]

    def field(t, y, infusion):
        drug, slow = y
        entering = jnp.zeros_like(drug).at[:, STATES.index("ketamine")].set(infusion)
        concentration = brain_exposure(p, drug)[2]
        return (
            jnp.einsum("eij,ej->ei", matrix, drug) + entering,
            pack(slow_rate(p, unpack(slow), concentration, stress, switches)),
        )

    y = (jnp.zeros((2, len(STATES))), start)
    drugs, slows = [], []
    for a, b in zip(edges, edges[1:], strict=False):
        running = (starts <= a) & (a < ends)
        inside = times[(times >= a) & ((times < b) | (b == edges[-1]))]
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(field),
            diffrax.Dopri8(),
            a,
            b,
            None,
            y,
            args=jnp.sum(rates * running[:, None], 0),
            saveat=diffrax.SaveAt(subs=[diffrax.SubSaveAt(ts=jnp.asarray(inside)), diffrax.SubSaveAt(t1=True)]),
            stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance),
            max_steps=MAX_STEPS,
        )
        (drug, slow), last = solution.ys
        drugs.append(drug)
        slows.append(slow)
        y = (last[0][-1], last[1][-1])
    return jnp.concatenate(drugs), jnp.concatenate(slows)
