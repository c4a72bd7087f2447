"""The whole model with its numbers filled in from evidence, and its closures loaded; and at other numbers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..brain.escape import LimbicLock
from ..circuits.habenula.parameters import Nucleus
from ..core.errors import InputError
from ..core.parameters import declared, fill, rows_of
from ..core.types import CORTICAL
from ..core.units import factor
from ..evidence import circuit_ensemble
from ..evidence.registry import evidence
from .circuits import SPLIT_ROWS, alone, split_of
from .closures.recipes import Recipe, habenula_recipe, passage_recipe
from .closures.response import Closures
from .closures.surface_file import load
from .parameters import Euthymia, Splits

Values = Mapping[str, Float[Array, "..."]]
"""Values that replace those of evidence rows, by row, in the row's own unit."""
SURFACES = {"habenula": "physiology.nucleus.", "passage": "physiology.limbic."}
"""Every surface, and the part of the model that it is built from."""


def recipes(values: Values | None = None) -> dict[str, Recipe]:
    """Recipes of the surfaces that the model needs, by name, at the values of the evidence, some of them replaced."""
    value = lookup(values or {})
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
    return fill(Euthymia, evidence().value, {Closures: closures_of(recipes()), Splits: ensemble()})


@cache
def ensemble() -> Splits:
    """The circuits that ship."""
    return Splits(**{number: jnp.asarray(values) for number, values in circuit_ensemble.members(CORTICAL).items()})


def closures_of(needed: Mapping[str, Recipe], own: Path | None = None) -> Closures:
    """Surfaces from a folder of one's own as far as they are there, and the others of this installation.

    Raises
    ------
    InputError
        If a surface is missing, damaged, or was built from other numbers, or the folder holds none.
    """
    there = [] if own is None else [name for name in needed if (own / f"{name}.json").exists()]
    if own is not None and not there:
        raise InputError(f"surfaces: {own} holds no surface; `euthymia surfaces build --set … --out {own}` puts them there")
    stored = {name: load(name, recipe.built_from, own if name in there else None) for name, recipe in needed.items()}
    shear = jnp.asarray(stored["passage"].settings["shear_nA"])
    return Closures(**{name: file.surface for name, file in stored.items()}, shear=shear)


@cache
def uses() -> dict[str, list[tuple[str, str]]]:
    """For every evidence row, the parameters that read it: (dotted name, meaning)."""
    readers: dict[str, list[tuple[str, str]]] = {}
    for name, field in declared(Euthymia):
        for row in rows_of(field):
            readers.setdefault(row, []).append((name, field.metadata["meaning"]))
    return readers


def model_at(values: Values, closures: Closures | None = None) -> Euthymia:
    """The default model at other values of some evidence rows, which may be traced, and with its closures or others.

    Where the split of the typical circuit is among them, everybody has that circuit.
    """
    closures = default_model().physiology.closures if closures is None else closures
    model = fill(Euthymia, lookup(values), {Closures: closures, Splits: default_model().circuits})
    return model if SPLIT_ROWS.isdisjoint(values) else replace(model, circuits=alone(split_of(model.physiology)))


def lookup(values: Values) -> Callable[[str, str], Any]:
    """Value of a row in a unit, from these values or else from the evidence: what ``core.parameters.fill`` takes."""

    def value(row: str, unit: str) -> Any:
        if row not in values:
            return evidence().value(row, unit)
        return values[row] * factor(evidence().parameters[row].unit, unit)

    return value
