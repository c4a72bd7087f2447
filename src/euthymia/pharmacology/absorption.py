"""Absorption of ketamine: one depot for each site of administration, emptied at first order.

The part that passes a mucous membrane reaches blood as ketamine; the swallowed part undergoes first-pass metabolism, most of it to
norketamine. A bioavailability is of the whole dose, from which the share through the membrane follows. The nose holds little: the
share of a spray that its membrane takes up falls with the dose.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from ..core.parameters import parameter
from ..core.types import Scalar

DEPOTS = ("muscle", "skin", "nose", "mouth", "rectum", "gut", "tablet", "peritoneum")
"""Sites from which a dose is absorbed; ``tablet`` is a gut that an extended-release tablet feeds slowly."""
MEMBRANES = {"nasal": "nose", "sublingual": "mouth", "rectal": "rectum"}
"""Routes of which a part is swallowed or drains to the liver, and the depot of the other part."""
OF_WHOLE_DOSE = ("sublingual", "rectal")
"""Those with a bioavailability that does not depend on the dose."""
INJECTED = {"i.m.": "muscle", "s.c.": "skin", "i.p.": "peritoneum"}
SWALLOWED = {"oral": "gut", "oral extended release": "tablet"}


class Absorption(eqx.Module):
    """Rates and bioavailabilities, per depot or route."""

    half_life: Float[Array, "depot"] = parameter(
        tuple(f"absorption.half_life.{depot}" for depot in DEPOTS), "h", "absorption half-life of a depot"
    )
    injected_share: Float[Array, "injection"] = parameter(
        ("absorption.share.muscle", "absorption.share.skin"), "dimensionless", "share of an injection that reaches blood"
    )
    membrane_bioavailability: Float[Array, "membrane"] = parameter(
        tuple(f"absorption.bioavailability.{route}" for route in OF_WHOLE_DOSE), "dimensionless", "ketamine in blood, of the whole dose"
    )
    nasal_share: Scalar = parameter("absorption.nasal_share", "dimensionless", "share of a small spray that the nose takes up")
    nasal_half_dose: Scalar = parameter("absorption.nasal_half_dose", "mg", "spray of which the nose takes up half that share")
    intraperitoneal_bioavailability: Scalar = parameter(
        "absorption.bioavailability.intraperitoneal", "dimensionless", "ketamine in blood, of an intraperitoneal injection in an animal"
    )
    oral_bioavailability: Scalar = parameter("absorption.bioavailability.oral", "dimensionless", "ketamine in blood, of what is swallowed")
    tablet_bioavailability: Scalar = parameter(
        "absorption.bioavailability.tablet", "dimensionless", "ketamine in blood, of an extended-release tablet"
    )
    release_time: Scalar = parameter("absorption.release_time", "h", "time over which an extended-release tablet releases its dose")
    gut_share: Scalar = parameter("absorption.gut_share", "dimensionless", "share of what is swallowed that reaches the liver")


def emptying(p: Absorption) -> Float[Array, "depot"]:
    """Rate constants of the depots, 1/h."""
    return jnp.log(2) / p.half_life


def membrane_share(p: Absorption, route: str, milligrams: ArrayLike) -> Scalar:
    """Share m of a dose (mg) that passes a mucous membrane: of a spray m = m₀/(1 + D/D₀), else from F = m + (1 − m) F_oral."""
    if route == "nasal":
        return p.nasal_share / (1 + milligrams / p.nasal_half_dose)
    F = p.membrane_bioavailability[OF_WHOLE_DOSE.index(route)]
    return (F - p.oral_bioavailability) / (1 - p.oral_bioavailability)


def fates(p: Absorption) -> tuple[Float[Array, "depot"], Float[Array, "depot"]]:
    """Shares of a depot's content that reach blood as ketamine, and that first-pass metabolism extracts."""
    whole, none = jnp.ones(()), jnp.zeros(())
    of_depot = {
        "muscle": (p.injected_share[0], none),
        "skin": (p.injected_share[1], none),
        **dict.fromkeys(MEMBRANES.values(), (whole, none)),
        "gut": (p.oral_bioavailability, p.gut_share - p.oral_bioavailability),
        "tablet": (p.tablet_bioavailability, p.gut_share - p.tablet_bioavailability),
        "peritoneum": (p.intraperitoneal_bioavailability, 1 - p.intraperitoneal_bioavailability),
    }
    ketamine, extracted = zip(*(of_depot[depot] for depot in DEPOTS), strict=True)
    return jnp.stack(ketamine), jnp.stack(extracted)


def depot_shares(p: Absorption, route: str, milligrams: ArrayLike) -> dict[str, Scalar]:
    """Shares of a dose (mg) that start in each depot, or in blood (``ketamine``), by route."""
    if route in MEMBRANES:
        through = membrane_share(p, route, milligrams)
        return {MEMBRANES[route]: through, "gut": 1 - through}
    return {(INJECTED | SWALLOWED).get(route, "ketamine"): jnp.ones(())}
