"""Evidence in the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from ...evidence.display import in_use, number, origin, quantity, remark, unit
from ...evidence.registry import Registry
from ...evidence.rows import Parameter, Target
from ...evidence.search import Readers, holds, texts
from .listing import print_columns, print_entry, print_hanging

LABEL = 14
"""Columns of a label with its indent."""
SHOWN = ("id", "unit", "quantity", "source")
"""Texts of a row that a list shows."""
Row = Parameter | Target


def show_list(known: Registry, rows: Sequence[Row], console: Console, words: Sequence[str], readers: Readers) -> None:
    """A few lines per row: value, provenance and source, and other texts of the row that hold one of the words.

    In a file or a pipe it is one line each, with tabs between id, value, unit, provenance, role, source, quantity and note.
    """
    for row in rows:
        source = known.sources[row.source].citation
        if console.is_terminal:
            head = Text.assemble((row.id, "bold"), f"  {quantity(row)}  ", (_kind(row), "dim"))
            print_entry(console, head, *_what(row), source, *_found(texts(known, row, readers), words))
        else:
            role = row.role if isinstance(row, Target) else ""
            what = row.quantity if isinstance(row, Target) else ""
            note = "; ".join(part for part in (origin(row), remark(row)) if part)
            print_columns(console, (row.id, number(in_use(row)), unit(row), row.provenance, role, source, what, note))


def show_details(known: Registry, row: Row, readers: Sequence[tuple[str, str]], console: Console) -> None:
    """Everything known about one row.

    Parameters
    ----------
    readers
        The parameters that read it: (dotted name, meaning).
    """
    source = known.sources[row.source]
    console.print()
    console.print(Text.assemble((row.id, "bold"), f"  {quantity(row)}", overflow="fold"))
    details = {
        "what": row.quantity if isinstance(row, Target) else None,
        "spread": None if row.spread is None else f"{row.lower} to {row.upper} ({row.spread})",
        "species": row.species,
        "preparation": row.preparation,
        "source": source.citation + (f", https://doi.org/{source.doi}" if source.doi else ""),
        "provenance": row.provenance,
        "role": row.role if isinstance(row, Target) else None,
        "note": remark(row) or None,
        "used as": "; ".join(f"{name} ({meaning})" for name, meaning in readers) or None,
    }
    for label, text in details.items():
        if text is not None:
            print_hanging(console, f"  {label}".ljust(LABEL), text)


def _kind(row: Row) -> str:
    return f"{row.role}, {row.provenance}" if isinstance(row, Target) else row.provenance


def _what(row: Row) -> tuple[str, ...]:
    return (row.quantity,) if isinstance(row, Target) else ()


def _found(every: dict[str, str], words: Sequence[str]) -> list[str]:
    """Texts beyond those that a list shows, if they hold a word which is in none of these."""
    shown = " ".join(every.get(what, "") for what in SHOWN)
    missing = [word for word in words if not holds(shown, word)]
    return [f"{what}: {text}" for what, text in every.items() if what not in SHOWN and any(holds(text, word) for word in missing)]
