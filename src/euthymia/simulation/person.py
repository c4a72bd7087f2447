"""Who is treated: the constants of a protocol's patient, and of people drawn from the population."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from ..core.clock import clock
from ..core.exported_programs import exported
from ..core.types import Scalar
from ..model.parameters import Euthymia
from ..pharmacology.animals import ANIMALS, allometric_time_scale
from ..pharmacology.covariates import GENOTYPES, LIVERS, SEXES, CovariateEffects, intrinsic_of_clearance, liver_flow, typical_body
from ..pharmacology.variability import TRAITS, people, spray_people
from ..protocols.patient import Patient
from ..protocols.protocol import Protocol

CONDITIONS = {"depressed": "Treatment-resistant depression", "healthy": "Healthy volunteer"}
"""What a patient of each condition is called."""
POPULATION = 0
"""Seed of the population of which every person has a number."""


class Person(NamedTuple):
    """A patient's constants."""

    weight: Scalar
    """kg."""
    stress: Scalar
    """0 to 1."""
    madrs: Scalar
    """Points before the course."""
    body: CovariateEffects

    @classmethod
    def from_protocol(cls, protocol: Protocol, model: Euthymia) -> "Person":
        """The patient's constants; what the protocol leaves out is typical of the condition or species."""
        stated = protocol.patient
        if stated.species in ANIMALS:
            usual = model.animals.weight[ANIMALS.index(stated.species)]
            weight = usual if stated.weight is None else jnp.asarray(stated.weight, float)
            time_scale = allometric_time_scale(model.animals, model.physiology.disposition, weight)
            return cls(weight, jnp.zeros(()), model.symptoms.healthy_madrs, typical_body()._replace(allometric_time_scale=time_scale))
        if stated.condition == "healthy":
            stress, madrs = jnp.zeros(()), model.symptoms.healthy_madrs
        else:
            stress, madrs = model.patient.stress, jnp.sum(model.symptoms.baseline)
        typical = (model.patient.weight, stress, madrs)
        own = (stated.weight, stated.stress, stated.madrs)
        weight, stress, madrs = (usual if value is None else jnp.asarray(value, float) for usual, value in zip(typical, own, strict=True))
        return cls(weight, stress, madrs, covariate_effects(stated, model))

    def described(self, patient: Patient) -> str:
        """The patient in words, the same wherever one is shown."""
        until = "" if patient.stress_until is None or self.stress == 0 else f" until {clock(patient.stress_until)}"
        mood = f"stress {float(self.stress):g}{until}", f"MADRS {float(self.madrs):.0f} before the course"
        return ", ".join((CONDITIONS[patient.condition], f"{float(self.weight):g} kg", *patient.particulars(), *mood))


def covariate_effects(patient: Patient, model: Euthymia) -> CovariateEffects:
    """What is particular about a person's body; what is left out is typical."""
    p, e = model.covariates, model.physiology.esketamine
    flow, intrinsic = jnp.ones(()), jnp.ones(())
    if patient.age is not None:
        flow = liver_flow(p, e, jnp.asarray(patient.age))
    if patient.sex is not None:
        intrinsic = intrinsic * p.of_sex[SEXES.index(patient.sex)]
    if patient.liver is not None:
        intrinsic = intrinsic * p.of_liver[LIVERS.index(patient.liver)]
    if patient.cyp2b6 is not None:
        intrinsic = intrinsic * intrinsic_of_clearance(e, p.of_genotype[GENOTYPES.index(patient.cyp2b6)])
    body = typical_body()._replace(liver_flow=flow, intrinsic_clearance=intrinsic)
    if patient.disposition is not None:
        body = body._replace(deviation=jnp.log(jnp.array([patient.disposition.get(trait, 1.0) for trait in TRAITS])))
    return body if patient.individual is None else sample_body(model, body, jnp.asarray(patient.individual))


@exported
def sample_body(model: Euthymia, body: CovariateEffects, number: Int[Array, ""]) -> CovariateEffects:
    """The body of the person of a number in the population, other things equal."""
    key, of_spray = jax.random.split(jax.random.key(POPULATION))
    drawn = people(model.variability, key, number[None]), spray_people(model.variability, of_spray, number[None])
    return body._replace(deviation=drawn[0][0], spray_deviation=drawn[1][0])
