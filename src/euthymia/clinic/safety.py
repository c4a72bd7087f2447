"""Safety read-outs while the drug is there: dissociation, blood pressure, and closeness to anaesthesia.

All follow total ketamine at the effect site. Concentrations µM, pressures mmHg.
"""

from typing import NamedTuple

import equinox as eqx
from jaxtyping import Array, Float

from ..core.parameters import parameter
from ..core.types import ENANTIOMERS, Scalar

S = ENANTIOMERS.index("S")


class Safety(eqx.Module):
    """Potencies and maximal effects of ketamine on the read-outs."""

    dissociation_ec50: Scalar = parameter("safety.dissociation_ec50", "uM", "S-ketamine at the effect site with half-maximal dissociation")
    dissociation_hill: Scalar = parameter("safety.dissociation_hill", "dimensionless", "steepness of dissociation")
    systolic_emax: Scalar = parameter("safety.systolic_emax", "mmHg", "largest rise of systolic pressure")
    diastolic_emax: Scalar = parameter("safety.diastolic_emax", "mmHg", "largest rise of diastolic pressure")
    pressure_ec50: Scalar = parameter("safety.pressure_ec50", "uM", "racemic ketamine at the effect site with half-maximal rise")
    awakening: Scalar = parameter("safety.awakening", "uM", "racemic ketamine at the effect site on awakening")
    anaesthetic_ratio: Scalar = parameter("safety.anaesthetic_ratio", "dimensionless", "anaesthetic potency of S- over R-ketamine")


class SafetyReadouts(NamedTuple):
    """Safety read-outs, at one or many times."""

    dissociation: Float[Array, "*batch"]
    """Share of the maximum."""
    systolic_rise: Float[Array, "*batch"]
    """mmHg."""
    diastolic_rise: Float[Array, "*batch"]
    """mmHg."""
    anaesthesia: Float[Array, "*batch"]
    """Concentration relative to that on awakening: 1 and more is anaesthesia."""


def readouts(p: Safety, effect_site: Float[Array, "*batch enantiomer"]) -> SafetyReadouts:
    """Read-outs from total ketamine at the effect site (µM).

    Dissociation is a sigmoid in S-ketamine alone, D = Cᵍ/(Cᵍ + C₅₀ᵍ): R-ketamine added nothing (Olofsen et al. 2022). Pressure rises by
    P C/(C + C₅₀) in the sum of both. For anaesthesia S counts r times R, scaled so that a racemate counts as itself.
    """
    of_S, of_R = effect_site[..., S], effect_site[..., 1 - S]
    both, r = of_S + of_R, p.anaesthetic_ratio
    potent = of_S**p.dissociation_hill
    pressure = both / (both + p.pressure_ec50)
    return SafetyReadouts(
        dissociation=potent / (potent + p.dissociation_ec50**p.dissociation_hill),
        systolic_rise=p.systolic_emax * pressure,
        diastolic_rise=p.diastolic_emax * pressure,
        anaesthesia=2 * (r * of_S + of_R) / (1 + r) / p.awakening,
    )
