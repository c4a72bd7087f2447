import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from euthymia.core.numerics.exponential import Steps, etd2rk, phi_functions
from euthymia.model.default import default_model
from euthymia.plasticity.excitotoxicity import calcium_load, damage_source, excitatory_gain, load_for_damage, relative_damage
from euthymia.plasticity.signalling import SignallingState, signalling_rate
from euthymia.plasticity.spines import SpineState, spine_rate, spines_after, turnover

ZERO, ONE = jnp.zeros(()), jnp.ones(())


def test_damage_scale_is_fixed_by_health_and_full_stress(model):
    p = model.physiology.excitotoxicity
    for stress, expected in ((0.0, 0.0), (1.0, 1.0)):
        damage = damage_source(p, calcium_load(p, jnp.asarray(stress), ZERO))
        assert float(relative_damage(p, damage)) == pytest.approx(expected, abs=1e-14)
        assert float(excitatory_gain(p, damage)) == pytest.approx(1 - expected * float(p.gain_loss), abs=1e-14)


def test_full_block_leaves_no_load_and_no_damage(model):
    p = model.physiology.excitotoxicity
    assert float(damage_source(p, calcium_load(p, ONE, ONE))) == 0


def test_load_and_damage_are_inverse(model):
    p = model.physiology.excitotoxicity
    damage = jnp.linspace(0.01, 0.99, 50)
    np.testing.assert_allclose(damage_source(p, load_for_damage(p, damage)), damage, rtol=1e-12)


def test_signalling_rests_without_drug_and_is_linear_in_its_drive(model):
    p = model.physiology.signalling
    rest = SignallingState(*[ZERO] * 7)
    assert all(float(each) == 0 for each in signalling_rate(p, rest, ZERO, ZERO, ZERO, ZERO, ZERO))
    x = SignallingState(*jnp.linspace(0.1, 0.7, 7))
    once = jnp.stack(signalling_rate(p, x, 0.2 * ONE, 0.3 * ONE, 0.5 * ONE, x.bdnf, x.bdnf))
    double = SignallingState(*(2 * each for each in x))
    twice = jnp.stack(signalling_rate(p, double, 0.4 * ONE, 0.6 * ONE, ONE, double.bdnf, double.bdnf))
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-13)


@pytest.mark.parametrize("arm", ["surge", "rest", "serotonin"])
def test_each_arm_alone_raises_bdnf(model, arm):
    names = ("surge", "rest", "serotonin")
    rate = signalling_rate(model.physiology.signalling, SignallingState(*[ZERO] * 7), *(ONE * (name == arm) for name in names), ZERO, ZERO)
    assert float(rate.bdnf) > 0
    assert all(float(each) == 0 for each in rate[1:])


def test_structure_follows_proteins_by_three_delays_on_average(model):
    # Mean transit time of the chain, from the moments of its impulse response.
    p = model.physiology.signalling

    def rate(vector):
        return jnp.stack(signalling_rate(p, SignallingState(*vector), ZERO, ZERO, ZERO, vector[0], vector[0]))

    A = np.asarray(jax.jacfwd(rate)(jnp.zeros(7)))
    names = SignallingState._fields
    impulse = np.eye(7)[names.index("bdnf")]

    def mean_time(name):
        area = -np.linalg.solve(A, impulse)
        moment = np.linalg.solve(A, np.linalg.solve(A, impulse))
        return moment[names.index(name)] / area[names.index(name)]

    assert mean_time("structure_3") - mean_time("protein") == pytest.approx(3 * float(p.structural_delay), rel=1e-12)


def test_blocked_mtor_lets_potentiation_through_but_no_protein(model):
    x = SignallingState(ONE, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO)
    rate = signalling_rate(model.physiology.signalling, x, ZERO, ZERO, ZERO, ZERO, ONE)
    assert float(rate.mtor) == 0
    assert float(rate.potentiation) > 0


def test_spines_are_balanced(model):
    # Cumulated flows are integrated beside the pools; what formed and did not vanish is there.
    p = model.physiology.spines
    growth, stress, elimination = 0.8 * ONE, 0.3 * ONE, 2 * p.elimination

    def rate(y, u):
        flows = turnover(p, SpineState(y[0], y[1]), growth * u, stress, elimination)
        return jnp.concatenate([jnp.stack(spine_rate(flows)), jnp.stack(flows)])

    start = jnp.array([0.07, 0.75, 0.0, 0.0, 0.0, 0.0])
    steps = Steps(jnp.array([2.0]), jnp.zeros(200, int))
    linear = jax.jacfwd(lambda y: rate(y, ZERO))(start)
    u = jnp.exp(-jnp.arange(201) * 2.0 / 30)
    y = etd2rk(rate, linear, phi_functions(linear, steps.lengths), start, steps, u)
    transient, persistent, formed, vanished, matured, eliminated = y.T
    np.testing.assert_allclose(transient - start[0], formed - vanished - matured, atol=1e-10)
    np.testing.assert_allclose(persistent - start[1], matured - eliminated, atol=1e-10)
    assert float(formed[-1]) > 0.05
    assert jnp.all(transient + persistent <= p.sites)


def test_growth_raises_formation_and_leaves_elimination_alone(model):
    p, x = model.physiology.spines, SpineState(0.07 * ONE, 0.75 * ONE)
    before, during = (turnover(p, x, growth, 0.3 * ONE, p.elimination) for growth in (ZERO, ONE))
    assert float(during.formed / before.formed) == pytest.approx(1 + float(p.growth_gain))
    assert float(during.eliminated) == float(before.eliminated)


def test_a_full_dendrite_forms_nothing(model):
    p = model.physiology.spines
    assert float(turnover(p, SpineState(ZERO, p.sites), ONE, ZERO, p.elimination).formed) == 0


@settings(max_examples=200, deadline=None)
@given(
    x=st.tuples(*[st.floats(0, 1)] * 2).filter(lambda pools: sum(pools) <= 1),
    growth=st.floats(0, 1e3),
    stress=st.floats(0, 1),
    faster=st.floats(1, 100),
    step=st.floats(1e-3, 1e3),
)
def test_no_step_overfills_or_empties_a_dendrite(x, growth, stress, faster, step):
    p = default_model().physiology.spines
    start = SpineState(*(p.sites * pool for pool in x))
    then = jax.jit(spines_after)(p, start, growth * ONE, stress * ONE, faster * p.elimination, step * ONE)
    assert min(then) >= -1e-12
    assert float(sum(then)) <= float(p.sites) * (1 + 1e-12)


def test_two_steps_of_spines_are_one(model):
    p, x, by = model.physiology.spines, SpineState(0.07 * ONE, 0.75 * ONE), (3 * ONE, 0.3 * ONE, 0.002 * ONE)
    halfway = spines_after(p, x, *by, 5 * ONE)
    np.testing.assert_allclose(spines_after(p, halfway, *by, 5 * ONE), spines_after(p, x, *by, 10 * ONE), rtol=1e-12)
    # Over a short step they go as fast as their flows say, and without end they rest.
    np.testing.assert_allclose(
        (jnp.stack(spines_after(p, x, *by, 1e-6 * ONE)) - jnp.stack(x)) / 1e-6, jnp.stack(spine_rate(turnover(p, x, *by))), rtol=1e-5
    )
    at_rest = spines_after(p, x, *by, 1e5 * ONE)
    np.testing.assert_allclose(spine_rate(turnover(p, at_rest, *by)), 0, atol=1e-15)
    np.testing.assert_allclose(spines_after(p, at_rest, *by, 5 * ONE), at_rest, rtol=1e-14)
