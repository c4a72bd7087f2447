"""Steps that treat a linear part exactly: the matrix exponential, and a second-order exponential scheme."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .types import Scalar

# Scaling by 2^48 covers any step that a course of a year can hold.
MAX_SQUARINGS = 48
# Steps whose exponentials are held in memory together.
AT_ONCE = 256


def exact_step(
    matrix: Float[Array, "state state"], entry: Float[Array, " state"], step: Scalar
) -> tuple[Float[Array, "state state"], Float[Array, " state"]]:
    """Propagators of dx/dt = A x + entry·u with constant u over one step: x(t+h) = P x(t) + g u.

    Both come from one exponential of the matrix augmented by the input (Van Loan 1978).
    """
    n = len(entry)
    augmented = jnp.zeros((n + 1, n + 1)).at[:n, :n].set(matrix).at[:n, n].set(entry)
    exponential = jax.scipy.linalg.expm(augmented * step, max_squarings=MAX_SQUARINGS)
    return exponential[:n, :n], exponential[:n, n]


class Propagators(NamedTuple):
    """φ₁(hA) and φ₂(hA) for every step h, where φ₁(z) = (eᶻ − 1)/z and φ₂(z) = (eᶻ − 1 − z)/z²."""

    phi1: Float[Array, "step state state"]
    phi2: Float[Array, "step state state"]


def propagators(linear: Float[Array, "state state"], steps: Float[Array, " step"]) -> Propagators:
    """The matrix functions that :func:`etd2rk` needs, from one augmented exponential per step; exact at h = 0."""
    n = len(linear)
    one, nought = jnp.eye(n), jnp.zeros((n, n))

    def at(h: Scalar) -> Propagators:
        augmented = jnp.block([[linear * h, one, nought], [nought, nought, one], [nought, nought, nought]])
        top = jax.scipy.linalg.expm(augmented, max_squarings=MAX_SQUARINGS)[:n]
        return Propagators(top[:, n : 2 * n], top[:, 2 * n :])

    return jax.lax.map(at, steps, batch_size=AT_ONCE)


def etd2rk(
    derivative: Callable[[Float[Array, " state"], Scalar], Float[Array, " state"]],
    linear: Float[Array, "state state"],
    over: Propagators,
    start: Float[Array, " state"],
    steps: Float[Array, " step"],
    inputs: Float[Array, " node"],
) -> Float[Array, "node state"]:
    """Integrate dx/dt = f(x, u) with the second-order exponential Runge–Kutta scheme of Cox & Matthews (2002).

    a = x + h φ₁(hA) f(x, u₀),  x₁ = a + h φ₂(hA) [N(a, u₁) − N(x, u₀)]  with N = f − A x, so that a system dx/dt = A x is
    solved exactly, a fixed point is kept exactly, and a step of length zero changes nothing.
    Source: J Comput Phys 176:430, equations 20-22.

    Parameters
    ----------
    derivative
        f.
    linear
        A, usually the Jacobian of f at rest.
    over
        From :func:`propagators`, for the same A and steps.
    start
        State at the first node.
    steps
        h.
    inputs
        u at the nodes.
    """

    def advance(x: Float[Array, " state"], step: tuple[Array, Array, Array, Array, Array]) -> tuple[Array, Array]:
        h, phi1, phi2, before, after = step
        rate = derivative(x, before)
        predicted = x + h * (phi1 @ rate)
        remainder = derivative(predicted, after) - rate - linear @ (predicted - x)
        x = predicted + h * (phi2 @ remainder)
        return x, x

    _, later = jax.lax.scan(advance, start, (steps, over.phi1, over.phi2, inputs[:-1], inputs[1:]))
    return jnp.concatenate([start[None], later])
