"""Occupancies of two-state systems, y' = a(t)(1 − y) − b(t) y, whose rates change by decades within a step."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..types import Scalar
from .exponential import Steps

# Parts of a step, in each of which the rates are constant, and their middles.
PARTS = 8
MIDDLES = (np.arange(PARTS) + 1 / 2) / PARTS


class Rates(NamedTuple):
    """Of two-state systems."""

    rise: Float[Array, "*system"]
    fall: Float[Array, "*system"]


class Occupancy(NamedTuple):
    """Two-state systems at a node, and the step that led there."""

    y: Float[Array, "*system"]
    before: Rates
    """At the start of that step."""
    length: Scalar
    """Of that step; zero where there was none."""


def log_curvature(
    rates: tuple[Float[Array, "*system"], Float[Array, "*system"], Float[Array, "*system"]], lengths: tuple[Scalar, Scalar]
) -> Float[Array, "*system"]:
    """c of log k(s) = (1 − s) log k₁ + s log k₂ + c s(1 − s), s from 0 to 1 over a step, which also meets k₀ at the node before.

    No more than leaves log k monotone within the step, and zero where a rate is or where there is no step before.
    """
    before, step = lengths
    known = (rates[0] > 0) & (rates[1] > 0) & (rates[2] > 0) & (before > 0)
    first, second, third = (jnp.log(jnp.where(known, rate, 1)) for rate in rates)
    change, slope_before = third - second, (second - first) / jnp.where(before > 0, before, 1)
    c = step * (slope_before * step - change) / jnp.where(before + step > 0, before + step, 1)
    most = jnp.abs(change)
    return jnp.where(known, jnp.maximum(jnp.minimum(c, most), -most), 0)


def occupancy_step(
    y: Float[Array, "*system"], start: Rates, end: Rates, step: Scalar, curvature: Rates | None = None
) -> Float[Array, "*system"]:
    """One step from the rates at both ends and, where known, the curvature of their logarithms."""
    bend = Rates(jnp.zeros_like(start.rise), jnp.zeros_like(start.fall)) if curvature is None else curvature

    def parts(before: Array, after: Array, c: Array) -> Array:
        """Rates in the middle of each part."""
        positive = (before > 0) & (after > 0)
        s = MIDDLES.reshape(-1, *(1,) * before.ndim)
        change = jnp.log(jnp.where(positive, after, 1) / jnp.where(positive, before, 1))
        return jnp.where(positive, before * jnp.exp(s * change + s * (1 - s) * c), before + s * (after - before))

    for a, b in zip(parts(start.rise, end.rise, bend.rise), parts(start.fall, end.fall, bend.fall), strict=True):
        total = a + b
        constant = total == 0
        target = jnp.where(constant, y, a / jnp.where(constant, 1, total))
        y = target + (y - target) * jnp.exp(-total * step / PARTS)
    return y


def curved_step(x: Occupancy, start: Rates, end: Rates, step: Scalar) -> Occupancy:
    """One step of :func:`curved_course`; one of length zero changes nothing."""
    curvature = Rates(*(log_curvature(rates, (x.length, step)) for rates in zip(x.before, start, end, strict=True)))
    y = occupancy_step(x.y, start, end, step, curvature)
    moved = step > 0
    return Occupancy(y, jax.tree.map(lambda now, before: jnp.where(moved, now, before), start, x.before), jnp.where(moved, step, x.length))


def occupancy_course(
    start: Float[Array, "*system"],
    rise: Float[Array, "node *system"],
    fall: Float[Array, "node *system"],
    steps: Steps,
) -> Float[Array, "node *system"]:
    """Occupancies y over steps with rates known at the nodes.

    Between nodes the rates are interpolated log-linearly (linearly from or to zero) and are constant in each of ``PARTS`` parts, in which y
    relaxes exactly to a/(a + b). Second order, and however fast the rates become, y stays between 0 and 1.
    """

    def advance(y: Array, step: tuple[Array, Rates, Rates]) -> tuple[Array, Array]:
        length, before, after = step
        y = occupancy_step(y, before, after, steps.lengths[length])
        return y, y

    _, later = jax.lax.scan(advance, start, (steps.length_index, *_at_ends(rise, fall)))
    return jnp.concatenate([start[None], later])


def curved_course(
    start: Occupancy, rise: Float[Array, "node *system"], fall: Float[Array, "node *system"], steps: Steps
) -> tuple[Float[Array, "node *system"], Occupancy]:
    """Like :func:`occupancy_course` with the logarithm of a rate as a parabola that also meets the node before, and what it ends in.

    What errs most otherwise is that curvature: the rates of an escape rise by decades while a drug comes.
    """

    def advance(x: Occupancy, step: tuple[Array, Rates, Rates]) -> tuple[Occupancy, Array]:
        length, before, after = step
        x = curved_step(x, before, after, steps.lengths[length])
        return x, x.y

    end, later = jax.lax.scan(advance, start, (steps.length_index, *_at_ends(rise, fall)))
    return jnp.concatenate([start.y[None], later]), end


def at_first(y: Float[Array, "*system"]) -> Occupancy:
    """Systems that no step has led to."""
    return Occupancy(y, Rates(jnp.zeros_like(y), jnp.zeros_like(y)), jnp.zeros(()))


def _at_ends(rise: Array, fall: Array) -> tuple[Rates, Rates]:
    """Rates at the start and at the end of each step."""
    return Rates(rise[:-1], fall[:-1]), Rates(rise[1:], fall[1:])
