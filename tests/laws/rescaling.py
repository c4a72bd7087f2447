"""Other units: base units are rescaled, the parameters with them, and each result must scale as its unit says."""

import math
from dataclasses import fields, replace
from operator import attrgetter

import jax
import jax.numpy as jnp
import numpy as np

from euthymia.core.units import registry
from euthymia.model.closures.response import Closures
from euthymia.model.default import recipes
from euthymia.model.parameters import Splits

BASE = {"[mass]": 1.7, "[length]": 1.3, "[time]": 0.6, "[substance]": 2.1, "[current]": 0.8, "[rating]": 1.9, "[hamilton]": 0.7}
ONE, HOURLY, HZ = "dimensionless", "1/h", "Hz"


def factor(unit):
    """What a number in ``unit`` is multiplied by when base units shrink by ``BASE``; an array holds such factors already."""
    if not isinstance(unit, str):
        return unit
    return math.prod(BASE[base] ** power for base, power in registry().Unit(unit).dimensionality.items())


def factors(units):
    return jnp.array([factor(unit) for unit in units])


def rescaled(container):
    """The same parameters, surfaces among them, in the other units."""
    if isinstance(container, Closures):
        return _rescaled_closures(container)
    if isinstance(container, Splits):
        return replace(container, drive_ic50=container.drive_ic50 * factor("uM"))
    return type(container)(
        **{
            f.name: getattr(container, f.name) * factor(f.metadata["unit"])
            if "unit" in f.metadata
            else rescaled(getattr(container, f.name))
            for f in fields(container)
        }
    )


def _rescaled_closures(closures):
    def surface(recipe):
        found, axes = getattr(closures, recipe.name), factors(axis.unit for axis in recipe.axes)
        outputs = factors(unit for _, unit in recipe.outputs)
        return replace(found, lower=found.lower * axes, upper=found.upper * axes, scale=found.scale * outputs)

    return Closures(**{name: surface(recipe) for name, recipe in recipes().items()}, shear=closures.shear * factor("nA"))


def check(equation, container, arguments, unit):
    """``arguments`` are (value, unit); ``unit`` is that of the result, or a tree of units for the parts of the result."""

    def scales(unit, before, after):
        for one, other in zip(jax.tree.leaves(before), jax.tree.leaves(after), strict=True):
            np.testing.assert_allclose(other, np.asarray(one) * factor(unit), rtol=1e-10, atol=1e-300)

    compiled = jax.jit(equation)
    before = compiled(container, *(jnp.asarray(value) for value, _ in arguments))
    after = compiled(rescaled(container), *(jnp.asarray(value) * factor(own) for value, own in arguments))
    jax.tree.map(scales, unit, before, after)


def part(model, path):
    """The container at a dotted path of the model; without one, the model."""
    return attrgetter(path)(model) if path else model
