"""Equations term by term: each number is computed here by itself, so that a single term that is lost or altered shows."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from euthymia.circuits.prefrontal import E, glutamate_release
from euthymia.clinic.symptoms import visit_shift
from euthymia.clinic.unblinding import believed_strength
from euthymia.plasticity.spines import SpineState, healthy_rates, spine_rate, spine_rates, turnover
from euthymia.receptors.nmdar import Blockers, pore_block
from euthymia.trials.arm_statistics import MadrsPair, expected_statistic, response_probability


@pytest.fixture
def spines(model):
    return model.physiology.spines


@pytest.mark.parametrize(("growth", "stress"), [(0.0, 0.0), (0.7, 0.0), (0.7, 0.4), (1.6, 1.0)])
def test_flows_of_spines_under_growth_and_stress(spines, growth, stress):
    p, healthy = spines, healthy_rates(spines)
    x = SpineState(transient=jnp.asarray(0.09), young=jnp.asarray(0.05), persistent=jnp.asarray(0.7))
    flows = turnover(p, x, spine_rates(p, jnp.asarray(growth), jnp.asarray(stress), jnp.asarray(0.011), jnp.asarray(0.0007)))
    speed = 1 + float(p.growth_gain) * growth
    vacant = float(p.sites) - 0.84
    assert flows.formed == pytest.approx(float(healthy.formation) * (1 - float(p.stress_on_formation) * stress) * speed * vacant, rel=1e-12)
    assert flows.vanished == pytest.approx(float(healthy.vanishing) * 0.09, rel=1e-12)
    assert flows.stabilised == pytest.approx(float(healthy.stabilisation) * speed * 0.09, rel=1e-12)
    assert flows.young_eliminated == pytest.approx(0.011 * 0.05, rel=1e-12)
    assert flows.matured == pytest.approx(float(p.maturation) * 0.05, rel=1e-12)
    assert flows.eliminated == pytest.approx(0.0007 * 0.7, rel=1e-12)
    rate = spine_rate(flows)
    gained = float(flows.formed - flows.vanished - flows.young_eliminated - flows.eliminated)
    assert float(sum(rate)) == pytest.approx(gained, rel=1e-12)
    assert rate.persistent == pytest.approx(float(flows.matured - flows.eliminated), rel=1e-12)


def test_of_several_visits_the_largest_shift_counts(model):
    p = model.symptoms
    hours = jnp.array([3.0, 30.0, 500.0])
    one = jnp.stack([visit_shift(p, jnp.asarray(0.8), jnp.full((1,), t)) for t in hours])
    together = visit_shift(p, jnp.asarray(0.8), hours)
    np.testing.assert_allclose(together, one.max(0), rtol=1e-12)
    np.testing.assert_allclose(visit_shift(p, jnp.asarray(0.8), jnp.full((5,), 30.0)), one[1], rtol=1e-12)
    by_hand = 0.8 * (1 - np.exp(-30 / float(p.visit_onset))) * np.exp(-30 / float(p.visit_waning))
    np.testing.assert_allclose(one[1], by_hand * np.asarray(p.visit_items), rtol=1e-12)


def test_pore_block_weighs_subunits_by_the_charge_that_each_carries(model):
    p = model.physiology.receptor
    blockers = Blockers(ketamine=jnp.asarray(0.9), others=jnp.array([0.3, 0.002]))
    expected = []
    for voltage, composition in zip(np.asarray(p.voltage), np.asarray(p.composition), strict=True):
        charge = lost = 0.0
        for subunit, share in enumerate(composition):
            constant = float(p.magnesium.affinity_at_0mV) * np.exp(float(p.magnesium.slope) * voltage)
            magnesium = float(p.magnesium.concentration) / (constant * float(p.magnesium.subunit_scale[subunit]))
            shift = np.exp(-(voltage - float(p.reference_voltage)) / float(p.voltage_slope))
            memantine, mk801 = (float(constant) for constant in p.affinity_of_others[:, subunit])
            bound = 0.9 / float(p.affinity[subunit]) + 0.3 / memantine + 0.002 / mk801
            free, blocked = share / (1 + magnesium), share / (1 + magnesium + bound * shift)
            charge, lost = charge + free, lost + free - blocked
        expected.append(lost / charge)
    np.testing.assert_allclose(pore_block(p, blockers), expected, rtol=1e-10)


def of_spread(mean, sd, patients=40_001):
    """Ratings at two visits whose fall has this mean and SD over patients."""
    fall = mean + sd * norm.ppf((np.arange(patients) + 0.5) / patients)
    return MadrsPair(jnp.full(patients, 40.0), jnp.asarray(40.0 + fall))


@pytest.mark.parametrize(("of_active", "of_control"), [(2.0, 8.0), (8.0, 2.0), (5.0, 5.0)])
def test_an_effect_size_is_over_the_spread_of_both_arms(model, of_active, of_control):
    p = model.ratings
    active, control = of_spread(-20.0, of_active), of_spread(-14.0, of_control)
    found = expected_statistic(p, "effect", active, control, sizes=(1000, 1000))
    error = 2 * float(p.rater_sd) ** 2
    both = np.sqrt((of_active**2 + of_control**2) / 2 + error)
    assert abs(float(found.value)) == pytest.approx(6 / both, rel=3e-3)


def test_a_response_is_by_the_errors_of_two_ratings(model):
    p = model.ratings
    baseline, visit = 34.0, 15.0
    random = np.random.default_rng(7)
    errors = float(p.rater_sd) * random.normal(size=(2, 4_000_000))
    first, second = np.round(baseline + errors[0]), np.round(visit + errors[1])
    seen = (second <= (1 - float(p.response)) * first).mean()
    said = float(response_probability(p, jnp.asarray(baseline), jnp.asarray(visit)))
    # The correction for whole points is exact to a few thousandths; √2 in the place of √(1 + share²) is 0.03 off.
    assert said == pytest.approx(seen, abs=4e-3)
    assert abs(norm.cdf(norm.ppf(said) * np.sqrt(1 + 0.25) / np.sqrt(2)) - seen) > 1e-2, "the errors must matter here"


def test_who_feels_the_drug_expects_more_unless_nobody_was_blind(model):
    p = model.ratings
    half = p.half_belief
    assert believed_strength(p, jnp.asarray(0.5), half, jnp.asarray(1.0)) == pytest.approx(0.5 + float(p.unblinding) / 2, rel=1e-12)
    assert believed_strength(p, jnp.asarray(0.5), 1e9 * half, jnp.asarray(1.0)) == pytest.approx(0.5 + float(p.unblinding), rel=1e-8)
    assert believed_strength(p, jnp.asarray(0.5), half, jnp.asarray(0.0)) == 0.5
    assert believed_strength(p, jnp.asarray(0.5), 0 * half, jnp.asarray(1.0)) == 0.5


@pytest.mark.parametrize("gain", [0.5, 2.0])
def test_glutamate_follows_pyramidal_rate_by_its_gain(model, gain):
    p = replace(model.physiology.prefrontal, glutamate_gain=jnp.asarray(gain))
    undosed = jnp.arange(1.0, 5.0)
    rates = undosed.at[E].multiply(1.6)
    assert glutamate_release(p, rates, undosed) == pytest.approx(gain * 0.6, rel=1e-12)
