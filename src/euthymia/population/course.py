"""The courses of many virtual patients, as one compiled program for a chunk of fixed size."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ..clinic.patients import RandomEffects
from ..clinic.ratings import fluctuation, rated
from ..clinic.safety import readouts
from ..clinic.symptoms import (
    Mechanisms,
    Symptoms,
    baseline_items,
    course_shift,
    item_ratings,
    join,
    mechanism_shift,
    repaired,
    visit_shift,
)
from ..clinic.unblinding import believed_strength
from ..core.exported_programs import exported
from ..core.numerics.exponential import PhiFunctions, exact_steps
from ..core.numerics.instances import Turns, map_instances, sparse, step_instances
from ..core.numerics.occupancy import Rates, at_first
from ..core.types import ENANTIOMERS, Scalar
from ..links import every_link
from ..model.baseline import patient
from ..model.exposure import DrugFamilies, by_family, individualised, systems
from ..model.fast import Brain
from ..model.parameters import Euthymia
from ..model.state import no_input
from ..model.vector_field import auxiliaries
from ..simulation.course import at_rest
from ..simulation.person import Person
from .patients import TRIAL_SEED, VirtualPatient, individual_physiology, virtual_patient
from .setup import CohortSetup, ContextStrength, ElapsedTimes
from .steps import CohortConstants, DoseInput, PatientConstants, PatientState, StepInputs, packed, patient_step, reduced

HIGHEST_MADRS = 60.0
"""Points."""


class Trajectory(NamedTuple):
    """Bodies and brains of patients at the kept nodes, before any effect on mood; patients are the last axis."""

    venous: Float[Array, "kept patient"]
    """Ketamine in a venous sample, both enantiomers, µM."""
    comparator: Float[Array, "kept patient"]
    """The first of the other drugs in plasma, µM."""
    drive_loss: Float[Array, "kept patient"]
    """Of pyramidal cells."""
    burst_rate: Float[Array, "kept patient"]
    """Of the lateral habenula, spikes in bursts, Hz."""
    mechanisms: Mechanisms
    """At the kept nodes."""
    start: Mechanisms
    """Before the first dose."""
    dissociation: Float[Array, "patient"]
    """Peak, as a fraction of the maximum."""


class PatientOutcome(NamedTuple):
    """Patients at the kept nodes, and before the first dose."""

    venous: Float[Array, "patient kept"]
    """Ketamine in a venous sample, both enantiomers, µM."""
    comparator: Float[Array, "patient kept"]
    """The first of the other drugs in plasma, µM."""
    drive_loss: Float[Array, "patient kept"]
    """Of pyramidal cells."""
    burst_rate: Float[Array, "patient kept"]
    """Of the lateral habenula, spikes in bursts, Hz."""
    spine_density: Float[Array, "patient kept"]
    lock: Float[Array, "patient kept"]
    """Locked share of the limbic network."""
    madrs: Float[Array, "patient kept"]
    """Points, without fluctuation or rater error."""
    context_madrs: Float[Array, "patient kept"]
    """The same with the effect of context alone."""
    rated: Float[Array, "patient kept"]
    """MADRS as rated, with natural fluctuation, rater error and unblinding."""
    context_rated: Float[Array, "patient kept"]
    """The same with the effect of context alone."""
    plausible: Bool[Array, "patient"]
    """The undosed patient has a steady state, and stress and severity are in range."""
    stress: Float[Array, "patient"]
    weight: Float[Array, "patient"]
    """kg."""
    baseline: Float[Array, "patient"]
    """MADRS before treatment, points."""


def drawn(model: Euthymia, typical: Person, numbers: Int[Array, "patient"]) -> VirtualPatient:
    """The patients of some numbers, drawn around the typical one; patients are the last axis."""
    return jax.vmap(lambda number: virtual_patient(model, typical, number), out_axes=-1)(numbers)


def _undosed(model: Euthymia, setup: CohortSetup, patient_drawn: VirtualPatient) -> tuple[Brain, PatientState, Mechanisms]:
    """A patient's brain at rest, their state at the first node, and what mood reads before the first dose."""
    person, effects, split = patient_drawn
    p = individual_physiology(individualised(model.physiology, person.body), effects, split)
    brain = patient(p, person.stress)
    of_weight = by_family(setup.bolus.at(jnp.asarray(0)).at_weight(person.weight))
    drugs = (
        None if family is None else jnp.einsum("sip,sp->si", linear.entry, bolus)
        for family, linear, bolus in zip(setup.structure.families, systems(p, person.weight), of_weight, strict=True)
    )
    auxiliary = auxiliaries(p, brain.rest, no_input(), brain, every_link())
    into, out_of, _ = auxiliary.lock
    rates = jnp.stack([auxiliary.fast.rates, auxiliary.fast.undrugged_rates])
    peak = jnp.zeros(len(ENANTIOMERS))
    state = PatientState(DrugFamilies(*drugs), jnp.ones(()), brain.rest, rates, at_first(into / (into + out_of)), Rates(into, out_of), peak)
    return brain, state, at_rest(p, brain)


def _propagators(model: Euthymia, setup: CohortSetup, patients: VirtualPatient) -> DrugFamilies:
    """Propagators of bodies over each step length, as sparse matrices with patients last; those of comparators are the typical one's."""

    def of_person(person: Person) -> DrugFamilies:
        return systems(individualised(model.physiology, person.body), person.weight)

    families = setup.structure.families._asdict()
    bodies = jax.vmap(of_person, in_axes=-1)(patients.person)._asdict()
    bodies["comparators"] = systems(model.physiology, jnp.ones(())).comparators

    def of_family(name: str):
        if families[name] is None:
            return None
        linear = reduced(bodies[name], families[name])
        over_lengths = exact_steps(linear.matrix, linear.entry, setup.steps.lengths)
        if name != "comparators":
            over_lengths = jax.tree.map(lambda leaf: jnp.moveaxis(leaf, 1, -1), over_lengths)
        return packed(over_lengths, families[name])

    return DrugFamilies(**{name: of_family(name) for name in families})


def trajectories(model: Euthymia, setup: CohortSetup, patients: VirtualPatient) -> Trajectory:
    """Bodies and brains of drawn patients."""
    structure, steps = setup.structure, setup.steps
    brain, start, before = jax.vmap(lambda one: _undosed(model, setup, one), in_axes=-1, out_axes=-1)(patients)
    drugs = DrugFamilies(
        *(None if family is None else sparse(states, family.states) for family, states in zip(structure.families, start.drugs, strict=True))
    )
    propagators = _propagators(model, setup, patients)
    phi = [sparse(of_length, structure.phi, 1) for of_length in setup.phi]
    shared = CohortConstants(model, setup.acting, sparse(setup.jacobian, structure.jacobian))

    def at_turn(turn: Int[Array, ""]) -> tuple[StepInputs, DrugFamilies]:
        length, after = steps.length_index[turn], jnp.minimum(turn + 1, len(steps.length_index) - 1)

        def of_channels(dosed: DoseInput) -> DoseInput:
            return DoseInput(*(sparse(amount, structure.channels) for amount in dosed))

        def of_length(tree):
            return jax.tree.map(lambda leaf: leaf[length], tree)

        now = StepInputs(
            phi=PhiFunctions(*of_length(phi)),
            length=steps.lengths[length],
            length_before=jnp.where(turn > 0, steps.lengths[steps.length_index[turn - 1]], 0),
            infusion=of_channels(setup.infusion.at(turn)),
            bolus=of_channels(setup.bolus.at(after)),
            stress_left=(setup.stress_left[turn], setup.stress_left[after]),
            comparators=of_length(propagators.comparators),
        )
        return now, of_length(propagators._replace(comparators=None))

    turns = Turns(setup.nodes, setup.slot, len(setup.kept_nodes) + 1)
    kept = step_instances(patient_step, start._replace(drugs=drugs), shared, PatientConstants(patients, brain), at_turn, turns)
    # Rows beyond the last kept node are copies of it.
    kept = jax.tree.map(lambda leaf: leaf[setup.slot[setup.kept_nodes]], kept)
    return Trajectory(
        venous=kept.venous,
        comparator=kept.comparators[:, setup.comparator_index],
        drive_loss=kept.drive_loss,
        burst_rate=kept.burst_rate,
        mechanisms=kept.mechanisms,
        start=before,
        dissociation=readouts(model.safety, jnp.moveaxis(kept.peak[-1], 0, -1)).dissociation,
    )


def madrs_course(
    p: Symptoms,
    individual_effects: RandomEffects,
    baseline: Scalar,
    context: ContextStrength,
    elapsed: ElapsedTimes,
    repair: Float[Array, "*time item"],
    fluctuation_shift: Float[Array, "*time"],
) -> Float[Array, "*time"]:
    """MADRS (points) of one patient over time.

    Parameters
    ----------
    p, individual_effects
        Parameters, and the patient's random effects.
    baseline
        MADRS before treatment, points.
    context, elapsed
        Strengths of context in the typical patient, and the times on which its effect depends.
    repair
        Share of the way to health that mechanisms have come.
    fluctuation_shift
        Latent shift towards worse by natural fluctuation.
    """
    by_visits, by_weeks = (
        visit_shift(p, individual_effects.context * context.visit, elapsed.since_visits),
        course_shift(p, individual_effects.context * context.course, elapsed.since_start),
    )
    joined = join(p, by_visits, mechanism_shift(p, individual_effects.responsiveness, repair)) + by_weeks
    return item_ratings(p, baseline_items(p, baseline), joined - fluctuation_shift[..., None]).sum(-1)


def repairs(model: Euthymia, setup: CohortSetup, course: Trajectory) -> Float[Array, "item kept patient"]:
    """Share of the way to health that the mechanisms behind the ten items have come."""

    def of_instance(shared: tuple[Symptoms, Mechanisms, Mechanisms], instance: tuple[Mechanisms, Mechanisms]) -> Float[Array, "item"]:
        p, healthy, depressed = shared
        return repaired(p, *instance, healthy, depressed)

    shared = model.symptoms, setup.healthy, setup.depressed
    instances = course.mechanisms, jax.tree.map(lambda leaf: leaf[None], course.start)
    return map_instances(of_instance, shared, instances, course.venous.shape)


class _Ratings(NamedTuple):
    """MADRS at one node (points): as given, with context alone, and both with natural fluctuation and unblinding."""

    madrs: Scalar
    context_madrs: Scalar
    fluctuating: Scalar
    context_fluctuating: Scalar


class _Rated(NamedTuple):
    """What the MADRS of a patient at a node depends on."""

    mechanisms: tuple[Mechanisms, Mechanisms]
    """Then and before the first dose."""
    effects: RandomEffects
    baseline: Scalar
    unblinded: Scalar
    """Strength of a visit for a patient who has felt the drug."""
    elapsed: ElapsedTimes
    natural: Scalar
    """Fluctuation."""


def _ratings(shared: tuple[Symptoms, ContextStrength, Mechanisms, Mechanisms], instance: _Rated) -> _Ratings:
    """MADRS of one patient at one node."""
    p, context, healthy, depressed = shared
    repair = repaired(p, *instance.mechanisms, healthy, depressed)
    nothing, none = jnp.zeros_like(repair), jnp.zeros(())

    def madrs(visit: Scalar, shift: Float[Array, "item"], natural: Scalar) -> Scalar:
        return madrs_course(p, instance.effects, instance.baseline, context._replace(visit=visit), instance.elapsed, shift, natural)

    return _Ratings(
        madrs(context.visit, repair, none),
        madrs(context.visit, nothing, none),
        madrs(instance.unblinded, repair, instance.natural),
        madrs(context.visit, nothing, instance.natural),
    )


@exported
def patient_outcomes(model: Euthymia, typical: Person, setup: CohortSetup, numbers: Int[Array, "patient"]) -> PatientOutcome:
    """The courses of the patients of some numbers; every array has a leading axis of patients."""
    patients, p = drawn(model, typical, numbers), model.ratings
    (person, effects, _), trial = patients, jax.random.key(TRIAL_SEED)
    course = trajectories(model, setup, patients)
    since_visits, since_start = setup.elapsed.since_visits[:, setup.kept_nodes], setup.elapsed.since_start[setup.kept_nodes]
    natural = fluctuation(p, trial, numbers, since_start[:, None])
    # Dissociation unblinds nobody in an open label, without visits, or where the placebo is a daily pill.
    unblinded = believed_strength(p, setup.context.visit, course.dissociation, setup.context.masked)
    start, effects, baseline, unblinded = jax.tree.map(lambda leaf: leaf[None], (course.start, effects, person.madrs, unblinded))
    elapsed = ElapsedTimes(since_visits[..., None], since_start[:, None])
    shared = model.symptoms, setup.context, setup.healthy, setup.depressed
    instance = _Rated((course.mechanisms, start), effects, baseline, unblinded, elapsed, natural)
    ratings = map_instances(_ratings, shared, instance, natural.shape)

    def as_rated(madrs: Float[Array, "kept patient"]) -> Float[Array, "kept patient"]:
        return rated(p, trial, numbers, since_start[:, None], madrs)

    outcome = PatientOutcome(
        venous=course.venous,
        comparator=course.comparator,
        drive_loss=course.drive_loss,
        burst_rate=course.burst_rate,
        spine_density=course.mechanisms.spine_density,
        lock=1 - course.mechanisms.release,
        madrs=ratings.madrs,
        context_madrs=ratings.context_madrs,
        rated=as_rated(ratings.fluctuating),
        context_rated=as_rated(ratings.context_fluctuating),
        plausible=jnp.isfinite(course.start.spine_density) & (model.symptoms.healthy_madrs < person.madrs) & (person.madrs < HIGHEST_MADRS),
        stress=person.stress,
        weight=person.weight,
        baseline=person.madrs,
    )
    return jax.tree.map(jnp.transpose, outcome)
