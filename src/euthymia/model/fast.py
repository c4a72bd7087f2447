"""The fast subsystem: circuits and drug targets, quasi-steady at one slow state and input."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .. import links
from ..circuits.midbrain import DopamineState, dopamine_state, raphe_drive, rmtg_rate
from ..circuits.prefrontal import E, focus, steady_rates
from ..core.types import PerDrive, Scalar
from ..links import Switches, every_link
from ..pharmacology.comparators import MOLECULES, molecule_index
from ..plasticity.excitotoxicity import excitatory_gain
from ..plasticity.serotonin import dopamine_level, serotonin_level
from ..plasticity.spines import density
from ..receptors.monoamine import (
    DAT_INHIBITORS,
    REVERSIBLE_MAO_INHIBITORS,
    SERT_INHIBITORS,
    dat_occupancy,
    gaba_gain,
    mao_inhibition,
    sert_occupancy,
)
from ..receptors.nmdar import drive_losses
from .closures.response import HabenulaOutput, habenula_output
from .parameters import Physiology
from .state import Inputs, SlowState, no_input

MIDAZOLAM = MOLECULES.index("midazolam")


class FastState(NamedTuple):
    """Quasi-steady values of circuits and targets."""

    recurrence: Scalar
    """Strength of recurrent prefrontal excitation, healthy = 1."""
    nmda: Float[Array, "*batch cortical_class"]
    """Fraction of NMDA drive left in each cortical class."""
    inhibition: Scalar
    """Strength of prefrontal inhibition, undrugged = 1."""
    rates: Float[Array, "*batch cortical_class"]
    """Prefrontal firing rates, Hz."""
    undrugged_rates: Float[Array, "*batch cortical_class"]
    """Rates of the same circuit without drug, Hz."""
    focus: Scalar
    """Decay time of persistent prefrontal activity, ms."""
    habenula_nmda: Scalar
    """Fraction of NMDA conductance left in the habenula."""
    habenula_shift: Scalar
    """Shift of its resting potentials, mV."""
    habenula: HabenulaOutput
    midbrain: DopamineState
    dopamine: Scalar
    """Dopamine tone at these values, healthy = 1."""
    sert: Scalar
    """Occupancy of serotonin transporters."""
    dat: Scalar
    """Occupancy of dopamine transporters."""
    mao_block: Scalar
    """Fraction of MAO-A that is inactivated or inhibited."""
    serotonin: Scalar
    """Serotonin at its targets, healthy = 1."""
    limbic_input: Scalar
    """Mean drive of the limbic subnetworks, nA."""


class Brain(NamedTuple):
    """A patient: constant stress, and the undosed state that clamped links fall back to and plasticity compares with."""

    stress: Scalar
    rest: SlowState
    fast: FastState


def adaptation(x: SlowState, switches: Switches) -> PerDrive:
    """Loss of NMDA drive that cells are used to."""
    return links.clamp(jnp.stack(x.adaptation), 0.0, switches.adaptation)


class HabenulaState(NamedTuple):
    """The nucleus at one state and input."""

    nmda: Scalar
    """Fraction of NMDA conductance left."""
    shift: Scalar
    """Of resting potentials, mV."""
    output: HabenulaOutput


def felt_loss(p: Physiology, x: SlowState, inputs: Inputs, switches: Switches) -> PerDrive:
    """Loss of NMDA drive to which cells have not adapted."""
    return links.unadapted(drive_losses(p.receptor, inputs.blockers), adaptation(x, switches))


def habenula_state(p: Physiology, x: SlowState, inputs: Inputs, stress: Scalar, switches: Switches) -> HabenulaState:
    """The habenula at one state, input and stress at that time."""
    trapped = links.clamp(x.trapped, 0.0, switches.trapping)
    loss = links.habenula_loss(p.links, felt_loss(p, x, inputs, switches), trapped)
    nmda, shift = 1 - links.clamp(loss, 0.0, switches.habenula), links.habenula_shift(p.links, stress, x.dopamine)
    return HabenulaState(nmda, shift, habenula_output(p.closures, nmda, shift, inputs.correction))


def fast_state(
    p: Physiology, x: SlowState, inputs: Inputs, stress: Scalar, switches: Switches, undosed_rates: Float[Array, " cortical_class"]
) -> FastState:
    """Circuits at one state and input; with its link clamped, dopamine depends on ``undosed_rates`` (Hz) of the prefrontal circuit."""
    clamp = links.clamp
    spines, stress = density(x.spines), stress * inputs.stress_left

    recurrence = links.recurrence(p.links, spines, excitatory_gain(p.excitotoxicity, x.damage))
    nmda = 1 - clamp(links.prefrontal_loss(felt_loss(p, x, inputs, switches)), 0.0, switches.prefrontal)
    inhibition = clamp(gaba_gain(p.monoamine, inputs.comparators[MIDAZOLAM]), 1.0, switches.prefrontal)
    # With the drug and without, solved together.
    conditions = jnp.stack([nmda, jnp.ones_like(nmda)]), jnp.stack([inhibition, jnp.ones_like(inhibition)]), inputs.rates_nearby
    rates, undrugged_rates = jax.vmap(lambda left, gain, nearby: steady_rates(p.prefrontal, left, recurrence, gain, nearby))(*conditions)
    cortical = clamp(rates[E], undosed_rates[E], switches.cortex_to_dopamine) / p.prefrontal.baseline[E]

    habenula_nmda, shift, habenula = habenula_state(p, x, inputs, stress, switches)
    tonic, burst = habenula.tonic_rate, habenula.burst_rate
    midbrain = dopamine_state(p.midbrain, rmtg_rate(p.midbrain.rmtg, tonic, burst), tonic, burst, cortical)

    def at_site(molecules: tuple[str, ...]) -> Float[Array, " molecule"]:
        return inputs.comparators[molecule_index(molecules)]

    inhibited = mao_inhibition(p.monoamine, at_site(REVERSIBLE_MAO_INHIBITORS))
    mao_block = clamp(1 - inputs.mao * (1 - inhibited), 0.0, switches.reuptake)
    sert = clamp(sert_occupancy(p.monoamine, at_site(SERT_INHIBITORS)), 0.0, switches.reuptake)
    dat = clamp(dat_occupancy(p.monoamine, at_site(DAT_INHIBITORS)), 0.0, switches.reuptake)
    healthy = p.midbrain.dopamine
    spikes = links.dopamine_drive(midbrain.active_share, midbrain.rate, healthy.active_share, healthy.rate)
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
        dopamine=dopamine_level(p.serotonin, spikes, dat, mao_block),
        sert=sert,
        dat=dat,
        mao_block=mao_block,
        serotonin=serotonin,
        limbic_input=links.limbic_input(p.links, spines, x.dopamine, serotonin),
    )


def brain_in_state(p: Physiology, x: SlowState, stress: Scalar) -> Brain:
    """The patient whose undosed state is x, at constant stress (0 to 1)."""
    return Brain(stress, x, fast_state(p, x, no_input(), stress, every_link(), p.prefrontal.baseline))
