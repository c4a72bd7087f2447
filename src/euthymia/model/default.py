"""The whole model with its numbers filled in from evidence, and its closures loaded."""

from functools import cache

import equinox as eqx
import jax.numpy as jnp

from ..analysis.dose_response import DoseCurve
from ..brain.escape import LimbicLock
from ..circuits.habenula import Nucleus
from ..clinic.patient import TypicalPatient
from ..clinic.patients import Population
from ..clinic.ratings import Ratings
from ..clinic.safety import Safety
from ..clinic.symptoms import Symptoms
from ..core.parameters import declared, fill, parameter, rows_of
from ..core.types import Scalar
from ..evidence.registry import evidence
from ..pharmacology.covariates import Covariates
from ..pharmacology.molecules import Molecules
from ..pharmacology.variability import Variability
from .closures.recipes import Recipe, habenula_recipe, passage_recipe
from .closures.response import Closures
from .closures.surface_file import load
from .vector_field import Cascade


class Experience(eqx.Module):
    """Doses that published trials cover."""

    lowest_dose: Scalar = parameter("ketamine.lowest_dose", "mg/kg", "lowest i.v. dose of a randomised trial")
    highest_dose: Scalar = parameter("ketamine.highest_dose", "mg/kg", "highest i.v. dose of a randomised trial")
    usual_infusion: Scalar = parameter("ketamine.usual_infusion", "h", "duration of the infusions in those trials")


class Euthymia(eqx.Module):
    """Everything from dose to mood."""

    cascade: Cascade
    symptoms: Symptoms
    molecules: Molecules
    variability: Variability
    covariates: Covariates
    population: Population
    patient: TypicalPatient
    safety: Safety
    ratings: Ratings
    experience: Experience
    dose_curve: DoseCurve


def recipes() -> dict[str, Recipe]:
    """The surfaces that the model needs, by name, at the numbers of the evidence."""
    value = evidence().value
    found = (habenula_recipe(fill(Nucleus, value)), passage_recipe(fill(LimbicLock, value)))
    return {recipe.name: recipe for recipe in found}


@cache
def default_model() -> Euthymia:
    """The model at the values of the evidence that ships with it.

    Raises
    ------
    InputError
        If a surface is missing, damaged, or was built from other numbers.
    """
    found = {name: load(name, recipe.built_from) for name, recipe in recipes().items()}
    closures = Closures(**{name: file.surface for name, file in found.items()}, shear=jnp.asarray(found["passage"].settings["shear_nA"]))
    return fill(Euthymia, evidence().value, {Closures: closures})


def uses() -> dict[str, list[tuple[str, str]]]:
    """For every evidence row, the parameters that read it: (dotted name, meaning)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, field in declared(Euthymia):
        for row in rows_of(field):
            found.setdefault(row, []).append((name, field.metadata["meaning"]))
    return found
