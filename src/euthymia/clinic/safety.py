"""What a clinic watches while the drug is there: dissociation, blood pressure, and how near anaesthesia is.

All follow total ketamine at the effect site. Concentrations µM, pressures mmHg.
"""

from typing import NamedTuple

import equinox as eqx
from jaxtyping import Array, Float

from ..core.parameters import parameter
from ..core.types import ENANTIOMERS, Scalar

S = ENANTIOMERS.index("S")


class Safety(eqx.Module):
    """Potencies of what is watched."""

    dissociation_half: Scalar = parameter("safety.dissociation_half", "uM", "S-ketamine at the effect site with half of all dissociation")
    dissociation_slope: Scalar = parameter("safety.dissociation_slope", "dimensionless", "steepness of dissociation")
    systolic_most: Scalar = parameter("safety.systolic_most", "mmHg", "largest rise of systolic pressure")
    diastolic_most: Scalar = parameter("safety.diastolic_most", "mmHg", "largest rise of diastolic pressure")
    pressure_half: Scalar = parameter("safety.pressure_half", "uM", "racemic ketamine at the effect site with half of it")
    awakening: Scalar = parameter("safety.awakening", "uM", "racemic ketamine at the effect site of people who just wake up")
    anaesthetic_ratio: Scalar = parameter("safety.anaesthetic_ratio", "dimensionless", "anaesthetic potency of S- over R-ketamine")


class SafetyReadouts(NamedTuple):
    """What is watched, at one or many times."""

    dissociation: Float[Array, "*batch"]
    """Share of the most there can be."""
    systolic_rise: Float[Array, "*batch"]
    """mmHg."""
    diastolic_rise: Float[Array, "*batch"]
    """mmHg."""
    anaesthesia: Float[Array, "*batch"]
    """Concentration over that of people who just wake up: 1 and more is anaesthesia."""


def readouts(p: Safety, effect_site: Float[Array, "*batch enantiomer"]) -> SafetyReadouts:
    """All read-outs from total ketamine at the effect site (µM).

    Dissociation is a sigmoid in S-ketamine alone, D = Cᵍ/(Cᵍ + C₅₀ᵍ): R-ketamine added nothing (Olofsen et al. 2022). Pressure rises by
    P C/(C + C₅₀) in both. For anaesthesia S counts r times R, so that a racemate counts as itself.
    """
    of_S, of_R = effect_site[..., S], effect_site[..., 1 - S]
    both, r = of_S + of_R, p.anaesthetic_ratio
    potent = of_S**p.dissociation_slope
    pressure = both / (both + p.pressure_half)
    return SafetyReadouts(
        dissociation=potent / (potent + p.dissociation_half**p.dissociation_slope),
        systolic_rise=p.systolic_most * pressure,
        diastolic_rise=p.diastolic_most * pressure,
        anaesthesia=2 * (r * of_S + of_R) / (1 + r) / p.awakening,
    )
