"""Adaptive integration with constant inputs between edges: the reference, not the production path."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..types import Scalar

MAX_STEPS = 1_000_000
FEWEST_TIMES = 2**14
"""Times of a piece are padded to this count or a power of two above it, so that other pieces and grids seldom compile anew."""


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
        Of a state (any tree of arrays) and the input of one piece; if it is a tree with numbers in it, an :class:`equinox.Partial` of a
        function of a module, other numbers are integrated by the same compiled program.
    start
        State at the first edge.
    edges
        Times between which the input is constant; every one of ``times`` lies between the first and the last.
    inputs, jumps
        One input per piece, and what is added to the state where the piece begins.
    times
        Increasing times at which the state is due.
    tolerance
        Relative and absolute.
    """
    pieces, state = [], start
    inside = [times[(times >= begin) & ((times < end) | (end == edges[-1]))] for begin, end in pairwise(edges)]
    room = max(FEWEST_TIMES, 2 ** (max(map(len, inside)) - 1).bit_length())
    for (begin, end), inside_piece, constant_input, jump in zip(pairwise(edges), inside, inputs, jumps, strict=True):
        padded = np.pad(inside_piece, (0, room - len(inside_piece)), constant_values=end)
        state = jax.tree.map(jnp.add, state, jump)
        at_times, state = _piece(derivative, state, constant_input, jnp.asarray([begin, end]), jnp.asarray(padded), jnp.asarray(tolerance))
        pieces.append([np.asarray(leaf)[: len(inside_piece)] for leaf in jax.tree.leaves(at_times)])
    joined = [jnp.asarray(np.concatenate(leaves)) for leaves in zip(*pieces, strict=True)]
    return jax.tree.unflatten(jax.tree.structure(start), joined)


@eqx.filter_jit
def _piece(
    derivative: Callable[[Any, Any], Any],
    state: Any,
    constant_input: Any,
    limits: Float[Array, " limit"],
    times: Float[Array, " time"],
    tolerance: Scalar,
) -> tuple[Any, Any]:
    """States at times that do not decrease, and at the end of a piece."""
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, x, u: derivative(x, u)),
        diffrax.Dopri8(),
        limits[0],
        limits[1],
        None,
        state,
        args=constant_input,
        saveat=diffrax.SaveAt(subs=[diffrax.SubSaveAt(ts=times), diffrax.SubSaveAt(t1=True)]),
        stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance),
        max_steps=MAX_STEPS,
    )
    at_times, at_end = solution.ys
    return at_times, jax.tree.map(lambda leaf: leaf[-1], at_end)
