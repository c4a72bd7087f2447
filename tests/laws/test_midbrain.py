"""Below the habenula: laws of RMTg, dopamine and raphe."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rescaling import HZ
from rescaling import ONE as DIMENSIONLESS

from euthymia.circuits.midbrain import (
    DopamineState,
    Midbrain,
    dopamine_inhibition,
    dopamine_state,
    hazard_after_volley,
    pause_after_volley,
    raphe_drive,
    raphe_rate,
    rmtg_rate,
)
from euthymia.core.parameters import fill
from euthymia.evidence.registry import evidence

ONE, NONE = jnp.ones(()), jnp.zeros(())
DEPRESSED = (jnp.asarray(10.06), jnp.asarray(3.12))
"""Hz, the habenula input that the scale of inhibition was chosen for."""


@pytest.fixture(scope="module")
def p():
    return fill(Midbrain, evidence().value)


def with_values(module, **changes):
    return dataclasses.replace(module, **{name: jnp.asarray(value, float) for name, value in changes.items()})


def dopamine(p, tonic, burst, cortex=ONE):
    return dopamine_state(p, rmtg_rate(p.rmtg, tonic, burst), tonic, burst, cortex)


def test_the_relay_is_a_rectified_sum_in_which_bursts_weigh_more(p):
    assert p.rmtg.burst_weight > p.rmtg.tonic_weight
    assert float(rmtg_rate(p.rmtg, NONE, NONE)) == float(p.rmtg.threshold)
    assert float(rmtg_rate(with_values(p.rmtg, threshold=-100.0), *DEPRESSED)) == 0
    slopes = jax.grad(lambda x: rmtg_rate(p.rmtg, *x))(jnp.array([6.0, 2.0]))
    np.testing.assert_allclose(slopes, [p.rmtg.tonic_weight, p.rmtg.burst_weight])


def test_a_healthy_habenula_gives_the_healthy_numbers(p):
    d = p.dopamine
    np.testing.assert_allclose(jnp.stack(dopamine(p, *p.healthy)), jnp.stack([d.active_share, d.rate, d.burst_share]), rtol=1e-13)
    assert float(raphe_drive(p, *p.healthy)) == 1


def test_a_depressed_habenula_halves_the_active_cells_and_nothing_else(p):
    healthy, depressed = dopamine(p, *p.healthy), dopamine(p, *DEPRESSED)
    assert float(depressed.active_share / healthy.active_share) == pytest.approx(0.5, abs=1e-4)
    assert depressed[1:] == healthy[1:]


def test_the_scale_of_inhibition_has_the_closed_form_stated(p):
    share = p.dopamine.active_share
    high, low = (dopamine_inhibition(p, rmtg_rate(p.rmtg, *x), *x) for x in (DEPRESSED, tuple(p.healthy)))
    assert float(p.dopamine.inhibition_scale) == pytest.approx(float((high - low) / jnp.log((2 - share) / (1 - share))), rel=1e-4)


def test_shares_stay_shares_and_fall_with_bursts(p):
    bursts = jnp.linspace(0, 200, 50)
    active = jax.vmap(lambda b: dopamine(p, NONE, b).active_share)(bursts)
    assert jnp.all((active > 0) & (active < 1))
    assert jnp.all(jnp.diff(active) < 0)


def test_without_the_relay_a_small_inhibition_remains(p):
    # A habenula that bursts more and fires as many single spikes; in depression it fires fewer of these.
    driven = (p.healthy[0], p.healthy[1] + 2)
    lesioned = dopamine_state(p, rmtg_rate(p.rmtg, *p.healthy), *driven, ONE).active_share
    assert dopamine(p, *driven).active_share < lesioned < p.dopamine.active_share
    both = dataclasses.replace(p, dopamine=with_values(p.dopamine, direct_weight=0.0))
    assert float(dopamine_state(both, rmtg_rate(p.rmtg, *p.healthy), *driven, ONE).active_share) == pytest.approx(
        float(p.dopamine.active_share)
    )


def test_cortical_drive_raises_all_three_and_can_be_lesioned(p):
    driven = dopamine(p, *DEPRESSED, jnp.asarray(1.3))
    assert all(more > less for more, less in zip(driven, dopamine(p, *DEPRESSED), strict=True))
    cut = dataclasses.replace(p, dopamine=with_values(p.dopamine, cortex_on_active=0.0, cortex_on_rate=0.0, cortex_on_bursts=0.0))
    assert dopamine(cut, *DEPRESSED, jnp.asarray(1.3)) == dopamine(p, *DEPRESSED)


@pytest.mark.parametrize("spikes", [1, 2, 3])
def test_the_pause_is_how_long_the_hazard_stays_below_half(p, spikes):
    d = p.dopamine
    t = np.arange(0, 400, 0.01)
    fired = np.arange(spikes) * float(d.burst_interval)
    since = t[:, None] - fired - float(d.synapse_delay)
    trace = np.where(since >= 0, np.exp(-np.maximum(since, 0) / float(d.synapse_time)), 0).sum(1)
    below = np.exp(-float(d.synapse_strength) * trace) < 0.5
    assert np.all(np.diff(np.flatnonzero(below)) == 1)
    assert float(pause_after_volley(d, jnp.asarray(float(spikes)))) == pytest.approx(below.sum() * 0.01, abs=0.03)
    after = t >= fired[-1] + float(d.synapse_delay)
    np.testing.assert_allclose(
        hazard_after_volley(d, jnp.asarray(float(spikes)), jnp.asarray(t[after] - fired[-1])),
        float(d.rate) * np.exp(-float(d.synapse_strength) * trace[after]),
        rtol=1e-10,
        atol=1e-12,
    )


def test_one_spike_pauses_dopamine_for_the_time_it_was_chosen_for_and_a_burst_for_longer(p):
    one, two, three = (float(pause_after_volley(p.dopamine, jnp.asarray(n))) for n in (1.0, 2.0, 3.0))
    assert one == pytest.approx(evidence().target("ji2007.pause").value, abs=0.01)
    assert one < two < three


def test_hazard_is_untouched_before_the_volley_arrives_and_long_after(p):
    times = jnp.array([0.0, float(p.dopamine.synapse_delay) - 0.01, 2000.0])
    np.testing.assert_allclose(hazard_after_volley(p.dopamine, ONE, times), p.dopamine.rate, rtol=1e-12)


def test_a_volley_too_weak_to_halve_the_hazard_makes_no_pause(p):
    assert float(pause_after_volley(with_values(p.dopamine, synapse_strength=0.5), ONE)) == 0
    assert float(pause_after_volley(p.dopamine, jnp.asarray(0.0))) == 0


def test_the_raphe_turns_from_excited_to_inhibited_where_it_should(p):
    r = p.raphe
    turn = r.excitation * r.half_facilitation / (r.inhibition - r.excitation)
    assert float(raphe_rate(r, turn, NONE)) == pytest.approx(float(r.drive), rel=1e-12)
    assert raphe_rate(r, turn / 2, NONE) > r.drive > raphe_rate(r, turn * 1.2, NONE)


def test_few_spikes_excite_the_raphe_and_bursts_inhibit_it(p):
    few, bursts = raphe_rate(p.raphe, jnp.asarray(3.0), NONE), raphe_rate(p.raphe, NONE, jnp.asarray(3.0))
    assert few > p.raphe.drive > bursts
    assert raphe_drive(p, *DEPRESSED) < 1
    assert float(raphe_rate(p.raphe, NONE, jnp.asarray(1e4))) == 0


INPUT = [(5.0, HZ), (4.0, HZ)]
EQUATIONS = {
    "relay": ("physiology.midbrain.rmtg", rmtg_rate, INPUT, HZ),
    "inhibition of dopamine": ("physiology.midbrain", dopamine_inhibition, [(12.0, HZ), *INPUT], HZ),
    "dopamine": (
        "physiology.midbrain",
        dopamine_state,
        [(12.0, HZ), *INPUT, (1.2, DIMENSIONLESS)],
        DopamineState(active_share=DIMENSIONLESS, rate=HZ, burst_share=DIMENSIONLESS),
    ),
    "hazard": ("physiology.midbrain.dopamine", hazard_after_volley, [(2.0, DIMENSIONLESS), (np.array([5.0, 40.0, 90.0]), "ms")], HZ),
    "pause": ("physiology.midbrain.dopamine", pause_after_volley, [(2.0, DIMENSIONLESS)], "ms"),
    "raphe": ("physiology.midbrain.raphe", raphe_rate, INPUT, HZ),
    "relative raphe": ("physiology.midbrain", raphe_drive, INPUT, DIMENSIONLESS),
}
