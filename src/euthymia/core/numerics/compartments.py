"""From a table of flows to the matrix of a linear system."""

from collections.abc import Mapping, Sequence

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..types import Scalar


def flow_matrix(pools: Sequence[str], flows: Mapping[tuple[str, str], Scalar]) -> Float[Array, "pool pool"]:
    """The matrix K of dx/dt = K x for amounts x that only move between pools.

    Parameters
    ----------
    pools
        Names, in the order of x.
    flows
        (from, to) to a rate constant. What leaves one pool enters another, so every column of K sums to zero.
    """
    start, end = (jnp.array([pools.index(pair[side]) for pair in flows]) for side in (0, 1))
    rate = jnp.stack([*flows.values()])
    # Two scatters for all flows: a program compiles more slowly the more updates it has.
    return jnp.zeros((len(pools), len(pools))).at[end, start].add(rate).at[start, start].add(-rate)
