"""Covariates of pharmacokinetics: liver flow and clearance of one body, and its random effects.

A well-stirred liver (flow Q, intrinsic clearance I) extracts E = I/(Q + I), so that clearance is proportional to Q E and oral
bioavailability to 1 − E. Age lowers Q; genotype and disease lower I.
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
"""Of CYP2B6; *6 lowers the formation of norketamine."""
LIVERS = ("normal", "mild impairment", "moderate impairment")
"""Child-Pugh A and B are mild and moderate; there are no data on C."""


class Covariates(eqx.Module):
    """Effects of age, sex, genotype and liver disease."""

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


class CovariateEffects(NamedTuple):
    """Pharmacokinetics of one body beside its weight: factors on the typical adult's, and random effects."""

    liver_flow: Scalar
    intrinsic_clearance: Scalar
    allometric_time_scale: Scalar
    """Factor on every delay."""
    deviation: PerTrait
    spray_deviation: PerSprayTrait


def typical_body() -> CovariateEffects:
    """The typical adult."""
    return CovariateEffects(jnp.ones(()), jnp.ones(()), jnp.ones(()), jnp.zeros(len(TRAITS)), jnp.zeros(len(SPRAY_TRAITS)))


def intrinsic_clearance(p: Esketamine) -> Scalar:
    """I of the typical liver (L/h), relative to the concentration that leaves it."""
    return p.liver_volume * p.metabolism


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


def individualise(d: Disposition, e: Esketamine, body: CovariateEffects) -> tuple[Disposition, Esketamine]:
    """The disposition of one body, after an injection and after a spray."""
    Q, I = e.liver_flow, intrinsic_clearance(e)  # noqa: E741
    typical, E = extraction(Q, I), extraction(body.liver_flow * Q, body.intrinsic_clearance * I)
    clearance = body.liver_flow * E / typical
    a, t = d.absorption, body.allometric_time_scale
    swallowed = {
        name: jnp.minimum(getattr(a, name) * (1 - E) / (1 - typical), a.gut_share)
        for name in ("oral_bioavailability", "tablet_bioavailability")
    }
    person = individual(d, body.deviation.at[TRAITS.index("clearance")].add(jnp.log(clearance)))
    sprayed, i = individual_spray(e, body.spray_deviation), body.intrinsic_clearance
    delays = ("venous_delay", "effect_site_half_life", "norketamine_delay", "hydroxynorketamine_delay")
    return (
        replace(
            person,
            absorption=replace(a, **swallowed, half_life=t * a.half_life),
            **{name: t * getattr(person, name) for name in delays},
        ),
        replace(
            sprayed,
            liver_flow=body.liver_flow * sprayed.liver_flow,
            metabolism=i * sprayed.metabolism,
        ),
    )
