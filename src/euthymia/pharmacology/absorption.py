"""Absorption of ketamine: one depot for each site of administration, emptied at first order.

The part that passes a mucous membrane reaches blood as ketamine; the swallowed part undergoes first-pass metabolism, most of it to
norketamine. A published bioavailability is of the whole dose, from which the share through the membrane follows.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.parameters import parameter
from ..core.types import Scalar

DEPOTS = ("muscle", "skin", "nose", "mouth", "rectum", "gut", "peritoneum")
"""Sites from which a dose is absorbed."""
MEMBRANES = {"nasal": "nose", "sublingual": "mouth", "rectal": "rectum"}
"""Routes of which a part is swallowed or drains to the liver, and the depot of the other part."""


class Absorption(eqx.Module):
    """Rates and bioavailabilities, per depot or route."""

    half_life: Float[Array, "depot"] = parameter(
        tuple(f"absorption.half_life.{depot}" for depot in DEPOTS), "h", "absorption half-life of a depot"
    )
    injected_share: Float[Array, "injection"] = parameter(
        ("absorption.share.muscle", "absorption.share.skin"), "dimensionless", "share of an injection that reaches blood"
    )
    membrane_bioavailability: Float[Array, "membrane"] = parameter(
        tuple(f"absorption.bioavailability.{route}" for route in MEMBRANES), "dimensionless", "ketamine in blood, of the whole dose"
    )
    intraperitoneal_bioavailability: Scalar = parameter(
        "absorption.bioavailability.intraperitoneal", "dimensionless", "ketamine in blood, of an intraperitoneal injection in an animal"
    )
    oral_bioavailability: Scalar = parameter("absorption.bioavailability.oral", "dimensionless", "ketamine in blood, of what is swallowed")
    release_time: Scalar = parameter("absorption.release_time", "h", "time over which an extended-release tablet releases its dose")
    gut_share: Scalar = parameter("absorption.gut_share", "dimensionless", "share of what is swallowed that reaches the liver")


def emptying(p: Absorption) -> Float[Array, "depot"]:
    """Rate constants of the depots, 1/h."""
    return jnp.log(2) / p.half_life


def membrane_share(p: Absorption) -> Float[Array, "membrane"]:
    """Share m of a dose that passes a mucous membrane, from F = m + (1 − m) F_oral."""
    return (p.membrane_bioavailability - p.oral_bioavailability) / (1 - p.oral_bioavailability)


def fates(p: Absorption) -> tuple[Float[Array, "depot"], Float[Array, "depot"]]:
    """Shares of a depot's content that reach blood as ketamine, and that first-pass metabolism extracts."""
    whole, none = jnp.ones(()), jnp.zeros(())
    of_depot = {
        "muscle": (p.injected_share[0], none),
        "skin": (p.injected_share[1], none),
        **dict.fromkeys(MEMBRANES.values(), (whole, none)),
        "gut": (p.oral_bioavailability, p.gut_share - p.oral_bioavailability),
        "peritoneum": (p.intraperitoneal_bioavailability, 1 - p.intraperitoneal_bioavailability),
    }
    ketamine, extracted = zip(*(of_depot[depot] for depot in DEPOTS), strict=True)
    return jnp.stack(ketamine), jnp.stack(extracted)


def depot_shares(p: Absorption, route: str) -> dict[str, Scalar]:
    """Shares of a dose that start in each depot, or in blood (``ketamine``), by route."""
    whole = {"i.m.": "muscle", "s.c.": "skin", "oral": "gut", "oral extended release": "gut", "i.p.": "peritoneum"}
    if route in MEMBRANES:
        through = membrane_share(p)[list(MEMBRANES).index(route)]
        return {MEMBRANES[route]: through, "gut": 1 - through}
    return {whole.get(route, "ketamine"): jnp.ones(())}
