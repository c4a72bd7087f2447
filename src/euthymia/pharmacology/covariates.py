"""What is particular about one body: what its liver does, how far it lies from the typical one, and how fast a small animal lives.

A well-stirred liver (flow Q, intrinsic clearance I) takes out E = I/(Q + I) of what passes it, so that clearance goes with Q E and
a swallowed dose arrives with 1 − E. Age lowers Q; genotype and disease lower I. Animals are scaled from people by their weight.
"""

from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.parameters import parameter
from ..core.types import Scalar
from .esketamine import Esketamine
from .ketamine import Disposition
from .variability import SPRAY_TRAITS, TRAITS, PerSprayTrait, PerTrait, individual, individual_spray

SEXES = ("male", "female")
GENOTYPES = ("*1/*1", "*1/*6", "*6/*6")
"""CYP2B6; *6 lowers what forms norketamine."""
LIVERS = ("normal", "mild impairment", "moderate impairment")
"""Child-Pugh A and B are mild and moderate; nothing is known of C."""
ANIMALS = ("mouse", "rat")


class Covariates(eqx.Module):
    """Effects of what is known about a person, and the weights of animals."""

    old_age: Scalar = parameter("people.old_age", "year", "age from which liver blood flow falls")
    flow_lost: Scalar = parameter("people.liver_flow_lost", "L/(h*year)", "liver blood flow lost each year after it")
    of_sex: Float[Array, "sex"] = parameter(
        ("people.clearance.male", "people.clearance.female"), "dimensionless", "intrinsic clearance over the typical"
    )
    of_genotype: Float[Array, "genotype"] = parameter(
        ("people.clearance.cyp2b6.1_1", "people.clearance.cyp2b6.1_6", "people.clearance.cyp2b6.6_6"),
        "dimensionless",
        "clearance over that of *1/*1",
    )
    of_liver: Float[Array, "impairment"] = parameter(
        ("people.clearance.liver.normal", "people.clearance.liver.mild", "people.clearance.liver.moderate"),
        "dimensionless",
        "intrinsic clearance over the normal liver's",
    )
    animal_weight: Float[Array, "animal"] = parameter(("mouse.weight", "rat.weight"), "kg", "usual body weight")
    time_exponent: Scalar = parameter("allometry.time_exponent", "dimensionless", "delays of animals go with weight to this power")


class CovariateEffects(NamedTuple):
    """What is particular about a body beside its weight; all factors are over the typical adult's."""

    liver_flow: Scalar = jnp.ones(())
    intrinsic_clearance: Scalar = jnp.ones(())
    allometric_time_scale: Scalar = jnp.ones(())
    """Length of every delay."""
    deviation: PerTrait = jnp.zeros(len(TRAITS))
    spray_deviation: PerSprayTrait = jnp.zeros(len(SPRAY_TRAITS))


def intrinsic_clearance(p: Esketamine) -> Scalar:
    """I of the typical liver (L/h), per concentration that leaves it."""
    return p.liver_volume * (p.to_norketamine + p.elsewhere)


def extraction(flow: Scalar, intrinsic: Scalar) -> Scalar:
    """E of a well-stirred liver from its blood flow and intrinsic clearance."""
    return intrinsic / (flow + intrinsic)


def intrinsic_of_clearance(p: Esketamine, ratio: Scalar) -> Scalar:
    """The factor on intrinsic clearance with which clearance becomes ``ratio`` times the typical, at typical blood flow."""
    Q, I = p.liver_flow, intrinsic_clearance(p)  # noqa: E741
    E = ratio * extraction(Q, I)
    return Q * E / (1 - E) / I


def liver_flow(p: Covariates, e: Esketamine, age: Scalar) -> Scalar:
    """Liver blood flow at an age (years) over that of a young adult."""
    return 1 - p.flow_lost * jnp.maximum(age - p.old_age, 0) / e.liver_flow


def allometric_time_scale(p: Covariates, d: Disposition, weight: Scalar) -> Scalar:
    """Delays of an animal of a weight (kg) over those of a person."""
    return (weight / d.reference_weight) ** p.time_exponent


def individualise(d: Disposition, e: Esketamine, body: CovariateEffects) -> tuple[Disposition, Esketamine]:
    """The disposition of one body, after an injection and after a spray."""
    Q, I = e.liver_flow, intrinsic_clearance(e)  # noqa: E741
    usual, own = extraction(Q, I), extraction(body.liver_flow * Q, body.intrinsic_clearance * I)
    cleared = body.liver_flow * own / usual
    a, t = d.absorption, body.allometric_time_scale
    swallowed = jnp.minimum(a.oral_bioavailability * (1 - own) / (1 - usual), a.gut_share)
    person = individual(d, body.deviation.at[TRAITS.index("clearance")].add(jnp.log(cleared)))
    sprayed, i = individual_spray(e, body.spray_deviation), body.intrinsic_clearance
    delays = ("venous_delay", "effect_site_half_life", "norketamine_delay", "hydroxynorketamine_delay")
    return (
        replace(
            person,
            absorption=replace(a, oral_bioavailability=swallowed, half_life=t * a.half_life),
            **{name: t * getattr(person, name) for name in delays},
        ),
        replace(
            sprayed,
            liver_flow=body.liver_flow * sprayed.liver_flow,
            to_norketamine=i * sprayed.to_norketamine,
            elsewhere=i * sprayed.elsewhere,
        ),
    )
