"""The whole model with its numbers filled in from evidence, and its closures loaded."""

from collections.abc import Mapping
from functools import cache

import jax.numpy as jnp

from ..brain.escape import LimbicLock
from ..circuits.habenula import Nucleus
from ..core.parameters import declared, fill, rows_of
from ..core.types import Scalar
from ..core.units import factor
from ..evidence.registry import evidence
from .closures.recipes import Recipe, habenula_recipe, passage_recipe
from .closures.response import Closures
from .closures.surface_file import load
from .parameters import Euthymia


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


Values = Mapping[str, Scalar]
"""Numbers that stand in for evidence rows, by row, in the row's own unit."""


def with_values(model: Euthymia, values: Values) -> Euthymia:
    """The model with other numbers in some evidence rows; they may be traced."""

    def value(row: str, unit: str):
        if row not in values:
            return evidence().value(row, unit)
        return values[row] * factor(evidence().parameters[row].unit, unit)

    return fill(Euthymia, value, {Closures: model.physiology.closures})
