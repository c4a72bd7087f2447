"""The protocols that a command line names."""

from collections.abc import Mapping
from typing import Any

from ..core.errors import InputError, short
from ..protocols import reading
from ..protocols.fitted_people import fitted_person
from ..protocols.protocol import Protocol
from ..protocols.source import protocol_of
from .console import show_warnings
from .options import ONLY_SUBJECT, SubjectOfTable


def chosen_protocols(
    names: tuple[str, ...],
    patient: tuple[str, ...] = (),
    weight: str | None = None,
    table: SubjectOfTable = ONLY_SUBJECT,
    person: str | None = None,
) -> list[Protocol]:
    """Protocols by name or file, for the patient of the command line, who may be a person of a fit (RUN:SUBJECT)."""
    layout = table.layout()
    of_fit = {} if person is None else fitted_person(person)
    changes = of_fit | reading.patient_fields(patient) | ({} if weight is None else {"weight": weight})
    protocols = []
    for name in names:
        protocol, note = protocol_of(name, table.subject, layout)
        show_warnings([note] if note else [])
        if name.endswith(".csv"):
            _check_one_person(protocol, of_fit, person)
        protocols.append(reading.change(protocol, changes) if changes else protocol)
    return protocols


def _check_one_person(protocol: Protocol, of_fit: Mapping[str, Any], person: str | None) -> None:
    """Refuse a subject of an event table who is another person than that of a fit."""
    stated = protocol.stated()["patient"]
    changed = reading.change(protocol, of_fit).stated()["patient"] if of_fit else stated
    for field in stated:
        if changed[field] != stated[field]:
            raise InputError(
                f"person: {person} has {field} {short(changed[field])}, and {protocol.title} {short(stated[field])}; "
                f"take the column out of the table, or leave --person out"
            )
