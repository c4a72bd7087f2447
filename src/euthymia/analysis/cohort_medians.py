"""Medians of many virtual patients beside a course of the typical one."""

from collections.abc import Sequence
from typing import NamedTuple

from ..evidence.cohort_medians import Quantiles, shipped
from ..model.changed import Model
from ..protocols.protocol import Protocol
from ..protocols.reading import builtin_names, read

SAME = ("context", "patient", "doses", "visits")
"""Fields of a protocol that make its course; it may be followed for a shorter or longer time."""


class PatientMedians(NamedTuple):
    """MADRS of a number of patients under one protocol."""

    patients: int
    madrs: dict[str, Quantiles]
    """By checkpoint, points."""


def medians_of(protocol: Protocol, model: Model, without: Sequence[str] = ()) -> PatientMedians | None:
    """Medians of many patients as they ship; None for a protocol or a model that differs from those that ship."""
    stored = shipped()
    if stored is None or protocol.name not in stored.madrs or without or not model.as_shipped or not ships(protocol):
        return None
    return PatientMedians(stored.patients, stored.madrs[protocol.name])


def ships(protocol: Protocol) -> bool:
    """Whether a protocol has the course of one that ships."""
    if protocol.name not in builtin_names():
        return False
    here, shipping = protocol.stated(), read(protocol.name).stated()
    return all(here.get(name) == shipping.get(name) for name in SAME)
