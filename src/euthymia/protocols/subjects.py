"""Subjects of an event table."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from .compartments import MASS
from .description import name_like
from .dose import Dose
from .protocol import Protocol
from .reading import check
from .vocabulary import LONGEST, Genotype, Liver, Sex

LONGEST_ID = 64
MOST_TOLD = 3
"""Occasions that are told."""


class Occasion(NamedTuple):
    """A stretch of a subject's course with one clock: when it begins (h of the course), and what the table's TIME is then (h)."""

    begins: float
    time: float


@dataclass(frozen=True, slots=True)
class Sample:
    """A concentration of a molecule at a time (h of the course), in "venous" or "arterial" blood.

    Of a sample that was only seen to lie between two ``limits`` (its own unit; either may be infinite), ``concentration`` is the limit
    that was stated.
    """

    time: float
    concentration: float
    molecule: str
    sampling: str
    limits: tuple[float, float] | None = None
    unit: str = MASS
    """One of ``SAMPLE_UNITS``."""

    def at(self, time: float) -> "Sample":
        """The same sample at another time of the course."""
        return replace(self, time=time)


@dataclass(frozen=True)
class Subject:
    """One ID: weight (kg) if stated, single doses and observations, both in order of time (h of the course), and covariates.

    ``occasions`` lead from the course back to the clock of the table: they differ where a subject was reset or began at steady state.
    """

    name: str
    weight: float | None
    doses: tuple[Dose, ...]
    observations: tuple[Sample, ...]
    age: float | None = None
    sex: Sex | None = None
    cyp2b6: Genotype | None = None
    liver: Liver | None = None
    occasions: tuple[Occasion, ...] = (Occasion(0.0, 0.0),)

    def table_time(self, time: float) -> float:
        """TIME in the table (h) at a time of the course (h)."""
        latest = max((occasion for occasion in self.occasions if occasion.begins <= time), default=self.occasions[0])
        return time - latest.begins + latest.time

    @property
    def clock(self) -> str:
        """How times of the course differ from TIME in the table, in words; empty where they do not."""
        shifts = [occasion.begins - occasion.time for occasion in self.occasions]
        if not any(shifts):
            return ""
        more = " …" if len(shifts) > MOST_TOLD else ""
        added = ", after a reset ".join(f"{shift:g} h" for shift in shifts[:MOST_TOLD])
        return f"steady states and resets take time before what follows: results are at TIME + {added}{more}"

    def patient(self) -> dict[str, Any]:
        """What is known of the person, as fields of a patient in a protocol."""
        fields = {"age": self.age, "sex": self.sex, "cyp2b6": self.cyp2b6, "liver": self.liver}
        weight = {} if self.weight is None else {"weight": f"{float(self.weight)!r} kg"}
        return weight | {name: value for name, value in fields.items() if value is not None}


class Subjects(list[Subject]):
    """The subjects of a table. ``note`` is one line that names columns that were not used, or empty."""

    def __init__(self, subjects: Iterable[Subject] = (), note: str = "") -> None:
        super().__init__(subjects)
        self.note = note


def subject_protocol(subject: Subject, horizon: float | None = None) -> Protocol:
    """The doses of a subject as a protocol of a depressed patient.

    Parameters
    ----------
    subject
        Its observations only lengthen the horizon.
    horizon
        In h; by default that of a protocol, or the first whole hour after the last event if that is later.

    Raises
    ------
    InputError
        If a dose does not end before the horizon, or the protocol is not allowed for another reason.
    """
    if horizon is None:
        doses = [single for entry in subject.doses for single in entry.repeats()]
        events = [*(dose.start + (dose.duration or 0.0) for dose in doses), *(sample.time for sample in subject.observations)]
        horizon = max(Protocol.model_fields["horizon"].default, min(LONGEST, math.floor(max(events, default=0.0)) + 1))
    return check(
        {
            "name": name_like(subject.name, "subject"),
            "title": f"Subject {subject.name}",
            "patient": subject.patient(),
            "doses": subject.doses,
            "horizon": f"{float(horizon)!r} h",
        }
    )
