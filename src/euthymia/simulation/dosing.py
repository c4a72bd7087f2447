"""What is given: the doses of a protocol as pulses into the body, and the time grid aligned to them."""

import math

import numpy as np

from ..core.constants import SECOND
from ..core.errors import InputError
from ..core.types import ENANTIOMERS
from ..model.inputs import Pulse, channel
from ..model.parameters import Euthymia
from ..model.time_grid import OF_BOLUS, OF_PATIENTS, Ladders, TimeGrid, ladders, time_grid
from ..pharmacology.absorption import depot_shares
from ..pharmacology.comparators import DRUGS, ENTRY
from ..protocols.dose import Dose
from ..protocols.protocol import Protocol
from ..protocols.vocabulary import HYDROXYNORKETAMINES, KETAMINES, NORKETAMINES
from .visits import CHECKPOINTS, first_visit

ENANTIOMERS_OF = {"ketamine": ENANTIOMERS, "esketamine": ("S",), "arketamine": ("R",)}
"""What a dose consists of, in equal parts."""
ROUNDING = 1e-9
JUST_BEFORE = SECOND
"""Before a bolus there is a node at this distance, h, or halfway to the last change if that is nearer: the course jumps at the dose."""
JUST_AFTER = 1e-6
"""After the end of stress there is a node at this distance, h: stress falls between the two."""
COARSE = (1024, 20)
"""Steps and distinct lengths of the smallest grid for many patients: padding costs memory alone, and few courses need more."""
LADDERS = tuple(
    ladders(*rungs)
    for rungs in (
        (4, 18, 9, 15),
        (4, 15, 9, 12),
        (4, 12, 9, 10),
        (4, 8, 9, 8),
        (4, 5, 9, 5),
        (4, 3, 9, 3),
        (5, 2, 10, 2),
        (6, 2, 11, 1),
        (6, 1, 12, 1),
        (7, 1, 12, 1),
    )
)
"""Of grids with a given number of steps, from the finest to the coarsest with which a series of boluses is still followed."""
SPRAY_MODEL = ("nasal", "oral")
"""Routes of esketamine with a model of their own."""
MOST_DEVICES = 100
"""Of one nasal dose."""


def pulses_from_doses(protocol: Protocol, model: Euthymia, weight: float) -> list[Pulse]:
    """Doses as µmol of each molecule where it enters; a racemate is half of each enantiomer, a tablet of a comparator slowly absorbed."""
    return [pulse for dose in protocol.doses for pulse in _pulses(dose, model, dose.milligrams(weight))]


def _pulses(dose: Dose, model: Euthymia, milligrams: float) -> list[Pulse]:
    duration, drug, molecules = dose.duration or 0.0, dose.drug, model.molecules
    if drug == "esketamine" and dose.route in SPRAY_MODEL:
        return _sprayed(dose, model, milligrams)
    if drug in KETAMINES:
        enantiomers = ENANTIOMERS_OF[drug]
        micromoles = milligrams / float(molecules.ketamine) / len(enantiomers)
        absorption = model.physiology.disposition.absorption
        fractions = depot_shares(absorption, dose.route, milligrams)
        duration = float(absorption.release_time) if dose.route == "oral extended release" else duration
        return [
            Pulse(dose.start, duration, channel(enantiomer, compartment), micromoles * float(fraction))
            for enantiomer in enantiomers
            for compartment, fraction in fractions.items()
        ]
    for metabolite, names in (("norketamine", NORKETAMINES), ("hydroxynorketamine", HYDROXYNORKETAMINES)):
        if drug in names:
            enantiomer = ENANTIOMERS[names.index(drug)]
            return [Pulse(dose.start, duration, channel(enantiomer, metabolite), milligrams / float(getattr(molecules, metabolite)))]
    amount = milligrams / float(model.physiology.comparators.molar_mass[DRUGS.index(drug)])
    return [Pulse(dose.start, duration, drug, amount, slowly_absorbed=ENTRY[drug] == "gut")]


def _sprayed(dose: Dose, model: Euthymia, milligrams: float) -> list[Pulse]:
    """Esketamine by nasal devices, one after the other, of which the nose takes up part; or swallowed as a solution."""
    p = model.physiology.esketamine
    amount = milligrams / float(model.molecules.ketamine)
    if dose.route == "oral":
        return [Pulse(dose.start, float(p.drinking_time), "esketamine in solution", amount)]
    devices = max(1, math.ceil(milligrams / float(p.device) * (1 - ROUNDING)))
    if devices > MOST_DEVICES:
        raise InputError(f"doses: {milligrams:.3g} mg of esketamine are {devices} nasal devices; at most {MOST_DEVICES} are allowed")
    pulses = []
    for number in range(devices):
        start = dose.start + number * float(p.device_interval)
        taken_up = float(p.nasal_share) * (1.0 if number == 0 else float(p.later_devices))
        pulses.append(Pulse(start, 0.0, "esketamine in nose", amount / devices * taken_up))
        pulses.append(Pulse(start, float(p.swallowing_time), "esketamine in gut", amount / devices * (1 - taken_up)))
    return pulses


def grid_of(protocol: Protocol, model: Euthymia, weight: float, refine: int = 1, also: tuple[float, ...] = ()) -> TimeGrid:
    """The dose-aligned grid with the named checkpoints, stated visits, a moment before each bolus and times in ``also`` (h) as nodes."""
    pulses = pulses_from_doses(protocol, model, weight)
    include = (*_nodes(protocol), *_before_boluses(protocol, pulses), *also)
    return time_grid(pulses, protocol.horizon, include, refine, changes=_changes(protocol))


def coarse_grid_of(protocol: Protocol, model: Euthymia, weight: float, padded_to: tuple[int, int] = COARSE) -> TimeGrid:
    """A seventh of the steps, for many patients; ``padded_to`` is the smallest size, in steps and distinct lengths."""
    pulses = pulses_from_doses(protocol, model, weight)
    after = (dose.start + hours for dose in protocol.doses if dose.route == "i.v. bolus" for hours in OF_BOLUS)
    return time_grid(pulses, protocol.horizon, (*_nodes(protocol), *after), 1, 0, padded_to, _changes(protocol), OF_PATIENTS)


def grid_within(protocol: Protocol, model: Euthymia, weight: float, padded_to: tuple[int, int]) -> TimeGrid:
    """The finest grid of ``LADDERS`` that holds in so many steps; where none does, the finest that takes no more room than the coarsest.

    ``padded_to`` is the smallest size, in steps and distinct lengths.
    """
    pulses = pulses_from_doses(protocol, model, weight)
    include = (*_nodes(protocol), *_before_boluses(protocol, pulses))

    def grid(coarser: Ladders) -> TimeGrid:
        return time_grid(pulses, protocol.horizon, include, 1, 0, padded_to, _changes(protocol), coarser)

    coarsest = grid(LADDERS[-1])
    return next((fine for fine in map(grid, LADDERS[:-1]) if len(fine.length_index) <= len(coarsest.length_index)), coarsest)


def stress_left(protocol: Protocol, times: np.ndarray) -> np.ndarray:
    """Stress at times since the start (h), over what the patient is under then."""
    until = protocol.patient.stress_until
    return np.where(times <= (math.inf if until is None else until + ROUNDING), 1.0, 0.0)


def _changes(protocol: Protocol) -> tuple[float, ...]:
    """Times at which something other than a dose changes, h."""
    return () if protocol.patient.stress_until is None else (protocol.patient.stress_until,)


def _nodes(protocol: Protocol) -> tuple[float, ...]:
    jumps = (time + JUST_AFTER for time in _changes(protocol))
    return *(first_visit(protocol) + hours for hours in CHECKPOINTS.values()), *protocol.visits, *jumps


def _before_boluses(protocol: Protocol, pulses: list[Pulse]) -> list[float]:
    """Times just before each bolus into blood that falls inside the course, and after the change before it, h."""
    changes = np.unique([0.0, *(t for pulse in pulses for t in (pulse.start, pulse.start + pulse.duration))])
    boluses = np.array([dose.start for dose in protocol.doses if dose.route == "i.v. bolus" and dose.start > ROUNDING])
    since_change = boluses - changes[np.searchsorted(changes, boluses - ROUNDING) - 1]
    return (boluses - np.minimum(JUST_BEFORE, since_change / 2)).tolist()
