"""The slow states of one brain and how fast they change, with the circuits that answer at once inside."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .. import links
from ..brain.escape import LimbicLock
from ..circuits.habenula import Nucleus
from ..circuits.midbrain import DopamineState, Midbrain, dopamine_state, raphe_drive, rmtg_rate
from ..circuits.prefrontal import CLASSES, E, Prefrontal, focus, glutamate_rate, glutamate_release, steady_rates
from ..core.types import ACTIVITIES, PerSite, Scalar
from ..links import Links, Switches
from ..pharmacology.comparators import MOLECULES, Comparators, places
from ..pharmacology.esketamine import Esketamine
from ..pharmacology.ketamine import Disposition
from ..plasticity.excitotoxicity import Excitotoxicity, calcium_load, damage_rate, excitatory_gain, relative_damage
from ..plasticity.serotonin import Serotonin, autoreceptor_rate, dopamine_factor, serotonin_level
from ..plasticity.signalling import Signalling, SignallingState, signalling_rate
from ..plasticity.spines import Spines, SpineState, Turnover, after, spine_rate, turnover
from ..receptors.monoamine import AT_DAT, AT_SERT, HOLDING_MAO, Monoamine, dat_occupancy, gaba_gain, mao_held, sert_occupancy
from ..receptors.nmdar import NMDAReceptor, drive_loss, pore_block, resting_unblock, trapping_rates
from .closures.response import Closures, Correction, HabenulaOutput, LockRates, habenula_output, lock_rates, no_correction

MIDAZOLAM = MOLECULES.index("midazolam")


class Cascade(eqx.Module):
    """Parameters of everything from dose to synapse, and the closures that stand for circuits."""

    disposition: Disposition
    esketamine: Esketamine
    comparators: Comparators
    receptor: NMDAReceptor
    monoamine: Monoamine
    prefrontal: Prefrontal
    nucleus: Nucleus
    midbrain: Midbrain
    limbic: LimbicLock
    links: Links
    excitotoxicity: Excitotoxicity
    signalling: Signalling
    spines: Spines
    serotonin: Serotonin
    closures: Closures


class SlowState(NamedTuple):
    """What a brain remembers from one hour to the next."""

    damage: Scalar
    """Excitotoxic damage."""
    glutamate: Scalar
    """Rise of prefrontal glutamate that the drug causes, relative."""
    measured_glutamate: Scalar
    """The same as an instrument shows it, with its lag."""
    signalling: SignallingState
    spines: SpineState
    dopamine: Scalar
    """Dopamine tone, healthy = 1."""
    autoreceptor: Scalar
    """Sensitivity of 5-HT1A autoreceptors, naive = 1."""


STATE_NAMES = (
    "damage",
    "glutamate",
    "measured_glutamate",
    *SignallingState._fields,
    *(f"spines.{name}" for name in SpineState._fields),
    "dopamine",
    "autoreceptor",
)


def pack(x: SlowState) -> Float[Array, " state"]:
    """The state as one vector, in the order of ``STATE_NAMES``."""
    return jnp.stack(jax.tree.leaves(x))


def unpack(vector: Float[Array, "*batch state"]) -> SlowState:
    """The state from vectors; leading axes are kept."""
    part = iter(jnp.moveaxis(vector, -1, 0))
    return SlowState(
        damage=next(part),
        glutamate=next(part),
        measured_glutamate=next(part),
        signalling=SignallingState(*(next(part) for _ in SignallingState._fields)),
        spines=SpineState(*(next(part) for _ in SpineState._fields)),
        dopamine=next(part),
        autoreceptor=next(part),
    )


class Inputs(NamedTuple):
    """What reaches the brain at one time, or at the nodes of a course."""

    ketamine: Float[Array, "*node"]
    """Free brain concentration in equivalents of racemic ketamine, µM."""
    comparators: Float[Array, "*node molecule"]
    """Concentration of each comparator and metabolite at its site, µM."""
    mao: Float[Array, "*node"]
    """MAO-A that no drug has destroyed, healthy = 1."""
    correction: Correction
    """What a bridged run adds to the closures; zero otherwise."""


def no_input() -> Inputs:
    """Nothing given, closures as they are."""
    return Inputs(jnp.zeros(()), jnp.zeros(len(MOLECULES)), jnp.ones(()), no_correction())


class Answers(NamedTuple):
    """What the circuits answer at once."""

    recurrence: Scalar
    """Strength of recurrent prefrontal excitation, healthy = 1."""
    nmda: Float[Array, "*batch cortical_class"]
    """Share of NMDA drive left in each cortical class."""
    inhibition: Scalar
    """Strength of prefrontal inhibition, undrugged = 1."""
    rates: Float[Array, "*batch cortical_class"]
    """Prefrontal firing rates, Hz."""
    undrugged_rates: Float[Array, "*batch cortical_class"]
    """The same without drug in the circuit, Hz."""
    focus: Scalar
    """How long the prefrontal circuit holds activity, ms."""
    habenula_nmda: Scalar
    """Share of NMDA conductance left in the habenula."""
    habenula_shift: Scalar
    """Shift of its resting potentials, mV."""
    habenula: HabenulaOutput
    midbrain: DopamineState
    dopamine: Scalar
    """Dopamine tone that all this leads to, healthy = 1."""
    sert: Scalar
    """Occupied serotonin transporters."""
    dat: Scalar
    """Occupied dopamine transporters."""
    mao_block: Scalar
    """MAO-A that is destroyed or held."""
    serotonin: Scalar
    """Serotonin at its targets, healthy = 1."""
    limbic_input: Scalar
    """Drive of the limbic network, nA."""


class Brain(NamedTuple):
    """A patient: constant stress, and the undosed state that clamped links fall back to and plasticity compares with."""

    stress: Scalar
    rest: SlowState
    answers: Answers


def answers(p: Cascade, x: SlowState, u: Inputs, stress: Scalar, on: Switches, undosed_rates: Float[Array, " cortical_class"]) -> Answers:
    """Circuits at one state and input; ``undosed_rates`` are the prefrontal rates (Hz) that a cut link to dopamine passes."""
    clamp, loss = links.clamp, drive_loss(p.receptor, u.ketamine)
    density = x.spines.transient + x.spines.persistent

    recurrence = links.recurrence(p.links, density, excitatory_gain(p.excitotoxicity, x.damage))
    nmda = 1 - clamp(links.prefrontal_loss(loss), 0.0, on.prefrontal)
    inhibition = clamp(gaba_gain(p.monoamine, u.comparators[MIDAZOLAM]), 1.0, on.prefrontal)
    # With the drug and without, solved side by side.
    settings = jnp.stack([nmda, jnp.ones_like(nmda)]), jnp.stack([inhibition, jnp.ones_like(inhibition)])
    rates, undrugged_rates = jax.vmap(lambda k, gain: steady_rates(p.prefrontal, k, recurrence, gain))(*settings)
    cortical = clamp(rates[E], undosed_rates[E], on.cortex_to_dopamine) / p.prefrontal.baseline[E]

    habenula_nmda = 1 - clamp(links.habenula_loss(loss), 0.0, on.habenula)
    shift = links.habenula_shift(p.links, stress, x.dopamine)
    habenula = habenula_output(p.closures, habenula_nmda, shift, u.correction)
    tonic, burst = habenula.tonic_rate, habenula.burst_rate
    midbrain = dopamine_state(p.midbrain, rmtg_rate(p.midbrain.rmtg, tonic, burst), tonic, burst, cortical)

    mao_block = clamp(1 - u.mao * (1 - mao_held(p.monoamine, u.comparators[places(HOLDING_MAO)])), 0.0, on.reuptake)
    sert = clamp(sert_occupancy(p.monoamine, u.comparators[places(AT_SERT)]), 0.0, on.reuptake)
    dat = clamp(dat_occupancy(p.monoamine, u.comparators[places(AT_DAT)]), 0.0, on.reuptake)
    serotonin = serotonin_level(p.serotonin, raphe_drive(p.midbrain, tonic, burst), sert, mao_block, x.autoreceptor)
    return Answers(
        recurrence=recurrence,
        nmda=nmda,
        inhibition=inhibition,
        rates=rates,
        undrugged_rates=undrugged_rates,
        focus=focus(p.prefrontal, nmda, recurrence),
        habenula_nmda=habenula_nmda,
        habenula_shift=shift,
        habenula=habenula,
        midbrain=midbrain,
        dopamine=links.dopamine_tone(midbrain.active_share, midbrain.rate, p.midbrain.dopamine.active_share, p.midbrain.dopamine.rate)
        * dopamine_factor(p.serotonin, dat, mao_block),
        sert=sert,
        dat=dat,
        mao_block=mao_block,
        serotonin=serotonin,
        limbic_input=links.limbic_input(p.links, density, x.dopamine, serotonin),
    )


def brain_at(p: Cascade, x: SlowState, stress: Scalar) -> Brain:
    """A patient who is undosed in state x at constant stress (0 to 1)."""
    return Brain(stress, x, answers(p, x, no_input(), stress, Switches(), p.prefrontal.baseline))


class Drivers(NamedTuple):
    """What acts on the slow states."""

    answers: Answers
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


def elimination(p: Cascade, x: SlowState, brain: Brain) -> Scalar:
    """Persistent spines lost, 1/h."""
    return links.spine_elimination(p.links, p.spines.elimination, brain.stress, relative_damage(p.excitotoxicity, x.damage))


def drivers(p: Cascade, x: SlowState, u: Inputs, brain: Brain, on: Switches) -> Drivers:
    """What acts on the slow states; arguments as in :func:`slow_rate`. A clamped link passes its undosed value."""
    clamp, undosed, loss = links.clamp, brain.answers, drive_loss(p.receptor, u.ketamine)
    now = answers(p, x, u, brain.stress, on, undosed.rates)
    limbic_block = clamp(links.limbic_loss(loss), 0.0, on.limbic_lock)
    limbic_input = clamp(now.limbic_input, undosed.limbic_input, on.limbic_lock)
    release = glutamate_release(p.prefrontal, now.rates, now.undrugged_rates)
    block = links.extrasynaptic_block(pore_block(p.receptor, u.ketamine))
    return Drivers(
        answers=now,
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


def slow_rate(p: Cascade, x: SlowState, u: Inputs, brain: Brain, on: Switches) -> SlowState:
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
    by = drivers(p, x, u, brain, on)
    glutamate, measured = glutamate_rate(p.prefrontal, x.glutamate, x.measured_glutamate, by.release)
    return SlowState(
        damage=damage_rate(p.excitotoxicity, x.damage, by.load),
        glutamate=glutamate,
        measured_glutamate=measured,
        signalling=signalling_rate(p.signalling, x.signalling, by.surge, by.resting, by.risen, by.to_mtor, by.to_potentiation),
        spines=spine_rate(by.turnover),
        dopamine=(by.dopamine - x.dopamine) / p.links.dopamine_time,
        autoreceptor=autoreceptor_rate(p.serotonin, x.autoreceptor, by.answers.serotonin),
    )


def spines_solved(p: Cascade, before: SlowState, later: SlowState, brain: Brain, on: Switches, step: Scalar) -> SlowState:
    """The state a step (h) later, with its spines exact under what acts on them on average over the step."""
    signal = (growth(before, on) + growth(later, on)) / 2
    loss = (elimination(p, before, brain) + elimination(p, later, brain)) / 2
    return later._replace(spines=after(p.spines, before.spines, signal, brain.stress, loss, step))


class Followers(NamedTuple):
    """Occupancies of two-state systems that the slow states drive and that nothing slow reads: y' = a (1 − y) − b y."""

    bound: PerSite
    """Share of NMDA receptors that carry the drug."""
    lock: Scalar
    """Probability that the limbic network is locked."""


def transitions(p: Cascade, u: Inputs, by: Drivers) -> tuple[Followers, Followers]:
    """Rates a and b (1/h) of the followers at one input and what the slow states make of it."""
    now = by.answers
    cortical = jnp.broadcast_to(now.rates[E] / p.prefrontal.baseline[E], len(CLASSES))
    groups = jnp.ones(len(ACTIVITIES))
    activity = jnp.concatenate([cortical, groups])
    unblocked = jnp.concatenate([resting_unblock(p.receptor)[: len(CLASSES)], now.habenula.unblocked * groups])
    binding, leaving = trapping_rates(p.receptor, u.ketamine, activity, unblocked)
    return Followers(binding, by.lock.into), Followers(leaving, by.lock.out_of)
