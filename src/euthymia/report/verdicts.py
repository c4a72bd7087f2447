"""Verdicts in the terminal."""

from rich.console import Console
from rich.padding import Padding

from ..evidence.rows import Target
from ..experiments.claim import Verdict

COLOURS = {"agrees": "green", "agrees, not gating": "green", "selected": "cyan", "disagrees": "yellow", "control passes": "red"}
INDENT = (0, 0, 0, 2)
ROUNDING = 1e-9


def show_verdicts(verdicts: list[Verdict], console: Console) -> None:
    """One block per claim, then the count."""
    for each in verdicts:
        claim, (low, high) = each.claim, each.claim.tolerance
        console.print(f"\n[bold {COLOURS[each.word]}]{each.word}[/]  [bold]{claim.id}[/bold]")
        observed = claim.observed or _number(each.target.value)
        lines = [
            claim.statement,
            f"model {_number(each.predicted)} · observed {observed} ({_kind(each.target)}) · allowed {low:g} to {high:g}",
            f"control: without {claim.control.removed}, {_number(each.controlled)}",
        ]
        if claim.why and not each.agrees:
            lines.append(f"[yellow]{claim.why}[/yellow]")
        if not each.stands:
            lines.append("[red]this is not the recorded verdict[/red]")
        for line in lines:
            console.print(Padding(line, INDENT))
    words = [each.word for each in verdicts]
    counted = ", ".join(f"{words.count(word)} {word}" for word in COLOURS if word in words)
    console.print(f"\n[bold]{len(verdicts)} claims[/bold]: {counted}.")
    console.print("Selected: the number was used to choose parameters and tests nothing. Not gating: the observation is not confirmed.")
    console.print("A disagreement on record is a result; exit code 1 means that a verdict changed or a control passed.")


def _kind(target: Target) -> str:
    return ", ".join(part for part in (target.species, target.provenance) if part)


def _number(value: float) -> str:
    return "0" if abs(value) < ROUNDING else f"{value:.3g}"
