"""Virtual patients: who has a number, and how their body and brain differ from the typical ones."""

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from ..clinic.patients import CORRELATED, Differences, Population, correlation_matrix, differences
from ..core.errors import InputError
from ..model.parameters import Cascade, Euthymia
from ..simulation.person import Person, someone

COHORT = 1
"""Seed of the patients of whom every one has a number."""
TRIAL = 2
"""Seed of what fluctuates and what raters hear."""


class Virtual(NamedTuple):
    """A virtual patient."""

    person: Person
    differences: Differences


def virtual(model: Euthymia, typical: Person, number: Int[Array, ""]) -> Virtual:
    """The patient of a number, beside the one of the protocol."""
    differs = differences(model.population, jax.random.key(COHORT), number)
    odds = typical.stress / (1 - typical.stress) * jnp.exp(differs.stress)
    person = Person(
        typical.weight * differs.weight,
        odds / (1 + odds),
        typical.madrs + differs.severity,
        someone(model, typical.body, number),
    )
    return Virtual(person, differs)


def particular(cascade: Cascade, differs: Differences) -> Cascade:
    """The model in one patient's brain."""
    links, signalling, spines = cascade.links, cascade.signalling, cascade.spines
    return replace(
        cascade,
        links=replace(
            links,
            signalling_potency=links.signalling_potency * differs.engagement,
            surge_potency=links.surge_potency * differs.surge,
            stress_for_half_shift=links.stress_for_half_shift * differs.habenula,
            spines_on_recurrence=links.spines_on_recurrence * differs.prefrontal,
        ),
        signalling=replace(signalling, surge_arm=signalling.surge_arm * differs.release, rest_arm=signalling.rest_arm * differs.release),
        spines=replace(spines, growth_gain=spines.growth_gain * differs.growth),
    )


def check_population(p: Population) -> None:
    """Raises ``InputError`` for correlations that nobody can have, and for spreads below zero."""
    lowest = float(np.linalg.eigvalsh(np.asarray(correlation_matrix(p)))[0])
    if not lowest > 0:
        stated = ", ".join(f"{one} with {other} {r:g}" for (one, other), r in zip(CORRELATED, np.asarray(p.correlation), strict=True))
        raise InputError(f"population.correlation: no people have these correlations ({stated}); each must lie between -1 and 1")
    if not min(np.min(p.spread), float(p.severity), np.min(p.spread_of_effect)) >= 0:
        raise InputError("population: a spread is below 0")
