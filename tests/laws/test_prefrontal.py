"""Way 1: laws of the prefrontal circuit."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rescaling import HOURLY, HZ
from rescaling import ONE as DIMENSIONLESS
from scipy.integrate import solve_ivp
from scipy.linalg import solve_continuous_lyapunov

from euthymia.analysis.dose_response import CONCENTRATIONS, dose_curve, dose_curve_draws, drawn, times_to_change
from euthymia.circuits.prefrontal import (
    CLASSES,
    Prefrontal,
    activity_rate,
    background,
    entry,
    focus,
    gamma_power,
    glutamate_rate,
    glutamate_release,
    impulse_control,
    jacobian,
    power_spectrum,
    steady_rates,
    time_course,
    transfer,
)
from euthymia.core.numerics.soft_rectifier import inverse_soft_rectifier, soft_rectifier
from euthymia.core.numerics.steady_state import solve_four, steady_state
from euthymia.core.parameters import fill
from euthymia.core.types import CORTICAL
from euthymia.evidence.registry import evidence
from euthymia.model.circuits import with_split
from euthymia.model.parameters import DoseCurve

ONE, NO_CURRENT, UNDRUGGED = jnp.ones(()), jnp.zeros(4), jnp.ones(4)
POTENCY = jnp.array([evidence().value(f"nmdar.drive_ic50.{name}", "uM") for name in CORTICAL])
STANDARD_PEAK = 0.35
"""µM, free in brain after 0.5 mg/kg."""
BAND = jnp.linspace(0, 1, 51)
STEADY, COURSE, GAMMA, IMPULSE, JACOBIAN, CURVE = (
    jax.jit(each) for each in (steady_rates, time_course, gamma_power, impulse_control, jacobian, dose_curve)
)


@pytest.fixture(scope="module")
def p():
    return fill(Prefrontal, evidence().value)


def with_values(module, **changes):
    return dataclasses.replace(module, **{name: jnp.asarray(value, float) for name, value in changes.items()})


def left(concentration):
    """Share of NMDA drive left per class."""
    return 1 / (1 + concentration / POTENCY)


def conditions(n=2000):
    """Random NMDA shares, recurrence and inhibition over their whole range, every corner of the shares first."""
    keys = jax.random.split(jax.random.key(0), 3)
    nmda = jax.random.uniform(keys[0], (n, 4))
    corners = jnp.stack(jnp.meshgrid(*[jnp.array([0.0, 1.0])] * 4), -1).reshape(16, 4)
    return (
        nmda.at[:16].set(corners),
        jax.random.uniform(keys[1], (n,), minval=0.6, maxval=1.3),
        jax.random.uniform(keys[2], (n,), minval=1.0, maxval=2.0),
    )


@pytest.fixture(scope="module")
def settled(p):
    drawn = conditions()
    return jax.jit(jax.vmap(lambda *each: STEADY(p, *each)))(*drawn), drawn


def test_the_rectifier_is_its_formula_and_smooth_at_zero():
    x = np.array([-30.0, -3.0, -0.2, -0.1, -0.0999, -1e-3, 1e-3, 0.0999, 0.1, 0.5, 4.0, 50.0])
    exact = x.astype(np.longdouble)
    np.testing.assert_allclose(soft_rectifier(jnp.asarray(x)), (exact / -np.expm1(-exact)).astype(float), rtol=4e-15)
    assert float(soft_rectifier(jnp.zeros(()))) == 1
    slope = jax.vmap(jax.grad(soft_rectifier))
    np.testing.assert_allclose(slope(jnp.array([0.0, 800.0, -800.0])), [0.5, 1, 0], atol=1e-15)
    # f(x) − f(−x) = x, hence f'(x) + f'(−x) = 1.
    np.testing.assert_allclose(slope(jnp.asarray(x)) + slope(-jnp.asarray(x)), 1, rtol=1e-13)


def test_the_inverse_rectifier_undoes_it():
    x = jnp.concatenate([jnp.linspace(-30, 60, 181), jnp.array([0.0])])
    np.testing.assert_allclose(inverse_soft_rectifier(soft_rectifier(x)), x, rtol=1e-12, atol=1e-13)


def test_settling_reaches_the_rest_that_the_start_leads_to():
    # x' = x − x³ has rests −1, 0, 1; Newton's method from 0.5 would jump to another one.
    for start, rest in ((0.5, 1.0), (-0.01, -1.0), (3.0, 1.0)):
        assert float(steady_state(lambda x: x - x**3, jnp.array([start]))[0]) == pytest.approx(rest, abs=1e-14)


def test_derivatives_of_a_rest_are_those_of_the_equation_it_solves():
    # x' = a − x³ rests at a^(1/3).
    def rest(a):
        return steady_state(lambda x: a - x**3, jnp.ones(1))[0]

    first, second = jax.grad(rest), jax.grad(jax.grad(rest))
    assert float(first(8.0)) == pytest.approx(1 / 12, rel=1e-12)
    assert float(second(8.0)) == pytest.approx(-1 / 144, rel=1e-12)


def test_four_equations_are_solved():
    drawn = np.random.default_rng(0).normal(size=(100, 4, 5))
    drawn[0, :, :4] = np.eye(4)[[3, 0, 1, 2]]
    matrix, right = drawn[..., :4], drawn[..., 4]
    found = jax.vmap(solve_four)(jnp.asarray(matrix), jnp.asarray(right))
    np.testing.assert_allclose(np.einsum("kij,kj->ki", matrix, found), right, atol=1e-11)


def test_baseline_is_an_exact_fixed_point_with_the_published_currents(p):
    at = jnp.append(p.baseline, p.baseline[0])
    np.testing.assert_allclose(activity_rate(p, at, UNDRUGGED, ONE, ONE, NO_CURRENT), 0, atol=1e-13)
    np.testing.assert_allclose(STEADY(p, UNDRUGGED, ONE, ONE), [1, 10, 3, 2], rtol=1e-13)
    # Published to two digits, cut rather than rounded.
    np.testing.assert_array_equal(np.floor(background(p) * 100) / 100, [115.03, 233.66, 94.31, 89.91])


def test_the_transfer_function_turns_voltage_into_the_published_rates(p):
    V = np.array([-52.0, -50.5, -49.0, -40.0])
    tau = np.array([28.8, 8, 16, 16]) / 1000
    np.testing.assert_allclose(transfer(p, jnp.asarray(V)), (V + 50) / (tau * 10 * (1 - np.exp(-(V + 50)))), rtol=1e-12)


def test_every_state_is_at_rest_everywhere_and_rests_are_stable(p, settled):
    rates, drawn = settled
    activity = jnp.concatenate([rates, rates[:, :1]], 1)
    drift = jax.vmap(lambda x, *each: activity_rate(p, x, *each, NO_CURRENT))(activity, *drawn)
    np.testing.assert_allclose(drift, 0, atol=1e-12)
    assert float(rates.min()) > 0
    linear = jax.vmap(lambda r, *each: JACOBIAN(p, r, *each))(rates, *drawn)
    assert np.linalg.eigvals(np.asarray(linear)).real.max() < 0


def test_the_fixed_point_is_where_a_long_run_from_baseline_ends(p, settled):
    rates, (nmda, recurrence, inhibition) = settled
    W, f, b = (np.asarray(x) for x in (p.weights, p.nmda_share, p.tonic_share))
    leak, tau, held = np.asarray(p.leak), np.asarray(p.spike_time), np.asarray(background(p))

    def run(k, rho, gamma):
        def rate(t, x):
            r, s = x[:4], x[4]
            excitation = W[:, 0] * np.array([rho, 1, 1, 1])
            current = excitation * ((1 - f) * r[0] + f * k * s) + gamma * W[:, 1:] @ r[1:] + held * ((1 - b) + b * k)
            above = -70 + current / leak + 50
            return np.append((above / (tau * 10 * -np.expm1(-above)) - r) / 2, (r[0] - s) / 100)

        return solve_ivp(rate, (0, 8000), [1, 10, 3, 2, 1], method="LSODA", rtol=1e-11, atol=1e-13).y[:4, -1]

    for i in range(24):
        np.testing.assert_allclose(rates[i], run(np.asarray(nmda[i]), float(recurrence[i]), float(inhibition[i])), atol=1e-9)


def test_gradients_are_those_of_the_implicit_function(p):
    k, rho, gamma = left(0.5), jnp.asarray(1.1), jnp.asarray(1.2)
    rates = STEADY(p, k, rho, gamma)

    def drift(r, k, rho, gamma):
        return activity_rate(p, jnp.append(r, r[0]), k, rho, gamma, NO_CURRENT)[:4]

    J = jax.jacfwd(drift)(rates, k, rho, gamma)
    through = jax.jacfwd(drift, (1, 2, 3))(rates, k, rho, gamma)
    direct = jax.jit(jax.jacrev(lambda *each: steady_rates(p, *each), (0, 1, 2)))(k, rho, gamma)
    for found, by in zip(direct, through, strict=True):
        np.testing.assert_allclose(found, -jnp.linalg.solve(J, by), rtol=1e-8, atol=1e-12)
    _, forward = jax.jvp(lambda rho: STEADY(p, k, rho, gamma), (rho,), (ONE,))
    np.testing.assert_allclose(forward, direct[1], rtol=1e-9)


def test_few_newton_steps_find_where_the_circuit_settles_by_itself(model):
    """In circuits of the priors, at any loss, with recurrence and inhibition beyond those of patients and drugs."""
    splits, rng = drawn(model.dose_curve, jax.random.key(5), 2000), np.random.default_rng(1)
    concentration = np.exp(rng.uniform(np.log(0.01), np.log(1000), 2000))
    recurrence, inhibition = rng.uniform(0.4, 1.7, 2000), rng.uniform(0.8, 2.0, 2000)

    def unsettled(split, c, rho, gamma):
        p, nmda = with_split(model.physiology, split).prefrontal, 1 / (1 + c / split.drive_ic50)
        rates = steady_rates(p, nmda, rho, gamma)
        followed = steady_state(lambda r: activity_rate(p, jnp.append(r, r[0]), nmda, rho, gamma, NO_CURRENT)[:4], p.baseline)
        return jnp.abs(rates - followed).max() / followed.max()

    assert float(jax.jit(jax.vmap(unsettled))(splits, concentration, recurrence, inhibition).max()) < 1e-9


def test_without_nmda_receptors_their_loss_does_nothing(p):
    none = with_values(p, nmda_share=np.zeros(4), tonic_share=np.zeros(4))
    np.testing.assert_allclose(STEADY(none, jnp.zeros(4), ONE, ONE), none.baseline, rtol=1e-13)
    half = STEADY(none, jnp.zeros(4), jnp.asarray(1.2), ONE)
    np.testing.assert_allclose(half, STEADY(p, UNDRUGGED, jnp.asarray(1.2), ONE), rtol=1e-12)


def infusion(p):
    """Minutes and rates while the concentration rises smoothly to the standard peak in 40 min; the circuit is at rest throughout."""
    minutes = np.linspace(0, 40, 401)
    part = minutes / 40
    return minutes, np.asarray(CURVE(p, POTENCY, jnp.asarray(STANDARD_PEAK * part**2 * (3 - 2 * part))))


def test_somatostatin_cells_fall_before_pyramidal_cells_rise(p):
    minutes, rates = infusion(p)
    E, SST = CLASSES.index("E"), CLASSES.index("SST")
    assert rates[-1, SST] < rates[0, SST]
    assert rates[-1, E] > rates[0, E]
    moved = times_to_change(minutes, rates, 0.1)
    assert moved[SST] < moved[E]


def test_pyramidal_cells_do_not_rise_if_interneurons_keep_their_receptors(p):
    spared = left(STANDARD_PEAK).at[1:].set(1)
    assert float(STEADY(p, spared, ONE, ONE)[0]) < 1


def test_times_to_change_are_interpolated_and_missing_ones_are_named():
    times = np.linspace(0, 1, 11)
    rates = np.stack([1 + times, 2 - times, np.full(11, 3.0), 4 + 0 * times], 1)
    rates[:, 3] = 4 - 0.2 * times
    np.testing.assert_allclose(times_to_change(times, rates, 0.25), [0.25, 0.5, np.nan, np.nan])
    np.testing.assert_allclose(times_to_change(times, rates)[[0, 1, 3]], 0.5)


def test_draws_answer_with_probabilities_and_repeat(p):
    priors = fill(DoseCurve, evidence().value)
    first, again = (dose_curve_draws(p, priors, jax.random.key(3), 200) for _ in range(2))
    np.testing.assert_array_equal(first.rates, again.rates)
    np.testing.assert_allclose(first.rates[:, 0], jnp.broadcast_to(p.baseline, (200, 4)), rtol=1e-12)
    assert 0 <= first.share_inverted <= first.share_rising <= 1
    # Narrowed to one value, every draw is the curve at that value.
    narrow = with_values(priors, nmda_share=[0.4, 0.4], tonic_share=[0.1, 0.1], ic50=[1.5, 1.5])
    drawn = dose_curve_draws(p, narrow, jax.random.key(0), 3).rates
    alone = with_values(p, nmda_share=np.full(4, 0.4), tonic_share=np.full(4, 0.1))
    curve = CURVE(alone, jnp.full(4, 1.5), jnp.array(CONCENTRATIONS))
    np.testing.assert_allclose(drawn, jnp.broadcast_to(curve, drawn.shape), rtol=1e-10)


def test_time_course_is_second_order_and_ends_at_rest(p):
    start, k = jnp.append(p.baseline, p.baseline[0]), left(1.0)

    def course(step, nodes):
        return COURSE(p, start, jnp.asarray(step), jnp.broadcast_to(k, (nodes, 4)), ONE, ONE, jnp.zeros((nodes, 4)))

    coarse, middle, fine = course(0.8, 4001), course(0.4, 101), course(0.2, 201)
    rest = STEADY(p, k, ONE, ONE)
    np.testing.assert_allclose(coarse[-1], jnp.append(rest, rest[0]), atol=1e-9)
    # Differences between step lengths, 40 ms after a sudden loss of NMDA drive.
    errors = [float(jnp.max(jnp.abs(x - y))) for x, y in ((coarse[50], middle[-1]), (middle[-1], fine[-1]))]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.3)


def test_a_circuit_at_rest_stays_there(p):
    start = jnp.append(p.baseline, p.baseline[0])
    course = COURSE(p, start, jnp.asarray(1.0), jnp.ones((200, 4)), ONE, ONE, jnp.zeros((200, 4)))
    np.testing.assert_allclose(course, jnp.broadcast_to(start, course.shape), atol=1e-12)


def test_glutamate_follows_the_rate_and_the_instrument_follows_glutamate(p):
    assert float(glutamate_release(p, p.baseline, p.baseline)) == 0
    assert float(glutamate_release(p, 0 * p.baseline, p.baseline)) == -float(p.glutamate_gain)
    at_rest = glutamate_rate(p, jnp.asarray(0.3), jnp.asarray(0.3), jnp.asarray(0.3))
    np.testing.assert_array_equal(jnp.stack(at_rest), 0)
    tissue, measured = glutamate_rate(p, jnp.asarray(0.1), jnp.asarray(0.05), jnp.asarray(0.3))
    assert tissue > measured > 0


def test_power_over_all_frequencies_is_the_variance(p):
    # A band so wide, with nodes so dense at its start, that it is the whole spectrum.
    wide = with_values(p, gamma_band=[0, 1e4])
    nodes = jnp.concatenate([jnp.zeros(1), jnp.logspace(-9, 0, 4000)])
    k = left(STANDARD_PEAK)
    rates = STEADY(p, k, ONE, ONE)
    J, B = (np.asarray(of(p, rates, k, ONE, ONE)) for of in (JACOBIAN, entry))
    variance = solve_continuous_lyapunov(J, -B @ B.T)[0, 0]
    assert 2 * 1e4 * float(GAMMA(wide, rates, k, ONE, ONE, nodes)) == pytest.approx(variance, rel=1e-3)


def test_gamma_power_rises_at_the_standard_peak(p):
    k = left(STANDARD_PEAK)
    drugged = GAMMA(p, STEADY(p, k, ONE, ONE), k, ONE, ONE, BAND)
    assert drugged > GAMMA(p, p.baseline, UNDRUGGED, ONE, ONE, BAND)


def executive(p, k, recurrence):
    rates = STEADY(p, k, recurrence, ONE)
    return float(focus(p, k, recurrence)), float(IMPULSE(p, rates, k, recurrence, ONE))


def test_focus_is_the_slowest_mode_of_two_assemblies(p):
    # E cells as two assemblies on straight transfer functions: contrast and sum; the contrast loses all inhibition.
    k, rho = left(STANDARD_PEAK), 1.1
    gain = 1 / (0.0288 * 10 * 6.25)
    same, other = (1 + float(p.assembly_share)) / 2, (1 - float(p.assembly_share)) / 2
    mix = np.array([[same, other], [other, same]]) * 2.4167 * rho * gain
    f = float(p.nmda_share[0])
    A = np.block([[(mix * (1 - f) - np.eye(2)) / 2, mix * f * float(k[0]) / 2], [np.eye(2) / 100, -np.eye(2) / 100]])
    values, vectors = np.linalg.eig(A)
    contrast = np.abs(vectors[0] + vectors[1]) < 1e-9
    slowest = values[contrast].real.max()
    assert float(focus(p, k, jnp.asarray(rho))) == pytest.approx(-1 / slowest, rel=1e-9)


def test_executive_function_grows_with_connections_and_falls_under_block(p):
    grown = [executive(p, UNDRUGGED, jnp.asarray(rho)) for rho in (0.8, 0.9, 1.0, 1.1, 1.2)]
    blocked = [executive(p, left(c), ONE) for c in (0.0, 0.1, STANDARD_PEAK, 1.0)]
    assert np.all(np.diff(grown, axis=0) > 0)
    assert np.all(np.diff(blocked, axis=0) < 0)


def test_memory_becomes_self_sustaining_where_an_assembly_feeds_back_all_it_does(p):
    gain = 1 / (p.spike_time[0] * (p.threshold - p.reset) * p.leak[0])
    critical = 1 / (gain * p.assembly_share * p.weights[0, 0])
    assert float(critical) > 1.3
    assert jnp.isfinite(focus(p, UNDRUGGED, critical * 0.999))
    assert jnp.isinf(focus(p, UNDRUGGED, critical * 1.001))


def test_distraction_is_what_a_small_pulse_does(p):
    # The linearised response, against the full system pushed by a small current.
    k, push = left(STANDARD_PEAK), 1e-5
    rates = STEADY(p, k, ONE, ONE)
    nodes = 201
    stimulus = jnp.zeros((nodes, 4)).at[:, 0].set(push)
    start = jnp.append(rates, rates[0])
    course = COURSE(p, start, p.distractor / (nodes - 1), jnp.broadcast_to(k, (nodes, 4)), ONE, ONE, stimulus)
    response = (course[-1, 0] - rates[0]) / push
    gain, share, f = 1 / (0.0288 * 10 * 6.25), float(p.assembly_share), float(p.nmda_share[0])
    goal = gain / (1 - gain * share * 2.4167 * (1 - f + f * float(k[0])))
    assert float(IMPULSE(p, rates, k, ONE, ONE)) == pytest.approx(goal / float(response), rel=1e-4)


CONDITION = [(np.array([0.9, 0.7, 0.6, 0.9]), DIMENSIONLESS), (1.1, DIMENSIONLESS), (1.2, DIMENSIONLESS)]
RATES = (np.array([1.2, 8.0, 1.5, 2.1]), HZ)
EQUATIONS = {
    "transfer": ("physiology.prefrontal", transfer, [(np.array([-52.0, -50.0, -49.0, -40.0]), "mV")], HZ),
    "background": ("physiology.prefrontal", background, [], "pA"),
    "activity": (
        "physiology.prefrontal",
        activity_rate,
        [(np.array([1.2, 8.0, 1.5, 2.1, 1.1]), HZ), *CONDITION, (np.array([1.0, 0, 2, 0]), "pA")],
        "Hz/ms",
    ),
    "steady rates": ("physiology.prefrontal", steady_rates, CONDITION, HZ),
    "jacobian": ("physiology.prefrontal", jacobian, [RATES, *CONDITION], "1/ms"),
    "entry": ("physiology.prefrontal", entry, [RATES, *CONDITION], "Hz/(ms*pA)"),
    "release": ("physiology.prefrontal", glutamate_release, [RATES, (np.array([1.0, 10, 3, 2]), HZ)], DIMENSIONLESS),
    "glutamate": (
        "physiology.prefrontal",
        glutamate_rate,
        [(0.1, DIMENSIONLESS), (0.05, DIMENSIONLESS), (0.3, DIMENSIONLESS)],
        HOURLY,
    ),
    "gamma": ("physiology.prefrontal", gamma_power, [RATES, *CONDITION, (np.linspace(0, 1, 5), DIMENSIONLESS)], "Hz**2/pA**2"),
    "spectrum": ("physiology.prefrontal", power_spectrum, [RATES, *CONDITION, (np.linspace(0.001, 0.1, 5), "1/ms")], "Hz**2/pA**2"),
    "focus": ("physiology.prefrontal", focus, CONDITION[:2], "ms"),
    "impulse control": ("physiology.prefrontal", impulse_control, [RATES, *CONDITION], DIMENSIONLESS),
    "prefrontal course": (
        "physiology.prefrontal",
        time_course,
        [
            (np.array([1.2, 8.0, 1.5, 2.1, 1.1]), HZ),
            (0.5, "ms"),
            (np.full((6, 4), 0.8), DIMENSIONLESS),
            *CONDITION[1:],
            (np.ones((6, 4)), "pA"),
        ],
        HZ,
    ),
}
