"""Downstream of the habenula: the RMTg, which inhibits dopamine cells, and the raphe, which it excites or inhibits.

Habenula input is two population rates (Hz): ``tonic``, spikes outside bursts, and ``burst``, spikes inside bursts. Dopamine has
three separate outputs: the share of active cells, their rate, and the share of their spikes in bursts.
Depression halves the first only (Belujon & Grace 2014).
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.parameters import parameter
from ..core.types import Scalar


class RMTg(eqx.Module):
    """The GABAergic relay between habenula and dopamine cells."""

    threshold: Scalar = parameter("rmtg.drive", "Hz", "rate without the habenula")
    tonic_weight: Scalar = parameter("rmtg.tonic_weight", "dimensionless", "rate per habenula spike outside bursts")
    burst_weight: Scalar = parameter("rmtg.burst_weight", "dimensionless", "rate per habenula spike inside bursts")


class Dopamine(eqx.Module):
    """Cells of the ventral tegmental area."""

    direct_weight: Scalar = parameter("dopamine.direct_weight", "dimensionless", "inhibition by the habenula that bypasses the RMTg")
    active_share: Scalar = parameter("dopamine.active_share", "dimensionless", "cells that fire, healthy")
    inhibition_scale: Scalar = parameter("dopamine.inhibition_scale", "Hz", "inhibition that lowers the odds of firing e-fold")
    rate: Scalar = parameter("dopamine.rate", "Hz", "rate of active cells, healthy")
    burst_share: Scalar = parameter("dopamine.burst_share", "dimensionless", "spikes of active cells in bursts, healthy")
    cortex_on_active: Scalar = parameter("dopamine.cortex_on_active", "dimensionless", "exponent of cortical drive in the odds of firing")
    cortex_on_rate: Scalar = parameter("dopamine.cortex_on_rate", "dimensionless", "exponent of cortical drive in the rate")
    cortex_on_bursts: Scalar = parameter("dopamine.cortex_on_bursts", "dimensionless", "exponent of cortical drive in the odds of a burst")
    synapse_delay: Scalar = parameter("dopamine.synapse_delay", "ms", "from a habenula spike to its inhibition")
    synapse_time: Scalar = parameter("dopamine.synapse_time", "ms", "decay of that inhibition")
    synapse_strength: Scalar = parameter("dopamine.synapse_strength", "dimensionless", "log fall of the hazard per synchronous spike")
    burst_interval: Scalar = parameter("dopamine.burst_interval", "ms", "between spikes of a habenula burst")


class Raphe(eqx.Module):
    """Serotonin cells of the dorsal raphe."""

    drive: Scalar = parameter("raphe.drive", "Hz", "rate without the habenula")
    excitation: Scalar = parameter("raphe.excitation", "dimensionless", "rate per habenula spike, direct")
    inhibition: Scalar = parameter("raphe.inhibition", "dimensionless", "rate lost per habenula spike, recurrent and fully facilitated")
    burst_facilitation: Scalar = parameter(
        "raphe.burst_facilitation", "dimensionless", "facilitation by a spike in a burst over one outside"
    )
    half_facilitation: Scalar = parameter("raphe.half_facilitation", "Hz", "drive that half facilitates the recurrent inhibition")


class Midbrain(eqx.Module):
    """RMTg, dopamine and raphe, with the habenula input of a healthy brain as the reference."""

    rmtg: RMTg
    dopamine: Dopamine
    raphe: Raphe
    healthy: Float[Array, "pattern"] = parameter("midbrain.healthy", "Hz", "healthy habenula, outside and inside bursts")


class DopamineState(NamedTuple):
    """Firing of dopamine cells at steady input."""

    active_share: Scalar
    """Share of cells that fire at all."""
    rate: Scalar
    """Hz, of the active cells."""
    burst_share: Scalar
    """Share of their spikes that come in bursts."""


def rmtg_rate(p: RMTg, tonic: Scalar, burst: Scalar) -> Scalar:
    """Rate (Hz) of the RMTg: [θ + w₁ tonic + w₂ burst]₊, where bursts weigh more."""
    return jnp.maximum(p.threshold + p.tonic_weight * tonic + p.burst_weight * burst, 0)


def dopamine_inhibition(p: Midbrain, rmtg: Scalar, tonic: Scalar, burst: Scalar) -> Scalar:
    """Inhibition (Hz) of dopamine cells: by the RMTg, and the small direct part by the habenula."""
    return rmtg + p.dopamine.direct_weight * (tonic + burst)


def dopamine_state(p: Midbrain, rmtg: Scalar, tonic: Scalar, burst: Scalar, cortical_drive: Scalar) -> DopamineState:
    """Dopamine at steady inhibition and cortical drive (relative, healthy = 1).

    Inhibition I holds cells silent, and cortical drive C releases them: A/(1 − A) = A₀/(1 − A₀) C^κ e^(−(I − I₀)/σ), with I₀ that of
    the healthy habenula. Cells that stay active fire as before: without the RMTg their rate does not change (Brown et al. 2017), and
    helplessness changes neither rate nor bursting. Cortical drive raises both.

    For a depressed habenula with inhibition I₁ to halve A, σ = (I₁ − I₀)/ln((2 − A₀)/(1 − A₀)).

    Parameters
    ----------
    rmtg
        Rate of the RMTg (Hz), normally :func:`rmtg_rate` of the same input; its healthy value lesions the relay.
    tonic, burst
        Habenula rates (Hz).
    cortical_drive
        Prefrontal output onto the midbrain, above 0.
    """
    d = p.dopamine
    tonic_0, burst_0 = p.healthy
    reference = dopamine_inhibition(p, rmtg_rate(p.rmtg, tonic_0, burst_0), tonic_0, burst_0)
    excess = (dopamine_inhibition(p, rmtg, tonic, burst) - reference) / d.inhibition_scale
    active = d.active_share / (1 - d.active_share) * cortical_drive**d.cortex_on_active * jnp.exp(-excess)
    bursting = d.burst_share / (1 - d.burst_share) * cortical_drive**d.cortex_on_bursts
    return DopamineState(active / (1 + active), d.rate * cortical_drive**d.cortex_on_rate, bursting / (1 + bursting))


def hazard_after_volley(p: Dopamine, spikes_per_cell: Scalar, times: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Hazard (Hz) of dopamine cells at times (ms) after the last spike of a synchronous habenula volley: λ₀ e^(−g s(t)).

    Every spike adds a synaptic trace that decays with τ: after n spikes δ apart, s = e^(−(t − d)/τ) (1 − e^(−nδ/τ))/(1 − e^(−δ/τ)),
    from the delay d on.
    """
    decay = p.burst_interval / p.synapse_time
    summed = jnp.expm1(-spikes_per_cell * decay) / jnp.expm1(-decay)
    since = times - p.synapse_delay
    trace = jnp.where(since >= 0, summed * jnp.exp(-jnp.maximum(since, 0) / p.synapse_time), 0)
    return p.rate * jnp.exp(-p.synapse_strength * trace)


def pause_after_volley(p: Dopamine, spikes_per_cell: Scalar) -> Scalar:
    """Pause of dopamine cells (ms) after a synchronous volley: how long their hazard stays below half, from the first spike's effect.

    (n − 1)δ + τ ln(g s/ln 2), where s is the trace at the last of n spikes. So a habenula that responds to an omitted reward with bursts
    silences dopamine for longer than one with single spikes. Zero if a volley does not halve the hazard.
    """
    decay = p.burst_interval / p.synapse_time
    summed = jnp.expm1(-spikes_per_cell * decay) / jnp.expm1(-decay)
    outlasting = p.synapse_time * jnp.log(p.synapse_strength * summed / jnp.log(2))
    return jnp.where(outlasting > 0, (spikes_per_cell - 1) * p.burst_interval + outlasting, 0)


def raphe_rate(p: Raphe, tonic: Scalar, burst: Scalar) -> Scalar:
    """Rate (Hz) of serotonin cells: [r₀ + α (tonic + burst) − β F²/(F + F₅₀)]₊ with F = tonic + w burst.

    All spikes excite directly; the serotonin released feeds back through 5-HT1A receptors, slowly and facilitating, so that few spikes
    excite, and bursts or very high rates inhibit. For pure tonic input the sign turns at F = α F₅₀/(β − α). Shape: Nat Neurosci 2025,
    doi 10.1038/s41593-025-01912-7; low rates excite and high ones inhibit in vivo (Brain Res Bull 1996, 41:47).
    """
    facilitating = tonic + p.burst_facilitation * burst
    feedback = p.inhibition * facilitating**2 / (facilitating + p.half_facilitation)
    return jnp.maximum(p.drive + p.excitation * (tonic + burst) - feedback, 0)


def raphe_drive(p: Midbrain, tonic: Scalar, burst: Scalar) -> Scalar:
    """Rate of serotonin cells relative to that under a healthy habenula."""
    return raphe_rate(p.raphe, tonic, burst) / raphe_rate(p.raphe, *p.healthy)
