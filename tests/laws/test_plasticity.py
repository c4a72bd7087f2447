import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from euthymia.core.numerics.exponential import Steps, etd2rk, phi_functions
from euthymia.links import spine_elimination
from euthymia.model.default import default_model
from euthymia.plasticity.excitotoxicity import calcium_load, damage_source, excitatory_gain, load_for_damage, relative_damage
from euthymia.plasticity.signalling import SignallingState, signalling_rate
from euthymia.plasticity.spines import SpineState, density, healthy_rates, spine_rate, spine_rates, spines_after, turnover

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
    rest = SignallingState(*[ZERO] * 8)
    assert all(float(each) == 0 for each in signalling_rate(p, rest, ZERO, ZERO, ZERO, ZERO, ZERO))
    x = SignallingState(*jnp.linspace(0.1, 0.8, 8))
    once = jnp.stack(signalling_rate(p, x, 0.2 * ONE, 0.3 * ONE, 0.5 * ONE, x.bdnf, x.bdnf))
    double = SignallingState(*(2 * each for each in x))
    twice = jnp.stack(signalling_rate(p, double, 0.4 * ONE, 0.6 * ONE, ONE, double.bdnf, double.bdnf))
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-13)


@pytest.mark.parametrize("arm", ["surge", "rest", "serotonin"])
def test_each_arm_alone_raises_bdnf(model, arm):
    names = ("surge", "rest", "serotonin")
    rate = signalling_rate(model.physiology.signalling, SignallingState(*[ZERO] * 8), *(ONE * (name == arm) for name in names), ZERO, ZERO)
    assert float(rate.bdnf) > 0
    assert all(float(each) == 0 for each in rate[1:])


def test_structure_follows_its_drive_by_three_delays_on_average(model):
    # Mean transit time of the chain, from the moments of its impulse response.
    p = model.physiology.signalling

    def rate(vector):
        return jnp.stack(signalling_rate(p, SignallingState(*vector), ZERO, ZERO, ZERO, vector[0], vector[0]))

    A = np.asarray(jax.jacfwd(rate)(jnp.zeros(8)))
    names = SignallingState._fields
    impulse = np.eye(8)[names.index("bdnf")]

    def mean_time(name):
        area = -np.linalg.solve(A, impulse)
        moment = np.linalg.solve(A, np.linalg.solve(A, impulse))
        return moment[names.index(name)] / area[names.index(name)]

    assert mean_time("structure_3") - mean_time("structural_drive") == pytest.approx(3 * float(p.structural_delay), rel=1e-12)


def test_blocked_mtor_lets_potentiation_through_but_no_protein(model):
    x = SignallingState(ONE, *[ZERO] * 7)
    rate = signalling_rate(model.physiology.signalling, x, ZERO, ZERO, ZERO, ZERO, ONE)
    assert float(rate.mtor) == 0
    assert float(rate.potentiation) > 0


def test_spines_are_balanced(model):
    # Cumulated flows are integrated beside the pools; what formed and was not lost is there.
    p = model.physiology.spines

    def rate(y, u):
        flows = turnover(p, SpineState(*y[:3]), rates(p, 0.8 * u, faster=2.0))
        return jnp.concatenate([jnp.stack(spine_rate(flows)), jnp.stack(flows)])

    start = jnp.concatenate([jnp.array([0.07, 0.1, 0.65]), jnp.zeros(6)])
    steps = Steps(jnp.array([2.0]), jnp.zeros(200, int))
    linear = jax.jacfwd(lambda y: rate(y, ZERO))(start)
    u = jnp.exp(-jnp.arange(201) * 2.0 / 30)
    y = etd2rk(rate, linear, phi_functions(linear, steps.lengths), start, steps, u)
    transient, young, persistent, formed, vanished, stabilised, young_eliminated, matured, eliminated = y.T
    np.testing.assert_allclose(transient - start[0], formed - vanished - stabilised, atol=1e-10)
    np.testing.assert_allclose(young - start[1], stabilised - young_eliminated - matured, atol=1e-10)
    np.testing.assert_allclose(persistent - start[2], matured - eliminated, atol=1e-10)
    assert float(formed[-1]) > 0.05
    assert jnp.all(transient + young + persistent <= p.sites)


SOME = SpineState(0.07 * ONE, 0.1 * ONE, 0.65 * ONE)


def rates(p, growth, stress=0.3, faster=1.0):
    healthy = healthy_rates(p)
    return spine_rates(p, growth * ONE, stress * ONE, faster * healthy.young_elimination, faster * healthy.elimination)


def test_health_rests_at_its_shares(model):
    p = model.physiology.spines
    N, Y = p.healthy_transient, p.healthy_young
    assert all(float(rate) > 0 for rate in healthy_rates(p))
    np.testing.assert_allclose(spine_rate(turnover(p, SpineState(N, Y, 1 - N - Y), healthy_rates(p))), 0, atol=1e-18)


def test_growth_raises_formation_and_leaves_elimination_alone(model):
    p = model.physiology.spines
    before, during = (turnover(p, SOME, rates(p, growth)) for growth in (0.0, 1.0))
    assert float(during.formed / before.formed) == pytest.approx(1 + float(p.growth_gain))
    assert float(during.stabilised / before.stabilised) == pytest.approx(1 + float(p.growth_gain))
    assert (during.vanished, during.young_eliminated, during.matured, during.eliminated) == (
        before.vanished,
        before.young_eliminated,
        before.matured,
        before.eliminated,
    )


def test_a_full_dendrite_forms_nothing(model):
    p = model.physiology.spines
    assert float(turnover(p, SpineState(ZERO, ZERO, p.sites), rates(p, 1.0)).formed) == 0


def test_stress_takes_young_spines_first(model):
    p, spines = model.physiology.links, model.physiology.spines
    healthy = healthy_rates(spines)
    loss = healthy.young_elimination, healthy.elimination
    calm, stressed = (spine_elimination(p, *loss, stress * ONE, stress * ONE) for stress in (0.0, 0.3))
    assert calm == loss
    young, persistent = (float(after / before) for before, after in zip(calm, stressed, strict=True))
    assert young > persistent > 1


@settings(max_examples=200, deadline=None)
@given(
    x=st.tuples(*[st.floats(0, 1)] * 3).filter(lambda pools: sum(pools) <= 1),
    growth=st.floats(0, 1e3),
    stress=st.floats(0, 1),
    faster=st.floats(1, 100),
    step=st.floats(1e-3, 1e3),
)
def test_no_step_overfills_or_empties_a_dendrite(x, growth, stress, faster, step):
    p = default_model().physiology.spines
    start = SpineState(*(p.sites * pool for pool in x))
    then = jax.jit(spines_after)(p, start, rates(p, growth, stress, faster), step * ONE)
    assert min(then) >= 0
    assert float(density(then)) <= float(p.sites) * (1 + 1e-12)


def test_two_steps_of_spines_are_one(model):
    p, by = model.physiology.spines, rates(model.physiology.spines, 3.0)
    halfway = spines_after(p, SOME, by, 5 * ONE)
    np.testing.assert_allclose(spines_after(p, halfway, by, 5 * ONE), spines_after(p, SOME, by, 10 * ONE), rtol=1e-12)
    # Over a short step they go as fast as their flows say, and where these balance they rest.
    np.testing.assert_allclose(
        (jnp.stack(spines_after(p, SOME, by, 1e-4 * ONE)) - jnp.stack(SOME)) / 1e-4, spine_rate(turnover(p, SOME, by)), rtol=1e-4
    )

    def rate(x):
        return jnp.stack(spine_rate(turnover(p, SpineState(*x), by)))

    at_rest = SpineState(*-jnp.linalg.solve(jax.jacfwd(rate)(jnp.zeros(3)), rate(jnp.zeros(3))))
    np.testing.assert_allclose(spines_after(p, at_rest, by, 5 * ONE), at_rest, rtol=1e-12)
