"""The vector field of the slow states of one brain: their rates of change, with the fast subsystem at its quasi-steady values."""

from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .. import links
from ..circuits.prefrontal import E, glutamate_rate, glutamate_release
from ..core.types import ACTIVITIES, CORTICAL, SITES, PerSite, Scalar
from ..links import Switches
from ..plasticity.excitotoxicity import calcium_load, damage_rate, relative_damage
from ..plasticity.serotonin import autoreceptor_rate
from ..plasticity.signalling import signalling_rate
from ..plasticity.spines import SpineRates, Turnover, healthy_rates, spine_rate, spine_rates, spines_after, turnover
from ..receptors.nmdar import drive_losses, pore_block, resting_unblock, trapping_rates
from .closures.response import LockRates, lock_rates
from .fast import Brain, FastState, fast_state, felt_loss, habenula_state
from .parameters import Physiology
from .state import AdaptationState, Inputs, SlowState

BURSTING = SITES.index("habenula_burst")


Rates = TypeVar("Rates")


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
    """Mean drive of the limbic subnetworks, nA."""
    lock: LockRates
    """Of each subnetwork."""


def growth(x: SlowState, switches: Switches) -> Scalar:
    """Structural growth signal at spines."""
    return links.clamp(x.signalling.structure_3, 0.0, switches.regrowth)


def turnover_rates(p: Physiology, x: SlowState, inputs: Inputs, brain: Brain, switches: Switches) -> SpineRates:
    """Rates (1/h) at which spines form, move on and are lost."""
    stress = brain.stress * inputs.stress_left
    damage = relative_damage(p.excitotoxicity, x.damage)
    healthy = healthy_rates(p.spines)
    lost = links.spine_elimination(p.links, healthy.young_elimination, healthy.elimination, stress, damage)
    return spine_rates(p.spines, growth(x, switches), stress, *lost)


def auxiliaries(p: Physiology, x: SlowState, inputs: Inputs, brain: Brain, switches: Switches) -> Auxiliaries:
    """Intermediate quantities of the vector field; arguments as in :func:`slow_rate`."""
    clamp, undosed, blockers = links.clamp, brain.fast, inputs.blockers
    felt = felt_loss(p, x, inputs, switches)
    fast = fast_state(p, x, inputs, brain.stress, switches, undosed.rates)
    limbic_block = clamp(links.limbic_loss(felt), 0.0, switches.limbic_lock)
    limbic_input = clamp(fast.limbic_input, undosed.limbic_input, switches.limbic_lock)
    of_subnetworks = links.limbic_inputs(p.links, limbic_input)
    release = glutamate_release(p.prefrontal, fast.rates, fast.undrugged_rates)
    block = links.extrasynaptic_block(pore_block(p.receptor, blockers))
    return Auxiliaries(
        fast=fast,
        load=calcium_load(p.excitotoxicity, brain.stress * inputs.stress_left, clamp(block, 0.0, switches.calcium_load)),
        release=release,
        # Release acts on synapses at once; tissue glutamate and its measurement lag behind.
        surge=clamp(links.surge_engagement(p.links, release), 0.0, switches.surge * switches.synaptic_signalling),
        resting=clamp(links.resting_block(p.links, felt), 0.0, switches.synaptic_signalling),
        serotonin_rise=clamp(jnp.maximum(fast.serotonin - undosed.serotonin, 0), 0.0, switches.synaptic_signalling),
        to_mtor=clamp(x.signalling.bdnf, 0.0, switches.mtor),
        to_potentiation=clamp(x.signalling.bdnf, 0.0, switches.potentiation),
        turnover=turnover(p.spines, x.spines, turnover_rates(p, x, inputs, brain, switches)),
        dopamine=clamp(fast.dopamine, brain.rest.dopamine, switches.dopamine),
        limbic_block=limbic_block,
        limbic_input=limbic_input,
        lock=lock_rates(p.closures, p.limbic, limbic_block, of_subnetworks, inputs.correction),
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
    binding, release = habenula_trapping(p, inputs, auxiliary.fast.habenula.unblocked)
    bdnf_arms = auxiliary.surge, auxiliary.resting, auxiliary.serotonin_rise
    glutamate, measured = glutamate_rate(p.prefrontal, x.glutamate, x.measured_glutamate, auxiliary.release)
    return SlowState(
        damage=damage_rate(p.excitotoxicity, x.damage, auxiliary.load),
        glutamate=glutamate,
        measured_glutamate=measured,
        signalling=signalling_rate(p.signalling, x.signalling, *bdnf_arms, auxiliary.to_mtor, auxiliary.to_potentiation),
        spines=spine_rate(auxiliary.turnover),
        trapped=binding * (1 - x.trapped) - release * x.trapped,
        adaptation=adaptation_rate(p, x, inputs),
        dopamine=(auxiliary.dopamine - x.dopamine) / p.links.dopamine_time,
        autoreceptor=autoreceptor_rate(p.serotonin, x.autoreceptor, auxiliary.fast.serotonin),
    )


def adaptation_rate(p: Physiology, x: SlowState, inputs: Inputs) -> AdaptationState:
    """Cells get used to the loss L of each drive: dh/dt = (L − h)/τ, 1/h."""
    losses = drive_losses(p.receptor, inputs.blockers)
    return AdaptationState(*((losses[..., index] - used) / p.links.adaptation_time for index, used in enumerate(x.adaptation)))


def habenula_trapping(p: Physiology, inputs: Inputs, unblocked: Scalar) -> tuple[Scalar, Scalar]:
    """Rates a, b (1/h) of dB/dt = a (1 − B) − b B in bursting cells of the habenula, at the share of pores free of Mg2+.

    They bind as the receptor's kinetics say, and release as slowly as was observed. Open as often as bursts open them, channels would
    release the drug within minutes; the gap is a result.
    """
    always = jnp.ones(len(SITES))
    binding, _ = trapping_rates(p.receptor, inputs.blockers, always, unblocked * always)
    return binding[BURSTING], p.receptor.habenula_release


def with_exact_trapping(
    p: Physiology, before: SlowState, later: SlowState, inputs: tuple[Inputs, Inputs], brain: Brain, switches: Switches, step: Scalar
) -> SlowState:
    """The state a step (h) later, with trapped drug exact under mean rates, from the inputs at both ends of the step."""

    def rates(x: SlowState, at_end: Inputs) -> tuple[Scalar, Scalar]:
        habenula = habenula_state(p, x, at_end, brain.stress * at_end.stress_left, switches).output
        return habenula_trapping(p, at_end, habenula.unblocked)

    binding, release = _mean(rates(before, inputs[0]), rates(later, inputs[1]))
    bound = binding / (binding + release)
    return later._replace(trapped=bound + (before.trapped - bound) * jnp.exp(-(binding + release) * step))


def with_exact_occupancies(
    p: Physiology, before: SlowState, later: SlowState, inputs: tuple[Inputs, Inputs], brain: Brain, switches: Switches, step: Scalar
) -> SlowState:
    """The same with spines exact too."""
    spines = _mean(*(turnover_rates(p, x, at_end, brain, switches) for x, at_end in zip((before, later), inputs, strict=True)))
    trapping = with_exact_trapping(p, before, later, inputs, brain, switches, step)
    return trapping._replace(spines=spines_after(p.spines, before.spines, spines, step))


def _mean(first: Rates, last: Rates) -> Rates:
    return jax.tree.map(lambda a, b: (a + b) / 2, first, last)


class PassiveStates(NamedTuple):
    """Occupancies of two-state systems that the slow states drive and that nothing slow reads: y' = a (1 − y) − b y."""

    bound: PerSite
    """Share of NMDA receptors that carry the drug, by the receptor's own kinetics."""
    lock: Float[Array, "subnetwork"]
    """Probability that each limbic subnetwork is locked."""


def transitions(p: Physiology, inputs: Inputs, auxiliary: Auxiliaries) -> tuple[PassiveStates, PassiveStates]:
    """Rates a and b (1/h) of the passive states at one input and its auxiliaries."""
    fast = auxiliary.fast
    cortical = jnp.broadcast_to(fast.rates[E] / p.prefrontal.baseline[E], len(CORTICAL))
    habenular = jnp.ones(len(ACTIVITIES))
    activity = jnp.concatenate([cortical, habenular])
    unblocked = jnp.concatenate([resting_unblock(p.receptor)[: len(CORTICAL)], fast.habenula.unblocked * habenular])
    binding, unbinding = trapping_rates(p.receptor, inputs.blockers, activity, unblocked)
    return PassiveStates(binding, auxiliary.lock.into), PassiveStates(unbinding, auxiliary.lock.out_of)


def locked_share(lock: Float[Array, "*batch subnetwork"]) -> Float[Array, "*batch"]:
    """Share of the limbic network that is locked, from the probabilities of its subnetworks."""
    return lock @ links.SUBNETWORK_WEIGHTS
