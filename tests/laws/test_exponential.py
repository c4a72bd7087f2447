import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from euthymia.core.numerics.compartments import flow_matrix
from euthymia.core.numerics.exponential import (
    Steps,
    etd2rk,
    exact_step,
    exact_steps,
    linear_course,
    markov_step,
    phi_functions,
)

A = jnp.array([[-1.0, 0.3, 0.0], [0.5, -2.0, 0.1], [0.0, 1.0, -0.4]])


def even(length, count):
    """So many steps of one length."""
    return Steps(jnp.array([length]), jnp.zeros(count, int))


@pytest.mark.parametrize("h", [0.0, 1e-9, 1e-3, 1.0, 300.0])
def test_phi_functions_are_the_matrix_functions(h):
    phi1, phi2 = (np.asarray(each[0]) for each in phi_functions(A, jnp.array([h])))
    E = scipy.linalg.expm(np.asarray(A) * h)
    np.testing.assert_allclose(h * A @ phi1, E - np.eye(3), atol=1e-12)
    np.testing.assert_allclose(h * A @ phi2, phi1 - np.eye(3), atol=1e-12)


def test_exact_step_is_the_integral_of_a_constant_input():
    P, G = exact_step(A, jnp.eye(3)[:, :2], jnp.asarray(2.0))
    E = scipy.linalg.expm(2 * np.asarray(A))
    np.testing.assert_allclose(P, E, atol=1e-13)
    np.testing.assert_allclose(G, np.linalg.solve(A, E - np.eye(3))[:, :2], atol=1e-13)


def test_a_step_of_a_year_ends_at_equilibrium_however_fast_the_rates():
    fast, slow, year = 1e4, 1e-2, jnp.asarray(8760.0)
    K = flow_matrix(("a", "b"), {("a", "b"): jnp.asarray(fast), ("b", "a"): jnp.asarray(slow)})
    P, G = exact_step(K, jnp.eye(2)[:, :1], year)
    rest = np.array([slow, fast]) / (slow + fast)
    # Every squaring doubles the rounding of what stays: of one part in 10^16, 28 times.
    np.testing.assert_allclose(P, np.stack([rest, rest], 1), rtol=1e-7)
    np.testing.assert_allclose(G[:, 0], year * rest + np.array([1, -1]) * fast / (slow + fast) ** 2, rtol=1e-7)


def test_steps_in_a_batch_are_the_steps_alone_and_have_the_same_derivatives_in_both_directions():
    lengths, entry = jnp.array([0.0, 1e-6, 0.3, 900.0]), jnp.eye(3)[:, :2]
    alone = [exact_step(A, entry, h) for h in lengths]
    together = exact_step(A, entry, lengths)
    for k, both in enumerate(zip(*alone, strict=True)):
        np.testing.assert_allclose(together[k], jnp.stack(both), rtol=1e-14)
    forward, backward = (of(lambda a: exact_step(a, entry, lengths))(A) for of in (jax.jacfwd, jax.jacrev))
    for one, other in zip(forward, backward, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


def test_steps_in_increasing_order_are_the_steps_alone_whether_doubled_or_not():
    lengths, entry = jnp.array([1e-3, 0.25, 0.3, 0.5, 1.0, 0.0, 0.0]), jnp.eye(3)[:, :2]
    batch = jnp.stack([A, 30 * A])
    found = exact_steps(batch, jnp.stack([entry, entry]), lengths)
    expected = exact_step(batch, entry, lengths[:, None])
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


def test_linear_systems_are_solved_exactly_and_empty_steps_change_nothing():
    steps = Steps(jnp.array([0.0, 0.5, 3.0]), jnp.array([1, 0, 2, 0]))
    start = jnp.array([1.0, 2.0, 3.0])
    found = etd2rk(lambda x, u: A @ x, A, phi_functions(A, steps.lengths), start, steps, jnp.zeros(5))
    for node, time in enumerate([0.0, 0.5, 0.5, 3.5, 3.5]):
        np.testing.assert_allclose(found[node], scipy.linalg.expm(np.asarray(A) * time) @ start, atol=1e-13)


def test_second_order_on_a_nonlinear_equation_with_closed_form():
    # Logistic growth, linearised at zero.
    def error(n):
        steps = even(4.0 / n, n)
        linear = jnp.array([[1.0]])
        x = etd2rk(lambda x, u: x * (1 - x), linear, phi_functions(linear, steps.lengths), jnp.array([0.1]), steps, jnp.zeros(n + 1))
        return abs(float(x[-1, 0]) - 1 / (1 + 9 * np.exp(-4.0)))

    errors = [error(n) for n in (40, 80, 160)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(np.abs(orders - 2) < 0.15), orders


def test_second_order_in_a_tree_of_inputs_that_change():
    # x' = −x + a(t) b(t) with a = e^{−t} and b = t has x = x₀ e^{−t} + t² e^{−t}/2.
    def error(n):
        steps = even(2.0 / n, n)
        t = jnp.linspace(0, 2, n + 1)
        x = etd2rk(
            lambda x, u: u["a"] * u["b"] - x,
            -jnp.eye(1),
            phi_functions(-jnp.eye(1), steps.lengths),
            jnp.ones(1),
            steps,
            {"a": jnp.exp(-t), "b": t},
        )
        return float(jnp.max(jnp.abs(x[:, 0] - (1 + t**2 / 2) * jnp.exp(-t))))

    errors = [error(n) for n in (20, 40, 80)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(np.abs(orders - 2) < 0.05), orders


def test_linear_courses_side_by_side_are_exact():
    # Two systems of two inputs over steps of three lengths, one of them empty, with an infusion and with boluses.
    matrix = jnp.stack([A, 3 * A])
    entry = jnp.array([[[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]], [[0.0, 0.5], [2.0, 0.0], [0.0, 0.0]]])
    steps = Steps(jnp.array([0.0, 0.5, 2.0]), jnp.array([1, 2, 0, 1, 2]))
    infusion = jnp.array([[0.0, 1.0], [0.7, 1.0], [5.0, 5.0], [0.0, 0.2], [0.0, 0.0]])
    bolus = jnp.array([[1.0, 0.0], [0.0, 3.0], [0.0, 0.0], [2.0, 0.0], [0.0, 1.0]])
    infusion, bolus = (jnp.stack([each, each[:, ::-1]], -1) for each in (infusion, bolus))
    found = np.asarray(linear_course(matrix, entry, steps, infusion, bolus))
    for system in range(2):
        M, b, x = np.asarray(matrix[system]), np.asarray(entry[system]), np.zeros(3)
        for step, h in enumerate(np.asarray(steps.lengths[steps.length_index])):
            x = x + b @ np.asarray(bolus[step, system])
            np.testing.assert_allclose(found[step, system], x, atol=1e-13)
            rest = -np.linalg.solve(M, b @ np.asarray(infusion[step, system]))
            x = rest + scipy.linalg.expm(M * h) @ (x - rest)
        np.testing.assert_allclose(found[-1, system], x, atol=1e-13)


def test_what_leaves_one_pool_enters_another():
    K = flow_matrix(("a", "b", "c"), {("a", "b"): jnp.asarray(0.3), ("b", "c"): jnp.asarray(2.0), ("c", "a"): jnp.asarray(0.7)})
    np.testing.assert_allclose(K.sum(0), 0, atol=1e-15)
    assert jnp.all(jax.scipy.linalg.expm(K * 0.4) >= 0)


@pytest.mark.parametrize("step", [1e-3, 1.0, 8.0])
def test_a_markov_step_is_the_matrix_exponential(step):
    leaving = jnp.array([[0.0, 0.3, 0.01], [1.0, 0.0, 0.2], [1e-5, 0.4, 0.0]])
    generator = leaving - jnp.diag(leaving.sum(0))
    occupied = jnp.array([0.5, 0.2, 0.3])
    np.testing.assert_allclose(
        markov_step(leaving, occupied, jnp.array(step)), jax.scipy.linalg.expm(generator * step) @ occupied, rtol=1e-10
    )


@settings(deadline=None)
@given(rates=st.lists(st.floats(0, 1e4), min_size=9, max_size=9), step=st.floats(1e-6, 1e4))
def test_a_markov_step_keeps_signs_and_sum(rates, step):
    leaving = jnp.array(rates).reshape(3, 3) * (1 - jnp.eye(3))
    after = markov_step(leaving, jnp.array([1.0, 0.0, 0.5]), jnp.array(step))
    assert jnp.all(after >= 0)
    assert float(after.sum()) == pytest.approx(1.5, rel=1e-11)


def test_what_is_solved_exactly_inside_the_scheme_keeps_its_order():
    """y relaxes at a rate set by x, which relaxes by itself and is driven by y."""

    def derivative(v, u):
        x, y, z = v
        return jnp.array([-x + 0.5 * y, -(1 + 30 * x**2) * y + 0.2, x - z])

    def correct(before, later, at_ends, step):
        rate = 1 + 30 * ((before[0] + later[0]) / 2) ** 2
        return later.at[1].set(before[1] + (0.2 / rate - before[1]) * -jnp.expm1(-rate * step))

    start = jnp.array([1.0, 0.3, 0.0])
    linear = jax.jacfwd(lambda v: derivative(v, 0.0))(jnp.array([0.1, 0.2, 0.1]))

    def end(n):
        steps = even(2.0 / n, n)
        return etd2rk(derivative, linear, phi_functions(linear, steps.lengths), start, steps, jnp.zeros(n + 1), correct)[-1]

    finest = end(65536)
    errors = [float(jnp.max(jnp.abs(end(n) - finest))) for n in (2048, 4096)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.05)
