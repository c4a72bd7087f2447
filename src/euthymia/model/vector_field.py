"""The vector field of the slow states of one brain: their rates of change, with the fast subsystem at its quasi-steady values."""

from typing import NamedTuple

import jax.numpy as jnp

from .. import links
from ..circuits.prefrontal import E, glutamate_rate, glutamate_release
from ..core.types import ACTIVITIES, CORTICAL, PerSite, Scalar
from ..links import Switches
from ..plasticity.excitotoxicity import calcium_load, damage_rate, relative_damage
from ..plasticity.serotonin import autoreceptor_rate
from ..plasticity.signalling import signalling_rate
from ..plasticity.spines import Turnover, spine_rate, spines_after, turnover
from ..receptors.nmdar import drive_loss, pore_block, resting_unblock, trapping_rates
from .closures.response import LockRates, lock_rates
from .fast import Brain, FastState, fast_state
from .parameters import Physiology
from .state import Inputs, SlowState


class Auxiliaries(NamedTuple):
    """Intermediate quantities of the vector field, at one state and input."""

    fast: FastState
    load: Scalar
    """Extrasynaptic calcium load, healthy = 1."""
    release: Scalar
    """Relative rise of glutamate release over the same circuit without drug; a lasting change of its activity is not a surge."""
    surge: Scalar
    """Engagement of BDNF by the glutamate surge, 0 to 1."""
    resting: Scalar
    """Engagement of BDNF by block at rest, 0 to 1."""
    serotonin_rise: Scalar
    """Rise of serotonin over the patient's undosed level, healthy level = 1."""
    to_mtor: Scalar
    """BDNF activity that acts on mTORC1."""
    to_potentiation: Scalar
    """BDNF activity that acts on fast potentiation."""
    turnover: Turnover
    """Flows of spines, 1/h."""
    dopamine: Scalar
    """Dopamine tone at steady state, healthy = 1."""
    limbic_block: Scalar
    """Loss of recurrent NMDA drive in the limbic network."""
    limbic_input: Scalar
    """Drive of the limbic network, nA."""
    lock: LockRates


def growth(x: SlowState, switches: Switches) -> Scalar:
    """Structural growth signal at spines."""
    return links.clamp(x.signalling.structure_3, 0.0, switches.regrowth)


def elimination(p: Physiology, x: SlowState, brain: Brain) -> Scalar:
    """Elimination rate of persistent spines, 1/h."""
    return links.spine_elimination(p.links, p.spines.elimination, brain.stress, relative_damage(p.excitotoxicity, x.damage))


def auxiliaries(p: Physiology, x: SlowState, inputs: Inputs, brain: Brain, switches: Switches) -> Auxiliaries:
    """Intermediate quantities of the vector field; arguments as in :func:`slow_rate`."""
    clamp, undosed, loss = links.clamp, brain.fast, drive_loss(p.receptor, inputs.ketamine)
    fast = fast_state(p, x, inputs, brain.stress, switches, undosed.rates)
    limbic_block = clamp(links.limbic_loss(loss), 0.0, switches.limbic_lock)
    limbic_input = clamp(fast.limbic_input, undosed.limbic_input, switches.limbic_lock)
    release = glutamate_release(p.prefrontal, fast.rates, fast.undrugged_rates)
    block = links.extrasynaptic_block(pore_block(p.receptor, inputs.ketamine))
    return Auxiliaries(
        fast=fast,
        load=calcium_load(p.excitotoxicity, brain.stress, clamp(block, 0.0, switches.calcium_load)),
        release=release,
        # Release acts on synapses at once; tissue glutamate and its measurement lag behind.
        surge=clamp(links.surge_engagement(p.links, release), 0.0, switches.surge * switches.synaptic_signalling),
        resting=clamp(links.resting_block(p.links, loss), 0.0, switches.synaptic_signalling),
        serotonin_rise=clamp(jnp.maximum(fast.serotonin - undosed.serotonin, 0), 0.0, switches.synaptic_signalling),
        to_mtor=clamp(x.signalling.bdnf, 0.0, switches.mtor),
        to_potentiation=clamp(x.signalling.bdnf, 0.0, switches.potentiation),
        turnover=turnover(p.spines, x.spines, growth(x, switches), brain.stress, elimination(p, x, brain)),
        dopamine=clamp(fast.dopamine, brain.rest.dopamine, switches.dopamine),
        limbic_block=limbic_block,
        limbic_input=limbic_input,
        lock=lock_rates(p.closures, p.limbic, limbic_block, limbic_input, inputs.correction),
    )


def slow_rate(p: Physiology, x: SlowState, inputs: Inputs, brain: Brain, switches: Switches) -> SlowState:
    """Time derivative of the slow states, 1/h.

    Parameters
    ----------
    p
        Parameters and closures.
    x
        State.
    inputs
        Drugs at their sites.
    brain
        The patient.
    switches
        Of the links; a clamped link passes its undosed value.
    """
    auxiliary = auxiliaries(p, x, inputs, brain, switches)
    bdnf_arms = auxiliary.surge, auxiliary.resting, auxiliary.serotonin_rise
    glutamate, measured = glutamate_rate(p.prefrontal, x.glutamate, x.measured_glutamate, auxiliary.release)
    return SlowState(
        damage=damage_rate(p.excitotoxicity, x.damage, auxiliary.load),
        glutamate=glutamate,
        measured_glutamate=measured,
        signalling=signalling_rate(p.signalling, x.signalling, *bdnf_arms, auxiliary.to_mtor, auxiliary.to_potentiation),
        spines=spine_rate(auxiliary.turnover),
        dopamine=(auxiliary.dopamine - x.dopamine) / p.links.dopamine_time,
        autoreceptor=autoreceptor_rate(p.serotonin, x.autoreceptor, auxiliary.fast.serotonin),
    )


def with_exact_spines(p: Physiology, before: SlowState, later: SlowState, brain: Brain, switches: Switches, step: Scalar) -> SlowState:
    """The state a step (h) later, with its spines exact under the mean growth signal and elimination of the step."""
    signal = (growth(before, switches) + growth(later, switches)) / 2
    loss = (elimination(p, before, brain) + elimination(p, later, brain)) / 2
    return later._replace(spines=spines_after(p.spines, before.spines, signal, brain.stress, loss, step))


class PassiveStates(NamedTuple):
    """Occupancies of two-state systems that the slow states drive and that nothing slow reads: y' = a (1 − y) − b y."""

    bound: PerSite
    """Share of NMDA receptors that carry the drug."""
    lock: Scalar
    """Probability that the limbic network is locked."""


def transitions(p: Physiology, inputs: Inputs, auxiliary: Auxiliaries) -> tuple[PassiveStates, PassiveStates]:
    """Rates a and b (1/h) of the passive states at one input and its auxiliaries."""
    fast = auxiliary.fast
    cortical = jnp.broadcast_to(fast.rates[E] / p.prefrontal.baseline[E], len(CORTICAL))
    habenular = jnp.ones(len(ACTIVITIES))
    activity = jnp.concatenate([cortical, habenular])
    unblocked = jnp.concatenate([resting_unblock(p.receptor)[: len(CORTICAL)], fast.habenula.unblocked * habenular])
    binding, unbinding = trapping_rates(p.receptor, inputs.ketamine, activity, unblocked)
    return PassiveStates(binding, auxiliary.lock.into), PassiveStates(unbinding, auxiliary.lock.out_of)
