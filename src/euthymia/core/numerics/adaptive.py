"""Adaptive integration with constant inputs between edges: the reference, not the production path."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

MAX_STEPS = 1_000_000


def integrate(
    derivative: Callable[[Any, Any], Any],
    start: Any,
    edges: np.ndarray,
    inputs: list[Any],
    jumps: list[Any],
    times: np.ndarray,
    tolerance: float,
) -> Any:
    """States at ``times`` of dx/dt = derivative(x, input), by Dormand–Prince 8(7) restarted at every edge.

    Parameters
    ----------
    derivative
        Of a state (any tree of arrays) and the input of one piece.
    start
        State at the first edge.
    edges
        Times between which the input is constant; every one of ``times`` lies between the first and the last.
    inputs, jumps
        One input per piece, and what is added to the state where the piece begins.
    times
        Increasing times at which the state is wanted.
    tolerance
        Relative and absolute.
    """
    pieces, state = [], start
    for (begin, end), constant_input, jump in zip(pairwise(edges), inputs, jumps, strict=True):
        state = jax.tree.map(jnp.add, state, jump)
        inside = times[(times >= begin) & ((times < end) | (end == edges[-1]))]
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(lambda t, x, u: derivative(x, u)),
            diffrax.Dopri8(),
            float(begin),
            float(end),
            None,
            state,
            args=constant_input,
            saveat=diffrax.SaveAt(subs=[diffrax.SubSaveAt(ts=jnp.asarray(inside)), diffrax.SubSaveAt(t1=True)]),
            stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance),
            max_steps=MAX_STEPS,
        )
        at_times, at_end = solution.ys
        pieces.append(at_times)
        state = jax.tree.map(lambda leaf: leaf[-1], at_end)
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *pieces)
