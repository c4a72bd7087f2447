"""What the circuits say beside a course: gamma power, the answer to an omitted reward, the landscape of the limbic lock."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from .. import links
from ..brain.attractor import Attractor, Window, activation, communication, holding_input, network_rates, quiet_cognition
from ..circuits.habenula.nucleus import Plan, simulate_nucleus
from ..circuits.habenula.parameters import Nucleus
from ..circuits.midbrain import pause_after_volley
from ..circuits.prefrontal import Prefrontal, gamma_power
from ..core.types import Scalar
from ..model.parameters import Euthymia
from ..simulation.simulate import Simulation

GAMMA_NODES, GAMMA_TIMES = 5, 60
"""Frequencies in the gamma band, and times of the course, at which power is evaluated."""
CURRENTS = 1000
"""Points of a landscape."""
BLOCKS = np.linspace(0, 1, 201)
"""Losses of NMDA drive from none to all."""
PLAN = Plan(cells=200, settle=250, nodes=200, substeps=40, step=0.025)
"""Of the nucleus that an omitted reward excites: a quarter of a second is discarded, a fifth counts."""
PULSE, PULSE_START, PULSE_TIME = 4.0, 50, 5
"""Current (µA/cm², assumed) into every cell, its start after the settling, and its duration (ms)."""
BIN = 5
"""Nodes over which spikes are counted."""
SEED = 3
NUCLEI = ("healthy", "this patient", "this patient, at the peak loss")
SPIKES = (1, 2, 3)
"""Of every habenula cell in one volley."""
LANDSCAPES = ("undrugged", "at the peak loss")
SHOWN = [0, -1]
"""Their places among all blocks."""


def beside(simulation: Simulation, model: Euthymia) -> Simulation:
    """The same course, its data joined by what the circuits say.

    ``gamma`` stands only where the course has no midazolam: its effect on inhibition is not among the data.
    """
    physiology, data = model.physiology, simulation.data
    peak = float(data.drive_loss.sel(cell_class="pyramidal").max())
    health = (jnp.asarray(data.healthy_spine_density.item()), jnp.asarray(data.healthy_reward.item()), jnp.ones(()))
    healthy_input = float(links.limbic_input(physiology.links, *health))
    own_input = float(data.limbic_input.sel(arm="untreated")[0])
    added = {
        **_nuclei(physiology.nucleus, data),
        "pause": ("spikes", np.asarray(_pauses(model)), "ms", "pause of dopamine cells after a synchronous volley"),
        **_landscapes(physiology.limbic.attractor, peak, own_input, healthy_input),
    }
    if all(dose.drug != "midazolam" for dose in simulation.protocol.doses):
        added |= _gamma(model, data)
    variables = {name: (dims, values, {"units": unit, "long_name": text}) for name, (dims, values, unit, text) in added.items()}
    coordinates = {
        "nucleus": list(NUCLEI),
        "spikes": list(SPIKES),
        "landscape": list(LANDSCAPES),
        "edge": list(Window._fields),
        "block": ("block", BLOCKS, {"units": "1", "long_name": "loss of recurrent NMDA drive"}),
        "begun": ["at rest, healthy", "locked, this patient"],
        "network": ["limbic", "cognitive"],
    }
    return replace(simulation, data=data.assign(variables).assign_coords(coordinates))


def _gamma(model: Euthymia, data: xr.Dataset) -> dict[str, tuple]:
    given = data.sel(arm="as given")
    # Nodes are closest where the course changes fastest.
    places = np.unique(np.linspace(0, data.sizes["time"] - 1, GAMMA_TIMES).astype(int))
    nmda = 1 - links.prefrontal_loss(jnp.asarray(data.drive_loss.values))
    at = (jnp.asarray(given.prefrontal_rates.values)[places], nmda[places], jnp.asarray(given.recurrence.values)[places])
    power = np.asarray(_gamma_powers(model.physiology.prefrontal, *at))
    return {
        "gamma": ("gamma_time", power / power[0], "1", "power in the gamma band, before = 1"),
        "gamma_hours": ("gamma_time", data.time.values[places], "h", "time since the first dose"),
    }


@eqx.filter_jit
def _gamma_powers(p: Prefrontal, rates: Array, nmda: Array, recurrence: Array) -> Array:
    nodes = jnp.linspace(0, 1, GAMMA_NODES)
    return jax.vmap(lambda r, n, w: gamma_power(p, r, n, w, jnp.ones(()), nodes))(rates, nmda, recurrence)


def _nuclei(p: Nucleus, data: xr.Dataset) -> dict[str, tuple]:
    shift = float(data.habenula_shift.sel(arm="untreated")[0])
    left = float(data.habenula_nmda.sel(arm="as given").min())
    rates = np.asarray(_volleys(p, jnp.array([1, 1, left]), jnp.array([0, shift, shift])))
    spacing = PLAN.substeps * PLAN.step
    kept = PLAN.nodes // BIN * BIN
    binned = rates[:, :kept].reshape(len(NUCLEI), -1, BIN).mean(-1)
    during = slice(PULSE_START, PULSE_START + 6 * PULSE_TIME)
    spikes = (rates[:, during].sum(-1) - rates[:, :PULSE_START].mean(-1, keepdims=True)[:, 0] * 6 * PULSE_TIME) * spacing * 1e-3
    times = (np.arange(binned.shape[1]) + 0.5) * BIN * spacing - PULSE_START * spacing
    return {
        "volley": (("nucleus", "volley_bin"), binned, "Hz", "mean rate of habenula cells around one synchronous excitation"),
        "volley_time": ("volley_bin", times, "ms", "time since the excitation"),
        "volley_spikes": ("nucleus", spikes, "1", "spikes per cell that the excitation adds within 30 ms"),
    }


@eqx.filter_jit
def _volleys(p: Nucleus, nmda: Array, shift: Array) -> Array:
    pulse = jnp.zeros(PLAN.nodes).at[PULSE_START : PULSE_START + PULSE_TIME].set(PULSE)
    return jax.vmap(lambda left, moved: simulate_nucleus(p, left, moved, jax.random.key(SEED), PLAN, pulse)[1])(nmda, shift)


def _pauses(model: Euthymia) -> Array:
    return jax.vmap(lambda n: pause_after_volley(model.physiology.midbrain.dopamine, n))(jnp.array(SPIKES, float))


def _landscapes(p: Attractor, peak: float, own_input: float, healthy_input: float) -> dict[str, tuple]:
    S, current, drive = (np.asarray(each) for each in _landscape(p, jnp.array([*BLOCKS, peak])))
    edges = np.array([_edges(each) for each in drive])
    at_rest = [_crossing(current, each, healthy_input, 0) for each in drive[:-1]]
    from_lock = [_crossing(current, each, own_input, -1) for each in drive[:-1]]
    passed_on, rates, states = (
        np.asarray(each) for each in _begun_in(p, jnp.array([at_rest, from_lock]), jnp.array([healthy_input, own_input]))
    )
    # Block moves the lower edge up; where it passes this patient's drive, the lock vanishes.
    held = np.isfinite(edges[:-1, 0])
    lower = edges[:-1, 0][held]
    critical = np.interp(own_input, lower, BLOCKS[held], left=np.nan, right=np.nan) if held.any() else np.nan
    return {
        "limbic_S": ("limbic_current", S, "1", "open NMDA channels of the limbic network"),
        "holding_drive": (("landscape", "limbic_current"), drive[SHOWN], "nA", "limbic drive at which that state stands still"),
        "window": (("landscape", "edge"), edges[SHOWN], "nA", "limbic drive between which two states exist"),
        "critical_block": ((), critical, "1", "loss of drive at which this patient's lock vanishes"),
        "healthy_limbic_input": ((), healthy_input, "nA", "limbic drive in health"),
        "communication": (("begun", "block"), passed_on / passed_on[:, :1], "1", "how far one network moves the other, undrugged = 1"),
        "network_rate": (("begun", "block", "network"), rates, "Hz", "firing of the two networks"),
        "undrugged_S": (("begun", "network"), states[:, 0], "1", "open NMDA channels of the state begun in"),
    }


def _edges(drive: np.ndarray) -> tuple[float, float]:
    """Where a landscape turns: the drives between which two states exist, lower first; NaN where there is one state only."""
    step = np.diff(drive)
    bottoms, tops = np.flatnonzero((step[:-1] <= 0) & (step[1:] > 0)), np.flatnonzero((step[:-1] > 0) & (step[1:] <= 0))
    if not len(bottoms) or not len(tops):
        return np.nan, np.nan
    return float(drive[bottoms[-1] + 1]), float(drive[tops[0] + 1])


def _crossing(current: np.ndarray, drive: np.ndarray, limbic_input: float, which: int) -> float:
    """The limbic current of the first or last state that a drive holds, between two points of the landscape."""
    after = np.flatnonzero((drive[:-1] < limbic_input) & (drive[1:] >= limbic_input))[which]
    return float(np.interp(limbic_input, drive[after : after + 2], current[after : after + 2]))


@eqx.filter_jit
def _landscape(p: Attractor, blocks: Array) -> tuple[Array, Array, Array]:
    current = jnp.linspace(0, p.threshold / p.gain + p.limbic_recurrence * p.coupling, CURRENTS)
    return activation(p, current), current, jax.vmap(lambda block: holding_input(p, current, block, jnp.ones(())))(blocks)


@eqx.filter_jit
def _begun_in(p: Attractor, current: Array, limbic_input: Array) -> tuple[Array, Array, Array]:
    one = jnp.ones(())

    def at(current: Scalar, block: Scalar, drive: Scalar) -> tuple[Array, Array, Array]:
        S_L = activation(p, current)
        S = jnp.stack([S_L, quiet_cognition(p, S_L, block)])
        return communication(p, S, block, drive, one), network_rates(p, S, block, drive, one), S

    along = jax.vmap(at, in_axes=(0, 0, None))
    return jax.vmap(lambda each, drive: along(each, jnp.asarray(BLOCKS), drive))(current, limbic_input)
