"""Pharmacokinetic studies: what was given, sampled and published, and the samples from which the model predicts each number."""

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, TypeAdapter

from ..core.units import factor, quantity
from ..core.yaml_data import yaml_data
from ..evidence.registry import evidence
from ..evidence.rows import Record, Role, Target
from ..model.parameters import Euthymia
from ..protocols.reading import check
from ..protocols.subjects import Sample, Subject
from .pk_design import MOLECULES

Kind = Literal[
    "concentration",
    "peak",
    "area",
    "ratio of peaks",
    "ratio of areas",
    "bioavailability",
    "clearance",
    "volume at steady state",
    "half-life",
]
"""Areas are to infinity; a bioavailability is by areas; a half-life is the slope between two times."""
DERIVED_FROM_AREAS = ("area", "ratio of areas", "bioavailability", "clearance", "volume at steady state", "half-life")
UNITS = {"clearance": "L/h", "volume at steady state": "L", "half-life": "h"}
"""In which the model has some kinds; the others are in µM, in µM h, or without a unit."""
Hours = Annotated[float, BeforeValidator(lambda text: quantity("between", text, "time")[0])]
STUDIES, SAMPLES = "pharmacokinetics.yaml", "timecourses.csv"
AFTER_DOSE = np.arange(1, 121) / 40
"""Times at which a peak is looked for, h: one and a half minutes apart."""
LATE = 24.0
"""Of a sample that every arm has, h, so that none is without."""
WEIGHT = 70.0
"""Of people whose weight was not published, kg."""


class PublishedNumber(Record):
    """What a number is: its kind, of which molecule, and for a ratio over which."""

    kind: Kind = Field(alias="is")
    of: str
    over: str | None = None
    between: tuple[Hours, Hours] | None = None
    counts: bool = True
    """Whether the fit counts it; one that derives from a curve of which it counts the points is only predicted."""


class StudyArm(Record):
    """Doses of an arm, the route as a table names it, and its numbers by target row."""

    route: Literal["vein", "nose", "tongue", "mouth"]
    doses: list[dict[str, Any]]
    reading_error: dict[str, float] = {}
    """SD with which the curve of a molecule was read from a picture, in the curve's unit."""
    numbers: dict[str, PublishedNumber] = {}


class Study(Record):
    """A study; all its numbers have one role."""

    study: str
    role: Role
    n: int | None = None
    arms: dict[str, StudyArm]


@dataclass(frozen=True)
class StudyNumber:
    """One observed number of a study."""

    name: str
    quantity: str
    study: str
    role: Role
    route: str
    number: PublishedNumber
    observed: float
    """In the unit of the model."""
    unit: str
    """As published."""
    per_unit: float
    """Published units in one of the model's."""
    n: int | None
    arm: int
    """Index of its arm."""
    samples: tuple[int, ...] = ()
    """Samples of the arm, of the molecule, from which it is made."""
    over: tuple[int, ...] = ()
    """Of the molecule in the denominator."""
    reading_error: float = 0.0
    """SD, of a digitised curve, in the unit of the model."""
    hours: float | None = None
    """Time of a point of a curve."""
    cv: float | None = None
    """SD between people over the mean, where published."""

    @property
    def kind(self) -> Kind:
        """What it is."""
        return self.number.kind

    @property
    def species(self) -> str:
        """The molecule without its enantiomer."""
        return MOLECULES[self.number.of][0]


@dataclass
class _ArmSamples:
    """The samples of an arm, as its numbers ask for them."""

    samples: list[Sample] = field(default_factory=list)

    def at(self, molecule: str, times: Sequence[float] | np.ndarray, sampling: str = "venous") -> tuple[int, ...]:
        first = len(self.samples)
        self.samples += [Sample(float(time), 1.0, molecule, sampling) for time in times]
        return tuple(range(first, len(self.samples)))


@cache
def studies() -> tuple[Study, ...]:
    """Every study."""
    return tuple(TypeAdapter(list[Study]).validate_python(yaml_data(_text(STUDIES))))


def _text(name: str) -> str:
    return (files("euthymia.evidence") / "data" / name).read_text("utf-8")


@cache
def time_courses() -> dict[tuple[str, str], list[dict[str, str]]]:
    """Rows of the table of digitised courses, those after the first dose that hold drug, by study and arm."""
    courses: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in csv.DictReader(_text(SAMPLES).splitlines()):
        if float(row["time_h"]) > 0 and float(row["concentration"]) > 0:
            courses.setdefault((row["study"], row["arm"]), []).append(row)
    return courses


def arm_subjects(roles: Collection[Role], model: Euthymia) -> tuple[list[Subject], list[StudyNumber]]:
    """A subject for each arm of the studies of some roles, with the samples that its numbers ask for, and the numbers."""
    subjects: list[Subject] = []
    numbers: list[StudyNumber] = []
    for study in studies():
        for name, arm in study.arms.items() if study.role in roles else ():
            samples = _ArmSamples()
            numbers += [
                _sample(study, name, arm, len(subjects), row, samples, model) for row in time_courses().get((study.study, name), [])
            ]
            numbers += [_number(study, arm, len(subjects), row, number, samples, model) for row, number in arm.numbers.items()]
            samples.at("ketamine", [LATE])
            protocol = check({"name": "study", "title": name, "doses": arm.doses, "horizon": "30 d"})
            subjects.append(Subject(f"{study.study}, {name}", WEIGHT, protocol.doses, tuple(samples.samples)))
    return subjects, numbers


def _sample(study: Study, name: str, arm: StudyArm, index: int, row: dict[str, str], samples: _ArmSamples, model: Euthymia) -> StudyNumber:
    """A point of a time course."""
    molecule, sampling, hours = row["molecule"], row["sampling"], float(row["time_h"])
    per_unit = _per_unit(row["unit"], "concentration", molecule, model)
    return StudyNumber(
        f"{study.study}.{name}.{molecule}.{hours:g}h",
        f"{sampling} {molecule} at {hours:g} h",
        study.study,
        study.role,
        arm.route,
        PublishedNumber.model_validate({"is": "concentration", "of": molecule}),
        float(row["concentration"]) / per_unit,
        row["unit"],
        per_unit,
        study.n,
        index,
        samples.at(molecule, [hours], sampling),
        reading_error=arm.reading_error.get(molecule, 0.0) / per_unit,
        hours=hours,
    )


def _number(
    study: Study, arm: StudyArm, index: int, row: str, number: PublishedNumber, samples: _ArmSamples, model: Euthymia
) -> StudyNumber:
    """A published number; samples are venous."""
    target = evidence().target(row)
    per_unit = _per_unit(target.unit, number.kind, number.of, model)
    times = number.between or (AFTER_DOSE if number.kind in ("peak", "ratio of peaks") else ())
    return StudyNumber(
        row,
        target.quantity,
        study.study,
        study.role,
        arm.route,
        number,
        target.value / per_unit,
        target.unit,
        per_unit,
        target.n or study.n,
        index,
        samples.at(number.of, times),
        samples.at(number.over, times) if number.over else (),
        cv=_variation(target),
    )


def _variation(target: Target) -> float | None:
    """SD between people over the mean."""
    if target.sd is None and target.spread == "SD" and target.lower is not None and target.upper is not None:
        return (target.upper - target.lower) / 2 / target.value
    return target.sd and target.sd / target.value


def _per_unit(unit: str, kind: Kind, molecule: str, model: Euthymia) -> float:
    """Published units in one of the model's: masses by the molar mass, and per kg by the weight."""
    if kind in UNITS:
        return 1 / (WEIGHT * factor(unit, f"{UNITS[kind]}/kg")) if "kg" in unit else 1 / factor(unit, UNITS[kind])
    if kind in ("concentration", "peak", "area"):
        mass, time = float(getattr(model.molecules, MOLECULES[molecule][0])), "*h" if kind == "area" else ""
        return 1 / factor(unit, f"umol/L{time}") if "mol" in unit else mass / factor(unit, f"mg/L{time}")
    return 1 / factor(unit, "dimensionless")
