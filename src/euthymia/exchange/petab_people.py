"""People of a PEtab problem: their samples as observables, and their doses as changes of the model at times."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..core.types import ENANTIOMERS
from ..inference.pk_design import (
    BEFORE_BOLUS,
    MOLECULES,
    after_first_dose,
    sample_unit,
    subject_patient,
    subject_pulses,
    subject_weight,
)
from ..model.inputs import Pulse
from ..model.parameters import Euthymia
from ..pharmacology.covariates import CovariateEffects
from ..protocols.subjects import Sample, Subject
from ..simulation.person import covariate_effects
from .dosed_systems import TIME_DIGITS
from .petab_model import PeopleSystem, concentration, infusion_rate
from .sbml_document import identifier

ADDITIVE, PROPORTIONAL = "additive_error", "proportional_error"
"""Parameters of residual error: SD of a sample without drug (µM), and over its concentration."""
SQUARE_ROOT = "^0.5"
"""The PEtab library (0.8.2) writes sqrt(x) as x ^ 1/2, which it reads as a half of x."""
SPRAYED = {"ketamine": "plasma", "norketamine": "norketamine"}
"""Pools of esketamine by spray or mouth that add to S, by species."""


@dataclass(frozen=True)
class Measured:
    """A sample as a measurement of the problem."""

    observable: str
    time: float
    """h of the course; of a sample at the time of a bolus, just before it."""
    table_time: float
    """TIME in the user's table, h."""
    concentration: float
    """µM."""
    sample: Sample


@dataclass(frozen=True)
class MeasuredPerson:
    """Someone with samples that the format can state: an experiment."""

    subject: Subject
    identifier: str
    weight: float
    """kg."""
    body: CovariateEffects
    pulses: list[Pulse]
    samples: tuple[Measured, ...]


def measured_people(subjects: Sequence[Subject], model: Euthymia) -> tuple[list[MeasuredPerson], list[str]]:
    """Those who have samples that the format can state, and a line for each reason why someone or something is left out."""
    people, censored, absent = [], 0, []
    for subject, own_identifier in zip(subjects, _identifiers(subjects), strict=True):
        samples = after_first_dose(subject).observations
        stated = [sample for sample in samples if sample.limits is None]
        censored += len(samples) - len(stated)
        if not stated:
            absent.append(subject.name)
            continue
        pulses = subject_pulses(subject, model)
        boluses = {_rounded(pulse.start) for pulse in pulses if pulse.duration == 0}
        body = covariate_effects(subject_patient(subject), model)
        measured = tuple(_measured(sample, subject, boluses, model) for sample in stated)
        people.append(MeasuredPerson(subject, own_identifier, subject_weight(subject, model), body, pulses, measured))
    notes = []
    if censored:
        count = f"{censored} sample{'s' * (censored > 1)} known by limits alone"
        notes.append(f"petab: {count} left out, because PEtab 2 states measured values only")
    if absent:
        count = f"subject {absent[0]}" if len(absent) == 1 else f"{len(absent)} people (subject {absent[0]} first)"
        notes.append(f"petab: {count} left out: there is no measured value after a dose to fit to")
    return people, notes


def _identifiers(subjects: Sequence[Subject]) -> list[str]:
    """An identifier of each person, from the name where that tells them apart."""
    names = [identifier("person", subject.name) for subject in subjects]
    counted = Counter(names)
    return [name if counted[name] == 1 else identifier("person", f"number_{number}") for number, name in enumerate(names, 1)]


def _measured(sample: Sample, subject: Subject, boluses: set[float], model: Euthymia) -> Measured:
    time = sample.time - BEFORE_BOLUS if _rounded(sample.time) in boluses else sample.time
    return Measured(
        identifier("measured", sample.molecule, sample.sampling),
        float(time),
        float(subject.table_time(sample.time)),
        float(sample.concentration) * sample_unit(sample, model),
        sample,
    )


def observable_rows(
    measured: Iterable[Measured], systems: Sequence[PeopleSystem], entered: Mapping[str, set[str]]
) -> list[tuple[str, ...]]:
    """The observables: what a sample shows (µM) and its standard deviation √(a² + (b c)²)."""
    rows: list[tuple[str, ...]] = [("observableId", "observableName", "observableFormula", "noiseFormula", "noiseDistribution")]
    for name, sample in sorted({one.observable: one.sample for one in measured}.items()):
        noise = f"({ADDITIVE}^2 + ({PROPORTIONAL}*{name})^2){SQUARE_ROOT}"
        terms = _terms(sample, systems, entered)
        rows.append((name, f"{sample.molecule}, {sample.sampling}, umol/L", " + ".join(terms) or "0", noise, "normal"))
    return rows


def _terms(sample: Sample, systems: Sequence[PeopleSystem], entered: Mapping[str, set[str]]) -> Iterator[str]:
    """The variables of the model that add up to a sample; one for each enantiomer and way of administration that anybody was dosed by."""
    species, counted = MOLECULES[sample.molecule]
    shown = "venous" if (species, sample.sampling) == ("ketamine", "venous") else species
    states = {f"{enantiomer}-ketamine": shown for enantiomer, counts in zip(ENANTIOMERS, counted, strict=True) if counts}
    if counted[ENANTIOMERS.index("S")] and species in SPRAYED:
        states["esketamine"] = SPRAYED[species]
    for system in systems:
        if states.get(system.name) in system.reached(entered[system.name]):
            yield concentration(system.typical, states[system.name])


@dataclass
class Entering:
    """What enters the states of each system in one person, and when."""

    person: MeasuredPerson
    systems: Sequence[PeopleSystem]
    entered: dict[str, set[str]] = field(init=False)
    """States of each system into which drug comes."""
    infused: dict[str, set[str]] = field(init=False)
    """Those of them into which it is infused."""

    def __post_init__(self) -> None:
        self.entered, self.infused = ({system.name: set() for system in self.systems} for _ in range(2))
        for system, state, pulse, _ in self._inputs():
            self.entered[system].add(state)
            if pulse.duration > 0:
                self.infused[system].add(state)

    def changes(self, first: Mapping[str, str]) -> Iterator[tuple[float, dict[str, str]]]:
        """Times (h) and values of targets from then on. The first change, at time 0, has the targets of ``first`` as well."""
        boluses: dict[tuple[float, str], float] = {}
        switches: dict[str, set[float]] = {}
        for system, state, pulse, amount in self._inputs():
            start, end = _rounded(pulse.start), _rounded(pulse.start + pulse.duration)
            if pulse.duration == 0:
                key = start, identifier(system, state)
                boluses[key] = boluses.get(key, 0.0) + amount
            else:
                switches.setdefault(infusion_rate(system, state), set()).update((start, end))
        by_time: dict[float, dict[str, str]] = {0.0: dict(first)}
        for (time, variable), amount in boluses.items():
            # At the start the model is empty, and a formula may not ask for its state.
            value = repr(amount) if time == 0 else f"{variable} + {amount!r}"
            by_time.setdefault(time, {})[variable] = value
        for rate, times in switches.items():
            for time in times:
                by_time.setdefault(time, {})[rate] = repr(self._rate(rate, time))
        yield from sorted(by_time.items())

    def _rate(self, parameter: str, time: float) -> float:
        """Rate of infusion (µmol/h) from a time on."""
        rates = (
            amount / pulse.duration
            for system, state, pulse, amount in self._inputs()
            if pulse.duration > 0
            and infusion_rate(system, state) == parameter
            and _rounded(pulse.start) <= time < _rounded(pulse.start + pulse.duration)
        )
        return sum(rates, 0.0)

    def _inputs(self) -> Iterator[tuple[str, str, Pulse, float]]:
        """System, state, pulse and amount (µmol) of all that enters."""
        for pulse in self.person.pulses:
            for system in self.systems:
                into = system.typical.entries.get(pulse.channel)
                if into is not None and pulse.amount:
                    parts = zip(system.typical.states, into.tolist(), strict=True)
                    yield from ((system.name, state, pulse, pulse.amount * part) for state, part in parts if part)


def _rounded(time: float) -> float:
    return round(float(time), TIME_DIGITS)
