"""One step of one patient from dose to mechanisms, in body and brain, and what of the bodies' equations can be left out."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ..clinic.symptoms import Mechanisms
from ..core.numerics.exponential import PhiFunctions, Propagator
from ..core.numerics.instances import Pattern, Sparse
from ..core.numerics.occupancy import Occupancy, Rates, curved_step, occupancy_step
from ..core.types import ENANTIOMERS, Scalar
from ..links import PYRAMIDAL, Switches
from ..model.closures.response import no_correction
from ..model.exposure import (
    DrugFamilies,
    DrugStates,
    DrugSystems,
    LinearSystems,
    advanced,
    brain_exposure,
    by_family,
    enzyme_transitions,
    every_family,
    in_blood,
    individualised,
)
from ..model.fast import Brain
from ..model.inputs import CHANNELS, ESKETAMINE_CHANNELS, KETAMINE_CHANNELS, channel
from ..model.integrate import slow_step
from ..model.parameters import Euthymia, Physiology
from ..model.state import Inputs, SlowState
from ..model.vector_field import auxiliaries, locked_share
from ..pharmacology import comparators, ketamine
from ..receptors.nmdar import drive_loss
from ..simulation.course import mechanisms
from .patients import VirtualPatient, individual_physiology

KETAMINE_IN_BLOOD = tuple(channel(enantiomer, ketamine.ENTRIES[0]) for enantiomer in ENANTIOMERS)
ROUTES = KETAMINE_IN_BLOOD, (*KETAMINE_CHANNELS, *ESKETAMINE_CHANNELS), CHANNELS
"""Channels by which drugs may be given, from few to all: a cohort is solved with the first that hold its own, so that what is never there
is not computed, and few programs are compiled."""


class FamilyPatterns(NamedTuple):
    """Where the numbers of one family of linear systems may differ from zero."""

    states: Pattern
    propagate: Pattern
    gain: Pattern


class Structure(eqx.Module):
    """What is known of a cohort before any number is: it tells programs apart."""

    channels: Pattern = eqx.field(static=True)
    """By which drugs may be given."""
    families: DrugFamilies = eqx.field(static=True)
    """Of each family its :class:`FamilyPatterns`; None where nothing of it is given."""
    jacobian: Pattern = eqx.field(static=True)
    phi: Pattern = eqx.field(static=True)


def connected(matrix: np.ndarray) -> Bool[np.ndarray, "*batch state state"]:
    """Which states reach which, themselves among them, through the entries of a matrix that differ from zero."""
    reached = (matrix != 0) | np.eye(matrix.shape[-1], dtype=bool)
    for _ in range(int(matrix.shape[-1]).bit_length()):
        reached = reached @ reached
    return reached


def structure(dosed: Sequence[bool], system: DrugSystems, jacobian: Float[Array, "state state"]) -> Structure:
    """The structure of a cohort, from which channels are dosed, typical systems, and the Jacobian of the typical brain."""
    used = {name for name, is_dosed in zip(CHANNELS, dosed, strict=True) if is_dosed}
    channels = next(channels for channels in ROUTES if used <= set(channels))
    open_channels = np.array([name in channels for name in CHANNELS])
    families = []
    for linear, entries in zip(system, by_family(jnp.asarray(open_channels, float)), strict=True):
        if not entries.any():
            families.append(None)
            continue
        matrix, entry = np.asarray(linear.matrix), np.asarray(linear.entry) != 0
        reaching = connected(matrix)
        entering = entry & (np.asarray(entries) > 0)[:, None, :]
        states = (reaching @ entering).any(-1)
        propagate = reaching & states[:, :, None] & states[:, None, :]
        families.append(FamilyPatterns(*map(Pattern.of, (states, propagate, reaching @ entering))))
    linear = np.asarray(jacobian)
    return Structure(Pattern.of(open_channels), DrugFamilies(*families), Pattern.of(linear != 0), Pattern.of(connected(linear)))


def reduced(linear: LinearSystems, patterns: FamilyPatterns) -> LinearSystems:
    """Linear systems without the states that nothing given ever reaches, and without the entries that are not used."""
    states, entries = _used(patterns)
    return LinearSystems(linear.matrix[..., states[:, None], states], linear.entry[..., states[:, None], entries])


def packed(propagator: Propagator, patterns: FamilyPatterns) -> Propagator:
    """Propagators of :func:`reduced` systems, [length, …, system, state, state or entry, instance], as the sparse matrices of the whole."""
    states, entries = _used(patterns)
    propagate, gain = propagator
    return Propagator(_places(propagate, patterns.propagate, states, states), _places(gain, patterns.gain, states, entries))


def _places(numbers: Float[Array, "length system state entry *instance"], pattern: Pattern, rows: np.ndarray, columns: np.ndarray) -> Any:
    system, row, column = np.unravel_index(np.array(pattern.places, int), pattern.shape)
    return Sparse(numbers[:, system, np.searchsorted(rows, row), np.searchsorted(columns, column)], pattern)


def _used(patterns: FamilyPatterns) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the states that are reached in any system of a family, and of the entries that are used."""
    states, inputs = ~patterns.states.known_zero(), ~patterns.gain.known_zero()
    return np.flatnonzero(states.any(0)), np.flatnonzero(inputs.any((0, 1)))


class PatientState(NamedTuple):
    """What a patient's body and brain carry from one node to the next."""

    drugs: DrugStates
    """After the bolus at the node; None for families that are not given."""
    mao: Scalar
    slow: SlowState
    rates: Float[Array, "condition cortical_class"]
    """Prefrontal rates (Hz) of the stage before, with the drug and without."""
    lock: Occupancy
    """Probability that each limbic subnetwork was locked at the node before."""
    lock_rates: Rates
    """Into the lock and out of it at the node before, 1/h."""
    peak: Float[Array, "enantiomer"]
    """Highest concentration at the effect site so far, µM."""


class CohortConstants(NamedTuple):
    """What all patients share at all times."""

    model: Euthymia
    acting: Switches
    jacobian: Float[Array, "state state"]


class PatientConstants(NamedTuple):
    """A patient at all times."""

    drawn: VirtualPatient
    brain: Brain


class DoseInput(NamedTuple):
    """Input after each node: the part that is the same for everybody, and the part in proportion to body weight (per kg)."""

    fixed: Float[Array, "*node channel"]
    per_kilogram: Float[Array, "*node channel"]

    def at(self, node: Int[Array, ""]) -> "DoseInput":
        """That of one node."""
        return DoseInput(self.fixed[node], self.per_kilogram[node])

    def at_weight(self, weight: Scalar) -> Float[Array, "*node channel"]:
        """Input at a body weight (kg)."""
        return self.fixed + weight * self.per_kilogram


class StepInputs(NamedTuple):
    """What all patients share in one step."""

    phi: PhiFunctions
    length: Scalar
    """h."""
    length_before: Scalar
    """Of the step before, h."""
    infusion: DoseInput
    """During the step, µmol/h."""
    bolus: DoseInput
    """At its end, µmol."""
    stress_left: tuple[Scalar, Scalar]
    """At its start and its end."""
    comparators: Propagator | None
    """Of the comparators, which are the typical patient's; None where none is given."""


class Recorded(NamedTuple):
    """What is kept of a patient at a node."""

    venous: Scalar
    """Ketamine in a venous sample, both enantiomers, µM."""
    comparators: Float[Array, "molecule"]
    """In plasma, µM."""
    drive_loss: Scalar
    """Of pyramidal cells."""
    burst_rate: Scalar
    """Of the lateral habenula, spikes in bursts, Hz."""
    mechanisms: Mechanisms
    peak: Float[Array, "enantiomer"]
    """Highest concentration at the effect site so far, µM."""


def patient_step(
    state: PatientState, shared: CohortConstants, patient: PatientConstants, now: StepInputs, propagators: DrugFamilies
) -> tuple[PatientState, Recorded]:
    """A patient a step later, and what is kept of them at its start."""
    model, (person, effects, split) = shared.model, patient.drawn
    p = individual_physiology(individualised(model.physiology, person.body), effects, split)
    brain, acting, linear = patient.brain, shared.acting, (shared.jacobian, now.phi)
    infusion, bolus = (dosed.at_weight(person.weight) for dosed in (now.infusion, now.bolus))
    later = advanced(propagators._replace(comparators=now.comparators), state.drugs, infusion, bolus)

    drugs_now, drugs_later = (_with_exposure(every_family(drugs), effects.exposure) for drugs in (state.drugs, later))
    sites = [comparators.site_concentration(drugs.comparators) for drugs in (drugs_now, drugs_later)]
    mao = _enzyme(p, state, sites, now.length) if now.comparators is not None else state.mao
    exposure = brain_exposure(p, drugs_now)
    before = Inputs(exposure.blockers, sites[0], state.mao, now.stress_left[0], no_correction(), state.rates)
    auxiliary = auxiliaries(p, state.slow, before, brain, acting)
    fast = auxiliary.fast
    rates = jnp.stack([fast.rates, fast.undrugged_rates])
    after = Inputs(brain_exposure(p, drugs_later).blockers, sites[1], mao, now.stress_left[1], no_correction(), rates)
    slow = slow_step(p, brain, acting, linear, state.slow, now.length, (before, after))

    lock_rates = Rates(auxiliary.lock.into, auxiliary.lock.out_of)
    lock = curved_step(state.lock, state.lock_rates, lock_rates, now.length_before)
    peak = jnp.maximum(state.peak, exposure.effect_site)
    recorded = Recorded(
        venous=in_blood(p, person.weight, drugs_now).venous.sum(-1),
        comparators=comparators.plasma_concentration(p.comparators, drugs_now.comparators),
        drive_loss=drive_loss(p.receptor, before.blockers)[PYRAMIDAL],
        burst_rate=fast.habenula.burst_rate,
        mechanisms=mechanisms(p, state.slow, auxiliary, locked_share(lock.y)),
        peak=peak,
    )
    return PatientState(later, mao, slow, rates, lock, lock_rates, peak), recorded


def _with_exposure(drugs: DrugStates, exposure: Scalar) -> DrugStates:
    """Individual exposure scales the amount of a comparator and not its time course."""
    return drugs._replace(comparators=exposure * drugs.comparators)


def _enzyme(p: Physiology, state: PatientState, sites: Sequence[Float[Array, "molecule"]], length: Scalar) -> Scalar:
    """MAO-A that no drug has destroyed, at the end of a step."""
    before, after = (Rates(*enzyme_transitions(p.monoamine, at_site)) for at_site in sites)
    return occupancy_step(state.mao, before, after, length)
