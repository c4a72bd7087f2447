"""The courses of many virtual patients, as one compiled program for a chunk of fixed size."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ..clinic.patients import RandomEffects
from ..clinic.ratings import fluctuation, rated
from ..clinic.safety import readouts
from ..clinic.symptoms import Symptoms, baseline_items, course_shift, item_ratings, join, mechanism_shift, valued, visit_shift
from ..clinic.unblinding import believed_strength
from ..core.exported_programs import exported
from ..core.types import Scalar
from ..links import PYRAMIDAL
from ..model.baseline import patient
from ..model.closures.response import no_correction
from ..model.exposure import DrugFamilies, DrugPropagators, DrugSystems, drug_course, individualised, propagate, propagators, systems
from ..model.integrate import passive_course, slow_course
from ..model.parameters import Euthymia
from ..model.state import Inputs, unpack
from ..model.vector_field import auxiliaries, locked_share
from ..receptors.nmdar import drive_loss
from ..simulation.course import at_rest, mechanisms
from ..simulation.person import Person
from .patients import TRIAL_SEED, VirtualPatient, individual_physiology, virtual_patient
from .setup import CohortSetup, ContextStrength, ElapsedTimes

CHUNK_SIZE = 64
"""Patients solved together."""
HIGHEST_MADRS = 60.0
"""Points."""


class Trajectory(NamedTuple):
    """Body and brain of a patient at the kept nodes, before any effect on mood."""

    venous: Float[Array, "node"]
    """Ketamine in a venous sample, both enantiomers, µM."""
    comparator: Float[Array, "node"]
    """The first of the other drugs in plasma, µM."""
    drive_loss: Float[Array, "node"]
    """Of pyramidal cells."""
    spine_density: Float[Array, "node"]
    lock: Float[Array, "node"]
    """Locked share of the limbic network."""
    mechanism_shift: Float[Array, "node item"]
    """Latent shift of the ten items at the typical patient's efficacy."""
    dissociation: Scalar
    """Peak, as a fraction of the maximum."""
    stress: Scalar
    plausible: Bool[Array, ""]
    """The undosed patient has a steady state."""


class PatientOutcome(NamedTuple):
    """One patient at the kept nodes, and before the first dose."""

    trajectory: Trajectory
    madrs: Float[Array, "node"]
    """Points, without fluctuation or rater error."""
    context_madrs: Float[Array, "node"]
    """The same with the effect of context alone."""
    rated: Float[Array, "node"]
    """MADRS as rated, with natural fluctuation, rater error and unblinding."""
    context_rated: Float[Array, "node"]
    """The same with the effect of context alone."""
    plausible: Bool[Array, ""]
    """The undosed patient has a steady state, and stress and severity are in range."""
    weight: Scalar
    """kg."""
    baseline: Scalar
    """MADRS before treatment, points."""


class PatientSystems(NamedTuple):
    """Linear pharmacokinetic systems of bodies, and their propagators over each step length."""

    systems: DrugSystems
    propagators: DrugPropagators


PATIENT_AXES = 0, PatientSystems(DrugFamilies(0, 0, None), DrugFamilies(1, 1, None))
"""Axes of patients, for ``vmap``: of their numbers, systems and propagators, whose first axis is step length. Comparators share one."""


def patient_systems(model: Euthymia, typical: Person, setup: CohortSetup, numbers: Int[Array, "patient"]) -> PatientSystems:
    """Pharmacokinetic systems of the patients of some numbers; those of comparators are the typical patient's."""

    def systems_of(number: Int[Array, ""]) -> DrugSystems:
        person = virtual_patient(model, typical, number).person
        return systems(individualised(model.physiology, person.body), person.weight)

    every = jax.vmap(systems_of)(numbers)._replace(comparators=systems(model.physiology, typical.weight).comparators)
    return PatientSystems(every, propagators(every, setup.steps.lengths))


def trajectory(model: Euthymia, patient_drawn: VirtualPatient, setup: CohortSetup, drugs: PatientSystems) -> Trajectory:
    """Body and brain of one virtual patient, whose body has these pharmacokinetic systems."""
    person, individual_effects, split = patient_drawn
    physiology = individual_physiology(individualised(model.physiology, person.body), individual_effects, split)
    brain, steps = patient(physiology, person.stress), setup.steps
    infusion, bolus = setup.infusion.at_weight(person.weight), setup.bolus.at_weight(person.weight)
    states = propagate(drugs.systems, drugs.propagators, steps.length_index, infusion, bolus)
    # Individual exposure scales the amount of a comparator and not its time course.
    body = drug_course(physiology, person.weight, steps, states._replace(comparators=individual_effects.exposure * states.comparators))
    correction = no_correction(len(steps.length_index) + 1)
    inputs = Inputs(body.brain.blockers, body.comparator_site, body.mao, setup.stress_left, correction)
    state = unpack(slow_course(physiology, brain, steps, inputs, setup.acting, setup.jacobian, setup.phi))
    auxiliary = jax.vmap(lambda x, reaching: auxiliaries(physiology, x, reaching, brain, setup.acting))(state, inputs)
    lock = locked_share(passive_course(physiology, steps, inputs, auxiliary).lock)
    now, start = mechanisms(physiology, state, auxiliary, lock), at_rest(physiology, brain)
    return Trajectory(
        venous=body.venous.sum(-1)[setup.kept_nodes],
        comparator=body.comparator_plasma[setup.kept_nodes, setup.comparator_index],
        drive_loss=drive_loss(physiology.receptor, inputs.blockers)[setup.kept_nodes, PYRAMIDAL],
        spine_density=now.spine_density[setup.kept_nodes],
        lock=lock[setup.kept_nodes],
        mechanism_shift=mechanism_shift(model.symptoms, now, start, setup.healthy, setup.depressed)[setup.kept_nodes],
        dissociation=jnp.max(readouts(model.safety, body.brain.effect_site).dissociation),
        stress=person.stress,
        plausible=jnp.isfinite(start.spine_density),
    )


def trajectories(model: Euthymia, typical: Person, setup: CohortSetup, numbers: Int[Array, "patient"]) -> Trajectory:
    """Body and brain of the patients of some numbers."""

    def of_patient(number: Int[Array, ""], drugs: PatientSystems) -> Trajectory:
        return trajectory(model, virtual_patient(model, typical, number), setup, drugs)

    return jax.vmap(of_patient, in_axes=PATIENT_AXES)(numbers, patient_systems(model, typical, setup, numbers))


def madrs_course(
    p: Symptoms,
    individual_effects: RandomEffects,
    baseline: Scalar,
    context: ContextStrength,
    elapsed: ElapsedTimes,
    by_mechanisms: Float[Array, "time item"],
    fluctuation_shift: Float[Array, "time"],
) -> Float[Array, "time"]:
    """MADRS (points) of one patient over time.

    Parameters
    ----------
    p, individual_effects
        Parameters, and the patient's random effects.
    baseline
        MADRS before treatment, points.
    context, elapsed
        Strengths of context in the typical patient, and the times on which its effect depends.
    by_mechanisms
        Latent shift by mechanisms at the typical patient's efficacy. Whatever the patient's own, mechanisms do not take anybody
        beyond health.
    fluctuation_shift
        Latent shift towards worse by natural fluctuation.
    """
    by_visits, by_weeks = (
        visit_shift(p, individual_effects.context * context.visit, elapsed.since_visits),
        course_shift(p, individual_effects.context * context.course, elapsed.since_start),
    )
    joined = join(p, by_visits, valued(p, individual_effects.efficacy, by_mechanisms)) + by_weeks
    return item_ratings(p, baseline_items(p, baseline), joined - fluctuation_shift[:, None]).sum(-1)


def patient_outcome(model: Euthymia, typical: Person, setup: CohortSetup, number: Int[Array, ""], drugs: PatientSystems) -> PatientOutcome:
    """The course of the patient of a number, whose body has these pharmacokinetic systems."""
    patient_drawn, symptoms, p = virtual_patient(model, typical, number), model.symptoms, model.ratings
    person, individual_effects = patient_drawn.person, patient_drawn.random_effects
    course = trajectory(model, patient_drawn, setup, drugs)
    context, trial = setup.context, jax.random.key(TRIAL_SEED)
    elapsed = ElapsedTimes(setup.elapsed.since_visits[:, setup.kept_nodes], setup.elapsed.since_start[setup.kept_nodes])
    natural = fluctuation(p, trial, number, elapsed.since_start)
    # Dissociation unblinds nobody in an open label, without visits, or where the placebo is a daily pill.
    unblinded = believed_strength(p, context.visit, course.dissociation, context.masked)
    no_mechanisms, no_fluctuation = jnp.zeros_like(course.mechanism_shift), jnp.zeros_like(natural)

    def madrs(visit: Scalar, by_mechanisms: Float[Array, "kept item"], shift: Float[Array, "kept"]) -> Float[Array, "kept"]:
        return madrs_course(symptoms, individual_effects, person.madrs, context._replace(visit=visit), elapsed, by_mechanisms, shift)

    def rating(visit: Scalar, by_mechanisms: Float[Array, "kept item"]) -> Float[Array, "kept"]:
        return rated(p, trial, number, elapsed.since_start, madrs(visit, by_mechanisms, natural))

    return PatientOutcome(
        trajectory=course,
        madrs=madrs(context.visit, course.mechanism_shift, no_fluctuation),
        context_madrs=madrs(context.visit, no_mechanisms, no_fluctuation),
        rated=rating(unblinded, course.mechanism_shift),
        context_rated=rating(context.visit, no_mechanisms),
        plausible=course.plausible & (symptoms.healthy_madrs < person.madrs) & (person.madrs < HIGHEST_MADRS),
        weight=person.weight,
        baseline=person.madrs,
    )


@exported
def patient_outcomes(model: Euthymia, typical: Person, setup: CohortSetup, numbers: Int[Array, "patient"]) -> PatientOutcome:
    """The courses of the patients of some numbers; every array has a leading axis of patients."""
    drugs = patient_systems(model, typical, setup, numbers)

    def of_patient(number: Int[Array, ""], drugs: PatientSystems) -> PatientOutcome:
        return patient_outcome(model, typical, setup, number, drugs)

    return jax.vmap(of_patient, in_axes=PATIENT_AXES)(numbers, drugs)
