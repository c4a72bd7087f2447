"""Who is treated, and with what: a protocol as numbers that the model reads."""

import math
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from ..clinic.symptoms import EMPIRICAL_CONTEXTS
from ..core.errors import InputError
from ..core.types import ENANTIOMERS, Scalar
from ..model.default import Euthymia
from ..model.time_grid import Pulse, TimeGrid, channel, time_grid
from ..pharmacology.absorption import placed
from ..pharmacology.comparators import DRUGS, ENTRY
from ..pharmacology.covariates import ANIMALS, GENOTYPES, LIVERS, SEXES, Body, intrinsic_of_clearance, liver_flow, pace
from ..pharmacology.variability import people, spray_people
from ..protocols.protocol import HYDROXYNORKETAMINES, KETAMINES, NORKETAMINES, OF_KETAMINE, Dose, Patient, Protocol

CHECKPOINTS = {"0": 0.0, "2 h": 2.0, "24 h": 24.0, "3 d": 72.0, "7 d": 168.0, "14 d": 336.0, "28 d": 672.0, "42 d": 1008.0}
EMPIRICAL = "empirical: no mechanism"
"""What is written wherever the curve of such a treatment is shown."""
ROUNDING = 1e-9
BRISK = (128, 16)
"""Steps and distinct lengths of the smallest grid for many patients."""
MOST_DEVICES = 100
"""Of one nasal dose."""
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
    body: Body


def first_visit(protocol: Protocol) -> float:
    """Start of the first dose or stated visit, or of a course without any, h."""
    return protocol.begins


def labelled(name: str, protocol: Protocol) -> str:
    """The name of a course, which says if its curve is set from trials and comes from no mechanism."""
    return f"{name} ({EMPIRICAL})" if protocol.context in EMPIRICAL_CONTEXTS else name


def person_of(protocol: Protocol, model: Euthymia) -> Person:
    """The patient's constants; what the protocol leaves out is typical of the condition or species."""
    given = protocol.patient
    if given.species in ANIMALS:
        usual = model.covariates.animal_weight[ANIMALS.index(given.species)]
        weight = usual if given.weight is None else jnp.asarray(given.weight, float)
        body = Body(pace=pace(model.covariates, model.cascade.disposition, weight))
        return Person(weight, jnp.zeros(()), model.symptoms.healthy_madrs, body)
    if given.condition == "healthy":
        stress, madrs = jnp.zeros(()), model.symptoms.healthy_madrs
    else:
        stress, madrs = model.patient.stress, jnp.sum(model.symptoms.baseline)
    typical = (model.patient.weight, stress, madrs)
    stated = (given.weight, given.stress, given.madrs)
    weight, stress, madrs = (usual if own is None else jnp.asarray(own, float) for usual, own in zip(typical, stated, strict=True))
    return Person(weight, stress, madrs, body_of(given, model))


def body_of(patient: Patient, model: Euthymia) -> Body:
    """What is particular about a person's body; what is left out is typical."""
    p, e = model.covariates, model.cascade.esketamine
    flow, intrinsic = jnp.ones(()), jnp.ones(())
    if patient.age is not None:
        flow = liver_flow(p, e, jnp.asarray(patient.age))
    if patient.sex is not None:
        intrinsic = intrinsic * p.of_sex[SEXES.index(patient.sex)]
    if patient.liver is not None:
        intrinsic = intrinsic * p.of_liver[LIVERS.index(patient.liver)]
    if patient.cyp2b6 is not None:
        intrinsic = intrinsic * intrinsic_of_clearance(e, p.of_genotype[GENOTYPES.index(patient.cyp2b6)])
    body = Body(flow, intrinsic)
    return body if patient.individual is None else someone(model, body, jnp.asarray(patient.individual))


@eqx.filter_jit
def someone(model: Euthymia, body: Body, number: Int[Array, ""]) -> Body:
    """The body of the person of a number in the population, other things equal."""
    key, of_spray = jax.random.split(jax.random.key(POPULATION))
    drawn = people(model.variability, key, number[None]), spray_people(model.variability, of_spray, number[None])
    return body._replace(deviation=drawn[0][0], spray_deviation=drawn[1][0])


def pulses_of(protocol: Protocol, model: Euthymia, weight: float) -> list[Pulse]:
    """Doses as µmol of each molecule where it is put; a racemate is half of each enantiomer, and a tablet of a comparator is gentle."""
    return [pulse for dose in protocol.doses for pulse in _pulses(dose, model, dose.milligrams(weight))]


def _pulses(dose: Dose, model: Euthymia, milligrams: float) -> list[Pulse]:
    duration, drug, molecules = dose.duration or 0.0, dose.drug, model.molecules
    if drug == "esketamine" and dose.route in ("nasal", "oral"):
        return _sprayed(dose, model, milligrams)
    if drug in KETAMINES:
        hands = {"ketamine": ENANTIOMERS, "esketamine": ("S",), "arketamine": ("R",)}[drug]
        each = milligrams / float(molecules.ketamine) / len(hands)
        absorption = model.cascade.disposition.absorption
        places = placed(absorption, dose.route)
        duration = float(absorption.release_time) if dose.route == "oral extended release" else duration
        return [Pulse(dose.start, duration, channel(hand, place), each * float(share)) for hand in hands for place, share in places.items()]
    for metabolite, names in (("norketamine", NORKETAMINES), ("hydroxynorketamine", HYDROXYNORKETAMINES)):
        if drug in names:
            hand = ENANTIOMERS[names.index(drug)]
            return [Pulse(dose.start, duration, channel(hand, metabolite), milligrams / float(getattr(molecules, metabolite)))]
    amount = milligrams / float(model.cascade.comparators.molar_mass[DRUGS.index(drug)])
    return [Pulse(dose.start, duration, drug, amount, gentle=ENTRY[drug] == "gut")]


def _sprayed(dose: Dose, model: Euthymia, milligrams: float) -> list[Pulse]:
    """Esketamine by nasal devices, one after the other, of which the nose takes up part; or swallowed as a solution."""
    p = model.cascade.esketamine
    amount = milligrams / float(model.molecules.ketamine)
    if dose.route == "oral":
        return [Pulse(dose.start, float(p.drinking_time), "esketamine in solution", amount)]
    devices = max(1, math.ceil(milligrams / float(p.device) * (1 - ROUNDING)))
    if devices > MOST_DEVICES:
        raise InputError(f"doses: {milligrams:.3g} mg of esketamine are {devices} nasal devices; at most {MOST_DEVICES} are allowed")
    found = []
    for number in range(devices):
        start = dose.start + number * float(p.device_interval)
        taken_up = float(p.nasal_share) * (1.0 if number == 0 else float(p.later_devices))
        found.append(Pulse(start, 0.0, "esketamine in nose", amount / devices * taken_up))
        found.append(Pulse(start, float(p.swallowing_time), "esketamine in gut", amount / devices * (1 - taken_up)))
    return found


def grid_of(protocol: Protocol, model: Euthymia, weight: float, refine: int = 1) -> TimeGrid:
    """The dose-aligned grid with the named checkpoints and stated visits as nodes."""
    return time_grid(pulses_of(protocol, model, weight), protocol.horizon, _nodes(protocol), refine)


def brisk_grid_of(protocol: Protocol, model: Euthymia, weight: float, padded_to: tuple[int, int] = BRISK) -> TimeGrid:
    """The same with a tenth of the steps, for many patients; ``padded_to`` is the smallest size, in steps and distinct lengths."""
    return time_grid(pulses_of(protocol, model, weight), protocol.horizon, _nodes(protocol), finely=0, padded_to=padded_to)


def _nodes(protocol: Protocol) -> tuple[float, ...]:
    return *(first_visit(protocol) + hours for hours in CHECKPOINTS.values()), *protocol.visits


def body_warnings(patient: Patient, doses: tuple[Dose, ...], model: Euthymia) -> list[str]:
    """What the user should know of the numbers behind this body."""
    found = []
    if patient.species in ANIMALS:
        found.append(f"patient: the disposition of a {patient.species} is scaled from people by weight; no measured one could be read")
    if patient.sex == "female" and float(model.covariates.of_sex[SEXES.index("female")]) == 1:
        found.append("patient: sex has no effect here, as in 820 people; a smaller study found 20 % more clearance in women")
    if patient.cyp2b6 not in (None, GENOTYPES[0]):
        found.append(
            f"patient: the effect of CYP2B6 {patient.cyp2b6} was found under long infusions; single oral doses in 30 people showed none"
        )
    if patient.liver not in (None, LIVERS[0]):
        found.append("patient: the effect of the liver is set so that exposure after a spray changes as recalled from its label")
    if patient.particulars() and any(dose.drug not in OF_KETAMINE for dose in doses):
        found.append("patient: age, sex, genotype, liver and individual change the disposition of ketamine alone")
    return found
