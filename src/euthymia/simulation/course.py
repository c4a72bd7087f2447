"""One patient's course under every arm, as compiled programs."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..circuits.prefrontal import impulse_control
from ..clinic.safety import SafetyReadouts, readouts
from ..clinic.symptoms import Mechanisms, baseline_items, course_shift, item_ratings, join, mechanism_shift, repaired, visit_shift
from ..core.compiler_options import MANY_KERNELS, MANY_SHAPES
from ..core.device import on_device
from ..core.exported_programs import exported_with
from ..core.numerics.exponential import Steps
from ..core.numerics.occupancy import Occupancy, at_first
from ..core.numerics.settings import SUBNETWORKS
from ..core.types import SITES, Scalar
from ..links import Switches, every_link
from ..model.baseline import patient
from ..model.exposure import Body, DrugCourse, drugs, individualised, undosed_body
from ..model.fast import Brain
from ..model.integrate import passive_course, slow_courses
from ..model.parameters import Euthymia, Physiology
from ..model.state import Inputs, SlowState, no_input, pack, unpack
from ..model.vector_field import Auxiliaries, PassiveStates, auxiliaries, locked_share
from ..plasticity.excitotoxicity import excitatory_gain, relative_damage
from ..plasticity.spines import density, lasting
from ..receptors.nmdar import drive_loss, pore_block
from .interventions import SWITCHES_OF_WAYS, ArmSettings, switches
from .person import Person
from .schedule import Schedule, Window


class RestingPatient(NamedTuple):
    """One patient before anything is given."""

    brain: Brain
    before: Mechanisms
    healthy: Mechanisms
    depressed: Mechanisms


class Brains(NamedTuple):
    """Solved brains at the nodes, one for each setting of the switches."""

    state: SlowState
    auxiliaries: Auxiliaries
    passive: PassiveStates
    mechanisms: Mechanisms
    damage: Float[Array, "brain node"]
    """Relative to that of stress 1."""


class Course(NamedTuple):
    """All arms at the nodes; the arms are those of the settings."""

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


NODES_SECOND = ("brains", "mechanism_shift", "context_shift", "items")
"""Whose arrays have the nodes along the second axis, behind brains or arms; those of all others have them along the first."""


class Reached(NamedTuple):
    """Where a window of a course ends, and the next begins."""

    body: Body
    state: Float[Array, "brain state"]
    """Slow states, packed."""
    passive: tuple[Occupancy, ...]
    """Of every brain, by kind; not numbers before the first window, where they are steady."""


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


@exported_with(MANY_KERNELS)
def resting_patient(model: Euthymia, stress: Scalar) -> RestingPatient:
    """The undosed patient under a stress (0 to 1), and the two between whom mood is measured."""
    stresses = jnp.stack([stress, jnp.zeros(()), model.patient.stress])
    patients = jax.vmap(lambda constant: patient(model.physiology, constant))(stresses)
    resting = jax.vmap(lambda brain: at_rest(model.physiology, brain))(patients)
    brain, *_ = _each(patients)
    return RestingPatient(brain, *_each(resting))


def _each(stacked: Any) -> list[Any]:
    """The parts of a tree of arrays along their leading axis."""
    return [jax.tree.map(lambda leaf, i=i: leaf[i], stacked) for i in range(len(jax.tree.leaves(stacked)[0]))]


def undosed(resting: RestingPatient, brains: int) -> Reached:
    """Where a course with so many brains begins."""
    state = pack(resting.brain.rest)
    passive = tuple(jax.vmap(at_first)(on_device(np.full((brains, systems), np.nan))) for systems in (len(SITES), SUBNETWORKS))
    return Reached(undosed_body(), jnp.broadcast_to(state, (brains, *state.shape)), passive)


def solve_brains(
    physiology: Physiology, brain: Brain, steps: Steps, inputs: Inputs, settings: ArmSettings, start: Reached
) -> tuple[Brains, tuple[Occupancy, ...]]:
    """Slow states of one patient's brain under every setting of the switches, what follows from them, and where occupancies end."""
    shared = len(settings.shared[0])
    states = slow_courses(physiology, brain, steps, inputs, settings.shared, settings.linear_at, start.state[:shared])
    switched = settings.shared
    if settings.own is not None:

        def by_itself(of_brain: tuple[Switches, Float[Array, "state"]]) -> Float[Array, "node state"]:
            setting, begin = jax.tree.map(lambda leaf: leaf[None], of_brain)
            linear_at = jax.tree.map(jnp.minimum, of_brain[0], switches(SWITCHES_OF_WAYS))
            return slow_courses(physiology, brain, steps, inputs, setting, linear_at, begin)[0]

        states = jnp.concatenate([states, jax.lax.map(by_itself, (settings.own, start.state[shared:]))])
        switched = jax.tree.map(lambda *parts: jnp.concatenate(parts), settings.shared, settings.own)
    state = unpack(states)

    def auxiliaries_at(state: SlowState, inputs: Inputs, setting: Switches) -> Auxiliaries:
        return auxiliaries(physiology, state, inputs, brain, setting)

    auxiliary = jax.vmap(jax.vmap(auxiliaries_at, in_axes=(0, 0, None)), in_axes=(0, None, 0))(state, inputs, switched)
    passive, reached = jax.vmap(lambda *of_brain: passive_course(physiology, steps, inputs, *of_brain))(auxiliary, start.passive)
    brains = Brains(
        state,
        auxiliary,
        passive,
        mechanisms(physiology, state, auxiliary, locked_share(passive.lock)),
        relative_damage(physiology.excitotoxicity, state.damage),
    )
    return brains, reached


@exported_with(MANY_SHAPES)
def window_of_course(
    model: Euthymia,
    person: Person,
    resting: RestingPatient,
    context: tuple[Scalar, Float[Array, "course_context"]],
    schedule: Schedule,
    settings: ArmSettings,
    start: Reached,
) -> tuple[Course, Reached]:
    """All arms of one patient's course in one window, and where it ends, as one compiled program for any dose, patient and parameters.

    Parameters
    ----------
    model, person
        Numbers.
    resting
        The undosed patient.
    context
        Latent shifts by a visit and by weeks of treatment as such.
    schedule
        Doses and visits in the window.
    settings
        What is allowed to act in each arm.
    start
        Where the window begins.
    """
    physiology, symptoms, steps = individualised(model.physiology, person.body), model.symptoms, schedule.steps
    drug = drugs(physiology, person.weight, steps, schedule.infusion, schedule.bolus, start.body)
    reaching_brain = Inputs(drug.brain.blockers, drug.comparator_site, drug.mao, schedule.stress_left, schedule.correction)
    brains, reached = solve_brains(physiology, resting.brain, steps, reaching_brain, settings, start)
    repair = repaired(symptoms, brains.mechanisms, resting.before, resting.healthy, resting.depressed)
    by_mechanisms = mechanism_shift(symptoms, model.population.typical_responsiveness, repair)
    of_visits, of_weeks = context
    acting = settings.context[:, None, None]
    by_visits = acting * visit_shift(symptoms, of_visits, schedule.since_visits)
    by_weeks = acting * course_shift(symptoms, of_weeks, schedule.since_start)
    first = jax.tree.map(lambda leaf: leaf[settings.brain_of[0]], brains.auxiliaries.fast)
    shift = join(symptoms, by_visits, by_mechanisms[settings.brain_of]) + by_weeks
    course = Course(
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
    at_end, state_at_end = jax.tree.map(lambda leaf: leaf[-1], drug), jax.tree.map(lambda leaf: leaf[:, -1], brains.state)
    return course, Reached(Body(at_end.states, at_end.mao), jax.vmap(pack)(state_at_end), reached)


def course(
    model: Euthymia,
    person: Person,
    resting: RestingPatient,
    context: tuple[Scalar, Float[Array, "course_context"]],
    windows: Iterable[tuple[Window, Schedule]],
    settings: ArmSettings,
) -> Course:
    """All arms of one patient's course, window by window; arguments as those of :func:`window_of_course`. Arrays are NumPy's."""
    parts, reached = [], undosed(resting, settings.brains)
    for window, schedule in windows:
        part, reached = window_of_course(model, person, resting, context, schedule, settings, reached)
        parts.append((part, window.last - window.first))
    # The node at which a window ends is the first of the next one, but for the last.
    counts = [steps for _, steps in parts[:-1]] + [parts[-1][1] + 1]

    def joined(name: str) -> Any:
        axis = int(name in NODES_SECOND)

        def along_nodes(*leaves: Array) -> np.ndarray:
            real = [np.asarray(leaf).take(range(count), axis) for leaf, count in zip(leaves, counts, strict=True)]
            return np.concatenate(real, axis)

        return jax.tree.map(along_nodes, *(getattr(part, name) for part, _ in parts))

    return Course(**{name: joined(name) for name in Course._fields})
