"""The whole model with its numbers filled in from evidence, and its closures loaded."""

from collections.abc import Mapping
from functools import cache

import jax.numpy as jnp

from ..brain.escape import LimbicLock
from ..circuits.habenula.parameters import Nucleus
from ..core.parameters import declared, fill, rows_of
from ..core.types import Scalar
from ..core.units import factor
from ..evidence.registry import evidence
from .closures.recipes import Recipe, habenula_recipe, passage_recipe
from .closures.response import Closures
from .closures.surface_file import load
from .parameters import Euthymia


def recipes() -> dict[str, Recipe]:
    """Recipes of the surfaces that the model needs, by name, at the values of the evidence."""
    value = evidence().value
    needed = (habenula_recipe(fill(Nucleus, value)), passage_recipe(fill(LimbicLock, value)))
    return {recipe.name: recipe for recipe in needed}


@cache
def default_model() -> Euthymia:
    """The model at the values of the evidence that ships with it.

    Raises
    ------
    InputError
        If a surface is missing, damaged, or was built from other numbers.
    """
    stored = {name: load(name, recipe.built_from) for name, recipe in recipes().items()}
    shear = jnp.asarray(stored["passage"].settings["shear_nA"])
    closures = Closures(**{name: file.surface for name, file in stored.items()}, shear=shear)
    return fill(Euthymia, evidence().value, {Closures: closures})


def uses() -> dict[str, list[tuple[str, str]]]:
    """For every evidence row, the parameters that read it: (dotted name, meaning)."""
    readers: dict[str, list[tuple[str, str]]] = {}
    for name, field in declared(Euthymia):
        for row in rows_of(field):
            readers.setdefault(row, []).append((name, field.metadata["meaning"]))
    return readers


Values = Mapping[str, Scalar]
"""Values that replace those of evidence rows, by row, in the row's own unit."""


def with_values(model: Euthymia, values: Values) -> Euthymia:
    """The model with other values of some evidence rows; they may be traced."""

    def value(row: str, unit: str):
        if row not in values:
            return evidence().value(row, unit)
        return values[row] * factor(evidence().parameters[row].unit, unit)

    return fill(Euthymia, value, {Closures: model.physiology.closures})
