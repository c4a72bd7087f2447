"""The slow states of one brain and how fast they change, with the circuits that answer at once inside."""

from typing import NamedTuple

import jax.numpy as jnp

from .. import links
from ..circuits.prefrontal import CLASSES, E, glutamate_rate, glutamate_release
from ..core.types import ACTIVITIES, PerSite, Scalar
from ..links import Switches
from ..plasticity.excitotoxicity import calcium_load, damage_rate, relative_damage
from ..plasticity.serotonin import autoreceptor_rate
from ..plasticity.signalling import signalling_rate
from ..plasticity.spines import Turnover, after, spine_rate, turnover
from ..receptors.nmdar import drive_loss, pore_block, resting_unblock, trapping_rates
from .closures.response import LockRates, lock_rates
from .fast import Brain, FastState, fast
from .parameters import Physiology
from .state import Inputs, SlowState


class Auxiliaries(NamedTuple):
    """What acts on the slow states."""

    fast: FastState
    load: Scalar
    """Extrasynaptic calcium load, healthy = 1."""
    release: Scalar
    """Rise of glutamate release over the same circuit without drug, relative; lasting change of its activity is not a surge."""
    surge: Scalar
    """Engagement of BDNF by the glutamate surge, 0 to 1."""
    resting: Scalar
    """Engagement of BDNF by block at rest, 0 to 1."""
    risen: Scalar
    """Rise of serotonin over the patient's own level, healthy level = 1."""
    to_mtor: Scalar
    """BDNF activity that mTORC1 sees."""
    to_potentiation: Scalar
    """BDNF activity that fast potentiation sees."""
    turnover: Turnover
    """Flows of spines, 1/h."""
    dopamine: Scalar
    """Tone that dopamine tends to, healthy = 1."""
    limbic_block: Scalar
    """Loss of recurrent NMDA drive in the limbic network."""
    limbic_input: Scalar
    """Drive of the limbic network, nA."""
    lock: LockRates


def growth(x: SlowState, on: Switches) -> Scalar:
    """Structural signal that spines see."""
    return links.clamp(x.signalling.structure_3, 0.0, on.regrowth)


def elimination(p: Physiology, x: SlowState, brain: Brain) -> Scalar:
    """Persistent spines lost, 1/h."""
    return links.spine_elimination(p.links, p.spines.elimination, brain.stress, relative_damage(p.excitotoxicity, x.damage))


def auxiliaries(p: Physiology, x: SlowState, u: Inputs, brain: Brain, on: Switches) -> Auxiliaries:
    """What acts on the slow states; arguments as in :func:`slow_rate`. A clamped link passes its undosed value."""
    clamp, undosed, loss = links.clamp, brain.fast, drive_loss(p.receptor, u.ketamine)
    now = fast(p, x, u, brain.stress, on, undosed.rates)
    limbic_block = clamp(links.limbic_loss(loss), 0.0, on.limbic_lock)
    limbic_input = clamp(now.limbic_input, undosed.limbic_input, on.limbic_lock)
    release = glutamate_release(p.prefrontal, now.rates, now.undrugged_rates)
    block = links.extrasynaptic_block(pore_block(p.receptor, u.ketamine))
    return Auxiliaries(
        fast=now,
        load=calcium_load(p.excitotoxicity, brain.stress, clamp(block, 0.0, on.calcium_load)),
        release=release,
        # Synapses see what is released; the tissue around them, and an instrument, see it later.
        surge=clamp(links.surge_engagement(p.links, release), 0.0, on.surge * on.synaptic_signalling),
        resting=clamp(links.resting_block(p.links, loss), 0.0, on.synaptic_signalling),
        risen=clamp(jnp.maximum(now.serotonin - undosed.serotonin, 0), 0.0, on.synaptic_signalling),
        to_mtor=clamp(x.signalling.bdnf, 0.0, on.mtor),
        to_potentiation=clamp(x.signalling.bdnf, 0.0, on.potentiation),
        turnover=turnover(p.spines, x.spines, growth(x, on), brain.stress, elimination(p, x, brain)),
        dopamine=clamp(now.dopamine, brain.rest.dopamine, on.dopamine),
        limbic_block=limbic_block,
        limbic_input=limbic_input,
        lock=lock_rates(p.closures, p.limbic, limbic_block, limbic_input, u.correction),
    )


def slow_rate(p: Physiology, x: SlowState, u: Inputs, brain: Brain, on: Switches) -> SlowState:
    """Time derivative of the slow states, 1/h.

    Parameters
    ----------
    p
        Parameters and closures.
    x
        State.
    u
        Drugs at their sites.
    brain
        The patient.
    on
        Links that are clamped to their undosed value.
    """
    by = auxiliaries(p, x, u, brain, on)
    glutamate, measured = glutamate_rate(p.prefrontal, x.glutamate, x.measured_glutamate, by.release)
    return SlowState(
        damage=damage_rate(p.excitotoxicity, x.damage, by.load),
        glutamate=glutamate,
        measured_glutamate=measured,
        signalling=signalling_rate(p.signalling, x.signalling, by.surge, by.resting, by.risen, by.to_mtor, by.to_potentiation),
        spines=spine_rate(by.turnover),
        dopamine=(by.dopamine - x.dopamine) / p.links.dopamine_time,
        autoreceptor=autoreceptor_rate(p.serotonin, x.autoreceptor, by.fast.serotonin),
    )


def spines_solved(p: Physiology, before: SlowState, later: SlowState, brain: Brain, on: Switches, step: Scalar) -> SlowState:
    """The state a step (h) later, with its spines exact under what acts on them on average over the step."""
    signal = (growth(before, on) + growth(later, on)) / 2
    loss = (elimination(p, before, brain) + elimination(p, later, brain)) / 2
    return later._replace(spines=after(p.spines, before.spines, signal, brain.stress, loss, step))


class PassiveStates(NamedTuple):
    """Occupancies of two-state systems that the slow states drive and that nothing slow reads: y' = a (1 − y) − b y."""

    bound: PerSite
    """Share of NMDA receptors that carry the drug."""
    lock: Scalar
    """Probability that the limbic network is locked."""


def transitions(p: Physiology, u: Inputs, by: Auxiliaries) -> tuple[PassiveStates, PassiveStates]:
    """Rates a and b (1/h) of the followers at one input and what the slow states make of it."""
    now = by.fast
    cortical = jnp.broadcast_to(now.rates[E] / p.prefrontal.baseline[E], len(CLASSES))
    groups = jnp.ones(len(ACTIVITIES))
    activity = jnp.concatenate([cortical, groups])
    unblocked = jnp.concatenate([resting_unblock(p.receptor)[: len(CLASSES)], now.habenula.unblocked * groups])
    binding, leaving = trapping_rates(p.receptor, u.ketamine, activity, unblocked)
    return PassiveStates(binding, by.lock.into), PassiveStates(leaving, by.lock.out_of)
