"""The arms of one patient side by side, as programs that are compiled once for any dose, drug, patient and setting of the links."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ..clinic.safety import readouts
from ..clinic.symptoms import Mechanisms, baseline_items, course_shift, item_ratings, join, mechanism_shift, repaired, visit_shift
from ..core.compiler_options import MANY_KERNELS
from ..core.constants import NG_PER_ML
from ..core.exported_programs import exported, exported_with
from ..core.numerics.exponential import PhiFunctions, Steps, phi_functions
from ..core.numerics.occupancy import at_first, curved_course
from ..core.types import Scalar
from ..links import Switches
from ..model.baseline import jacobian
from ..model.closures.response import no_correction
from ..model.exposure import DrugCourse, DrugPropagators, DrugSystems, drug_course, individualised, propagate, propagators, systems
from ..model.fast import Brain
from ..model.integrate import slow_course
from ..model.parameters import Euthymia, Physiology
from ..model.state import Inputs, SlowState, pack, unpack
from ..model.vector_field import Auxiliaries, auxiliaries, locked_share, with_exact_trapping
from .course import RestingPatient, mechanisms
from .interventions import ArmSettings
from .person import Person


class LinearPart(NamedTuple):
    """Of one brain's slow states."""

    matrix: Float[Array, "state state"]
    """Jacobian at rest, 1/h."""
    phi: PhiFunctions
    """Over each step length."""


class Arm(NamedTuple):
    """What is given on a padded time grid and what acts; arms side by side have a leading axis."""

    length_index: Int[Array, "step"]
    """Which of the lengths that all arms share each step has."""
    infusion: Float[Array, "step channel"]
    """µmol/h."""
    bolus: Float[Array, "step channel"]
    """µmol."""
    stress_left: Float[Array, "node"]
    """Stress over what the patient is under at the start."""
    since_visits: Float[Array, "visit node"]
    """Time since the two latest visits, h."""
    since_start: Float[Array, "node"]
    """Time since the first visit, h."""
    visit: Scalar
    """Latent shift by the context of a visit."""
    weeks: Float[Array, "course_context"]
    """Latent shift by weeks of treatment as such."""
    acting: Switches
    linear: LinearPart


class DrugParts(NamedTuple):
    """The linear systems of drugs in one body, over each step length."""

    lengths: Float[Array, "length"]
    """h."""
    systems: DrugSystems
    propagators: DrugPropagators


class BrainCourse(NamedTuple):
    """One brain at the nodes."""

    state: SlowState
    auxiliaries: Auxiliaries
    mechanisms: Mechanisms


@exported
def linear_part(model: Euthymia, brain: Brain, linear_at: Switches, lengths: Float[Array, "length"]) -> LinearPart:
    """The linear part of a brain where some links are off: all that are off in any course which it serves."""
    matrix = jacobian(model.physiology, pack(brain.rest), brain, linear_at)
    return LinearPart(matrix, phi_functions(matrix, lengths))


@exported
def drug_parts(model: Euthymia, person: Person, lengths: Float[Array, "length"]) -> DrugParts:
    """What a body does to drugs in each of the step lengths (h, increasing)."""
    drugs = systems(individualised(model.physiology, person.body), person.weight)
    return DrugParts(lengths, drugs, propagators(drugs, lengths))


@exported_with(MANY_KERNELS)
def arm_courses(
    model: Euthymia, person: Person, resting: RestingPatient, parts: DrugParts, arms: Arm
) -> dict[str, Float[Array, "arm node ..."]]:
    """Quantities of every arm at the nodes, by name."""
    physiology = individualised(model.physiology, person.body)

    def of_arm(arm: Arm) -> dict[str, Float[Array, "node ..."]]:
        drug, inputs = _exposure(physiology, person, parts, arm)
        brain = _brain_course(physiology, resting, parts, arm, inputs, arm.acting)
        fast = brain.auxiliaries.fast
        return {
            "madrs": _madrs(model, person, resting, arm, brain.mechanisms),
            "spine_density": brain.mechanisms.spine_density,
            "lock": 1 - brain.mechanisms.release,
            "pyramidal_rate": fast.rates[:, 0],
            "glutamate": brain.state.glutamate,
            "calcium_load": brain.auxiliaries.load,
            "habenula_burst_rate": fast.habenula.burst_rate,
            "dopamine": brain.state.dopamine,
            "sert_occupancy": fast.sert,
            "bdnf": brain.state.signalling.bdnf,
            "venous_ketamine_mass": NG_PER_ML * model.molecules.ketamine * drug.venous.sum(-1),
            "free_brain_ketamine": drug.brain.ketamine,
            "dissociation": readouts(model.safety, drug.brain.effect_site).dissociation,
        }

    return jax.vmap(of_arm)(arms)


@exported_with(MANY_KERNELS)
def coalition_courses(
    model: Euthymia, person: Person, resting: RestingPatient, parts: DrugParts, arms: Arm, coalitions: ArmSettings
) -> Float[Array, "arm node coalition"]:
    """MADRS of every arm (points) where only some of context and ways act."""
    physiology = individualised(model.physiology, person.body)

    def of_arm(arm: Arm) -> Float[Array, "node coalition"]:
        _, inputs = _exposure(physiology, person, parts, arm)

        def of_brain(setting: Switches) -> Mechanisms:
            acting = jax.tree.map(jnp.multiply, arm.acting, setting)
            return _brain_course(physiology, resting, parts, arm, inputs, acting).mechanisms

        brains = jax.vmap(of_brain)(coalitions.shared)

        def of_coalition(brain: Int[Array, ""], context: Scalar) -> Float[Array, "node"]:
            alone = arm._replace(visit=context * arm.visit, weeks=context * arm.weeks)
            return _madrs(model, person, resting, alone, jax.tree.map(lambda leaf: leaf[brain], brains))

        return jax.vmap(of_coalition, out_axes=1)(coalitions.brain_of, coalitions.context)

    return jax.vmap(of_arm)(arms)


def _exposure(physiology: Physiology, person: Person, parts: DrugParts, arm: Arm) -> tuple[DrugCourse, Inputs]:
    """Drugs in body and brain."""
    states = propagate(parts.systems, parts.propagators, arm.length_index, arm.infusion, arm.bolus)
    drug = drug_course(physiology, person.weight, Steps(parts.lengths, arm.length_index), states)
    correction = no_correction(len(arm.stress_left))
    return drug, Inputs(drug.brain.blockers, drug.comparator_site, drug.mao, arm.stress_left, correction)


def _brain_course(
    physiology: Physiology, resting: RestingPatient, parts: DrugParts, arm: Arm, inputs: Inputs, acting: Switches
) -> BrainCourse:
    """Slow states at the nodes, the circuits in them, and what mood reads."""
    steps = Steps(parts.lengths, arm.length_index)
    state = unpack(slow_course(physiology, resting.brain, steps, inputs, acting, arm.linear, pack(resting.brain.rest), with_exact_trapping))
    auxiliary = jax.vmap(lambda x, at_node: auxiliaries(physiology, x, at_node, resting.brain, acting))(state, inputs)
    into, out_of = auxiliary.lock.into, auxiliary.lock.out_of
    lock, _ = curved_course(at_first(into[0] / (into[0] + out_of[0])), into, out_of, steps)
    return BrainCourse(state, auxiliary, mechanisms(physiology, state, auxiliary, locked_share(lock)))


def _madrs(model: Euthymia, person: Person, resting: RestingPatient, arm: Arm, moved: Mechanisms) -> Float[Array, "node"]:
    """Points, from what the mechanisms and the context do."""
    p = model.symptoms
    repair = repaired(p, moved, resting.before, resting.healthy, resting.depressed)
    by_visits, by_weeks = visit_shift(p, arm.visit, arm.since_visits), course_shift(p, arm.weeks, arm.since_start)
    shift = join(p, by_visits, mechanism_shift(p, model.population.typical_responsiveness, repair)) + by_weeks
    return item_ratings(p, baseline_items(p, person.madrs), shift).sum(-1)
