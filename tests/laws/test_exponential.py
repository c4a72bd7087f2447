import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from euthymia.core.exponential import etd2rk, exact_step, propagators
from euthymia.core.kinetics import flow_matrix

A = jnp.array([[-1.0, 0.3, 0.0], [0.5, -2.0, 0.1], [0.0, 1.0, -0.4]])


@pytest.mark.parametrize("h", [0.0, 1e-9, 1e-3, 1.0, 300.0])
def test_propagators_are_the_matrix_functions(h):
    phi1, phi2 = (np.asarray(each[0]) for each in propagators(A, jnp.array([h])))
    E = scipy.linalg.expm(np.asarray(A) * h)
    np.testing.assert_allclose(h * A @ phi1, E - np.eye(3), atol=1e-12)
    np.testing.assert_allclose(h * A @ phi2, phi1 - np.eye(3), atol=1e-12)


def test_exact_step_is_the_integral_of_a_constant_input():
    P, g = exact_step(A, jnp.array([1.0, 0.0, 0.0]), jnp.asarray(2.0))
    E = scipy.linalg.expm(2 * np.asarray(A))
    np.testing.assert_allclose(P, E, atol=1e-13)
    np.testing.assert_allclose(g, np.linalg.solve(A, (E - np.eye(3))[:, 0]), atol=1e-13)


def test_linear_systems_are_solved_exactly_and_empty_steps_change_nothing():
    steps = jnp.array([0.5, 0.0, 3.0, 0.0])
    start = jnp.array([1.0, 2.0, 3.0])
    found = etd2rk(lambda x, u: A @ x, A, propagators(A, steps), start, steps, jnp.zeros(5))
    for node, time in enumerate([0.0, 0.5, 0.5, 3.5, 3.5]):
        np.testing.assert_allclose(found[node], scipy.linalg.expm(np.asarray(A) * time) @ start, atol=1e-13)


def test_second_order_on_a_nonlinear_equation_with_closed_form():
    # Logistic growth, linearised at zero.
    def error(n):
        steps = jnp.full(n, 4.0 / n)
        linear = jnp.array([[1.0]])
        x = etd2rk(lambda x, u: x * (1 - x), linear, propagators(linear, steps), jnp.array([0.1]), steps, jnp.zeros(n + 1))
        return abs(float(x[-1, 0]) - 1 / (1 + 9 * np.exp(-4.0)))

    errors = [error(n) for n in (40, 80, 160)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(np.abs(orders - 2) < 0.15), orders


def test_what_leaves_one_pool_enters_another():
    K = flow_matrix(("a", "b", "c"), {("a", "b"): jnp.asarray(0.3), ("b", "c"): jnp.asarray(2.0), ("c", "a"): jnp.asarray(0.7)})
    np.testing.assert_allclose(K.sum(0), 0, atol=1e-15)
    assert jnp.all(jax.scipy.linalg.expm(K * 0.4) >= 0)
