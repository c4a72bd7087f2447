"""The habenular neuron and its integration.

One compartment: leak, Traub–Miles sodium and potassium, a T-type calcium current, the h current, a Ca-activated potassium
current, and NMDA receptors under Mg2+ in ambient, fluctuating glutamate:

C V' = I − [g_L(V − E_L) + g_Na m³h(V − E_Na) + g_K n⁴(V − E_K) + g_T s²u(V − E_Ca) + g_h r(V − E_h)
           + g_N (1 + η) m_Mg(V) (V − E_N) + g_A w(V − E_K)],    w = (c/(c + K))²,    c' = −k I_T − c/τ_c
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ...biophysics.gates import boltzmann, exprel, relax, traub_miles
from ...biophysics.magnesium import magnesium_unblock
from ...core.types import Scalar
from .parameters import CHANNELS, HabenulaCell

PerCell = Float[Array, "cell"]


class Cells(NamedTuple):
    """Parameters that differ between cells."""

    leak_reversal: PerCell
    conductance: Float[Array, "channel cell"]


class Neuron(NamedTuple):
    """State of the cells: voltage, gates of sodium (m, h), potassium (n), T (u) and h current (r), and calcium."""

    V: PerCell
    m: PerCell
    h: PerCell
    n: PerCell
    u: PerCell
    r: PerCell
    c: PerCell


class Raster(NamedTuple):
    """Spikes of a run, at nodes closer together than two spikes of a cell can be."""

    spike: Float[Array, "node cell"]
    """Time of the spike between a node and the next, after the start of the run; infinite if there was none."""
    unblocked: Float[Array, "node cell"]
    """Mean fraction of NMDA pores free of Mg2+ in that time."""


def T_inactivation_time(p: HabenulaCell, voltage: PerCell) -> PerCell:
    """Time constant of T-type inactivation (ms), after Destexhe's thalamic relay cell."""
    rise, fall = (jnp.exp((voltage - half) / width) for half, width in zip(p.T_time_half, p.T_time_width, strict=True))
    least, plateau, unit = p.T_time
    return p.T_slowing * (least + (plateau + unit * rise) / (1 + fall)) / p.T_warming


def h_activation_time(p: HabenulaCell, voltage: PerCell) -> PerCell:
    """Time constant of the h current (ms), a bell over voltage."""
    right, left = (jnp.exp((voltage - half) / width) for half, width in zip(p.h_time_half, p.h_time_width, strict=True))
    least, height = p.h_time
    return least + height / (right + left)


def steady_state(p: HabenulaCell, cells: Cells, voltage: PerCell) -> Neuron:
    """Gates and calcium at rest at a voltage."""
    m, h, n = (rates.opening / (rates.opening + rates.closing) for rates in traub_miles(p.fast, voltage - p.threshold))
    u = boltzmann(voltage, p.T_half[1], -p.T_width[1])
    r = boltzmann(voltage, p.h_half, -p.h_width)
    c = -p.calcium_time * p.calcium_per_charge * T_current(p, cells, voltage, u)
    return Neuron(voltage, m, h, n, u, r, c)


def T_current(p: HabenulaCell, cells: Cells, voltage: PerCell, u: PerCell) -> PerCell:
    """T-type calcium current (µA/cm², outward positive); its activation is instantaneous."""
    channel = CHANNELS.index("T")
    return cells.conductance[channel] * boltzmann(voltage, p.T_half[0], p.T_width[0]) ** 2 * u * (voltage - p.reversal[channel])


def membrane_current(p: HabenulaCell, cells: Cells, x: Neuron, ambient: PerCell) -> PerCell:
    """Sum of all ionic currents (µA/cm², outward positive); ``ambient`` is η, the relative fluctuation of glutamate."""
    reversal = (cells.leak_reversal, *p.reversal[1:])
    g = {name: cells.conductance[i] * (x.V - reversal[i]) for i, name in enumerate(CHANNELS)}
    return (
        g["leak"]
        + g["sodium"] * x.m * x.m * x.m * x.h
        + g["potassium"] * x.n * x.n * x.n * x.n
        + T_current(p, cells, x.V, x.u)
        + g["h"] * x.r
        + g["NMDA"] * jnp.maximum(1 + ambient, 0) * magnesium_unblock(p.magnesium, x.V)
        + g["calcium_potassium"] * (x.c / (x.c + p.calcium_for_half)) ** 2
    )


def advance_gates(p: HabenulaCell, cells: Cells, x: Neuron, step: Scalar) -> Neuron:
    """Gates and calcium one step later at frozen voltage: each gate exactly, calcium with its influx at mid-step."""
    m, h, n = (
        relax(gate, rates.opening / (rates.opening + rates.closing), step * (rates.opening + rates.closing))
        for gate, rates in zip((x.m, x.h, x.n), traub_miles(p.fast, x.V - p.threshold), strict=True)
    )
    u = relax(x.u, boltzmann(x.V, p.T_half[1], -p.T_width[1]), step / T_inactivation_time(p, x.V))
    r = relax(x.r, boltzmann(x.V, p.h_half, -p.h_width), step / h_activation_time(p, x.V))
    influx = -p.calcium_per_charge * T_current(p, cells, x.V, (x.u + u) / 2)
    c = relax(x.c, p.calcium_time * influx, step / p.calcium_time)
    return Neuron(x.V, m, h, n, u, r, c)


def advance_voltage(p: HabenulaCell, cells: Cells, x: Neuron, ambient: PerCell, injected: Scalar, step: Scalar) -> Neuron:
    """Voltage one step later at frozen gates: V + h φ₁(h J) f(V), J = df/dV (exponential Rosenbrock–Euler)."""

    def rate(V: PerCell) -> PerCell:
        return (injected - membrane_current(p, cells, x._replace(V=V), ambient)) / p.capacitance

    f, J = jax.jvp(rate, (x.V,), (jnp.ones_like(x.V),))
    return x._replace(V=x.V + step * exprel(step * J) * f)


def advance(p: HabenulaCell, cells: Cells, x: Neuron, ambient: PerCell, injected: Scalar, step: Scalar) -> Neuron:
    """One staggered step, second order: gates and calcium are half a step behind the voltage."""
    return advance_voltage(p, cells, advance_gates(p, cells, x, step), ambient, injected, step)


def crossing(p: HabenulaCell, before: Neuron, after: Neuron, time: Scalar, step: Scalar) -> PerCell:
    """Time (ms) at which the voltage rises through the spike level in a step that starts at ``time`` (ms); infinite if it does not."""
    below, above = before.V - p.spike_level, after.V - p.spike_level
    fired = (below < 0) & (above >= 0)
    return jnp.where(fired, time + step * below / jnp.where(fired, below - above, 1), jnp.inf)


def simulate(
    p: HabenulaCell,
    cells: Cells,
    start: Neuron,
    ambient: Float[Array, "boundary cell"],
    injected: Float[Array, "node"],
    step: Scalar,
    substeps: int,
) -> tuple[Neuron, Raster]:
    """Run cells over nodes of ``substeps`` steps each.

    Parameters
    ----------
    ambient
        η at the nodes and at the end, interpolated linearly.
    injected
        Current into every cell (µA/cm², inward positive), constant between nodes.
    step
        ms.
    substeps
        Steps between nodes; two spikes of a cell must be further apart than that.

    Returns
    -------
    The last state, and the spikes of each cell.
    """
    fractions = (jnp.arange(substeps) + 1 / 2) / substeps

    def fine(carry: tuple[Neuron, PerCell, PerCell], inputs: tuple) -> tuple[tuple[Neuron, PerCell, PerCell], None]:
        x, spike, unblocked = carry
        time, eta, current = inputs
        after = advance(p, cells, x, eta, current, step)
        spike = jnp.minimum(spike, crossing(p, x, after, time, step))
        return (after, spike, unblocked + magnesium_unblock(p.magnesium, x.V)), None

    def coarse(x: Neuron, inputs: tuple) -> tuple[Neuron, Raster]:
        node, before, after, current = inputs
        eta = before + fractions[:, None] * (after - before)
        times = step * (node * substeps + jnp.arange(substeps))
        start = (x, jnp.full_like(x.V, jnp.inf), jnp.zeros_like(x.V))
        (x, spike, unblocked), _ = jax.lax.scan(fine, start, (times, eta, jnp.broadcast_to(current, (substeps,))))
        return x, Raster(spike, unblocked / substeps)

    return jax.lax.scan(coarse, start, (jnp.arange(len(injected)), ambient[:-1], ambient[1:], injected))


def trace(
    p: HabenulaCell, cells: Cells, start: Neuron, ambient: PerCell, injected: Float[Array, "time"], step: Scalar
) -> tuple[Float[Array, "time cell"], Float[Array, "time cell"]]:
    """Voltage (mV) at the end of every step in constant glutamate, and the spike time in that step (ms), infinite if none."""

    def onward(x: Neuron, inputs: tuple) -> tuple[Neuron, tuple[PerCell, PerCell]]:
        time, current = inputs
        after = advance(p, cells, x, ambient, current, step)
        return after, (after.V, crossing(p, x, after, time, step))

    _, voltage_and_spikes = jax.lax.scan(onward, start, (step * jnp.arange(len(injected)), injected))
    return voltage_and_spikes
