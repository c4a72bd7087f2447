"""Molar masses: between the milligrams of a prescription and the micromoles of the equations."""

import equinox as eqx

from ..core.parameters import parameter
from ..core.types import Scalar


class Molecules(eqx.Module):
    """Molar mass of each species, as free base."""

    ketamine: Scalar = parameter("ketamine.molar_mass", "mg/umol", "ketamine")
    norketamine: Scalar = parameter("norketamine.molar_mass", "mg/umol", "norketamine")
    hydroxynorketamine: Scalar = parameter("hydroxynorketamine.molar_mass", "mg/umol", "hydroxynorketamine")
    dehydronorketamine: Scalar = parameter("dehydronorketamine.molar_mass", "mg/umol", "dehydronorketamine")
