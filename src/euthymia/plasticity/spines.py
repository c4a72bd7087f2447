"""Way 4, days to weeks: dendritic spines form on vacant sites, most vanish again, some stay for weeks, few for good.

Ketamine raises formation and leaves elimination alone (Phoumthipphavong 2016); stress lowers formation and raises elimination
(Moda-Sava 2019, Ng 2018), most of all of young spines, since a spine is lost the less readily the older and larger it is (Holtmaat
2005, Yasumatsu 2008). Densities are relative to a healthy prefrontal dendrite (= 1), time h.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.numerics.exponential import markov_step
from ..core.parameters import parameter
from ..core.types import Scalar


class Spines(eqx.Module):
    """Turnover of transient, young and persistent spines."""

    sites: Scalar = parameter("spines.sites", "dimensionless", "sites where a spine can form, healthy density = 1")
    healthy_transient: Scalar = parameter("spines.healthy_transient", "dimensionless", "share of transient spines in health")
    healthy_young: Scalar = parameter("spines.healthy_young", "dimensionless", "share of young spines in health")
    transient_lifetime: Scalar = parameter("spines.transient_lifetime", "h", "until a transient spine vanishes or stays")
    elimination_of_young: Scalar = parameter("spines.elimination_of_young", "1/h", "young spines lost, unstressed")
    maturation: Scalar = parameter("spines.maturation", "1/h", "young spines that become persistent")
    growth_gain: Scalar = parameter(
        "spines.growth_gain", "dimensionless", "how much the structural signal speeds formation and stabilisation"
    )
    stress_on_formation: Scalar = parameter("spines.stress_on_formation", "dimensionless", "share of formation lost at stress 1")


class SpineState(NamedTuple):
    """Relative densities of transient, young and persistent spines."""

    transient: Scalar
    young: Scalar
    persistent: Scalar


class Turnover(NamedTuple):
    """Flows of spines, 1/h."""

    formed: Scalar
    vanished: Scalar
    stabilised: Scalar
    young_eliminated: Scalar
    matured: Scalar
    eliminated: Scalar


def density(x: SpineState) -> Float[Array, "..."]:
    """All spines, ρ = N + Y + S."""
    return x.transient + x.young + x.persistent


def lasting(x: SpineState) -> Float[Array, "..."]:
    """Spines that are no longer transient, Y + S."""
    return x.young + x.persistent


class SpineRates(NamedTuple):
    """Rates (1/h) at which a site changes: vacant, transient, young, persistent."""

    formation: Scalar
    vanishing: Scalar
    stabilisation: Scalar
    young_elimination: Scalar
    maturation: Scalar
    elimination: Scalar


def healthy_rates(p: Spines) -> SpineRates:
    """Rates (1/h) in health, at which the pools rest at their healthy shares: every pool gains what it loses.

    With the shares N, Y and S = 1 − N − Y, the lifetime τ of transient spines and the rates e_Y and k of young ones, m N = (e_Y + k) Y,
    d = 1/τ − m, f (sites − 1) = N/τ and e S = k Y.
    """
    N, Y = p.healthy_transient, p.healthy_young
    stabilisation = (p.elimination_of_young + p.maturation) * Y / N
    return SpineRates(
        formation=N / p.transient_lifetime / (p.sites - 1),
        vanishing=1 / p.transient_lifetime - stabilisation,
        stabilisation=stabilisation,
        young_elimination=p.elimination_of_young,
        maturation=p.maturation,
        elimination=p.maturation * Y / (1 - N - Y),
    )


def spine_rates(p: Spines, growth: Scalar, stress: Scalar, young_elimination: Scalar, elimination: Scalar) -> SpineRates:
    """Rates (1/h) under a structural growth signal R and stress s (0 to 1), with the rates at which young and persistent spines are lost.

    Formation f (1 − b s)(1 + g R), vanishing d, stabilisation m (1 + g R), maturation k.
    """
    healthy, speed = healthy_rates(p), 1 + p.growth_gain * growth
    return healthy._replace(
        formation=healthy.formation * (1 - p.stress_on_formation * stress) * speed,
        stabilisation=healthy.stabilisation * speed,
        young_elimination=young_elimination,
        elimination=elimination,
    )


def turnover(p: Spines, x: SpineState, rates: SpineRates) -> Turnover:
    """Flows (1/h): what forms on vacant sites, and of every kind what moves on and what is lost."""
    return Turnover(
        formed=rates.formation * (p.sites - density(x)),
        vanished=rates.vanishing * x.transient,
        stabilised=rates.stabilisation * x.transient,
        young_eliminated=rates.young_elimination * x.young,
        matured=rates.maturation * x.young,
        eliminated=rates.elimination * x.persistent,
    )


def spine_rate(flows: Turnover) -> SpineState:
    """Time derivative (1/h): what forms is transient, what is stabilised is young, what matures persists."""
    return SpineState(
        transient=flows.formed - flows.vanished - flows.stabilised,
        young=flows.stabilised - flows.young_eliminated - flows.matured,
        persistent=flows.matured - flows.eliminated,
    )


def spines_after(p: Spines, x: SpineState, rates: SpineRates, step: Scalar) -> SpineState:
    """Spines a step (h) later, exactly, under constant rates: a site is vacant, transient, young or persistent as in a Markov chain, so
    that no density falls below zero and their sum stays within the sites, however fast spines form.
    """
    zero = jnp.zeros_like(rates.formation * rates.young_elimination)
    f, d, m, e_Y, k, e = (rate + zero for rate in rates)
    hops = jnp.array(
        [
            [zero, d, e_Y, e],
            [f, zero, zero, zero],
            [zero, m, zero, zero],
            [zero, zero, k, zero],
        ]
    )
    sites = jnp.stack([p.sites - density(x), *x])
    return SpineState(*markov_step(hops, sites, step)[1:])
