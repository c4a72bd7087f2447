"""Mouse and rat, whose pharmacokinetics are scaled from people by weight."""

import equinox as eqx
from jaxtyping import Array, Float

from ..core.parameters import parameter
from ..core.types import Scalar
from .ketamine import Disposition

ANIMALS = ("mouse", "rat")


class Animals(eqx.Module):
    """Typical weights, and how time scales with weight."""

    weight: Float[Array, "animal"] = parameter(("mouse.weight", "rat.weight"), "kg", "typical body weight")
    time_exponent: Scalar = parameter("allometry.time_exponent", "dimensionless", "delays go with weight to this power")


def allometric_time_scale(p: Animals, d: Disposition, weight: Scalar) -> Scalar:
    """Delays of an animal of a weight (kg) over those of a person."""
    return (weight / d.reference_weight) ** p.time_exponent
