"""What the circuits say beside a course is what their equations say at its state."""

import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.analysis import habenula, omitted_reward
from euthymia.analysis.circuits import circuits
from euthymia.circuits.prefrontal import E, entry, jacobian, power_spectrum, steady_rates
from euthymia.core.units import registry
from euthymia.protocols.reading import read
from euthymia.simulation.simulate import simulate


def spikes_of(data, checkpoint, neuron=None):
    chosen = data.spike_checkpoint.values == checkpoint
    if neuron is not None:
        chosen &= data.spike_neuron.values == neuron
    return data.spike_time.values[chosen]


def test_every_number_has_a_unit_and_a_meaning(circuits_beside):
    for name, variable in circuits_beside.variables.items():
        assert variable.attrs["long_name"], name
        if variable.dtype.kind not in "OSU":
            assert registry().parse_units(variable.attrs["units"]) is not None, name


def test_circuits_are_looked_at_before_at_the_peak_and_a_day_after(circuits_beside, reference_run):
    times = dict(zip(circuits_beside.checkpoint.values, circuits_beside.checkpoint_time.values, strict=True))
    assert list(times) == ["before", "at the peak loss", "24 h"]
    loss = reference_run.data.drive_loss.sel(cell_class="habenula")
    assert times["before"] == 0
    assert float(loss.sel(time=times["at the peak loss"])) == float(loss.max())
    assert times["24 h"] == pytest.approx(24, abs=1)


def test_a_course_that_ends_before_a_day_and_a_drug_without_block_leave_times_out(model):
    short = simulate(read("ketamine-iv").changed(horizon="12 h"))
    assert list(circuits(short, model).checkpoint.values) == ["before", "at the peak loss"]
    midazolam = circuits(simulate(read("midazolam")), model)
    assert list(midazolam.checkpoint.values) == ["before", "24 h"]
    assert "prefrontal_spectrum" not in midazolam
    assert "gamma_power" not in midazolam
    assert "ensemble_firing" not in midazolam


def test_a_trace_crosses_the_spike_level_when_the_raster_says(circuits_beside, model):
    level, times = float(model.physiology.nucleus.cell.spike_level), circuits_beside.trace_time.values
    fired = 0
    for number, checkpoint in enumerate(circuits_beside.checkpoint.values):
        for cell, neuron in zip(circuits_beside.traced_cell.values, circuits_beside.traced_neuron.values, strict=True):
            V = circuits_beside.habenula_voltage.sel(checkpoint=checkpoint, traced_cell=cell).values
            rises = times[1:][(V[:-1] < level) & (V[1:] >= level)]
            spikes = spikes_of(circuits_beside, number, neuron)
            spikes = spikes[(spikes > times[0]) & (spikes <= times[-1])]
            assert len(rises) == len(spikes)
            # A sample is at most its distance from the last one late.
            assert ((rises - spikes >= -1e-9) & (rises - spikes <= np.diff(times)[0] + 1e-9)).all()
            fired += len(spikes)
    assert fired > 20


def test_cells_are_counted_as_the_nucleus_counts_them(circuits_beside, model, reference_run):
    p = model.physiology.nucleus
    dosed = reference_run.data.sel(arm="as given").isel(time=[0])
    recording = habenula.record(p, jnp.asarray(dosed.habenula_nmda.values), jnp.asarray(dosed.habenula_shift.values))
    fractions = circuits_beside.habenula_cells.isel(checkpoint=0)
    assert fractions.values == pytest.approx(np.asarray(recording.firing[0]).mean(0))
    assert circuits_beside.habenula_cells.sum("activity").values == pytest.approx(1)
    # Every spike stands once, and in order within its cell.
    for number in range(circuits_beside.sizes["checkpoint"]):
        assert (spikes_of(circuits_beside, number) < float(circuits_beside.recording_time)).all()
    assert (np.diff(spikes_of(circuits_beside, 0, 50)) > 0).all()
    assert len(spikes_of(circuits_beside, 0)) == int(jnp.isfinite(recording.spike[0]).sum())


def test_gamma_power_is_the_mean_of_the_spectrum_over_its_band(circuits_beside):
    low, high = circuits_beside.gamma_band.values
    band = circuits_beside.prefrontal_spectrum.sel(frequency=slice(low, high)).mean("frequency")
    at_peak = float(band.sel(checkpoint="at the peak loss") / band.sel(checkpoint="before"))
    hours = float(circuits_beside.checkpoint_time.sel(checkpoint="at the peak loss"))
    assert at_peak == pytest.approx(float(circuits_beside.gamma_power.interp(gamma_time=hours)), rel=0.02)
    assert at_peak > 1.2


def test_circuits_of_the_ensemble_are_shown_around_the_typical_one(circuits_beside, reference_run):
    """The typical circuit is one of them, and stands inside the band at its peak."""
    firing = circuits_beside.ensemble_firing
    assert (np.diff(firing.values, axis=0) >= 0).all()
    np.testing.assert_allclose(firing.isel(gamma_time=0), 0, atol=1e-12)
    rates = reference_run.data.prefrontal_rates.sel(arm="as given", cortical_class="pyramidal")
    change = (rates / rates[0] - 1).interp(time=firing.gamma_time.values)
    peak = int(np.argmax(change.values))
    low, _, high = firing.sel(cortical_class="pyramidal").values[:, peak]
    assert low < float(change[peak]) < high
    assert low > 0


def test_a_spectrum_at_low_frequency_is_the_square_of_the_steady_response(circuits_beside, model, reference_run):
    p, rest = model.physiology.prefrontal, reference_run.data.sel(arm="as given").isel(time=0)
    ones, recurrence = jnp.ones(len(p.baseline)), jnp.asarray(rest.recurrence.item())
    rates = steady_rates(p, ones, recurrence, jnp.ones(()))
    steady = -jnp.linalg.solve(jacobian(p, rates, ones, recurrence, jnp.ones(())), entry(p, rates, ones, recurrence, jnp.ones(())))[E]
    slow = power_spectrum(p, rates, ones, recurrence, jnp.ones(()), jnp.array([1e-9]))
    assert float(slow[0]) == pytest.approx(float((steady**2).sum()), rel=1e-6)


def test_an_omitted_reward_is_one_experiment(circuits_beside, model):
    """The figure shows the first of the runs whose mean a claim takes."""
    p, experiment = model.physiology.nucleus, model.omitted_reward
    rate = omitted_reward.excited_rate(p, experiment, jnp.ones(()), jnp.zeros(()), 1)
    healthy = circuits_beside.sel(nucleus="healthy")
    assert healthy.omitted_reward_rate.values == pytest.approx(np.asarray(rate))
    spikes = omitted_reward.volley(p, experiment, rate)
    assert float(healthy.omitted_reward_spikes) == pytest.approx(spikes)
    assert float(healthy.omitted_reward_pause) == pytest.approx(omitted_reward.pause(model.physiology.midbrain.dopamine, spikes))
    before = circuits_beside.omitted_reward_rate.sel(volley_time=slice(None, 0)).mean("volley_time")
    assert (circuits_beside.omitted_reward_rate.max("volley_time") > 5 * before).all()
