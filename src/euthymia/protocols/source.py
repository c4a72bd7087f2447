"""A protocol from whatever a user names: a built-in one, a YAML file, or a subject of an event table."""

from ..core.errors import InputError, short, unknown
from .nonmem import read_events
from .nonmem_layout import AS_IT_SAYS, TableLayout
from .protocol import Protocol
from .reading import read
from .subjects import subject_protocol


def protocol_of(name_or_file: str, subject: str | None = None, layout: TableLayout = AS_IT_SAYS) -> tuple[Protocol, str]:
    """A protocol by name, or from a YAML file or an event table, and one line on how a table was read, or nothing.

    ``subject`` is the ID in a table that holds several, ``layout`` what it leaves unsaid.
    """
    if not name_or_file.endswith(".csv"):
        if subject is not None:
            raise InputError(f"subject: {short(subject)} is one of an event table; {name_or_file} is none")
        if layout != AS_IT_SAYS:
            raise InputError(f"drug: what an event table leaves unsaid was stated, and {name_or_file} is none; leave it out")
        return read(name_or_file), ""
    table = read_events(name_or_file, layout)
    names = [entry.name for entry in table]
    if subject is None and len(names) > 1:
        raise InputError(
            f"subject: {name_or_file} holds {len(names)} subjects; choose one with --subject, for example --subject {names[0]}"
        )
    if subject is not None and subject not in names:
        raise unknown("subject", subject, names)
    chosen = table[0 if subject is None else names.index(subject)]
    return subject_protocol(chosen), "; ".join(filter(None, (table.note, chosen.clock)))
