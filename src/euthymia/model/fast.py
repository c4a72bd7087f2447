"""The fast subsystem: circuits that answer within the step, at one slow state and input."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .. import links
from ..circuits.midbrain import DopamineState, dopamine_state, raphe_drive, rmtg_rate
from ..circuits.prefrontal import E, focus, steady_rates
from ..core.types import Scalar
from ..links import Switches
from ..pharmacology.comparators import MOLECULES, places
from ..plasticity.excitotoxicity import excitatory_gain
from ..plasticity.serotonin import dopamine_factor, serotonin_level
from ..receptors.monoamine import AT_DAT, AT_SERT, HOLDING_MAO, dat_occupancy, gaba_gain, mao_held, sert_occupancy
from ..receptors.nmdar import drive_loss
from .closures.response import HabenulaOutput, habenula_output
from .parameters import Physiology
from .state import Inputs, SlowState, no_input

MIDAZOLAM = MOLECULES.index("midazolam")


class FastState(NamedTuple):
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
    fast: FastState


def fast(p: Physiology, x: SlowState, u: Inputs, stress: Scalar, on: Switches, undosed_rates: Float[Array, " cortical_class"]) -> FastState:
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
    return FastState(
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


def brain_in_state(p: Physiology, x: SlowState, stress: Scalar) -> Brain:
    """A patient who is undosed in state x at constant stress (0 to 1)."""
    return Brain(stress, x, fast(p, x, no_input(), stress, Switches(), p.prefrontal.baseline))
