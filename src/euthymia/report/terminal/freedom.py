"""The freedom of the model in the terminal: rows, what they were chosen with, and what they serve."""

from rich.console import Console
from rich.padding import Padding

from ...evidence.display import in_use, number, unit
from ...evidence.freedom import Fate, Freedom, fitted_beside, freedoms
from ...evidence.rows import Parameter

FATES: dict[Fate, str] = {"drawn": "drawn", "follows": "follows from others", "fitted": "fitted to trials", "kept": "kept"}
NOTHING = "–"
INDENT = (0, 0, 0, 2)


def show_freedom(console: Console) -> None:
    """One block per free row, then the count."""
    for freedom in freedoms():
        name, value, provenance, fate, chosen_with, claims = cells(freedom)
        console.print(f"\n[bold]{name}[/bold]  {value}, {provenance}, {fate}")
        for line in (f"chosen with: {chosen_with}", f"claims about that: {claims}"):
            console.print(Padding(line, INDENT))
    console.print(f"\n{freedom_counted()}")


def cells(freedom: Freedom) -> tuple[str, ...]:
    """A row of the table."""
    row = freedom.row
    return (
        row.id,
        value_and_range(row),
        row.provenance,
        FATES[freedom.fate],
        ", ".join(row.chosen_with or ()) or NOTHING,
        ", ".join(f"{claim.id} ({claim.standing})" for claim in freedom.claims) or NOTHING,
    )


def value_and_range(row: Parameter) -> str:
    """A value with its unit, calibrated where it was, and the range of its row."""
    said = f"{number(in_use(row))} {unit(row)}".rstrip()
    return said if row.lower is None or row.upper is None else f"{said} ({row.lower:g} to {row.upper:g})"


def freedom_counted() -> str:
    """How many rows are free with the course of mood, beside how many observations they explain and how many others were fitted."""
    rows = freedoms()
    observations = {name for freedom in rows for name in freedom.row.chosen_with or ()}
    claims = {claim.id: claim for freedom in rows for claim in freedom.claims}
    agreeing = sum(claim.standing == "agrees" for claim in claims.values())
    drawn, following, fitted, kept = ([freedom.fate for freedom in rows].count(fate) for fate in FATES)
    return (
        f"{len(rows)} rows are new with the course of mood or were chosen anew for it ({drawn} drawn from a range, {following} set by "
        f"others, {fitted} fitted to trials, {kept} none of these), with {len(observations)} observations in view; of {len(claims)} claims "
        f"about these, {agreeing} agree. Beside them {len(fitted_beside())} rows were fitted to trials; what was chosen by hand before is "
        "not counted."
    )
