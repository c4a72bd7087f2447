"""Who is treated: the typical constants of a patient, from evidence."""

import equinox as eqx

from ..core.parameters import parameter
from ..core.types import Scalar


class TypicalPatient(eqx.Module):
    """The reference patient with treatment-resistant depression."""

    weight: Scalar = parameter("patient.weight", "kg", "body weight")
    stress: Scalar = parameter("patient.stress", "dimensionless", "constant stress s* that holds the depressed fixed point")
