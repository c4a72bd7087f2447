"""One patient's course under every arm, as one compiled program."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..circuits.prefrontal import impulse_control
from ..clinic.safety import SafetyReadouts, readouts
from ..clinic.symptoms import Mechanisms, baseline_items, course_shift, item_ratings, join, mechanism_shift, visit_shift
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
from ..model.vector_field import Auxiliaries, PassiveStates, auxiliaries
from ..plasticity.excitotoxicity import excitatory_gain, relative_damage
from ..receptors.nmdar import drive_loss, pore_block
from .interventions import BRAIN_OF, OF_WAYS, SOLVED, Arm, arm_of
from .person import Person


class Course(NamedTuple):
    """What the compiled program returns; an arm axis follows ``ARMS``, a solved axis ``SOLVED``."""

    brain: Brain
    healthy: Mechanisms
    drug: DrugCourse
    safety: SafetyReadouts
    pore_block: Float[Array, "node cell_class"]
    drive_loss: Float[Array, "node cell_class"]
    state: SlowState
    auxiliaries: Auxiliaries
    passive: PassiveStates
    mechanisms: Mechanisms
    damage: Float[Array, "solved node"]
    impulse_control: Float[Array, "node"]
    mechanism_shift: Float[Array, "solved node item"]
    context_shift: Float[Array, "arm node item"]
    items: Float[Array, "arm node item"]


def mechanisms(physiology: Physiology, state: SlowState, by: Auxiliaries, lock: Float[Array, "*batch"]) -> Mechanisms:
    """What mood reads of a slow state, the circuits in it, and the probability of the limbic lock."""
    return Mechanisms(
        potentiation=state.signalling.potentiation,
        spine_density=state.spines.transient + state.spines.persistent,
        persistent_spines=state.spines.persistent,
        excitatory_gain=excitatory_gain(physiology.excitotoxicity, state.damage),
        focus=by.fast.focus,
        reward=state.dopamine,
        release=1 - lock,
        limbic_input=by.limbic_input,
    )


@eqx.filter_jit
def course(
    model: Euthymia,
    person: Person,
    context: tuple[Scalar, Float[Array, "course_context"]],
    inputs: list[Array],
    correction: Correction,
    arms: Arm,
) -> Course:
    """All arms of one patient's course, as one compiled program for any dose, patient and parameter set.

    Parameters
    ----------
    model, person
        Numbers.
    context
        Latent shifts by a visit and by weeks of treatment as such.
    inputs
        Time since the two latest visits, and since the first, at the nodes (h); the grid's distinct lengths (h), which of them
        each step has, and each step's infusion (µmol/h) and bolus (µmol) per channel.
    correction
        What a bridged run adds to the closures at the nodes.
    arms
        Settings, one for each of ``ARMS``.
    """
    visits, since_start, lengths, which, infusion, bolus = inputs
    physiology, symptoms, steps = individualised(model.physiology, person.body), model.symptoms, Steps(lengths, which)
    stresses = jnp.stack([person.stress, jnp.zeros(()), model.patient.stress])
    patients = jax.vmap(lambda stress: patient(physiology, stress))(stresses)
    brain, *references = (jax.tree.map(lambda leaf, i=i: leaf[i], patients) for i in range(len(stresses)))
    in_body = drugs(physiology, person.weight, steps, infusion, bolus)
    u = Inputs(in_body.brain.racemate_equivalents, in_body.comparator_site, in_body.mao, correction)

    def slow(switches: Switches, linear_at: Switches) -> Float[Array, "setting node state"]:
        return slow_courses(physiology, brain, steps, u, switches, linear_at)

    of_arms = list(BRAIN_OF.values())
    solved = jax.tree.map(lambda switch: switch[jnp.array([of_arms.index(place) for place in range(len(SOLVED))])], arms.switches)

    def part(start: int, end: int) -> Switches:
        return jax.tree.map(lambda switch: switch[start:end], solved)

    off = arm_of(frozenset()).switches
    together = slow(part(0, len(OF_WAYS)), off)

    def by_itself(one: Switches) -> Float[Array, "node state"]:
        return slow(jax.tree.map(lambda switch: switch[None], one), jax.tree.map(jnp.minimum, one, off))[0]

    alone = jax.lax.map(by_itself, part(len(OF_WAYS), len(SOLVED)))
    state = unpack(jnp.concatenate([together, alone]))

    def passed(x: SlowState, at: Inputs, on: Switches) -> Auxiliaries:
        return auxiliaries(physiology, x, at, brain, on)

    by = jax.vmap(jax.vmap(passed, in_axes=(0, 0, None)), in_axes=(0, None, 0))(state, u, solved)
    passive = jax.vmap(lambda each: passive_course(physiology, steps, u, each))(by)
    now = mechanisms(physiology, state, by, passive.lock)
    start, well, ill = (at_rest(physiology, each) for each in (brain, *references))
    by_mechanisms = mechanism_shift(symptoms, now, start, well, ill)
    of_visits, of_weeks = context
    on = arms.context[:, None, None]
    of_brain = by_mechanisms[jnp.array(of_arms)]
    by_visits = on * visit_shift(symptoms, of_visits, visits)
    by_weeks = on * course_shift(symptoms, of_weeks, since_start)

    def control(fast) -> Float[Array, "node"]:
        return jax.vmap(lambda a: impulse_control(physiology.prefrontal, a.rates, a.nmda, a.recurrence, a.inhibition))(fast)

    return Course(
        brain=brain,
        healthy=well,
        drug=in_body,
        safety=readouts(model.safety, in_body.brain.effect_site),
        pore_block=pore_block(physiology.receptor, in_body.brain.racemate_equivalents),
        drive_loss=drive_loss(physiology.receptor, in_body.brain.racemate_equivalents),
        state=state,
        auxiliaries=by,
        passive=passive,
        mechanisms=now,
        damage=relative_damage(physiology.excitotoxicity, state.damage),
        impulse_control=control(jax.tree.map(lambda leaf: leaf[BRAIN_OF["as given"]], by.fast)),
        mechanism_shift=by_mechanisms,
        context_shift=by_visits + by_weeks,
        items=item_ratings(symptoms, baseline_items(symptoms, person.madrs), join(symptoms, by_visits, of_brain) + by_weeks),
    )


def at_rest(physiology: Physiology, brain: Brain) -> Mechanisms:
    """What mood reads of an undosed patient."""
    by = auxiliaries(physiology, brain.rest, no_input(), brain, every_link())
    return mechanisms(physiology, brain.rest, by, by.lock.into / (by.lock.into + by.lock.out_of))
