"""Way 4, days: dendritic spines form on vacant sites, most vanish again, some mature and persist.

Ketamine raises formation and leaves elimination alone (Phoumthipphavong 2016); stress lowers formation and raises
elimination (Moda-Sava 2019). Densities are relative to a healthy prefrontal dendrite (= 1), time h.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from ..core.numerics.exponential import pair_step
from ..core.parameters import parameter
from ..core.types import Scalar


class Spines(eqx.Module):
    """Turnover of transient and persistent spines."""

    sites: Scalar = parameter("spines.sites", "dimensionless", "sites where a spine can form, healthy density = 1")
    formation: Scalar = parameter("spines.formation", "1/h", "new spines per vacant site")
    loss_of_new: Scalar = parameter("spines.loss_of_new", "1/h", "transient spines that vanish")
    maturation: Scalar = parameter("spines.maturation", "1/h", "transient spines that become persistent")
    elimination: Scalar = parameter("spines.elimination", "1/h", "persistent spines lost, unstressed")
    growth_gain: Scalar = parameter("spines.growth_gain", "dimensionless", "how much the structural signal speeds formation and maturation")
    stress_on_formation: Scalar = parameter("spines.stress_on_formation", "dimensionless", "share of formation lost at stress 1")


class SpineState(NamedTuple):
    """Relative densities of transient and persistent spines."""

    transient: Scalar
    persistent: Scalar


class Turnover(NamedTuple):
    """Flows of spines, 1/h."""

    formed: Scalar
    vanished: Scalar
    matured: Scalar
    eliminated: Scalar


def turnover(p: Spines, x: SpineState, growth: Scalar, stress: Scalar, elimination: Scalar) -> Turnover:
    """Flows (1/h) under a structural growth signal R, stress s (0 to 1) and an elimination rate e (1/h).

    formed = f (1 − b s)(1 + g R)(sites − N − S),  vanished = d N,  matured = m (1 + g R) N,  eliminated = e S.
    """
    speed = 1 + p.growth_gain * growth
    vacant = p.sites - x.transient - x.persistent
    return Turnover(
        formed=p.formation * (1 - p.stress_on_formation * stress) * speed * vacant,
        vanished=p.loss_of_new * x.transient,
        matured=p.maturation * speed * x.transient,
        eliminated=elimination * x.persistent,
    )


def spine_rate(flows: Turnover) -> SpineState:
    """Time derivative (1/h): what forms is transient, what matures persists."""
    return SpineState(
        transient=flows.formed - flows.vanished - flows.matured,
        persistent=flows.matured - flows.eliminated,
    )


def spines_after(p: Spines, x: SpineState, growth: Scalar, stress: Scalar, elimination: Scalar, step: Scalar) -> SpineState:
    """Spines a step (h) later, exactly, under constant growth and elimination: a site is vacant, transient or persistent as in a Markov
    chain, so that no density falls below zero and their sum stays within the sites, however fast spines form.
    """

    def rate(x: SpineState) -> SpineState:
        return spine_rate(turnover(p, x, growth, stress, elimination))

    transient, persistent = pair_step(jnp.array(jax.jacfwd(rate)(x)), jnp.stack(rate(x)), step)
    return SpineState(x.transient + transient, x.persistent + persistent)
