"""The prefrontal circuit linearised at its two published baselines."""

from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..circuits.prefrontal import CLASSES, Prefrontal, entry, jacobian

HIGH_BASELINE = (30.0, 50.0, 30.0, 20.0)
"""Hz; the high of the two baselines of Garcia del Molino et al. (2017), from their model as coded openly."""


class AtBaseline(NamedTuple):
    """The circuit linearised at its baseline."""

    response: Float[Array, "cell_class source"]
    """Steady response of each class to a current into each, Hz/pA."""
    growth: Float[Array, ""]
    """Of the slowest mode, 1/ms; negative where the baseline stands still."""


@eqx.filter_jit
def at_baseline(p: Prefrontal) -> AtBaseline:
    """The undrugged circuit around the rates that are its baseline."""
    undrugged, one = jnp.ones(len(CLASSES)), jnp.ones(())
    J, B = (matrix(p, p.baseline, undrugged, one, one) for matrix in (jacobian, entry))
    return AtBaseline(-jnp.linalg.solve(J, B)[: len(CLASSES)], jnp.linalg.eigvals(J).real.max())


def at_high_baseline(p: Prefrontal) -> Prefrontal:
    """The same circuit at the high baseline."""
    return replace(p, baseline=jnp.array(HIGH_BASELINE))
