"""Pharmacokinetic studies: what was given, sampled and published, with the designs under which the model predicts each number."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, TypeAdapter
from ruamel.yaml import YAML

from ..core.units import factor, quantity
from ..evidence.registry import evidence
from ..evidence.rows import Record, Role
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
"""A half-life is the slope between two times."""
Hours = Annotated[float, BeforeValidator(lambda text: quantity("between", text, "time")[0])]
DATA = "pharmacokinetics.yaml"
SAMPLES = "timecourses.csv"
AFTER_DOSE = np.arange(1, 121) / 40
"""Times at which a peak is looked for, h: one and a half minutes apart."""
LATE = 24.0
"""Time of the last sample of an arm without a time course, h; areas are exact whatever it is."""
TYPICAL_UNITS = {"concentration": "uM", "peak": "uM", "area": "uM*h", "clearance": "L/h", "apparent clearance": "L/h", "half-life": "h"}
WEIGHT = 70.0
"""Of people whose weight was not published, kg."""


class PublishedNumber(Record):
    """A number that was published: what it is, of which molecule, and for a ratio over which."""

    kind: Kind = Field(alias="is")
    of: str
    over: str | None = None
    between: tuple[Hours, Hours] | None = None


class StudyArm(Record):
    """Doses of an arm, the route as a table names it, and its numbers by target row."""

    route: Literal["vein", "nose", "tongue", "mouth"]
    doses: list[dict[str, Any]]
    resolution: str | None = None
    """Step of the picture from which a mean curve was digitised."""
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
    route: str
    role: Role
    of: str
    """Molecule."""
    over_molecule: str | None
    between: tuple[float, float] | None
    kind: Kind
    observed: float
    """In the unit of the model: µM, µM h, L, L/h, h."""
    unit: str
    """As published."""
    per_unit: float
    """Published units in one of the model's."""
    resolution: float
    """Of a digitised curve, in the unit of the model; 0 for other numbers."""
    n: int | None
    cv: float | None
    """SD between people over the mean, where published."""
    arm: int
    """Index of its design."""
    samples: tuple[int, ...]
    """Samples of the design, of the numerator, of which it is made."""
    over: tuple[int, ...]
    """Of the denominator."""

    @property
    def species(self) -> str:
        """The molecule without its enantiomer."""
        return MOLECULES[self.of][0]


@cache
def studies() -> tuple[Study, ...]:
    """Every study."""
    text = (files("euthymia.evidence") / "data" / DATA).read_text("utf-8")
    return tuple(TypeAdapter(list[Study]).validate_python(YAML(typ="safe", pure=True).load(text)))


def time_courses(study: str, arm: str) -> list[dict[str, str]]:
    """Samples of an arm that hold drug: rows of the table of digitised courses."""
    text = (files("euthymia.evidence") / "data" / SAMPLES).read_text("utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if (row["study"], row["arm"]) == (study, arm)]
    return [row for row in rows if float(row["time_h"]) > 0 and float(row["concentration"]) > 0]


def _species(molecule: str) -> str:
    return MOLECULES[molecule][0]


class _ArmDesign:
    """Collects the samples that the numbers of an arm need."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []

    def at(self, molecule: str, times: Any, sampling: str = "venous") -> tuple[int, ...]:
        first = len(self.samples)
        self.samples += [Sample(float(time), 1.0, molecule, sampling) for time in np.atleast_1d(times)]
        return tuple(range(first, len(self.samples)))


def arm_subjects(roles: tuple[Role, ...], model: Euthymia) -> tuple[list[Subject], list[StudyNumber]]:
    """A subject for each arm of the studies of some roles, with the samples that its numbers need, and the numbers."""
    subjects: list[Subject] = []
    numbers: list[StudyNumber] = []
    for study in studies():
        for name, arm in study.arms.items() if study.role in roles else ():
            collected = _ArmDesign()
            numbers += _arm_numbers(study, name, arm, len(subjects), collected, model)
            collected.at("ketamine", LATE)
            protocol = check({"name": "study", "title": name, "doses": arm.doses, "horizon": "30 d"})
            subjects.append(Subject(f"{study.study}, {name}", WEIGHT, protocol.doses, tuple(collected.samples)))
    return subjects, numbers


def _arm_numbers(study: Study, name: str, arm: StudyArm, index: int, design: _ArmDesign, model: Euthymia) -> Iterator[StudyNumber]:
    common = {"study": study.study, "route": arm.route, "role": study.role, "arm": index}
    for row in time_courses(study.study, name):
        per_unit = _per_unit(row["unit"], "concentration", row["molecule"], model)
        samples = design.at(row["molecule"], float(row["time_h"]), row["sampling"])
        text = arm.resolution.split() if arm.resolution else ("0", row["unit"])
        resolution = float(text[0]) / _per_unit(text[1], "concentration", row["molecule"], model)
        yield StudyNumber(
            f"{study.study}.{name}.{row['molecule']}.{float(row['time_h']):g}h",
            f"{row['sampling']} {row['molecule']} at {float(row['time_h']):g} h",
            of=row["molecule"],
            over_molecule=None,
            between=None,
            kind="concentration",
            observed=float(row["concentration"]) / per_unit,
            unit=row["unit"],
            per_unit=per_unit,
            resolution=resolution,
            n=study.n,
            cv=None,
            samples=samples,
            over=(),
            **common,
        )
    for row, number in arm.numbers.items():
        target = evidence().target(row)
        per_unit = _per_unit(target.unit, number.kind, number.of, model)
        times = {"peak": AFTER_DOSE, "ratio of peaks": AFTER_DOSE, "half-life": number.between}.get(number.kind)
        samples = () if times is None else design.at(number.of, times)
        over = design.at(number.over, AFTER_DOSE) if number.over and number.kind == "ratio of peaks" else ()
        sd = target.sd or ((target.upper - target.lower) / 2 if target.spread == "SD" else None)
        yield StudyNumber(
            row,
            target.quantity,
            of=number.of,
            over_molecule=number.over,
            between=number.between,
            kind=number.kind,
            observed=target.value / per_unit,
            unit=target.unit,
            per_unit=per_unit,
            resolution=0.0,
            n=target.n or study.n,
            cv=sd / target.value if sd else None,
            samples=samples,
            over=over,
            **common,
        )


def _per_unit(unit: str, kind: Kind, molecule: str, model: Euthymia) -> float:
    """Published units in one of the model's; masses by the molar mass."""
    mass = float(getattr(model.molecules, _species(molecule)))
    if kind in ("concentration", "peak"):
        return 1 / factor(unit, "uM") if "mol" in unit or unit == "uM" else mass / factor(unit, "mg/L")
    if kind == "area":
        return mass / factor(unit, "mg*h/L")
    if kind == "clearance":
        return 1 / (WEIGHT * factor(unit, "L/h/kg")) if "kg" in unit else 1 / factor(unit, "L/h")
    if kind == "volume at steady state":
        return 1 / (WEIGHT * factor(unit, "L/kg")) if "kg" in unit else 1 / factor(unit, "L")
    return 1 / factor(unit, "h" if kind == "half-life" else "dimensionless")
