"""Response surfaces: products of Chebyshev polynomials in two variables."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


class Surface(eqx.Module):
    """Several smooth functions of two variables on a box: value = scale · polynomial, or scale · exp(polynomial).

    Arguments outside the box are clipped to its border.
    """

    lower: Float[Array, "axis"]
    upper: Float[Array, "axis"]
    coefficients: Float[Array, "first second output"]
    scale: Float[Array, "output"]
    logarithmic: bool = eqx.field(static=True)

    def __call__(self, x: Float[Array, "*#batch"], y: Float[Array, "*#batch"]) -> Float[Array, "*batch output"]:
        """Values at points of the box."""

        def basis(value: Float[Array, "*points"], axis: int) -> Float[Array, "*points count"]:
            low, high = self.lower[axis], self.upper[axis]
            return polynomials(2 * (jnp.clip(value, low, high) - low) / (high - low) - 1, self.coefficients.shape[axis])

        in_y = jnp.einsum("...i,ijo->...jo", basis(x, 0), self.coefficients)
        polynomial = jnp.einsum("...j,...jo->...o", basis(y, 1), in_y)
        return self.scale * (jnp.exp(polynomial) if self.logarithmic else polynomial)


@partial(jax.jit, static_argnames="count")
def polynomials(x: Float[Array, "*batch"], count: int) -> Float[Array, "*batch count"]:
    """The first Chebyshev polynomials T₀, T₁ … at x in −1 to 1, twice as many at a time: T_{n+m} = 2 T_n T_m − T_{n−m}."""
    terms = jnp.stack([jnp.ones_like(x), x], -1)
    while (n := terms.shape[-1] - 1) < count - 1:
        terms = jnp.concatenate([terms, 2 * terms[..., n:] * terms[..., 1:] - terms[..., n - 1 :: -1]], -1)
    return terms[..., :count]


def nodes(lower: float, upper: float, count: int) -> np.ndarray:
    """Chebyshev points of the second kind, both ends among them, in increasing order."""
    return lower + (upper - lower) * (1 - np.cos(np.pi * np.arange(count) / (count - 1))) / 2


def fit(values: np.ndarray, degrees: tuple[int, ...]) -> np.ndarray:
    """Coefficients that fit values on a grid of :func:`nodes` by least squares, up to a degree in each variable.

    Parameters
    ----------
    values
        One axis for each variable, and the last for the outputs.
    degrees
        At most one less than the points along each variable; exactly that interpolates.
    """
    for axis, degree in enumerate(degrees):
        count = values.shape[axis]
        basis = np.polynomial.chebyshev.chebvander(nodes(-1.0, 1.0, count), degree)
        solved = np.linalg.lstsq(basis, np.moveaxis(values, axis, 0).reshape(count, -1), rcond=None)[0]
        values = np.moveaxis(solved.reshape(degree + 1, *np.delete(values.shape, axis)), 0, axis)
    return values
