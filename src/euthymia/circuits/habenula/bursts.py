"""Bursts and firing rates of the nucleus, from the spikes of a run."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ...core.types import Scalar
from .cell import Raster
from .parameters import Nucleus, PerCriterion

PerGroup = Float[Array, "group"]


class NucleusActivity(NamedTuple):
    """Firing of the nucleus; a pair is by criterion (main, strict), a triple by group (silent, tonic, burst)."""

    rate: Scalar
    burst_rate: PerCriterion
    tonic_rate: PerCriterion
    in_bursts: PerCriterion
    """Share of spikes inside bursts."""
    cells: Float[Array, "criterion group"]
    """Share of cells; a cell bursts if it fires and over half of its spikes are in bursts."""
    unblocked: PerGroup
    """Mean Mg-free share of NMDA pores, by the main criterion; of the whole nucleus for a group without cells."""


def in_bursts(spike: Float[Array, "node cell"], longest: Scalar) -> Bool[Array, "node cell"]:
    """Whether a spike has a neighbour in the same cell within ``longest`` ms: a burst is two spikes or more."""
    before = jax.lax.cummax(jnp.where(jnp.isfinite(spike), spike, -jnp.inf))
    after = jax.lax.cummin(spike, reverse=True)
    none = jnp.full_like(spike[:1], jnp.inf)
    since = spike - jnp.concatenate([-none, before[:-1]])
    until = jnp.concatenate([after[1:], none]) - spike
    return jnp.isfinite(spike) & ((since <= longest) | (until <= longest))


def activity(p: Nucleus, raster: Raster, spacing: Scalar) -> NucleusActivity:
    """Firing of the nucleus from a raster whose nodes lie ``spacing`` ms apart."""
    nodes, cells = raster.spike.shape
    to_hertz = p.hertz / (nodes * spacing)
    spikes = jnp.sum(jnp.isfinite(raster.spike), 0)
    bursting = jax.vmap(lambda longest: jnp.sum(in_bursts(raster.spike, longest), 0))(p.burst_interval)
    rate, burst_rate = jnp.sum(spikes) / cells * to_hertz, jnp.sum(bursting, 1) / cells * to_hertz

    silent = jnp.broadcast_to(spikes * to_hertz < p.silent_below, bursting.shape)
    burst = ~silent & (2 * bursting > spikes)
    group = jnp.stack([silent, ~silent & ~burst, burst], 1).astype(float)
    size = jnp.sum(group[0], -1)
    unblocked = jnp.mean(raster.unblocked, 0)
    by_group = jnp.where(size == 0, jnp.mean(unblocked), group[0] @ unblocked / jnp.maximum(size, 1))
    share = jnp.where(rate == 0, 0, burst_rate / jnp.where(rate == 0, 1, rate))
    return NucleusActivity(rate, burst_rate, rate - burst_rate, share, jnp.mean(group, -1), by_group)
