"""Nature does not know our units: measured in others, every equation must give the same answer in those others.

Base units are rescaled, the parameters with them, and each result must scale as its unit says. A hidden constant with a
unit, or a slip between mg and µg, breaks this.
"""

import math
from dataclasses import fields

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.biophysics.magnesium import magnesium_constant, magnesium_unblock
from euthymia.cascade.vector_field import SlowState, drivers, slow_rate, unpack
from euthymia.clinic.symptoms import (
    Mechanisms,
    baseline_items,
    context_shift,
    full_normalisation,
    item_ratings,
    join,
    mechanism_shift,
    remaining,
)
from euthymia.core.units import registry
from euthymia.links import Switches, extrasynaptic_block, free_brain_concentration, free_brain_norketamine, resting_block, spine_elimination
from euthymia.pharmacology.disposition import POOLS, STATES, central_volumes, hydroxynorketamine_clearance, rate_matrix
from euthymia.plasticity.excitotoxicity import calcium_load, damage_rate, damage_source, excitatory_gain, load_for_damage, relative_damage
from euthymia.plasticity.signalling import SignallingState, signalling_rate
from euthymia.plasticity.spines import SpineState, spine_rate, turnover
from euthymia.receptors.nmdar import drive_loss, pore_block, racemate_equivalents, trapping_rate

BASE = {"[mass]": 1.7, "[length]": 1.3, "[time]": 0.6, "[substance]": 2.1, "[current]": 0.8, "[rating]": 1.9}


def factor(unit):
    """What a number in ``unit`` is multiplied by when base units shrink by ``BASE``."""
    return math.prod(BASE[base] ** power for base, power in registry().Unit(unit).dimensionality.items())


def rescaled(container):
    return type(container)(
        **{
            f.name: getattr(container, f.name) * factor(f.metadata["unit"])
            if "unit" in f.metadata
            else rescaled(getattr(container, f.name))
            for f in fields(container)
        }
    )


def check(equation, container, arguments, unit):
    """``arguments`` are (value, unit); ``unit`` is that of the result, or an array of factors."""
    before = equation(container, *(jnp.asarray(value) for value, _ in arguments))
    after = equation(rescaled(container), *(jnp.asarray(value) * factor(own) for value, own in arguments))
    scale = factor(unit) if isinstance(unit, str) else unit
    np.testing.assert_allclose(after, np.asarray(before) * scale, rtol=1e-10, atol=1e-300)


ONE, HOURLY = "dimensionless", "1/h"
STATE_UNITS = np.array([factor("umol")] * len(POOLS) + [factor("uM")] * (len(STATES) - len(POOLS)))
STATE = np.linspace(0.1, 0.9, 14)
NOW, START = (0.5, 0.9, 0.95, 0.1, 0.2, 0.3), (0.0, 0.8, 0.9, 0.0, 0.0, 0.0)
MECHANISM_VALUES = (*NOW, *START, *(0.0, 1.0, 1.0, 1.0, 1.0, 1.0), *START)


DRIVER_UNITS = np.array([1.0] * 4 + [factor("1/h")] * 4)


def drivers_of(p, vector, concentration, stress):
    by = drivers(p, unpack(vector), concentration, stress, Switches())
    return jnp.stack([by.load, by.rest, by.to_mtor, by.to_potentiation, *by.turnover])


def packed(function):
    return lambda p, *arguments: jnp.stack(function(p, *arguments))


def slow(p, vector, concentration, stress):
    x = SlowState(vector[:4], vector[4], SignallingState(*vector[5:12]), SpineState(vector[12], vector[13]))
    rate = slow_rate(p, x, concentration, stress, Switches())
    return jnp.concatenate([rate.bound, rate.damage[None], jnp.stack(rate.signalling), jnp.stack(rate.spines)])


def mechanisms(p, *values):
    return mechanism_shift(p, *(Mechanisms(*values[i : i + 6]) for i in range(0, 24, 6)))


EQUATIONS = {
    "magnesium constant": ("cascade.receptor.magnesium", magnesium_constant, [(-60.0, "mV")], "mM"),
    "magnesium unblock": ("cascade.receptor.magnesium", magnesium_unblock, [(-60.0, "mV")], ONE),
    "body": (
        "cascade.disposition",
        rate_matrix,
        [(82.0, "kg")],
        STATE_UNITS[:, None] / STATE_UNITS[None, :] * factor("1/h"),
    ),
    "clearance of metabolites": ("cascade.disposition", hydroxynorketamine_clearance, [], "L/h"),
    "volumes": ("cascade.disposition", lambda p, w: jnp.stack(list(central_volumes(p, w).values())), [(82.0, "kg")], "L"),
    "equivalents": ("cascade.receptor", racemate_equivalents, [(np.array([0.1, 0.2, 0.05, 0.3]), "uM")], "uM"),
    "pore block": ("cascade.receptor", pore_block, [(0.4, "uM")], ONE),
    "drive loss": ("cascade.receptor", drive_loss, [(0.4, "uM")], ONE),
    "trapping": ("cascade.receptor", trapping_rate, [(STATE[:4], ONE), (0.4, "uM")], HOURLY),
    "free brain": ("cascade.links", free_brain_concentration, [(np.array([0.3, 0.4]), "uM")], "uM"),
    "free norketamine": ("cascade.links", free_brain_norketamine, [(np.array([0.3, 0.4]), "uM")], "uM"),
    "extrasynaptic block": ("cascade.links", lambda p, b: extrasynaptic_block(b), [(STATE[:4], ONE)], ONE),
    "resting block": ("cascade.links", resting_block, [(STATE[:4], ONE)], ONE),
    "elimination": ("cascade.links", spine_elimination, [(0.002, HOURLY), (0.3, ONE), (0.2, ONE)], HOURLY),
    "calcium load": ("cascade.excitotoxicity", calcium_load, [(0.3, ONE), (0.1, ONE)], ONE),
    "damage source": ("cascade.excitotoxicity", damage_source, [(1.3, ONE)], ONE),
    "damage": ("cascade.excitotoxicity", damage_rate, [(0.2, ONE), (1.3, ONE)], HOURLY),
    "relative damage": ("cascade.excitotoxicity", relative_damage, [(0.2, ONE)], ONE),
    "gain": ("cascade.excitotoxicity", excitatory_gain, [(0.2, ONE)], ONE),
    "load for damage": ("cascade.excitotoxicity", load_for_damage, [(0.2, ONE)], ONE),
    "signalling": (
        "cascade.signalling",
        packed(lambda p, x, g, d, m, f: signalling_rate(p, SignallingState(*x), g, d, m, f)),
        [(STATE[:7], ONE), (0.3, ONE), (0.4, ONE), (0.1, ONE), (0.2, ONE)],
        HOURLY,
    ),
    "spines": (
        "cascade.spines",
        packed(lambda p, x, g, s, e: spine_rate(turnover(p, SpineState(*x), g, s, e))),
        [(STATE[:2], ONE), (0.3, ONE), (0.3, ONE), (0.002, HOURLY)],
        HOURLY,
    ),
    "the whole slow field": ("cascade", slow, [(STATE, ONE), (0.4, "uM"), (0.3, ONE)], HOURLY),
    "remaining": ("symptoms", remaining, [(0.7, ONE)], ONE),
    "drivers": ("cascade", lambda p, x, c, s: drivers_of(p, x, c, s), [(STATE, ONE), (0.4, "uM"), (0.3, ONE)], DRIVER_UNITS),
    "baseline items": ("symptoms", baseline_items, [(41.0, "madrs_point")], "madrs_point"),
    "full normalisation": ("symptoms", full_normalisation, [], ONE),
    "mechanism shift": ("symptoms", mechanisms, [(value, ONE) for value in MECHANISM_VALUES], ONE),
    "context": ("symptoms", context_shift, [(1.2, ONE), (np.array([5.0, 90.0]), "h")], ONE),
    "join": ("symptoms", join, [(0.4, ONE), (0.9, ONE)], ONE),
    "ratings": ("symptoms", item_ratings, [(np.full(10, 3.0), "madrs_point"), (1.1, ONE)], "madrs_point"),
}


@pytest.mark.parametrize("name", EQUATIONS)
def test_equations_hold_in_other_units(model, name):
    path, equation, arguments, unit = EQUATIONS[name]
    container = model
    for part in path.split("."):
        container = getattr(container, part)
    check(equation, container, arguments, unit)


def test_no_equation_is_missing():
    import inspect
    import re

    from euthymia import links
    from euthymia.biophysics import magnesium
    from euthymia.clinic import symptoms
    from euthymia.pharmacology import disposition
    from euthymia.plasticity import excitotoxicity, signalling, spines
    from euthymia.receptors import nmdar

    structural = {"clamp", "glutamate_surge", "drug_course"}
    source = inspect.getsource(inspect.getmodule(test_no_equation_is_missing))
    for module in (links, magnesium, symptoms, disposition, excitotoxicity, signalling, spines, nmdar):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_") and name not in structural:
                # Once where it is imported, and once where it is checked.
                assert len(re.findall(rf"\b{name}\b", source)) > 1, f"{module.__name__}.{name} is not rescaled"


def _with_hidden_shift(p, voltage):
    return magnesium_unblock(p, voltage + 40)


def _with_a_hidden_time(p, damage, load):
    return (damage_source(p, load) - damage) / 168


def _with_a_slip_of_1000(p, effect_site):
    # Read as nM: right in numbers only where a unit happens to be one thousandth of another.
    return free_brain_concentration(p, effect_site) + 1e-3


@pytest.mark.parametrize(
    ("path", "equation", "arguments", "unit"),
    [
        ("receptor.magnesium", _with_hidden_shift, [(-60.0, "mV")], ONE),
        ("excitotoxicity", _with_a_hidden_time, [(0.2, ONE), (1.3, ONE)], HOURLY),
        ("links", _with_a_slip_of_1000, [(np.array([0.3, 0.4]), "uM")], "uM"),
    ],
)
def test_a_planted_error_is_caught(model, path, equation, arguments, unit):
    container: eqx.Module = model.cascade
    for part in path.split("."):
        container = getattr(container, part)
    with pytest.raises(AssertionError):
        check(equation, container, arguments, unit)
