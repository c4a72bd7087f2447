"""Steps that treat a linear part exactly: the matrix exponential, and a second-order exponential scheme."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .types import Scalar

# Halvings until the norm is at most SMALL: enough for rates of 10^5 per hour over a year.
MAX_SQUARINGS = 32
SMALL = 0.5
# The Taylor polynomial has degree ORDER², and its remainder at SMALL is below rounding.
ORDER = 4
# Parts of a step in which the rates of an occupancy are held.
SUBSTEPS = 8


def exponential(matrix: Float[Array, "*batch state state"]) -> Float[Array, "*batch state state"]:
    """e^A by scaling and squaring of the Taylor polynomial, evaluated with few products (Paterson & Stockmeyer 1973).

    One loop squares the whole batch and stops working at the largest norm in it, where :func:`jax.scipy.linalg.expm` under a
    ``vmap`` takes every squaring that it allows; so batch here rather than by ``vmap``. The number of turns is fixed, so that it can be
    differentiated in either direction.
    """
    norm = jax.lax.stop_gradient(jnp.max(jnp.sum(jnp.abs(matrix), -2), -1))[..., None, None]
    squarings = jnp.ceil(jnp.log2(jnp.maximum(norm / SMALL, 1)))
    scaled = matrix * 2.0**-squarings
    powers = [jnp.broadcast_to(jnp.eye(matrix.shape[-1]), matrix.shape)]
    for _ in range(ORDER):
        powers.append(powers[-1] @ scaled)
    *low, high = powers
    result = high / math.factorial(ORDER**2)
    for block in reversed(range(ORDER)):
        part = sum(power / math.factorial(ORDER * block + k) for k, power in enumerate(low))
        result = part + (high @ result if block < ORDER - 1 else result)
    
    def square(x: Array, number: Array) -> tuple[Array, None]:
        due = number < squarings
        return jax.lax.cond(jnp.any(due), lambda x: jnp.where(due, x @ x, x), lambda x: x, x), None

    return jax.lax.scan(square, result, jnp.arange(MAX_SQUARINGS))[0]


def exact_step(
    matrix: Float[Array, "*#batch state state"], entry: Float[Array, "*#batch state place"], step: Float[Array, "*#batch"]
) -> tuple[Float[Array, "*batch state state"], Float[Array, "*batch state place"]]:
    """Propagators of dx/dt = A x + B u with constant u over one step: x(t+h) = P x(t) + G u.

    Both come from one exponential of the matrix augmented by the input (Van Loan 1978).
    """
    n, places = entry.shape[-2:]
    batch = jnp.broadcast_shapes(matrix.shape[:-2], entry.shape[:-2], step.shape)
    augmented = jnp.zeros((*batch, n + places, n + places)).at[..., :n, :n].set(matrix).at[..., :n, n:].set(entry)
    both = exponential(augmented * step[..., None, None])[..., :n, :]
    return both[..., :n], both[..., n:]


def linear_course(
    matrix: Float[Array, "system state state"],
    entry: Float[Array, "system state place"],
    steps: tuple[Float[Array, " length"], Int[Array, " step"]],
    infusion: Float[Array, "step system place"],
    bolus: Float[Array, "step system place"],
) -> Float[Array, "node system state"]:
    """Exact course, from zero, of linear systems side by side over steps with constant input.

    Parameters
    ----------
    matrix, entry
        A, and the states into which each place of input leads, for each system.
    steps
        The distinct lengths h, and which of them each step has.
    infusion
        Rate of input at each place during each step.
    bolus
        Amount put in at each place at the start of each step; a node's state is the one after its bolus.
    """
    lengths, which = steps
    propagate, gain = exact_step(matrix, entry, lengths[:, None])

    def advance(x: Float[Array, "system state"], step: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        length, rate, amount = step
        x = x + jnp.einsum("sip,sp->si", entry, amount)
        return jnp.einsum("sij,sj->si", propagate[length], x) + jnp.einsum("sip,sp->si", gain[length], rate), x

    last, course = jax.lax.scan(advance, jnp.zeros(entry.shape[:2]), (which, infusion, bolus))
    return jnp.concatenate([course, last[None]])


class Propagators(NamedTuple):
    """φ₁(hA) and φ₂(hA) for every distinct step h, where φ₁(z) = (eᶻ − 1)/z and φ₂(z) = (eᶻ − 1 − z)/z²."""

    phi1: Float[Array, "length state state"]
    phi2: Float[Array, "length state state"]


def propagators(linear: Float[Array, "state state"], lengths: Float[Array, " length"]) -> Propagators:
    """The matrix functions that :func:`etd2rk` needs, from one augmented exponential per length; exact at h = 0."""
    n = len(linear)
    augmented = jnp.zeros((*lengths.shape, 3 * n, 3 * n)).at[:, :n, :n].set(linear * lengths[:, None, None])
    augmented = augmented.at[:, : 2 * n, n:].add(jnp.eye(2 * n))
    top = exponential(augmented)[:, :n]
    return Propagators(top[..., n : 2 * n], top[..., 2 * n :])


def etd2rk(
    derivative: Callable[[Float[Array, " state"], Any], Float[Array, " state"]],
    linear: Float[Array, "state state"],
    over: Propagators,
    start: Float[Array, " state"],
    steps: tuple[Float[Array, " length"], Int[Array, " step"]],
    inputs: Any,
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
        From :func:`propagators`, for the same A and lengths.
    start
        State at the first node.
    steps
        The distinct lengths h, and which of them each step has.
    inputs
        u at the nodes: a tree of arrays with a leading node axis.
    """
    lengths, which = steps

    def advance(x: Float[Array, " state"], step: tuple[Array, Any, Any]) -> tuple[Array, Array]:
        length, before, after = step
        h = lengths[length]
        rate = derivative(x, before)
        predicted = x + h * (over.phi1[length] @ rate)
        remainder = derivative(predicted, after) - rate - linear @ (predicted - x)
        x = predicted + h * (over.phi2[length] @ remainder)
        return x, x

    before, after = jax.tree.map(lambda each: each[:-1], inputs), jax.tree.map(lambda each: each[1:], inputs)
    _, later = jax.lax.scan(advance, start, (which, before, after))
    return jnp.concatenate([start[None], later])


def occupancy_course(
    start: Float[Array, "*system"],
    rise: Float[Array, "node *system"],
    fall: Float[Array, "node *system"],
    steps: tuple[Float[Array, " length"], Int[Array, " step"]],
) -> Float[Array, "node *system"]:
    """Occupancies y of two-state systems, y' = a(t)(1 − y) − b(t) y, over steps with rates given at the nodes.

    Rates change by decades within a step, so that between nodes they are interpolated in their logarithms (linearly from or to
    zero) and held in each of ``SUBSTEPS`` parts, in which y relaxes exactly to a/(a + b). Second order, and however fast the rates
    become, y stays between 0 and 1.
    """
    lengths, which = steps

    def between(before: Array, after: Array, share: float) -> Array:
        positive = (before > 0) & (after > 0)
        ratio = jnp.where(positive, after / jnp.where(positive, before, 1), 1)
        return jnp.where(positive, before * ratio**share, before + share * (after - before))

    def advance(y: Array, step: tuple[Array, tuple[Array, Array], tuple[Array, Array]]) -> tuple[Array, Array]:
        length, rises, falls = step
        for part in range(SUBSTEPS):
            share = (part + 1 / 2) / SUBSTEPS
            a, b = between(*rises, share), between(*falls, share)
            total = a + b
            still = total == 0
            target = jnp.where(still, y, a / jnp.where(still, 1, total))
            y = target + (y - target) * jnp.exp(-total * lengths[length] / SUBSTEPS)
        return y, y

    _, later = jax.lax.scan(advance, start, (which, (rise[:-1], rise[1:]), (fall[:-1], fall[1:])))
    return jnp.concatenate([start[None], later])
