"""What the circuits say beside a course: recordings of the habenula, spectra of the prefrontal cortex, the limbic landscape."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from .. import links
from ..brain.attractor import NETWORKS, Window
from ..circuits.habenula.parameters import Nucleus
from ..circuits.prefrontal import Prefrontal, gamma_power, power_spectrum
from ..core.constants import DAY
from ..core.device import on_device
from ..core.exported_programs import exported
from ..core.types import ACTIVITIES, CORTICAL
from ..model.parameters import Euthymia
from ..results.labelled import labelled
from ..simulation.simulate import Simulation
from ..simulation.visits import first_visit
from . import habenula, limbic, omitted_reward
from .ensemble_course import over_ensemble

BEFORE, PEAK, DAY_AFTER = "before", "at the peak loss", "24 h"
GAMMA_NODES, GAMMA_TIMES = 5, 60
"""Frequencies in the gamma band, and times of the course, at which power is evaluated."""
FREQUENCIES = np.geomspace(1.0, 120.0, 120)
"""Of a spectrum, Hz."""
HERTZ = 1e-3
"""In 1/ms."""
NUCLEI = ("healthy", "this patient", "this patient, at the peak loss")
VOLLEY = (1, 2, 3)
"""Spikes of every habenula cell in one volley."""
QUANTILES = (0.05, 0.5, 0.95)
"""Of the circuits of the ensemble."""
PREFRONTAL = frozenset(("way 1", "prefrontal"))
"""What takes the loss of NMDA drive from prefrontal circuits."""
RUNS = 1
"""Of the runs of an omitted reward; a claim takes the mean of all."""


def circuits(simulation: Simulation, model: Euthymia) -> xr.Dataset:
    """What the circuits say beside a course, as one labelled data set.

    Prefrontal spectra are left out where the course has midazolam: its effect on inhibition is not among the data.
    """
    nodes = checkpoints(simulation)
    values: dict[str, Array | np.ndarray | float] = {
        "checkpoint_time": simulation.data.time.values[list(nodes.values())] - first_visit(simulation.protocol)
    }
    coordinates: dict[str, np.ndarray | list] = {"checkpoint": list(nodes)}
    parts = [_recordings, _omitted_reward, _limbic]
    if all(dose.drug != "midazolam" for dose in simulation.protocol.doses):
        parts.append(_prefrontal)
        if PREFRONTAL.isdisjoint(simulation.without):
            parts.append(_ensemble)
    for part in parts:
        more, axes = part(simulation, model)
        values |= more
        coordinates |= axes
    return labelled(values, coordinates)


def checkpoints(simulation: Simulation) -> dict[str, int]:
    """Nodes of a course at which circuits are looked at, by name: before, at the peak loss of NMDA drive, 24 h after the first dose.

    Without any loss there is no second, and no third where a course ends earlier.
    """
    times, loss = simulation.data.time.values, simulation.data.drive_loss.sel(cell_class="habenula").values
    nodes = {BEFORE: 0}
    if loss.max() > 0:
        nodes[PEAK] = int(loss.argmax())
    if (day_after := first_visit(simulation.protocol) + DAY) <= times[-1]:
        nodes[DAY_AFTER] = int(np.abs(times - day_after).argmin())
    return nodes


def _recordings(simulation: Simulation, model: Euthymia) -> tuple[dict, dict]:
    """The habenula at the checkpoints."""
    p = model.physiology.nucleus
    then = simulation.data.sel(arm="as given").isel(time=list(checkpoints(simulation).values()))
    state = on_device(then.habenula_nmda.values), on_device(then.habenula_shift.values)
    recording = habenula.record(p, *state)
    typical, spikes = habenula.typical_cells(recording), habenula.table_of_spikes(recording)
    values = {
        "neuron_rest": recording.rest,
        "habenula_cells": recording.firing.mean(1),
        "traced_neuron": list(typical.values()),
        "habenula_voltage": habenula.trace(p, *state, on_device(list(typical.values()))),
        "recording_time": habenula.PLAN.nodes * habenula.SPACING,
        **{f"spike_{name}": column for name, column in spikes._asdict().items()},
    }
    axes = {
        "neuron": np.arange(habenula.PLAN.cells),
        "activity": list(ACTIVITIES),
        "traced_cell": list(typical),
        "trace_time": habenula.trace_times(),
        "spike": np.arange(len(spikes.time)),
    }
    return values, axes


def _omitted_reward(simulation: Simulation, model: Euthymia) -> tuple[dict, dict]:
    """One synchronous excitation of the habenula, in health, before the course and at its peak."""
    p, experiment, dopamine = model.physiology.nucleus, model.omitted_reward, model.physiology.midbrain.dopamine
    shift = simulation.undosed("habenula_shift")
    left = float(simulation.data.habenula_nmda.sel(arm="as given").min())
    rates = np.asarray(_excited(p, experiment, on_device([1, 1, left]), on_device([0, shift, shift])))
    spikes = [omitted_reward.volley(p, experiment, rate) for rate in rates]
    values = {
        "omitted_reward_rate": rates,
        "omitted_reward_spikes": spikes,
        "omitted_reward_pause": [omitted_reward.pause(dopamine, number) for number in spikes],
        "volley_pause": [omitted_reward.pause(dopamine, float(number)) for number in VOLLEY],
    }
    middles = omitted_reward.times_since_excitation() + omitted_reward.SPACING / 2
    return values, {"nucleus": list(NUCLEI), "volley_time": middles, "volley": list(VOLLEY)}


@exported
def _excited(p: Nucleus, experiment, nmda: Float[Array, "nucleus"], shift: Float[Array, "nucleus"]) -> Float[Array, "nucleus node"]:
    return jax.vmap(lambda left, moved: omitted_reward.excited_rate(p, experiment, left, moved, RUNS))(nmda, shift)


def _limbic(simulation: Simulation, model: Euthymia) -> tuple[dict, dict]:
    """The landscape of the limbic lock, its subnetworks, and its clock at other noise."""
    data, physiology = simulation.data, model.physiology
    peak = float(data.limbic_block.sel(arm="as given").max())
    health = data.healthy_spine_density.item(), data.healthy_reward.item(), 1.0
    healthy_input = float(jax.jit(links.limbic_input)(physiology.links, *health))
    own_input = simulation.undosed("limbic_input")
    values = limbic.landscape(physiology.limbic.attractor, peak, own_input, healthy_input)
    values |= limbic.subnetworks(model, own_input) | limbic.passages_by_noise(physiology.limbic, own_input)
    axes = {
        "landscape": list(limbic.LANDSCAPES),
        "limbic_current": values.pop("limbic_current"),
        "edge": list(Window._fields),
        "initial_state": list(limbic.INITIAL_STATES),
        "block": limbic.BLOCKS,
        "network": list(NETWORKS),
        "subnetwork": np.arange(1, links.SUBNETWORKS + 1),
        "noise": limbic.explored_noise(physiology.limbic),
    }
    return values, axes


def _prefrontal(simulation: Simulation, model: Euthymia) -> tuple[dict, dict]:
    """Gamma power over the course, and spectra at the checkpoints."""
    data, p = simulation.data, model.physiology.prefrontal
    indices = _times_of_gamma(data)
    nodes = list(checkpoints(simulation).values())
    power = np.asarray(_gamma_powers(p, *_state(data, indices)))
    values = {
        "gamma_power": power / power[0],
        "checkpoint_prefrontal_rates": data.prefrontal_rates.sel(arm="as given").values[nodes],
        "prefrontal_spectrum": _spectra(p, *_state(data, nodes), on_device(FREQUENCIES * HERTZ)),
        "gamma_band": p.gamma_band / HERTZ,
    }
    axes = {
        "gamma_time": data.time.values[indices] - first_visit(simulation.protocol),
        "frequency": FREQUENCIES,
        "cortical_class": list(CORTICAL),
    }
    return values, axes


def _ensemble(simulation: Simulation, model: Euthymia) -> tuple[dict, dict]:
    """What circuits of the ensemble do in the place of the typical one, all else being as in the course."""
    data, p = simulation.data, model.physiology
    indices = _times_of_gamma(data)
    times, dosed = data.time.values, data.sel(arm="as given")
    courses = over_ensemble(
        p,
        model.circuits,
        on_device(np.diff(times)),
        on_device(data.racemate_equivalents.values),
        on_device(data.drive_loss.sel(cell_class=list(CORTICAL)).values),
        on_device(dosed.recurrence.values),
        on_device(dosed.prefrontal_inhibition.values),
        "adaptation" not in simulation.without,
    )
    firing, glutamate = (np.quantile(np.asarray(values)[:, indices], QUANTILES, axis=0) for values in courses)
    values = {"ensemble_firing": firing, "ensemble_glutamate": glutamate}
    axes = {
        "quantile": list(QUANTILES),
        "gamma_time": times[indices] - first_visit(simulation.protocol),
        "cortical_class": list(CORTICAL),
    }
    return values, axes


def _times_of_gamma(data: xr.Dataset) -> np.ndarray:
    """Nodes of a course; they are closest where it changes fastest."""
    return np.unique(np.linspace(0, data.sizes["time"] - 1, GAMMA_TIMES).astype(int))


def _state(data: xr.Dataset, nodes) -> tuple[Array, Array, Array]:
    """Rates (Hz), NMDA drive left and recurrence of the circuit as given, at some nodes of a course."""
    dosed = data.sel(arm="as given").isel(time=nodes)
    return on_device(dosed.prefrontal_rates.values), on_device(dosed.prefrontal_nmda.values), on_device(dosed.recurrence.values)


@exported
def _gamma_powers(p: Prefrontal, rates: Array, nmda: Array, recurrence: Array) -> Array:
    nodes = jnp.linspace(0, 1, GAMMA_NODES)
    return jax.vmap(lambda r, n, w: gamma_power(p, r, n, w, jnp.ones(()), nodes))(rates, nmda, recurrence)


@exported
def _spectra(p: Prefrontal, rates: Array, nmda: Array, recurrence: Array, frequencies: Array) -> Array:
    return jax.vmap(lambda r, n, w: power_spectrum(p, r, n, w, jnp.ones(()), frequencies))(rates, nmda, recurrence)
