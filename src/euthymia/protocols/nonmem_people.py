"""From rows to people: the events of one ID on the clock of a course, through resets and steady states."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, get_args

from ..core.errors import InputError
from .dose import Dose
from .nonmem_cells import Row
from .nonmem_layout import SEXES, TableLayout
from .nonmem_rows import DoseRow, dose_of, event_of, no_dose_on, sample_of
from .subjects import Occasion, Sample, Subject
from .vocabulary import AGES, ELIMINATED, LONGEST, MOST_DOSES, SHORTEST_INFUSION, WEIGHTS, Genotype, Liver

LIVERS = {"normal": "normal", "mild": "mild impairment", "moderate": "moderate impairment"}
"""Words for the liver by their first."""


def _choice(column: str, allowed: tuple[str, ...]) -> Callable[[Row, TableLayout], str]:
    def read(row: Row, layout: TableLayout) -> str:
        text = row.cells[column]
        if text not in allowed:
            raise row.fault(column, f"is not allowed; allowed: {', '.join(allowed)}")
        return text

    return read


def _sex(row: Row, layout: TableLayout) -> str:
    text = row.cells["SEX"]
    known = SEXES.get(text.lower())
    if known is not None:
        return known
    number = row.number("SEX") if text[:1].isdigit() else None
    sex = None if number is None else layout.sex_of_number.get(f"{number:g}")
    if sex is None:
        raise row.fault(
            "SEX", "is not allowed; allowed: male, female, 0 (male), 1 (female); or say what it is: --sex 1=male --sex 2=female"
        )
    return sex


def _liver(row: Row, layout: TableLayout) -> str:
    return _choice("LIVER", get_args(Liver))(Row({"LIVER": LIVERS.get(row.cells["LIVER"].lower(), row.cells["LIVER"])}), layout)


COVARIATES: dict[str, tuple[str, Callable[[Row, TableLayout], Any]]] = {
    "WT": ("weight", lambda row, layout: row.between("WT", *WEIGHTS, " kg")),
    "AGE": ("age", lambda row, layout: row.between("AGE", *AGES, " years")),
    "SEX": ("sex", _sex),
    "CYP2B6": ("cyp2b6", _choice("CYP2B6", get_args(Genotype))),
    "LIVER": ("liver", _liver),
}
"""By column: the field of a subject, and how it is read."""


@dataclass
class _Stretch:
    """Events between resets on the clock of the table, h."""

    begins: float
    """h of the course."""
    opens: float
    """TIME at which it begins."""
    doses: list[tuple[float, DoseRow]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    run_in: float = 0.0
    """h of doses before the first row, towards a steady state."""

    def occasion(self) -> Occasion:
        return Occasion(self.begins, self.opens - self.run_in)


@dataclass
class PartialSubject:
    """Contents of the rows of one ID so far."""

    time: float = -math.inf
    covariates: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    """Of covariates, as they were last written."""
    stretches: list[_Stretch] = field(default_factory=lambda: [_Stretch(0.0, 0.0)])
    dose_count: int = 0

    def add(self, row: Row, layout: TableLayout, returns: bool = False) -> None:
        """Take in the next row of this ID, which ``returns`` after rows of another."""
        time = row.between("TIME", -LONGEST, LONGEST, " h (one year)")
        if time is None:
            raise InputError("column TIME: missing; write h")
        event = event_of(row)
        resets = event in (3, 4)
        if time < self.time and not resets:
            raise row.fault(
                "TIME",
                f"is before the {self.time:g} h of a row above; list the rows of an ID in order of time; "
                "two people need two IDs, and a second occasion a reset (EVID 3 or 4)",
            )
        self._stay_the_same(row, layout)
        if resets:
            self._reset(time)
        if math.isinf(self.time):
            self.stretches[0].opens = min(time, 0.0)
        self.time = time
        if event == 0:
            sample = sample_of(row, time, layout)
            self.stretches[-1].samples += [] if sample is None else [sample]
        elif event in (1, 4):
            self._give(row, time, dose_of(row, time, layout), returns)
        else:
            no_dose_on(row, event)

    def _stay_the_same(self, row: Row, layout: TableLayout) -> None:
        for column, (name, read) in COVARIATES.items():
            text = row.cells.get(column)
            if text is None or text == self.cells.get(column):
                continue
            value = read(row, layout)
            self.cells[column] = text
            before = self.covariates.setdefault(name, value)
            if value != before:
                unit = {"WT": " kg", "AGE": " years"}.get(column, "")
                said = f"{before:g}{unit}" if isinstance(before, float) else before
                rule = f"an ID has one {name}; a change in time is not supported, and two people need two IDs"
                raise row.fault(column, f"differs from the {said} of a row above; {rule}")

    def _give(self, row: Row, time: float, dose: DoseRow, returns: bool) -> None:
        if returns and (time, dose) in self.stretches[-1].doses:
            raise row.fault("ID", "is given the same dose at the same time again after rows of another ID; two people need two IDs")
        before = math.ceil(ELIMINATED[dose.dose.drug] / dose.interval) if dose.steady else 0
        self.dose_count += dose.times + before
        if self.dose_count > MOST_DOSES:
            why = f", {before} of them towards its steady state" if before else ""
            raise row.fault("ID", f"has {self.dose_count} doses with their repeats{why}; at most {MOST_DOSES} are allowed")
        if dose.steady and self.stretches[-1].doses:
            self._reset(time)
        here = self.stretches[-1]
        if dose.steady:
            here.run_in = max(here.run_in, before * dose.interval - (time - here.opens))
            entry = dose.dose.with_canonical(every=dose.interval, times=dose.times + before)
            here.doses.append((time - before * dose.interval, dose._replace(dose=entry)))
        else:
            here.doses.append((time, dose))

    def _reset(self, time: float) -> None:
        """Begin anew, after as long as the drugs need to leave the body; of earlier doses, what is later or still running is not taken."""
        last = self.stretches[-1]
        until = max(time, self.time) if math.isfinite(self.time) else time
        last.doses = [taken for begin, row in last.doses for taken in _until(begin, row, until)]
        if math.isinf(self.time):
            last.opens = min(time, 0.0)
        away = max((ELIMINATED[row.dose.drug] for _, row in last.doses), default=0.0)
        self.stretches.append(_Stretch(last.begins + last.run_in + until - last.opens + away, time))

    def subject(self, name: str) -> Subject:
        """The subject, its doses written out, on the clock of its course. Raises ``InputError``."""
        doses: list[Dose] = []
        samples: list[Sample] = []
        begins = 0.0
        occasions = []
        for stretch in self.stretches:
            occasion = stretch.occasion()
            occasions.append(occasion)
            shift = occasion.begins - occasion.time
            for start, row in stretch.doses:
                doses += row.dose.with_canonical(start=shift + start).repeats()
            samples += stretch.samples if shift == 0 else [sample.at(shift + sample.time) for sample in stretch.samples]
            begins = occasion.begins
        end = max([begins, *(dose.start + (dose.duration or 0.0) for dose in doses), *(sample.time for sample in samples[-1:])])
        if not end <= LONGEST:
            raise InputError(f"ends at {end:g} h of a course, through resets and steady states; allowed: {LONGEST:g} h (one year)")
        doses.sort(key=lambda dose: (dose.start, dose.drug, dose.route, dose.amount, dose.duration or 0.0))
        return Subject(name, self.covariates.get("weight"), tuple(doses), tuple(samples), **self._others(), occasions=tuple(occasions))

    def _others(self) -> dict[str, Any]:
        return {name: self.covariates.get(name) for name, _ in COVARIATES.values() if name != "weight"}


def _until(begin: float, row: DoseRow, end: float) -> list[tuple[float, DoseRow]]:
    """Single doses that begin before a time, and of an infusion what has run by then."""
    kept = []
    for single in row.dose.with_canonical(start=0.0).repeats():
        start, duration = begin + single.start, single.duration
        if start >= end:
            continue
        if duration is not None and start + duration > end:
            if (ran := end - start) < SHORTEST_INFUSION:
                continue
            single = single.with_canonical(duration=ran, amount=single.amount * ran / duration)
        kept.append((start, DoseRow(single.with_canonical(start=0.0), 1, 0.0, False)))
    return kept
