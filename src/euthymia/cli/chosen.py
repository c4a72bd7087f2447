"""The protocols that a command line names."""

from ..core.errors import InputError, unknown
from ..protocols import reading
from ..protocols.nonmem import read_events
from ..protocols.protocol import Protocol
from ..protocols.subjects import subject_protocol
from .console import show_warnings


def chosen_protocols(
    names: tuple[str, ...], patient: tuple[str, ...] = (), weight: str | None = None, subject: str | None = None
) -> list[Protocol]:
    """Protocols by name or file, for the patient of the command line."""
    changes = reading.patient_fields(patient) | ({} if weight is None else {"weight": weight})
    protocols = [protocol_of_table(name, subject) if name.endswith(".csv") else reading.read(name) for name in names]
    return [reading.change(protocol, changes) for protocol in protocols] if changes else protocols


def protocol_of_table(path: str, subject: str | None) -> Protocol:
    """The protocol of one subject of an event table."""
    table = read_events(path)
    show_warnings([table.note] if table.note else [])
    names = [entry.name for entry in table]
    if subject is None and len(names) > 1:
        raise InputError(f"subject: {path} holds {len(names)} subjects; choose one with --subject, for example --subject {names[0]}")
    if subject is not None and subject not in names:
        raise unknown("subject", subject, names)
    return subject_protocol(table[0 if subject is None else names.index(subject)])
