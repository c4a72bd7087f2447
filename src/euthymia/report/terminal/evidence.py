"""Evidence in the terminal."""

from rich.console import Console
from rich.table import Table

from ...core.errors import unknown
from ...evidence.registry import Registry, evidence
from ...evidence.rows import Parameter, Target
from ...model.default import uses
from ..words import quantity


def show_all(console: Console) -> None:
    """One line per parameter and target."""
    known = evidence()
    for title, rows in (("Parameters", known.parameters), ("Targets", known.targets)):
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", title=title, title_justify="left")
        for column in ("Id", "Value", "Provenance" if rows is known.parameters else "Role", "Source"):
            table.add_column(column, no_wrap=column == "Id")
        for key, row in rows.items():
            kind = row.provenance if isinstance(row, Parameter) else f"{row.role}, {row.provenance}"
            table.add_row(key, quantity(row), kind, known.sources[row.source].citation)
        console.print(table)
        console.print()
    console.print(f"{len(known.parameters)} parameters, {len(known.targets)} targets; `euthymia evidence ID` tells more of one.")


def show_row(row: str, console: Console) -> None:
    """Everything known about one row, or about all whose id begins so."""
    known = evidence()
    every: dict[str, Parameter | Target] = {**known.parameters, **known.targets}
    keys = [row] if row in every else [key for key in every if key.startswith(f"{row}.")]
    if not keys:
        raise unknown("evidence", row, every)
    for key in keys:
        _show(known, every[key], console)


def _show(known: Registry, row: Parameter | Target, console: Console) -> None:
    source = known.sources[row.source]
    console.print(f"\n[bold]{row.id}[/bold]  {quantity(row)}")
    details = {
        "what": getattr(row, "quantity", None),
        "spread": None if row.spread is None else f"{row.lower} to {row.upper} ({row.spread})",
        "species": row.species,
        "preparation": row.preparation,
        "source": source.citation + (f", https://doi.org/{source.doi}" if source.doi else ""),
        "provenance": row.provenance,
        "role": getattr(row, "role", None),
        "note": row.note,
        "used as": "; ".join(f"{name} ({meaning})" for name, meaning in uses().get(row.id, [])) or None,
    }
    for label, text in details.items():
        if text is not None:
            console.print(f"  {label:<12}{text}", markup=False, soft_wrap=True)
