"""Steps that treat a linear part exactly: the matrix exponential, and a second-order exponential scheme."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ..types import Scalar

# Halvings until the norm is at most SMALL: enough for rates of 10^5 per hour over a year.
MAX_SQUARINGS = 32
SMALL = 0.5
# The Taylor polynomial has degree ORDER², and its remainder at SMALL is below rounding.
ORDER = 4
TAYLOR = np.array([1 / math.factorial(degree) for degree in range(1, ORDER**2 + 1)]).reshape(ORDER, ORDER)
# Of a step of a Markov chain, before a Taylor polynomial of degree 8, summed by cubes of these degrees: exact to 1e-10 while the fastest
# rate times the step is below ten.
HALVINGS = 6
CUBES = 6, 3, 0


class Steps(NamedTuple):
    """The steps of a time grid: the distinct lengths h, and for each step which of them it has."""

    lengths: Float[Array, " length"]
    length_index: Int[Array, " step"]


class Propagator(NamedTuple):
    """Exact solution of dx/dt = A x + B u with constant u over one step: x(t+h) = P x(t) + G u."""

    state: Float[Array, "*batch state state"]
    """P."""
    input: Float[Array, "*batch state entry"]
    """G."""


def exact_step(
    matrix: Float[Array, "*#batch state state"], entry: Float[Array, "*#batch state entry"], step: Float[Array, "*#batch"]
) -> Propagator:
    """Propagator of dx/dt = A x + B u with constant u over one step.

    [P G] is the top of one exponential, of h [[A, B], [0, 0]] (Van Loan 1978): by scaling and squaring of its Taylor polynomial,
    evaluated with few products (Paterson & Stockmeyer 1973). The whole batch is squared together until its largest norm needs no more;
    under a ``vmap`` it always does the most squarings, so add to the batch instead. Their number is known beforehand, so that
    derivatives can be taken forwards and backwards.
    """
    n, entries = entry.shape[-2:]
    batch = jnp.broadcast_shapes(matrix.shape[:-2], entry.shape[:-2], step.shape)
    top = jnp.zeros((*batch, n, n + entries)).at[..., :n].set(matrix).at[..., n:].set(entry) * step[..., None, None]
    norm = jax.lax.stop_gradient(jnp.max(jnp.sum(jnp.abs(top), -2), -1))[..., None, None]
    squarings = jnp.clip(jnp.ceil(jnp.log2(norm / SMALL)), 0, MAX_SQUARINGS)

    scaled = top * 2.0**-squarings

    def next_power(power: Array, _: None) -> tuple[Array, Array]:
        return scaled[..., :n] @ power, power

    highest, powers = jax.lax.scan(next_power, scaled, length=ORDER - 1)
    powers = jnp.concatenate([powers, highest[None]])

    def next_terms(series: Array, factors: Array) -> tuple[Array, None]:
        return jnp.tensordot(factors, powers, 1) + highest[..., :n] @ series, None

    series, _ = jax.lax.scan(next_terms, jnp.zeros_like(top), jnp.asarray(TAYLOR[::-1]))

    of_input = jnp.arange(n + entries) >= n

    def square(both: Array, number: Array) -> tuple[Array, None]:
        due = number < squarings
        # P x + G u twice with the same u.
        return jax.lax.cond(jnp.any(due), lambda x: jnp.where(due, x[..., :n] @ x + of_input * x, x), lambda x: x, both), None

    both, _ = jax.lax.scan(square, jnp.eye(n, n + entries) + series, jnp.arange(MAX_SQUARINGS))
    return Propagator(both[..., :n], both[..., n:])


def exact_steps(
    matrix: Float[Array, "*batch state state"], entry: Float[Array, "*batch state entry"], lengths: Float[Array, " length"]
) -> Propagator:
    """:func:`exact_step` over each of several lengths in increasing order (leading axis), for a large batch.

    A length twice an earlier one costs one product, and the lengths are worked on one after the other, so that a batch stays in the
    processor's cache. Not for use under a ``vmap``, which would compute both branches for every length.
    """
    doubles = jnp.tril(lengths[:, None] == 2 * lengths, -1)
    empty = Propagator(jnp.zeros((*lengths.shape, *matrix.shape)), jnp.zeros((*lengths.shape, *entry.shape)))

    def add(done: Propagator, index: Array) -> tuple[Propagator, None]:
        half = jnp.argmax(doubles[index])

        def doubled(P: Array, G: Array) -> Propagator:
            return Propagator(P @ P, P @ G + G)

        def computed(*_: Array) -> Propagator:
            return exact_step(matrix, entry, lengths[index])

        new = jax.lax.cond(doubles[index, half], doubled, computed, *(leaf[half] for leaf in done))
        return Propagator(done.state.at[index].set(new.state), done.input.at[index].set(new.input)), None

    return jax.lax.scan(add, empty, jnp.arange(len(lengths)))[0]


def linear_course(
    matrix: Float[Array, "system state state"],
    entry: Float[Array, "system state entry"],
    steps: Steps,
    infusion: Float[Array, "step system entry"],
    bolus: Float[Array, "step system entry"],
) -> Float[Array, "node system state"]:
    """Exact course, from zero, of linear systems side by side over steps with constant input.

    Parameters
    ----------
    matrix, entry
        A and B of each system; a column of B says which share of one input enters each state.
    steps
        Of the grid.
    infusion
        Rate of each input during each step.
    bolus
        Amount of each input at the start of each step; a node's state is the one after its bolus.
    """
    return propagated_course(exact_step(matrix, entry, steps.lengths[:, None]), entry, steps.length_index, infusion, bolus)


def propagated(
    propagator: Propagator, x: Float[Array, "system state"], infusion: Float[Array, "system entry"]
) -> Float[Array, "system state"]:
    """States of linear systems a step later, P x + G u."""
    return jnp.einsum("sij,sj->si", propagator.state, x) + jnp.einsum("sip,sp->si", propagator.input, infusion)


def propagated_course(
    propagator: Propagator,
    entry: Float[Array, "system state entry"],
    length_index: Int[Array, " step"],
    infusion: Float[Array, "step system entry"],
    bolus: Float[Array, "step system entry"],
    start: Float[Array, "system state"] | None = None,
) -> Float[Array, "node system state"]:
    """:func:`linear_course` from propagators over the distinct lengths (leading axis), which are best computed for many people at once.

    It begins at ``start`` before the first bolus, or at zero.
    """
    propagate, gain = propagator

    def advance(x: Float[Array, "system state"], step: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        length, rate, amount = step
        x = x + jnp.einsum("sip,sp->si", entry, amount)
        return propagated(Propagator(propagate[length], gain[length]), x, rate), x

    start = jnp.zeros(entry.shape[:2]) if start is None else start
    last, course = jax.lax.scan(advance, start, (length_index, infusion, bolus))
    return jnp.concatenate([course, last[None]])


def course_integral(
    matrix: Float[Array, "*batch state state"], dosed: Float[Array, "*batch state"], end: Float[Array, "*batch state"]
) -> Float[Array, "*batch state"]:
    """∫ x dt over a course from zero of dx/dt = A x + input, exact: −A ∫ x dt is all that was dosed less the state at the end.

    A state that nothing leaves only collects, or is cut off: no other may depend on it, and its integral is left at zero.
    """
    left_by_none = jnp.diagonal(matrix, axis1=-2, axis2=-1) == 0
    gone = jnp.where(left_by_none, 0, dosed - end)
    invertible = left_by_none[..., None] * jnp.eye(matrix.shape[-1]) - matrix
    return jnp.linalg.solve(invertible, gone[..., None])[..., 0]


class PhiFunctions(NamedTuple):
    """φ₁(hA) and φ₂(hA) for every distinct step length h, where φ₁(z) = (eᶻ − 1)/z and φ₂(z) = (eᶻ − 1 − z)/z²."""

    phi1: Float[Array, "length state state"]
    phi2: Float[Array, "length state state"]


def phi_functions(linear: Float[Array, "state state"], lengths: Float[Array, " length"]) -> PhiFunctions:
    """The matrix functions that :func:`etd2rk` needs, exact at h = 0: blocks of the exponential of hA beside a chain of two integrators."""
    n = len(linear)
    chain = jnp.zeros((*lengths.shape, 2 * n, 2 * n)).at[:, :n, :n].set(linear * lengths[:, None, None]).at[:, :n, n:].set(jnp.eye(n))
    propagate, gain = exact_step(chain, jnp.eye(2 * n)[:, n:], jnp.ones(lengths.shape))
    return PhiFunctions(propagate[:, :n, n:], gain[:, :n])


def markov_step(hops: Float[Array, "state state"], occupied: Float[Array, "state"], step: Scalar) -> Float[Array, "state"]:
    """Occupancies of a Markov chain a step h later, at constant rates; ``hops[i, j]`` is the rate from state j to state i.

    Uniformisation (Jensen 1953): with q the largest rate of leaving a state and Q the generator, e^{hQ} is e^{−qh} times the exponential of
    h (Q + q), which has no negative entry, so that neither its Taylor polynomial (of degree 8, by cubes) nor the squaring of it can make an
    occupancy negative; columns are scaled to one, so that the sum is kept whatever h.
    """
    out = jnp.sum(hops, 0)
    q, identity = jnp.max(out), jnp.eye(len(out))
    scaled = step / 2**HALVINGS * (hops + jnp.diag(q - out))
    squared = scaled @ scaled
    cubed = squared @ scaled
    series = jnp.zeros_like(scaled)
    for degree in CUBES:
        first, second, third = (1 / math.factorial(degree + more) for more in range(CUBES[1]))
        series = first * identity + second * scaled + third * squared + cubed @ series
    chain = series * (1 / jnp.sum(series, 0))
    for _ in range(HALVINGS):
        chain = chain @ chain
    # What moves is added to what stays, so that a chain at rest stays there to the last digit.
    moved = chain * (1 - identity)
    return jnp.maximum(occupied + (moved @ occupied - jnp.sum(moved, 0) * occupied), 0)


Corrector = Callable[[Float[Array, " state"], Float[Array, " state"], Any, Scalar], Float[Array, " state"]]
"""Corrects a stage: from the state before a step, the scheme's state after it, the inputs at both ends, and the length h, to the latter
with the states that are linear once the others are known solved exactly. It has to keep a fixed point."""


def _uncorrected(x: Float[Array, " state"], later: Float[Array, " state"], inputs: Any, step: Scalar) -> Float[Array, " state"]:
    return later


def etd2rk_step(
    derivative: Callable[[Float[Array, " state"], Any], Float[Array, " state"]],
    linear: Float[Array, "state state"],
    phi: PhiFunctions,
    x: Float[Array, " state"],
    step: Scalar,
    inputs: tuple[Any, Any],
    correct: Corrector = _uncorrected,
) -> Float[Array, " state"]:
    """One step of :func:`etd2rk`, of length h, from the φ-functions of that length and the inputs at both ends."""

    # Both stages are one function, so that it is compiled once: at the first y is x and no rate is known yet.
    def stage(carried: tuple[Array, Array], at_end: tuple[Array, Any]) -> tuple[tuple[Array, Array], None]:
        (y, known), (phi_of_stage, at_node) = carried, at_end
        rate = derivative(y, at_node)
        return (correct(x, y + step * (phi_of_stage @ (rate - known - linear @ (y - x))), inputs, step), rate), None

    both_ends = jax.tree.map(lambda *pair: jnp.stack(pair), *inputs)
    (later, _), _ = jax.lax.scan(stage, (x, jnp.zeros_like(x)), (jnp.stack(phi), both_ends))
    return later


def etd2rk(
    derivative: Callable[[Float[Array, " state"], Any], Float[Array, " state"]],
    linear: Float[Array, "state state"],
    phi: PhiFunctions,
    start: Float[Array, " state"],
    steps: Steps,
    inputs: Any,
    correct: Corrector = _uncorrected,
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
    phi
        From :func:`phi_functions`, for the same A and lengths.
    start
        State at the first node.
    steps
        Of the grid.
    inputs
        u at the nodes: a tree of arrays with a leading node axis.
    correct
        Corrects each stage.
    """

    def advance(x: Float[Array, " state"], step: tuple[Array, Any, Any]) -> tuple[Array, Array]:
        length, before, after = step
        of_length = PhiFunctions(phi.phi1[length], phi.phi2[length])
        x = etd2rk_step(derivative, linear, of_length, x, steps.lengths[length], (before, after), correct)
        return x, x

    before, after = jax.tree.map(lambda leaf: leaf[:-1], inputs), jax.tree.map(lambda leaf: leaf[1:], inputs)
    _, later = jax.lax.scan(advance, start, (steps.length_index, before, after))
    return jnp.concatenate([start[None], later])
