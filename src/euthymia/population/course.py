"""The course of many patients, as one compiled program for a chunk of fixed size."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ..clinic.patients import RandomEffects
from ..clinic.ratings import fluctuation, rated
from ..clinic.safety import readouts
from ..clinic.symptoms import (
    Mechanisms,
    Symptoms,
    baseline_items,
    context_strengths,
    course_shift,
    full_normalisation,
    item_ratings,
    join,
    mechanism_shift,
    visit_shift,
)
from ..clinic.unblinding import believed_strength
from ..core.errors import InputError
from ..core.numerics.exponential import PhiFunctions, Steps, phi_functions
from ..core.types import Scalar
from ..links import PYRAMIDAL, every_link
from ..model.baseline import jacobian, patient
from ..model.closures.response import no_correction
from ..model.exposure import DrugFamilies, DrugPropagators, DrugSystems, drug_course, individualised, propagate, propagators, systems
from ..model.integrate import passive_course, slow_course
from ..model.parameters import Euthymia
from ..model.state import Inputs, pack, unpack
from ..model.time_grid import TimeGrid
from ..model.vector_field import auxiliaries
from ..pharmacology.comparators import DRUGS
from ..protocols.protocol import Protocol
from ..receptors.nmdar import drive_loss
from ..simulation.course import at_rest, mechanisms
from ..simulation.dosing import COARSE, coarse_grid_of
from ..simulation.person import Person
from ..simulation.visits import CHECKPOINTS, first_visit, since_visits
from .patients import TRIAL, VirtualPatient, individual_physiology, virtual_patient

AT_ONCE = 64
"""Patients solved together."""
MOST_KEPT = 200
"""Nodes of a course that are kept."""
MOST_MADRS = 60.0
"""Points."""
EVERYTHING = every_link()


class Trajectory(NamedTuple):
    """What happens in a patient's body and brain, at the kept nodes; what it does to mood is another matter."""

    venous: Float[Array, "node"]
    """Ketamine in a venous sample, both enantiomers, µM."""
    comparator: Float[Array, "node"]
    """The first of the other drugs in plasma, µM."""
    drive_loss: Float[Array, "node"]
    """Of pyramidal cells."""
    spine_density: Float[Array, "node"]
    lock: Float[Array, "node"]
    mechanism_shift: Float[Array, "node item"]
    """Latent shift of the ten items in a patient in whom mechanisms are worth what they are in the typical one."""
    dissociation: Scalar
    """The most that is felt, as a share of the most there can be."""
    stress: Scalar
    plausible: Bool[Array, ""]
    """The patient rests somewhere."""


class Outcome(NamedTuple):
    """What is kept of a patient: at the kept nodes, and before the first dose."""

    trajectory: Trajectory
    madrs: Float[Array, "node"]
    context_madrs: Float[Array, "node"]
    """With the context alone."""
    rated: Float[Array, "node"]
    """MADRS as a rater writes it down, with natural fluctuation and unblinding."""
    context_rated: Float[Array, "node"]
    plausible: Bool[Array, ""]
    """The patient rests somewhere, in the range of stress and severity."""
    weight: Scalar
    """kg."""
    baseline: Scalar
    """MADRS before treatment, points."""


class Inflow(NamedTuple):
    """Input in each step: what goes with weight (per kg) and what does not."""

    fixed: Float[Array, "step channel"]
    per_kilogram: Float[Array, "step channel"]

    def of(self, weight: Scalar) -> Float[Array, "step channel"]:
        """For a body weight (kg)."""
        return self.fixed + weight * self.per_kilogram


class Shared(NamedTuple):
    """What all patients of a cohort share: the grid, the doses, and the typical patient, whose linear part serves everybody."""

    lengths: Float[Array, "length"]
    which: Int[Array, "step"]
    infusion: Inflow
    bolus: Inflow
    visits: Float[Array, "visit node"]
    since_start: Float[Array, "node"]
    context: tuple[Scalar, Float[Array, "course_context"]]
    comparator: Int[Array, ""]
    """Place of the first drug beside ketamine among the comparators."""
    kept: Int[Array, "kept"]
    linear: Float[Array, "state state"]
    over: PhiFunctions
    healthy: Mechanisms
    depressed: Mechanisms


def bodies(model: Euthymia, typical: Person, shared: Shared, numbers: Int[Array, "patient"]) -> tuple[DrugSystems, DrugPropagators]:
    """Linear systems of the bodies of patients, and their propagators; comparators go through everybody alike."""

    def of_one(number: Int[Array, ""]) -> DrugSystems:
        person, _ = virtual_patient(model, typical, number)
        return systems(individualised(model.physiology, person.body), person.weight)

    system = jax.vmap(of_one)(numbers)._replace(comparators=systems(model.physiology, typical.weight).comparators)
    return system, propagators(system, shared.lengths)


PER_PATIENT = 0, DrugFamilies(0, 0, None), DrugFamilies(1, 1, None)
"""Along which axis patients differ: their numbers, the systems of their bodies, and the propagators, whose first is step length."""


@eqx.filter_jit
def outcomes(model: Euthymia, typical: Person, shared: Shared, numbers: Int[Array, "patient"]) -> Outcome:
    """The courses of the patients of some numbers."""
    system, over = bodies(model, typical, shared, numbers)

    def one(number: Int[Array, ""], system: DrugSystems, over: DrugPropagators) -> Outcome:
        return outcome(model, typical, shared, number, system, over)

    return jax.vmap(one, in_axes=PER_PATIENT)(numbers, system, over)


def trajectory(model: Euthymia, virtual_patient: VirtualPatient, shared: Shared, system: DrugSystems, over: DrugPropagators) -> Trajectory:
    """Body and brain of a patient, whose body has these systems and propagators."""
    person, individual_effects = virtual_patient
    physiology = individual_physiology(individualised(model.physiology, person.body), individual_effects)
    brain, steps = patient(physiology, person.stress), Steps(shared.lengths, shared.which)
    given = shared.infusion.of(person.weight), shared.bolus.of(person.weight)
    states = propagate(system, over, shared.which, *given)
    # More or less of a comparator than in the typical body, at the same pace.
    body = drug_course(physiology, person.weight, steps, states._replace(comparators=individual_effects.exposure * states.comparators))
    u = Inputs(body.brain.racemate_equivalents, body.comparator_site, body.mao, no_correction(len(shared.which) + 1))
    x = unpack(slow_course(physiology, brain, steps, u, EVERYTHING, shared.linear, shared.over))
    by = jax.vmap(lambda at, input_: auxiliaries(physiology, at, input_, brain, EVERYTHING))(x, u)
    lock = passive_course(physiology, steps, u, by).lock
    now, start = mechanisms(physiology, x, by, lock), at_rest(physiology, brain)
    return Trajectory(
        venous=body.venous.sum(-1)[shared.kept],
        comparator=body.comparator_plasma[shared.kept, shared.comparator],
        drive_loss=drive_loss(physiology.receptor, u.ketamine)[shared.kept, PYRAMIDAL],
        spine_density=now.spine_density[shared.kept],
        lock=lock[shared.kept],
        mechanism_shift=mechanism_shift(model.symptoms, now, start, shared.healthy, shared.depressed)[shared.kept],
        dissociation=jnp.max(readouts(model.safety, body.brain.effect_site).dissociation),
        stress=person.stress,
        plausible=jnp.isfinite(start.spine_density),
    )


def trajectories(model: Euthymia, typical: Person, shared: Shared, numbers: Int[Array, "patient"]) -> Trajectory:
    """Body and brain of the patients of some numbers."""

    def one(number: Int[Array, ""], system: DrugSystems, over: DrugPropagators) -> Trajectory:
        return trajectory(model, virtual_patient(model, typical, number), shared, system, over)

    return jax.vmap(one, in_axes=PER_PATIENT)(numbers, *bodies(model, typical, shared, numbers))


def total(
    p: Symptoms,
    individual_effects: RandomEffects,
    madrs: Scalar,
    context: tuple[Scalar, Float[Array, "course_context"]],
    times: tuple[Float[Array, "visit time"], Float[Array, "time"]],
    by_mechanisms: Float[Array, "time item"],
    adrift: Float[Array, "time"],
) -> Float[Array, "time"]:
    """MADRS (points) of a patient over time.

    Parameters
    ----------
    p, differs, madrs
        Parameters, how the patient differs, and the total before treatment.
    context
        Latent shifts by a visit and by weeks of treatment as such, in the typical patient.
    times
        Since each visit that counts, and since the first, h.
    by_mechanisms
        Latent shift by mechanisms in a patient in whom they are worth what they are in the typical one. However much they are worth,
        they take nobody further than to health.
    adrift
        Latent shift towards worse by natural fluctuation.
    """
    since_visits, since_start = times
    by_visits, by_weeks = (
        visit_shift(p, individual_effects.context * context[0], since_visits),
        course_shift(p, individual_effects.context * context[1], since_start),
    )
    joined = join(p, by_visits, jnp.minimum(individual_effects.efficacy * by_mechanisms, full_normalisation(p))) + by_weeks
    return item_ratings(p, baseline_items(p, madrs), joined - adrift[:, None]).sum(-1)


def outcome(
    model: Euthymia,
    typical: Person,
    shared: Shared,
    number: Int[Array, ""],
    system: DrugSystems,
    over: DrugPropagators,
) -> Outcome:
    """The course of the patient of a number, whose body has these systems and propagators."""
    sample_body, symptoms, p = virtual_patient(model, typical, number), model.symptoms, model.ratings
    person, individual_effects = sample_body
    found = trajectory(model, sample_body, shared, system, over)
    (of_visits, of_weeks), trial = shared.context, jax.random.key(TRIAL)
    times = shared.visits[:, shared.kept], shared.since_start[shared.kept]
    wanders = fluctuation(p, trial, number, times[1])
    # Nobody is told by dissociation in a trial that has no placebo, or whose placebo is a pill a day.
    convinced = believed_strength(p, of_visits, found.dissociation, (of_visits > 0).astype(float))
    nothing, still = jnp.zeros_like(found.mechanism_shift), jnp.zeros_like(wanders)

    def course(of_visits: Scalar, mechanisms: Float[Array, "kept item"], adrift: Float[Array, "kept"]) -> Float[Array, "kept"]:
        return total(symptoms, individual_effects, person.madrs, (of_visits, of_weeks), times, mechanisms, adrift)

    def rating(of_visits: Scalar, mechanisms: Float[Array, "kept item"]) -> Float[Array, "kept"]:
        return rated(p, trial, number, times[1], course(of_visits, mechanisms, wanders))

    return Outcome(
        trajectory=found,
        madrs=course(of_visits, found.mechanism_shift, still),
        context_madrs=course(of_visits, nothing, still),
        rated=rating(convinced, found.mechanism_shift),
        context_rated=rating(of_visits, nothing),
        plausible=found.plausible & (symptoms.healthy_madrs < person.madrs) & (person.madrs < MOST_MADRS),
        weight=person.weight,
        baseline=person.madrs,
    )


@eqx.filter_jit
def _shared_brain(model: Euthymia, lengths: Float[Array, "length"]) -> tuple[Array, PhiFunctions, Mechanisms, Mechanisms]:
    """Of the typical patient: linear part, propagators, and what mood reads in health and in depression."""
    ill, well = (patient(model.physiology, stress) for stress in (model.patient.stress, jnp.zeros(())))
    linear = jacobian(model.physiology, pack(ill.rest), ill, EVERYTHING)
    return linear, phi_functions(linear, lengths), at_rest(model.physiology, well), at_rest(model.physiology, ill)


def shared_brain(model: Euthymia, shared: Shared) -> Shared:
    """The same with the typical patient's brain of another model."""
    linear, over, healthy, depressed = _shared_brain(model, shared.lengths)
    return shared._replace(linear=linear, over=over, healthy=healthy, depressed=depressed)


def _inflow(grids: list[TimeGrid], name: str, weight: float) -> Inflow:
    """From the same course at a weight and at twice that."""
    once, twice = (getattr(grid, name) for grid in grids)
    per_kilogram = (twice - once) / weight
    return Inflow(jnp.asarray(once - weight * per_kilogram), jnp.asarray(per_kilogram))


def comparator_of(protocol: Protocol) -> str | None:
    """The first drug beside ketamine that is given."""
    return next((dose.drug for dose in protocol.doses if dose.drug in DRUGS), None)


def share(protocol: Protocol, model: Euthymia, typical: Person, padded_to: tuple[int, int] = COARSE) -> tuple[TimeGrid, np.ndarray, Shared]:
    """The grid of a cohort, the nodes that are kept, and what all its patients share; grids of one size are compiled once."""
    weight = float(typical.weight)
    grids = [coarse_grid_of(protocol, model, each, padded_to) for each in (weight, 2 * weight)]
    grid = grids[0]
    if not np.array_equal(grid.steps, grids[1].steps):
        raise InputError("doses: a spray per kg takes another number of devices in everybody; state it in mg")
    every = -(-grid.nodes // MOST_KEPT)
    checkpoints = np.searchsorted(grid.times, [first_visit(protocol) + hours for hours in CHECKPOINTS.values()])
    kept = np.unique([*range(0, grid.nodes, every), *checkpoints[checkpoints < grid.nodes], grid.nodes - 1])
    padded = min(len(grid.padded_times), MOST_KEPT + len(CHECKPOINTS) + 2)
    lengths = jnp.asarray(grid.lengths)
    linear, over, healthy, depressed = _shared_brain(model, lengths)
    return (
        grid,
        kept,
        Shared(
            lengths,
            jnp.asarray(grid.length_index),
            _inflow(grids, "infusion", weight),
            _inflow(grids, "bolus", weight),
            jnp.asarray(since_visits(protocol, grid.padded_times)),
            jnp.asarray(grid.padded_times - first_visit(protocol)),
            context_strengths(model.symptoms, protocol.context),
            jnp.asarray(DRUGS.index(comparator_of(protocol) or DRUGS[0])),
            jnp.asarray(np.pad(kept, (0, padded - len(kept)), mode="edge")),
            linear,
            over,
            healthy,
            depressed,
        ),
    )
