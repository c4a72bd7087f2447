"""Response surfaces: polynomials are met exactly, smooth functions ever better, and the border answers for what lies outside."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.core.numerics.chebyshev import Surface, fit, nodes, polynomials

LOWER, UPPER = np.array([-1.0, 2.0]), np.array([3.0, 2.5])


def built(function, points, degrees, logarithmic=False):
    """A surface of two functions' values, or their logarithms, on a grid."""
    x, y = (nodes(low, high, count) for low, high, count in zip(LOWER, UPPER, points, strict=True))
    values = function(*np.meshgrid(x, y, indexing="ij"))
    return Surface(jnp.asarray(LOWER), jnp.asarray(UPPER), jnp.asarray(fit(values, degrees)), jnp.ones(values.shape[-1]), logarithmic)


def inside(count=200):
    return jnp.asarray(LOWER[:, None] + (UPPER - LOWER)[:, None] * np.random.default_rng(0).uniform(size=(2, count)))


def test_polynomials_are_cosines():
    x = np.linspace(-1, 1, 41)
    np.testing.assert_allclose(polynomials(jnp.asarray(x), 9), np.cos(np.arange(9) * np.arccos(x)[:, None]), atol=1e-13)
    assert polynomials(jnp.asarray(x), 1).shape == (41, 1)


def test_nodes_hold_both_ends_and_increase():
    found = nodes(-2.0, 5.0, 9)
    assert (found[0], found[-1]) == pytest.approx((-2, 5), abs=1e-14)
    assert np.all(np.diff(found) > 0)


def cubic(x, y):
    return np.stack([1 + x**3 * y**2 - 2 * y, x * y], -1)


@pytest.mark.parametrize(("points", "degrees"), [((4, 3), (3, 2)), ((9, 11), (3, 2)), ((6, 5), (5, 4))])
def test_a_polynomial_of_that_degree_is_met_exactly(points, degrees):
    x, y = inside()
    np.testing.assert_allclose(built(cubic, points, degrees)(x, y), cubic(x, y), rtol=1e-11, atol=1e-11)


def test_the_highest_degree_interpolates():
    grid = np.meshgrid(nodes(LOWER[0], UPPER[0], 7), nodes(LOWER[1], UPPER[1], 5), indexing="ij")
    noise = np.random.default_rng(1).normal(size=(7, 5, 2))
    surface = built(lambda x, y: noise, (7, 5), (6, 4))
    np.testing.assert_allclose(surface(*map(jnp.asarray, grid)), noise, atol=1e-12)


def smooth(x, y):
    return np.stack([np.exp(np.sin(2 * x) * y / 2), 1 / (1 + (x * y / 3) ** 2)], -1)


def test_errors_fall_geometrically_with_the_degree():
    x, y = inside()
    errors = [np.abs(built(smooth, (n + 1, n + 1), (n, n))(x, y) - smooth(x, y)).max() for n in (8, 16, 24, 32)]
    assert np.all(np.diff(np.log10(errors)) < -1), errors
    assert errors[-1] < 1e-5


def test_a_logarithmic_surface_is_the_exponential_of_its_polynomial():
    x, y = inside()
    np.testing.assert_allclose(built(cubic, (4, 3), (3, 2), logarithmic=True)(x, y), np.exp(cubic(x, y)), rtol=1e-10)


def test_outside_the_box_the_nearest_point_of_its_border_answers():
    surface = built(smooth, (9, 9), (8, 8))
    x, y = jnp.array([-50.0, 9.0, 1.0, 9.0]), jnp.array([2.2, 2.2, -4.0, 4.0])
    np.testing.assert_array_equal(surface(x, y), surface(jnp.clip(x, -1, 3), jnp.clip(y, 2, 2.5)))


def test_the_scale_of_each_output_multiplies_it():
    surface = built(cubic, (4, 3), (3, 2))
    scaled = Surface(surface.lower, surface.upper, surface.coefficients, jnp.array([2.0, -3.0]), logarithmic=False)
    x, y = inside(20)
    np.testing.assert_allclose(scaled(x, y), surface(x, y) * np.array([2.0, -3.0]), rtol=1e-14)


def test_slopes_are_those_of_the_polynomial():
    surface = built(cubic, (4, 3), (3, 2))
    slope = jax.jacfwd(lambda x: surface(x, jnp.asarray(2.2)))(jnp.asarray(0.4))
    np.testing.assert_allclose(slope, [3 * 0.4**2 * 2.2**2, 2.2], rtol=1e-11)
