"""Steps that treat a linear part exactly: the matrix exponential, and a second-order exponential scheme."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ..types import Scalar

# Halvings until the norm is at most SMALL: enough for rates of 10^5 per hour over a year.
MAX_SQUARINGS = 32
SMALL = 0.5
# The Taylor polynomial has degree ORDER², and its remainder at SMALL is below rounding.
ORDER = 4
# Squared product of a step and half the difference of two eigenvalues, below which they count as equal.
NEAR = 1e-8
# Parts of a step in which the rates of an occupancy are held.
SUBSTEPS = 8


def exact_step(
    matrix: Float[Array, "*#batch state state"], entry: Float[Array, "*#batch state place"], step: Float[Array, "*#batch"]
) -> tuple[Float[Array, "*batch state state"], Float[Array, "*batch state place"]]:
    """Propagators of dx/dt = A x + B u with constant u over one step: x(t+h) = P x(t) + G u.

    [P G] is the top of one exponential, of h [[A, B], [0, 0]] (Van Loan 1978): by scaling and squaring of its Taylor polynomial,
    evaluated with few products (Paterson & Stockmeyer 1973). The whole batch is squared together until its largest norm needs no more;
    under a ``vmap`` it takes all turns, so add to the batch instead. The turns are counted beforehand, which lets derivatives be
    taken in both directions.
    """
    n, places = entry.shape[-2:]
    batch = jnp.broadcast_shapes(matrix.shape[:-2], entry.shape[:-2], step.shape)
    top = jnp.zeros((*batch, n, n + places)).at[..., :n].set(matrix).at[..., n:].set(entry) * step[..., None, None]
    norm = jax.lax.stop_gradient(jnp.max(jnp.sum(jnp.abs(top), -2), -1))[..., None, None]
    squarings = jnp.clip(jnp.ceil(jnp.log2(norm / SMALL)), 0, MAX_SQUARINGS)

    powers = [top * 2.0**-squarings]
    for _ in range(ORDER - 1):
        powers.append(powers[0][..., :n] @ powers[-1])
    series = jnp.zeros_like(top)
    for done in reversed(range(0, ORDER**2, ORDER)):
        series = sum(power / math.factorial(done + k) for k, power in enumerate(powers, 1)) + powers[-1][..., :n] @ series

    held = jnp.arange(n + places) >= n

    def square(both: Array, turn: Array) -> tuple[Array, None]:
        due = turn < squarings
        # P x + G u twice with the same u.
        return jax.lax.cond(jnp.any(due), lambda x: jnp.where(due, x[..., :n] @ x + held * x, x), lambda x: x, both), None

    both, _ = jax.lax.scan(square, jnp.eye(n, n + places) + series, jnp.arange(MAX_SQUARINGS))
    return both[..., :n], both[..., n:]


def exact_steps(
    matrix: Float[Array, "*batch state state"], entry: Float[Array, "*batch state place"], lengths: Float[Array, " length"]
) -> tuple[Float[Array, "length *batch state state"], Float[Array, "length *batch state place"]]:
    """:func:`exact_step` over each of several lengths in increasing order, for a large batch.

    A length twice an earlier one costs one product, and the others are worked on one after the other, so that a batch stays in the
    processor's cache. Not for use under a ``vmap``, which would work out both for every length.
    """
    doubles = jnp.tril(lengths[:, None] == 2 * lengths, -1)
    found = jnp.zeros((*lengths.shape, *matrix.shape)), jnp.zeros((*lengths.shape, *entry.shape))

    def add(found: tuple[Array, Array], place: Array) -> tuple[tuple[Array, Array], None]:
        half = jnp.argmax(doubles[place])

        def twice(P: Array, G: Array) -> tuple[Array, Array]:
            return P @ P, P @ G + G

        def anew(*_: Array) -> tuple[Array, Array]:
            return exact_step(matrix, entry, lengths[place])

        both = jax.lax.cond(doubles[place, half], twice, anew, *(each[half] for each in found))
        return (found[0].at[place].set(both[0]), found[1].at[place].set(both[1])), None

    return jax.lax.scan(add, found, jnp.arange(len(lengths)))[0]


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
    return stepped_course(exact_step(matrix, entry, lengths[:, None]), entry, which, infusion, bolus)


def stepped_course(
    over: tuple[Float[Array, "length system state state"], Float[Array, "length system state place"]],
    entry: Float[Array, "system state place"],
    which: Int[Array, " step"],
    infusion: Float[Array, "step system place"],
    bolus: Float[Array, "step system place"],
) -> Float[Array, "node system state"]:
    """:func:`linear_course` with its propagators found beforehand, which is best done for many people at once."""
    propagate, gain = over

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
    """The matrix functions that :func:`etd2rk` needs; exact at h = 0.

    φ₁(hA) and φ₂(hA) are what one and two integrators in a row pass on to hA over a step of one.
    """
    n = len(linear)
    chain = jnp.zeros((*lengths.shape, 2 * n, 2 * n)).at[:, :n, :n].set(linear * lengths[:, None, None]).at[:, :n, n:].set(jnp.eye(n))
    propagate, gain = exact_step(chain, jnp.eye(2 * n)[:, n:], jnp.ones(lengths.shape))
    return Propagators(propagate[:, :n, n:], gain[:, :n])


def pair_step(matrix: Float[Array, "2 2"], rate: Float[Array, "2"], step: Scalar) -> Float[Array, "2"]:
    """h φ₁(hA) r = A⁻¹ (e^{hA} − 1) r, the change over a step h of dx/dt = A x + b where A x + b = r at its start, in closed form.

    e^{hA} = e^{τh} [cosh δh + sinh(δh)/δ (A − τ)] with τ half the trace and δ² = τ² − det A, and A⁻¹ = (2τ − A)/det A. A must be
    invertible.
    """
    half = jnp.trace(matrix) / 2
    determinant = matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]
    square = half**2 - determinant
    # Where the eigenvalues are all but equal, the series of both functions is exact to rounding.
    x = square * step**2
    near = jnp.abs(x) < NEAR
    delta = jnp.sqrt(jnp.where(near, 1, jnp.abs(square)))
    up, down, still = jnp.exp((half + delta) * step), jnp.exp((half - delta) * step), jnp.exp(half * step)
    even = jnp.where(near, still * (1 + x / 2), jnp.where(square > 0, (up + down) / 2, still * jnp.cos(delta * step)))
    odd = jnp.where(near, still * step * (1 + x / 6), jnp.where(square > 0, (up - down) / 2, still * jnp.sin(delta * step)) / delta)
    change = even * rate + odd * (matrix @ rate - half * rate) - rate
    return (2 * half * change - matrix @ change) / determinant


def etd2rk(
    derivative: Callable[[Float[Array, " state"], Any], Float[Array, " state"]],
    linear: Float[Array, "state state"],
    over: Propagators,
    start: Float[Array, " state"],
    steps: tuple[Float[Array, " length"], Int[Array, " step"]],
    inputs: Any,
    exactly: Callable[[Float[Array, " state"], Float[Array, " state"], Scalar], Float[Array, " state"]] = lambda before, after, step: after,
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
    exactly
        From the state before a step, the one that the scheme finds after it, and h: the latter, with the states that are linear once
        the others are known solved as such. Called at each stage; has to keep a fixed point.
    """
    lengths, which = steps

    def advance(x: Float[Array, " state"], step: tuple[Array, Any, Any]) -> tuple[Array, Array]:
        length, before, after = step
        h = lengths[length]
        rate = derivative(x, before)
        predicted = exactly(x, x + h * (over.phi1[length] @ rate), h)
        remainder = derivative(predicted, after) - rate - linear @ (predicted - x)
        x = exactly(x, predicted + h * (over.phi2[length] @ remainder), h)
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
