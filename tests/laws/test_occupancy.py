"""Two-state systems whose rates change by decades within a step."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.integrate
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from euthymia.core.numerics.exponential import Steps
from euthymia.core.numerics.occupancy import at_first, curved_course, log_curvature, occupancy_course

STEPS = 12
SOLVE = jax.jit(lambda start, rise, fall, lengths: curved_course(at_first(start), rise, fall, Steps(lengths, jnp.arange(len(lengths)))))
LOG_LINEAR = jax.jit(lambda start, rise, fall, lengths: occupancy_course(start, rise, fall, Steps(lengths, jnp.arange(len(lengths)))))
ONWARD = jax.jit(curved_course)


def escape(times):
    """Rates into and out of a state from which a drug frees: decades apart, the logarithm of the latter curved."""
    return np.full_like(times, 0.02)[:, None], np.exp(-3 + 9 * times - 3 * times**2)[:, None]


def off(solve, steps):
    """Largest error of an escape within an hour and a half, in equal steps."""
    times = np.linspace(0, 1.5, steps + 1)
    exact = np.asarray(LOG_LINEAR(jnp.ones(1), *escape(np.linspace(0, 1.5, 3072 + 1)), np.full(3072, 1.5 / 3072)))[:: 3072 // steps]
    found = solve(jnp.ones(1), *escape(times), np.full(steps, 1.5 / steps))
    return float(np.abs(np.asarray(found) - exact).max())


def test_curvature_that_is_known_does_not_err():
    def curved(*problem):
        return SOLVE(*problem)[0]

    assert off(curved, 24) < off(LOG_LINEAR, 24) / 5
    assert off(curved, 48) < off(curved, 24) / 3.5


def test_a_parabola_through_three_nodes_is_found():
    times = np.array([0.2, 0.5, 1.1])
    logs = 0.3 + 2 * times - 0.4 * times**2
    c = log_curvature(tuple(jnp.exp(logs)), tuple(jnp.diff(times)))
    middle = np.log(np.exp(0.3 + 2 * 0.8 - 0.4 * 0.8**2))
    np.testing.assert_allclose((logs[1] + logs[2]) / 2 + c / 4, middle, rtol=1e-12)


RATES = st.one_of(st.just(0.0), st.floats(1e-9, 1e9))


@settings(max_examples=60, deadline=None)
@given(arrays(float, (2, STEPS + 1, 3), elements=RATES), arrays(float, STEPS, elements=st.one_of(st.just(0.0), st.floats(1e-4, 50))))
def test_whatever_the_rates_an_occupancy_is_a_probability_and_a_course_goes_on_where_it_was_left(rates, lengths):
    rise, fall = rates
    start = jnp.array([0.0, 0.5, 1.0])
    whole, _ = SOLVE(start, rise, fall, lengths)
    assert np.all((np.asarray(whole) >= -1e-12) & (np.asarray(whole) <= 1 + 1e-12))
    cut = STEPS // 2
    _, at_cut = SOLVE(start, rise[: cut + 1], fall[: cut + 1], lengths[:cut])
    steps = Steps(jnp.asarray(lengths[cut:]), jnp.arange(STEPS - cut))
    onward, _ = ONWARD(at_cut, rise[cut:], fall[cut:], steps)
    np.testing.assert_allclose(onward, whole[cut:], rtol=0, atol=1e-12)


def test_a_step_of_no_length_changes_nothing():
    start = at_first(jnp.array([0.3]))
    rise, fall = jnp.array([[1.0], [5.0], [9.0]]), jnp.array([[2.0], [3.0], [1.0]])
    _, moved = curved_course(start, rise[:2], fall[:2], Steps(jnp.array([0.5]), jnp.array([0])))
    _, same = curved_course(moved, rise[1:], fall[1:], Steps(jnp.array([0.0]), jnp.array([0])))
    for one, other in zip(jax.tree.leaves(same), jax.tree.leaves(moved), strict=True):
        np.testing.assert_array_equal(one, other)


def test_occupancies_under_constant_rates_have_their_closed_form():
    steps = Steps(jnp.array([0.0, 0.1, 1.0, 40.0]), jnp.array([1, 0, 2, 3, 0]))
    a, b = jnp.array([0.3, 0.0, 2.0, 0.0]), jnp.array([0.2, 0.5, 0.0, 0.0])
    start = jnp.array([0.0, 1.0, 0.4, 0.7])
    found = occupancy_course(start, jnp.tile(a, (6, 1)), jnp.tile(b, (6, 1)), steps)
    t = np.concatenate([[0.0], np.cumsum(steps.lengths[steps.length_index])])[:, None]
    target = np.array([0.6, 0.0, 1.0, 0.7])
    np.testing.assert_allclose(found, target + (np.asarray(start) - target) * np.exp(-np.asarray(a + b) * t), rtol=1e-13, atol=1e-15)


def test_occupancies_stay_shares_however_fast_the_rates_become():
    rates = 10.0 ** np.random.default_rng(0).uniform(-9, 9, (2, 400, 30))
    found = occupancy_course(jnp.linspace(0, 1, 30), *jnp.asarray(rates), Steps(jnp.array([1.0]), jnp.zeros(399, int)))
    assert float(found.min()) >= 0
    assert float(found.max()) <= 1


def test_occupancies_are_second_order_in_changing_rates():
    def rates(t):
        return 1 + np.sin(3 * t), 0.5 + 0.4 * np.cos(2 * t)

    exact = scipy.integrate.solve_ivp(
        lambda t, y: rates(t)[0] * (1 - y) - rates(t)[1] * y, (0, 4), [0.2], "DOP853", [4.0], rtol=1e-12, atol=1e-14
    ).y[0, -1]

    def error(n):
        a, b = (jnp.asarray(each) for each in rates(np.linspace(0, 4, n + 1)))
        return abs(float(occupancy_course(jnp.asarray(0.2), a, b, Steps(jnp.array([4.0 / n]), jnp.zeros(n, int)))[-1]) - exact)

    errors = [error(n) for n in (80, 160, 320)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(np.abs(orders - 2) < 0.1), orders
