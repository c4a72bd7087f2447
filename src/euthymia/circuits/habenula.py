"""Way 3: neurons of the lateral habenula, which fire in bursts when they rest low and NMDA receptors feed them.

One compartment: leak, Traub–Miles sodium and potassium, a T-type calcium current, the h current, a Ca-activated potassium
current, and NMDA receptors under Mg2+ in ambient, fluctuating glutamate:

C V' = I − [g_L(V − E_L) + g_Na m³h(V − E_Na) + g_K n⁴(V − E_K) + g_T s²u(V − E_Ca) + g_h r(V − E_h)
           + g_N (1 + η) m_Mg(V) (V − E_N) + g_A w(V − E_K)],    w = (c/(c + K))²,    c' = −k I_T − c/τ_c

The kinetics are standard; the conductances are one set that a search found to be silent, tonic or bursting by potential and
to burst through both T-type channels and NMDA receptors (Yang et al. 2018, whose own equations were not available).
A nucleus is many such cells that differ in resting potential and in their conductances. What a drug does enters only as the
share of NMDA conductance that is left; stress, patient and dopamine enter as a shift of resting potential.

Voltages mV, time ms, currents µA/cm², conductances mS/cm², calcium µM, rates Hz.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ..biophysics.gates import TraubMiles, boltzmann, exprel, relax, traub_miles
from ..biophysics.magnesium import Magnesium, magnesium_unblock
from ..core.parameters import parameter
from ..core.types import Scalar

CHANNELS = ("leak", "sodium", "potassium", "T", "h", "NMDA", "calcium_potassium")
CRITERIA = ("main", "strict")

PerChannel = Float[Array, "channel"]
PerCell = Float[Array, "cell"]
PerGroup = Float[Array, "group"]
PerCriterion = Float[Array, "criterion"]


class HabenulaCell(eqx.Module):
    """The neuron."""

    fast: TraubMiles
    magnesium: Magnesium
    capacitance: Scalar = parameter("habenula.capacitance", "uF/cm^2", "of the membrane")
    conductance: PerChannel = parameter(tuple(f"habenula.conductance.{name}" for name in CHANNELS), "mS/cm^2", "largest, by channel")
    reversal: PerChannel = parameter(tuple(f"habenula.reversal.{name}" for name in CHANNELS), "mV", "by channel; leak: the cell at rest")
    threshold: Scalar = parameter("habenula.threshold", "mV", "zero of the Traub–Miles voltage")
    T_half: Float[Array, "gate"] = parameter("habenula.T.half", "mV", "half activation, half inactivation")
    T_width: Float[Array, "gate"] = parameter("habenula.T.width", "mV", "steepness of activation, of inactivation")
    T_time: Float[Array, "T_term"] = parameter("habenula.T.time", "ms", "inactivation: least, plateau, unit of the exponential term")
    T_time_half: Float[Array, "factor"] = parameter("habenula.T.time_half", "mV", "references of its two exponentials")
    T_time_width: Float[Array, "factor"] = parameter("habenula.T.time_width", "mV", "e-folds of its two exponentials")
    T_slowing: Scalar = parameter("habenula.T.slowing", "dimensionless", "inactivation time relative to the measured cell")
    T_warming: Scalar = parameter("habenula.T.warming", "dimensionless", "by which body temperature speeds it up")
    h_half: Scalar = parameter("habenula.h.half", "mV", "half activation of the h current")
    h_width: Scalar = parameter("habenula.h.width", "mV", "its steepness; opens with hyperpolarisation")
    h_time: Float[Array, "h_term"] = parameter("habenula.h.time", "ms", "least, and height of the bell")
    h_time_half: Float[Array, "factor"] = parameter("habenula.h.time_half", "mV", "references of the bell's two sides")
    h_time_width: Float[Array, "factor"] = parameter("habenula.h.time_width", "mV", "e-folds of the bell's two sides")
    calcium_per_charge: Scalar = parameter("habenula.calcium.per_charge", "uM*cm^2/(uA*ms)", "calcium that the T current brings")
    calcium_time: Scalar = parameter("habenula.calcium.time", "ms", "time constant of its removal")
    calcium_for_half: Scalar = parameter("habenula.calcium.for_half", "uM", "constant of the Ca-activated potassium channel")
    spike_level: Scalar = parameter("habenula.spike_level", "mV", "a spike is an upward crossing of it")


class Nucleus(eqx.Module):
    """Many cells, the glutamate around them, and how their firing is read."""

    cell: HabenulaCell
    rest: Scalar = parameter("habenula.rest.mean", "mV", "mean leak reversal of the healthy nucleus")
    rest_spread: Scalar = parameter("habenula.rest.spread", "mV", "its standard deviation over cells")
    conductance_spread: PerChannel = parameter("habenula.conductance_spread", "dimensionless", "sd of log conductance over cells")
    ambient_sd: Scalar = parameter("habenula.ambient.sd", "dimensionless", "fluctuation of ambient glutamate, relative")
    ambient_time: Scalar = parameter("habenula.ambient.time", "ms", "its correlation time")
    burst_interval: PerCriterion = parameter("habenula.burst_interval", "ms", "longest interval inside a burst: main, strict criterion")
    silent_below: Scalar = parameter("habenula.silent_below", "Hz", "a cell that fires less is silent")
    hertz: Scalar = parameter("habenula.hertz", "dimensionless", "one spike per ms, in Hz")


class Cells(NamedTuple):
    """What differs between cells."""

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
    """What a run leaves, at nodes that are closer together than two spikes of a cell can be."""

    spike: Float[Array, "node cell"]
    """Time of the spike between a node and the next, after the start of the run; infinite if there was none."""
    unblocked: Float[Array, "node cell"]
    """Mean share of NMDA pores free of Mg2+ in that time."""


class NucleusActivity(NamedTuple):
    """How the nucleus fires; a pair is by criterion (main, strict), a triple by group (silent, tonic, burst)."""

    rate: Scalar
    burst_rate: PerCriterion
    tonic_rate: PerCriterion
    in_bursts: PerCriterion
    """Share of spikes inside bursts."""
    cells: Float[Array, "criterion group"]
    """Share of cells; a cell bursts if it fires and over half of its spikes are in bursts."""
    unblocked: PerGroup
    """Mean Mg-free share of NMDA pores, by the main criterion; of the whole nucleus for a group without cells."""


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
    """T-type calcium current (µA/cm², outward positive); its activation is immediate."""
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
    """One staggered step, second order: voltage is known at the ends of steps, gates and calcium half a step earlier."""
    return advance_voltage(p, cells, advance_gates(p, cells, x, step), ambient, injected, step)


def crossing(p: HabenulaCell, before: Neuron, after: Neuron, time: Scalar, step: Scalar) -> PerCell:
    """When the voltage rises through the spike level in a step that starts at ``time`` (ms); infinite if it does not."""
    below, above = before.V - p.spike_level, after.V - p.spike_level
    fired = (below < 0) & (above >= 0)
    return jnp.where(fired, time + step * below / jnp.where(fired, below - above, 1), jnp.inf)


def simulate(
    p: HabenulaCell,
    cells: Cells,
    start: Neuron,
    ambient: Float[Array, "fence cell"],
    injected: Float[Array, "node"],
    step: Scalar,
    substeps: int,
) -> tuple[Neuron, Raster]:
    """Run cells over nodes of ``substeps`` steps each.

    Parameters
    ----------
    ambient
        η at the nodes and at the end, linear in between.
    injected
        Current into every cell (µA/cm², inward positive), constant between nodes.
    step
        ms.
    substeps
        Steps between nodes; two spikes of a cell must be further apart than that.

    Returns
    -------
    The last state, and when each cell fired.
    """
    shares = (jnp.arange(substeps) + 1 / 2) / substeps

    def fine(carry: tuple[Neuron, PerCell, PerCell], inputs: tuple) -> tuple[tuple[Neuron, PerCell, PerCell], None]:
        x, spike, unblocked = carry
        time, eta, current = inputs
        then = advance(p, cells, x, eta, current, step)
        spike = jnp.minimum(spike, crossing(p, x, then, time, step))
        return (then, spike, unblocked + magnesium_unblock(p.magnesium, x.V)), None

    def coarse(x: Neuron, inputs: tuple) -> tuple[Neuron, Raster]:
        node, before, after, current = inputs
        eta = before + shares[:, None] * (after - before)
        times = step * (node * substeps + jnp.arange(substeps))
        nothing = (x, jnp.full_like(x.V, jnp.inf), jnp.zeros_like(x.V))
        (x, spike, unblocked), _ = jax.lax.scan(fine, nothing, (times, eta, jnp.broadcast_to(current, (substeps,))))
        return x, Raster(spike, unblocked / substeps)

    return jax.lax.scan(coarse, start, (jnp.arange(len(injected)), ambient[:-1], ambient[1:], injected))


def trace(
    p: HabenulaCell, cells: Cells, start: Neuron, ambient: PerCell, injected: Float[Array, "time"], step: Scalar
) -> tuple[Float[Array, "time cell"], Float[Array, "time cell"]]:
    """Voltage (mV) at the end of every step in constant glutamate, and the spike time in that step (ms), infinite if none."""

    def onward(x: Neuron, inputs: tuple) -> tuple[Neuron, tuple[PerCell, PerCell]]:
        time, current = inputs
        then = advance(p, cells, x, ambient, current, step)
        return then, (then.V, crossing(p, x, then, time, step))

    _, found = jax.lax.scan(onward, start, (step * jnp.arange(len(injected)), injected))
    return found


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
    paired = jax.vmap(lambda one: jax.random.permutation(one, normal))(jax.random.split(key, len(CHANNELS)))
    left = jnp.where(jnp.array([name == "NMDA" for name in CHANNELS]), nmda, 1)
    conductance = (p.cell.conductance * left)[:, None] * jnp.exp(p.conductance_spread[:, None] * paired)
    return Cells(p.rest + shift + p.rest_spread * normal, conductance)


def ambient_glutamate(p: Nucleus, key: PRNGKeyArray, fences: int, cells: int, spacing: Scalar) -> Float[Array, "fence cell"]:
    """Ornstein–Uhlenbeck fluctuation η of glutamate at nodes ``spacing`` ms apart, exact and stationary from the first."""
    kept = jnp.exp(-spacing / p.ambient_time)
    normal = p.ambient_sd * jax.random.normal(key, (fences, cells))

    def next_node(eta: PerCell, kick: PerCell) -> tuple[PerCell, PerCell]:
        eta = kept * eta + jnp.sqrt(1 - kept**2) * kick
        return eta, eta

    _, later = jax.lax.scan(next_node, normal[0], normal[1:])
    return jnp.concatenate([normal[:1], later])


def in_bursts(spike: Float[Array, "node cell"], longest: Scalar) -> Bool[Array, "node cell"]:
    """Which spikes have a neighbour in the same cell within ``longest`` ms: a burst is two spikes or more."""
    before = jax.lax.cummax(jnp.where(jnp.isfinite(spike), spike, -jnp.inf))
    after = jax.lax.cummin(spike, reverse=True)
    none = jnp.full_like(spike[:1], jnp.inf)
    since = spike - jnp.concatenate([-none, before[:-1]])
    until = jnp.concatenate([after[1:], none]) - spike
    return jnp.isfinite(spike) & ((since <= longest) | (until <= longest))


def activity(p: Nucleus, raster: Raster, spacing: Scalar) -> NucleusActivity:
    """Population values of a raster whose nodes lie ``spacing`` ms apart."""
    nodes, cells = raster.spike.shape
    to_hertz = p.hertz / (nodes * spacing)
    spikes = jnp.sum(jnp.isfinite(raster.spike), 0)
    bursting = jax.vmap(lambda longest: jnp.sum(in_bursts(raster.spike, longest), 0))(p.burst_interval)
    rate, burst_rate = jnp.sum(spikes) / cells * to_hertz, jnp.sum(bursting, 1) / cells * to_hertz

    silent = jnp.broadcast_to(spikes * to_hertz < p.silent_below, bursting.shape)
    burst = ~silent & (2 * bursting > spikes)
    group = jnp.stack([silent, ~silent & ~burst, burst], 1).astype(float)
    size = jnp.sum(group[0], -1)
    unblocked = jnp.mean(raster.unblocked, 0)
    by_group = jnp.where(size == 0, jnp.mean(unblocked), group[0] @ unblocked / jnp.maximum(size, 1))
    share = jnp.where(rate == 0, 0, burst_rate / jnp.where(rate == 0, 1, rate))
    return NucleusActivity(rate, burst_rate, rate - burst_rate, share, jnp.mean(group, -1), by_group)


def nucleus(
    p: Nucleus, nmda: Scalar, shift: Scalar, key: PRNGKeyArray, plan: Plan, pulse: Float[Array, "node"]
) -> tuple[NucleusActivity, Float[Array, "node"]]:
    """Run a nucleus and read it.

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
    Activity over the nodes that count, and the mean rate of the cells (Hz) at each of them.
    """
    of_cells, of_glutamate = jax.random.split(key)
    cells = draw_cells(p, of_cells, plan.cells, nmda, shift)
    spacing = jnp.asarray(plan.substeps * plan.step)
    fences = plan.settle + plan.nodes + 1
    eta = ambient_glutamate(p, of_glutamate, fences, plan.cells, spacing)
    injected = jnp.concatenate([jnp.zeros(plan.settle), pulse])
    start = steady_state(p.cell, cells, cells.leak_reversal)
    _, raster = simulate(p.cell, cells, start, eta, injected, jnp.asarray(plan.step), plan.substeps)
    counted = jax.tree.map(lambda each: each[plan.settle :], raster)
    return activity(p, counted, spacing), jnp.mean(jnp.isfinite(counted.spike).astype(float), 1) * p.hertz / spacing
