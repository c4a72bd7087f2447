"""Recordings of the habenula at named times of a course: spikes of the whole nucleus, membrane potentials of typical cells."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ..circuits.habenula.bursts import activity, in_bursts
from ..circuits.habenula.cell import Cells, Raster, simulate, steady_state
from ..circuits.habenula.nucleus import Plan, ambient_glutamate, draw_cells
from ..circuits.habenula.parameters import Nucleus
from ..core.exported_programs import exported
from ..core.types import ACTIVITIES, Scalar

PLAN = Plan(cells=100, settle=250, nodes=2000, substeps=40, step=0.025)
"""Of a recording: a quarter of a second is discarded, two seconds count."""
SPACING = PLAN.substeps * PLAN.step
"""ms between nodes."""
TRACE_NODES, SAMPLES = 600, 4
"""Length of a trace, and its samples per node."""
SEED = 3
"""Of the cells and of the glutamate around them, the same at every time."""


class Recording(NamedTuple):
    """A nucleus over the nodes that count; times in ms since the first of them."""

    rest: Float[Array, "neuron"]
    """Leak reversal (mV)."""
    spike: Float[Array, "node neuron"]
    """Time of a spike between a node and the next; infinite if there was none."""
    in_burst: Bool[Array, "node neuron"]
    firing: Float[Array, "neuron activity"]
    """1 for what the cell does: silent, tonic or burst."""


class Spikes(NamedTuple):
    """A raster as a table, one line per spike."""

    checkpoint: Int[np.ndarray, "spike"]
    neuron: Int[np.ndarray, "spike"]
    time: Float[np.ndarray, "spike"]
    """ms."""
    in_burst: Bool[np.ndarray, "spike"]


def _drawn(p: Nucleus, nmda: Scalar, shift: Scalar) -> tuple[Cells, Float[Array, "boundary neuron"]]:
    """The cells, and the glutamate around them at all nodes."""
    of_cells, of_glutamate = jax.random.split(jax.random.key(SEED))
    cells = draw_cells(p, of_cells, PLAN.cells, nmda, shift)
    return cells, ambient_glutamate(p, of_glutamate, PLAN.settle + PLAN.nodes + 1, PLAN.cells, jnp.asarray(SPACING))


@exported
def record(p: Nucleus, nmda: Float[Array, "checkpoint"], shift: Float[Array, "checkpoint"]) -> Recording:
    """Recordings at shares of NMDA conductance left and shifts of resting potential (mV), along a first axis."""

    def one(nmda: Scalar, shift: Scalar) -> Recording:
        cells, ambient = _drawn(p, nmda, shift)
        start = steady_state(p.cell, cells, cells.leak_reversal)
        _, raster = simulate(p.cell, cells, start, ambient, jnp.zeros(len(ambient) - 1), jnp.asarray(PLAN.step), PLAN.substeps)
        raster = jax.tree.map(lambda leaf: leaf[PLAN.settle :], raster)

        def firing(spike: Float[Array, "node"], unblocked: Float[Array, "node"]) -> Float[Array, "activity"]:
            return activity(p, Raster(spike[:, None], unblocked[:, None]), jnp.asarray(SPACING)).cells[0]

        by_cell = jax.vmap(firing, in_axes=1)(raster.spike, raster.unblocked)
        spike = raster.spike - PLAN.settle * SPACING
        return Recording(cells.leak_reversal, spike, in_bursts(spike, p.burst_interval[0]), by_cell)

    return jax.vmap(one)(nmda, shift)


@exported
def trace(
    p: Nucleus, nmda: Float[Array, "checkpoint"], shift: Float[Array, "checkpoint"], neurons: Int[Array, "neuron"]
) -> Float[Array, "checkpoint neuron trace_time"]:
    """Membrane potentials (mV) of a few cells of these recordings."""

    def one(nmda: Scalar, shift: Scalar) -> Float[Array, "neuron trace_time"]:
        cells, ambient = _drawn(p, nmda, shift)
        cells = Cells(cells.leak_reversal[neurons], cells.conductance[:, neurons])
        ambient = ambient[: PLAN.settle + TRACE_NODES + 1, neurons]
        within = (jnp.arange(SAMPLES) / SAMPLES)[:, None]
        finer = (ambient[:-1, None] + within * (ambient[1:] - ambient[:-1])[:, None]).reshape(-1, len(neurons))

        def onward(x, boundaries):
            step, substeps = jnp.asarray(PLAN.step), PLAN.substeps // SAMPLES
            x, _ = simulate(p.cell, cells, x, jnp.stack(boundaries), jnp.zeros(1), step, substeps)
            return x, x.V

        _, V = jax.lax.scan(onward, steady_state(p.cell, cells, cells.leak_reversal), (finer[:-1], finer[1:]))
        return V[PLAN.settle * SAMPLES :].T

    return jax.vmap(one)(nmda, shift)


def trace_times() -> Float[np.ndarray, "trace_time"]:
    """Times of the samples of a trace, ms since the start of the recording."""
    return np.arange(1, TRACE_NODES * SAMPLES) * SPACING / SAMPLES


def typical_cells(recording: Recording) -> dict[str, int]:
    """Number of one cell of each activity, of those that show it in the first recording that has any.

    It is the one with the median number of spikes in the first of all recordings.
    """
    spikes, firing = np.isfinite(np.asarray(recording.spike[0])).sum(0), np.asarray(recording.firing)
    cells: dict[str, int] = {}
    for column, name in enumerate(ACTIVITIES):
        shown = firing[..., column] > 0
        if shown.any():
            members = np.flatnonzero(shown[shown.any(1).argmax()])
            cells[name] = int(members[np.argsort(spikes[members], kind="stable")[len(members) // 2]])
    return cells


def table_of_spikes(recording: Recording) -> Spikes:
    """Every spike of the recordings, by checkpoint, neuron and time."""
    spike = np.asarray(recording.spike).swapaxes(1, 2)
    fired = np.isfinite(spike)
    checkpoint, neuron, _ = np.nonzero(fired)
    return Spikes(checkpoint, neuron, spike[fired], np.asarray(recording.in_burst).swapaxes(1, 2)[fired])
