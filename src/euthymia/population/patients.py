"""Virtual patients: each number stands for one patient, whose body and brain differ from the typical ones by random effects."""

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from ..clinic.patients import CORRELATED, Draw, Population, RandomEffects, correlation_matrix, draw, random_effects
from ..core.errors import InputError
from ..model.circuits import with_split
from ..model.parameters import Euthymia, Physiology, Splits
from ..simulation.person import Person, sample_body

PATIENT_SEED = 1
"""Of the random effects of patients."""
TRIAL_SEED = 2
"""Of natural fluctuation, rater error and dropout."""
CIRCUIT_SEED = 3
"""Of prefrontal circuits."""


class VirtualPatient(NamedTuple):
    """Constants of a person, the random effects that are behind mood, circuits and plasticity, and the prefrontal circuit."""

    person: Person
    random_effects: RandomEffects
    split: Splits


def virtual_patient(model: Euthymia, typical: Person, number: Int[Array, ""]) -> VirtualPatient:
    """The patient of a number, drawn around the typical one."""
    return patient_of(model, typical, number, draw(jax.random.key(PATIENT_SEED), number))


def patient_of(model: Euthymia, typical: Person, number: Int[Array, ""], drawn: Draw) -> VirtualPatient:
    """The patient of a draw, with the body and the circuit of a number."""
    individual_effects = random_effects(model.population, drawn)
    odds = typical.stress / (1 - typical.stress) * jnp.exp(individual_effects.stress)
    person = Person(
        typical.weight * individual_effects.weight,
        odds / (1 + odds),
        typical.madrs + individual_effects.severity,
        sample_body(model, typical.body, number),
    )
    return VirtualPatient(person, individual_effects, model.circuits.of(circuit_of(model, number)))


def circuit_of(model: Euthymia, number: Int[Array, ""]) -> Int[Array, ""]:
    """Which of the ensemble's prefrontal circuits, from 0, the patient of a number has; each is as likely."""
    key = jax.random.fold_in(jax.random.key(CIRCUIT_SEED), number)
    return jax.random.randint(key, (), 0, len(model.circuits.drive_ic50))


def individual_physiology(physiology: Physiology, individual_effects: RandomEffects, split: Splits) -> Physiology:
    """The physiology of one patient's brain, whose prefrontal circuit has a split."""
    physiology = with_split(physiology, split)
    links, signalling, spines = physiology.links, physiology.signalling, physiology.spines
    return replace(
        physiology,
        links=replace(
            links,
            signalling_ec50=links.signalling_ec50 * individual_effects.signalling_ec50,
            surge_ec50=links.surge_ec50 * individual_effects.surge_ec50,
            stress_for_half_shift=links.stress_for_half_shift * individual_effects.habenula,
            spines_on_recurrence=links.spines_on_recurrence * individual_effects.prefrontal,
        ),
        signalling=replace(
            signalling,
            surge_arm=signalling.surge_arm * individual_effects.release,
            rest_arm=signalling.rest_arm * individual_effects.release,
        ),
        spines=replace(spines, growth_gain=spines.growth_gain * individual_effects.growth),
    )


def check_population(p: Population) -> None:
    """Raises ``InputError`` for a correlation matrix that is not positive definite, and for SDs below zero."""
    lowest = float(np.linalg.eigvalsh(np.asarray(correlation_matrix(p)))[0])
    if not lowest > 0:
        stated = ", ".join(f"{first} with {second} {r:g}" for (first, second), r in zip(CORRELATED, np.asarray(p.correlation), strict=True))
        raise InputError(f"population.correlation: no people have these correlations ({stated}); each must lie between -1 and 1")
    if not min(np.min(p.spread), float(p.severity), np.min(p.spread_of_effect)) >= 0:
        raise InputError("population: a spread is below 0")
