"""One patient's course under every arm, as one compiled program."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..circuits.prefrontal import impulse_control
from ..clinic.safety import SafetyReadouts, readouts
from ..clinic.symptoms import Mechanisms, baseline_items, course_shift, item_ratings, join, mechanism_shift, valued, visit_shift
from ..core.exported_programs import exported
from ..core.numerics.exponential import Steps
from ..core.types import Scalar
from ..links import Switches, every_link
from ..model.baseline import patient
from ..model.closures.response import Correction
from ..model.exposure import DrugCourse, drugs, individualised
from ..model.fast import Brain
from ..model.integrate import passive_course, slow_courses
from ..model.parameters import Euthymia, Physiology
from ..model.state import Inputs, SlowState, no_input, unpack
from ..model.vector_field import Auxiliaries, PassiveStates, auxiliaries, locked_share
from ..plasticity.excitotoxicity import excitatory_gain, relative_damage
from ..plasticity.spines import density, lasting
from ..receptors.nmdar import drive_loss, pore_block
from .interventions import SWITCHES_OF_WAYS, ArmSettings, switches
from .person import Person


class Schedule(NamedTuple):
    """What is given, and when the patient comes, on a padded time grid."""

    since_visits: Float[Array, "visit node"]
    """Time since the two latest visits, h."""
    since_start: Float[Array, "node"]
    """Time since the first visit, h."""
    steps: Steps
    infusion: Float[Array, "step channel"]
    """µmol/h."""
    bolus: Float[Array, "step channel"]
    """µmol."""
    stress_left: Float[Array, "node"]
    """Stress over what the patient is under at the start."""
    correction: Correction
    """What a bridged run adds to the closures at the nodes."""


class Brains(NamedTuple):
    """Solved brains at the nodes, one for each setting of the switches."""

    state: SlowState
    auxiliaries: Auxiliaries
    passive: PassiveStates
    mechanisms: Mechanisms
    damage: Float[Array, "brain node"]
    """Relative to that of stress 1."""


class Course(NamedTuple):
    """What the compiled program returns; the arms are those of the settings."""

    healthy: Mechanisms
    drug: DrugCourse
    safety: SafetyReadouts
    pore_block: Float[Array, "node cell_class"]
    drive_loss: Float[Array, "node cell_class"]
    brains: Brains
    impulse_control: Float[Array, "node"]
    """Of the first arm."""
    mechanism_shift: Float[Array, "brain node item"]
    context_shift: Float[Array, "arm node item"]
    items: Float[Array, "arm node item"]


def mechanisms(physiology: Physiology, state: SlowState, auxiliary: Auxiliaries, lock: Float[Array, "*batch"]) -> Mechanisms:
    """What mood reads of a slow state, the circuits in it, and the locked share of the limbic network."""
    return Mechanisms(
        potentiation=state.signalling.potentiation,
        spine_density=density(state.spines),
        lasting_spines=lasting(state.spines),
        excitatory_gain=excitatory_gain(physiology.excitotoxicity, state.damage),
        focus=auxiliary.fast.focus,
        reward=state.dopamine,
        release=1 - lock,
        limbic_input=auxiliary.limbic_input,
    )


def at_rest(physiology: Physiology, brain: Brain) -> Mechanisms:
    """What mood reads of an undosed patient."""
    auxiliary = auxiliaries(physiology, brain.rest, no_input(), brain, every_link())
    lock = auxiliary.lock.into / (auxiliary.lock.into + auxiliary.lock.out_of)
    return mechanisms(physiology, brain.rest, auxiliary, locked_share(lock))


def solve_brains(physiology: Physiology, brain: Brain, steps: Steps, inputs: Inputs, settings: ArmSettings) -> Brains:
    """Slow states of one patient's brain under every setting of the switches, and what follows from them."""
    states = slow_courses(physiology, brain, steps, inputs, settings.shared, settings.linear_at)
    switched = settings.shared
    if settings.own is not None:

        def by_itself(setting: Switches) -> Float[Array, "node state"]:
            linear_at = jax.tree.map(jnp.minimum, setting, switches(SWITCHES_OF_WAYS))
            return slow_courses(physiology, brain, steps, inputs, jax.tree.map(lambda switch: switch[None], setting), linear_at)[0]

        states = jnp.concatenate([states, jax.lax.map(by_itself, settings.own)])
        switched = jax.tree.map(lambda *parts: jnp.concatenate(parts), settings.shared, settings.own)
    state = unpack(states)

    def auxiliaries_at(state: SlowState, inputs: Inputs, setting: Switches) -> Auxiliaries:
        return auxiliaries(physiology, state, inputs, brain, setting)

    auxiliary = jax.vmap(jax.vmap(auxiliaries_at, in_axes=(0, 0, None)), in_axes=(0, None, 0))(state, inputs, switched)
    passive = jax.vmap(lambda of_brain: passive_course(physiology, steps, inputs, of_brain))(auxiliary)
    return Brains(
        state,
        auxiliary,
        passive,
        mechanisms(physiology, state, auxiliary, locked_share(passive.lock)),
        relative_damage(physiology.excitotoxicity, state.damage),
    )


@exported
def course(
    model: Euthymia, person: Person, context: tuple[Scalar, Float[Array, "course_context"]], schedule: Schedule, settings: ArmSettings
) -> Course:
    """All arms of one patient's course, as one compiled program for any dose, patient and parameter set.

    Parameters
    ----------
    model, person
        Numbers.
    context
        Latent shifts by a visit and by weeks of treatment as such.
    schedule
        Doses and visits on the time grid.
    settings
        What is allowed to act in each arm.
    """
    physiology, symptoms, steps = individualised(model.physiology, person.body), model.symptoms, schedule.steps
    stresses = jnp.stack([person.stress, jnp.zeros(()), model.patient.stress])
    patients = jax.vmap(lambda stress: patient(physiology, stress))(stresses)
    brain, healthy, depressed = (jax.tree.map(lambda leaf, i=i: leaf[i], patients) for i in range(len(stresses)))
    drug = drugs(physiology, person.weight, steps, schedule.infusion, schedule.bolus)
    reaching_brain = Inputs(drug.brain.blockers, drug.comparator_site, drug.mao, schedule.stress_left, schedule.correction)
    brains = solve_brains(physiology, brain, steps, reaching_brain, settings)
    before, well, ill = (at_rest(physiology, undosed) for undosed in (brain, healthy, depressed))
    by_mechanisms = valued(symptoms, model.population.typical_efficacy, mechanism_shift(symptoms, brains.mechanisms, before, well, ill))
    of_visits, of_weeks = context
    acting = settings.context[:, None, None]
    by_visits = acting * visit_shift(symptoms, of_visits, schedule.since_visits)
    by_weeks = acting * course_shift(symptoms, of_weeks, schedule.since_start)
    first = jax.tree.map(lambda leaf: leaf[settings.brain_of[0]], brains.auxiliaries.fast)
    shift = join(symptoms, by_visits, by_mechanisms[settings.brain_of]) + by_weeks
    return Course(
        healthy=well,
        drug=drug,
        safety=readouts(model.safety, drug.brain.effect_site),
        pore_block=pore_block(physiology.receptor, drug.brain.blockers),
        drive_loss=drive_loss(physiology.receptor, drug.brain.blockers),
        brains=brains,
        impulse_control=jax.vmap(
            lambda fast: impulse_control(physiology.prefrontal, fast.rates, fast.nmda, fast.recurrence, fast.inhibition)
        )(first),
        mechanism_shift=by_mechanisms,
        context_shift=by_visits + by_weeks,
        items=item_ratings(symptoms, baseline_items(symptoms, person.madrs), shift),
    )
