"""Gates of ion channels: the families of opening and closing rates.

Voltages mV, time ms. A gate x follows dx/dt = (x_inf − x)/τ, with x_inf = α/(α + β) and τ = 1/(α + β).
"""

import math
import sys
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.parameters import parameter

# Where the errors of 1 + z/2 and of (eᶻ − 1)/z are equal.
NEAR = math.cbrt(sys.float_info.epsilon)

PerLinoid = Float[Array, "linoid"]
PerExponential = Float[Array, "exponential"]
PerSigmoid = Float[Array, "sigmoid"]
Volts = Float[Array, "*batch"]


class TraubMiles(eqx.Module):
    """Fast sodium and delayed-rectifier potassium, in voltages relative to a cell's own threshold.

    Source: Traub & Miles (1991), in the form of Destexhe's HH2 mechanism. Signs of slope and width give the direction.
    """

    linoid_slope: PerLinoid = parameter("traub_miles.linoid.slope", "1/(mV*ms)", "asymptotic slope of αm, βm, αn")
    linoid_start: PerLinoid = parameter("traub_miles.linoid.start", "mV", "where αm, βm, αn bend")
    linoid_width: PerLinoid = parameter("traub_miles.linoid.width", "mV", "over which αm, βm, αn bend")
    exponential_rate: PerExponential = parameter("traub_miles.exponential.rate", "1/ms", "αh, βn at their start")
    exponential_start: PerExponential = parameter("traub_miles.exponential.start", "mV", "reference of αh, βn")
    exponential_width: PerExponential = parameter("traub_miles.exponential.width", "mV", "e-fold of αh, βn")
    sigmoid_rate: PerSigmoid = parameter("traub_miles.sigmoid.rate", "1/ms", "largest βh")
    sigmoid_start: PerSigmoid = parameter("traub_miles.sigmoid.start", "mV", "half of βh")
    sigmoid_width: PerSigmoid = parameter("traub_miles.sigmoid.width", "mV", "steepness of βh")


class Rates(NamedTuple):
    """Opening α and closing β of one gate, 1/ms."""

    opening: Volts
    closing: Volts


def exprel(z: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """(eᶻ − 1)/z, which is 1 at z = 0; relative error below 1e-10.

    1/``soft_rectifier(−z)`` would be exact to rounding, and a nucleus of these cells a quarter slower.
    """
    near = jnp.abs(z) < NEAR
    return jnp.where(near, 1 + z / 2, (jnp.exp(z) - 1) / jnp.where(near, 1, z))


def boltzmann(voltage: Volts, half: Float[Array, "*#batch"], width: Float[Array, "*#batch"]) -> Volts:
    """1/(1 + e^{−(V − half)/width}); a negative width closes with depolarisation."""
    return 1 / (1 + jnp.exp(-(voltage - half) / width))


def linoid(voltage: Volts, slope: Float[Array, ""], start: Float[Array, ""], width: Float[Array, ""]) -> Volts:
    """slope·(V − start)/(1 − e^{−(V − start)/width}) in 1/ms, continuous at V = start."""
    return slope * width / exprel(-(voltage - start) / width)


def traub_miles(p: TraubMiles, voltage: Volts) -> tuple[Rates, Rates, Rates]:
    """Rates of the gates m and h of sodium and n of potassium, at a voltage relative to threshold (mV)."""
    alpha_m, beta_m, alpha_n = (linoid(voltage, *row) for row in zip(p.linoid_slope, p.linoid_start, p.linoid_width, strict=True))
    alpha_h, beta_n = (
        rate * jnp.exp((voltage - start) / width)
        for rate, start, width in zip(p.exponential_rate, p.exponential_start, p.exponential_width, strict=True)
    )
    beta_h = p.sigmoid_rate[0] * boltzmann(voltage, p.sigmoid_start[0], p.sigmoid_width[0])
    return Rates(alpha_m, beta_m), Rates(alpha_h, beta_h), Rates(alpha_n, beta_n)


def relax(gate: Volts, steady: Volts, elapsed: Float[Array, "*#batch"]) -> Volts:
    """Exact course of a gate at frozen voltage: ``elapsed`` is time over the time constant."""
    return steady + (gate - steady) * jnp.exp(-elapsed)
