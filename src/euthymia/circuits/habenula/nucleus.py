"""A nucleus of many habenular cells in fluctuating glutamate."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from ...core.types import Scalar
from .bursts import NucleusActivity, activity
from .cell import Cells, PerCell, simulate, steady_state
from .parameters import CHANNELS, Nucleus


class Plan(NamedTuple):
    """Size and resolution of a run of the nucleus."""

    cells: int
    settle: int
    """Nodes that are discarded at the start."""
    nodes: int
    """Nodes that count."""
    substeps: int
    """Steps from node to node."""
    step: float
    """ms."""


def draw_cells(p: Nucleus, key: PRNGKeyArray, cells: int, nmda: Scalar, shift: Scalar) -> Cells:
    """Cells stratified in leak reversal, N(mean + shift, spread), and in log-normal conductances.

    Every margin takes the same quantiles; the conductances pair them at random (a Latin hypercube). The same key gives the
    same cells at any ``nmda`` (share of NMDA conductance left) and ``shift`` (mV).
    """
    normal = jax.scipy.stats.norm.ppf((jnp.arange(cells) + 1 / 2) / cells)
    paired = jax.vmap(lambda channel_key: jax.random.permutation(channel_key, normal))(jax.random.split(key, len(CHANNELS)))
    left = jnp.where(jnp.array([name == "NMDA" for name in CHANNELS]), nmda, 1)
    conductance = (p.cell.conductance * left)[:, None] * jnp.exp(p.conductance_spread[:, None] * paired)
    return Cells(p.rest + shift + p.rest_spread * normal, conductance)


def ambient_glutamate(p: Nucleus, key: PRNGKeyArray, boundaries: int, cells: int, spacing: Scalar) -> Float[Array, "boundary cell"]:
    """Ornstein–Uhlenbeck fluctuation η of glutamate at nodes ``spacing`` ms apart, exact and stationary from the first."""
    correlation = jnp.exp(-spacing / p.ambient_time)
    normal = p.ambient_sd * jax.random.normal(key, (boundaries, cells))

    def next_node(eta: PerCell, kick: PerCell) -> tuple[PerCell, PerCell]:
        eta = correlation * eta + jnp.sqrt(1 - correlation**2) * kick
        return eta, eta

    _, later = jax.lax.scan(next_node, normal[0], normal[1:])
    return jnp.concatenate([normal[:1], later])


def simulate_nucleus(
    p: Nucleus, nmda: Scalar, shift: Scalar, key: PRNGKeyArray, plan: Plan, pulse: Float[Array, "node"]
) -> tuple[NucleusActivity, Float[Array, "node"]]:
    """Firing of a nucleus, and its mean rate over time.

    Parameters
    ----------
    nmda
        Share of NMDA conductance that is left.
    shift
        Change of every cell's resting potential (mV).
    key
        The same key gives the same cells and the same glutamate at every ``nmda`` and ``shift``.
    plan
        Size and resolution; static under jit.
    pulse
        Current into every cell (µA/cm²) at the nodes that count: a synchronous volley, as after an omitted reward.

    Returns
    -------
    Firing over the nodes that count, and the mean rate of the cells (Hz) at each of them.
    """
    cells_key, glutamate_key = jax.random.split(key)
    cells = draw_cells(p, cells_key, plan.cells, nmda, shift)
    spacing = jnp.asarray(plan.substeps * plan.step)
    boundaries = plan.settle + plan.nodes + 1
    eta = ambient_glutamate(p, glutamate_key, boundaries, plan.cells, spacing)
    injected = jnp.concatenate([jnp.zeros(plan.settle), pulse])
    start = steady_state(p.cell, cells, cells.leak_reversal)
    _, raster = simulate(p.cell, cells, start, eta, injected, jnp.asarray(plan.step), plan.substeps)
    counted = jax.tree.map(lambda leaf: leaf[plan.settle :], raster)
    return activity(p, counted, spacing), jnp.mean(jnp.isfinite(counted.spike).astype(float), 1) * p.hertz / spacing
