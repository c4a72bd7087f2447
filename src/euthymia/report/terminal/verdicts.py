"""Verdicts in the terminal."""

import math
from itertools import groupby

from rich.console import Console
from rich.padding import Padding

from ...analysis.summary import TITLES
from ...claims.claim import Verdict
from ...evidence.robustness import Robustness
from ...evidence.rows import Target
from .freedom import freedom_counted

COLOURS = {"confirmed": "green", "agrees": "cyan", "selected": "cyan", "holds": "cyan", "disagrees": "yellow", "control passes": "red"}
GROUPS = {
    "receptor": "Drug and receptor",
    **{way.replace(" ", ""): f"{way.capitalize()}: {title}" for way, title in TITLES.items() if way.startswith("way")},
    "mood": "Mood",
    "course": "The course of relief",
    "comparators": "What people get today",
    "combinations": "Drugs together",
}
"""Headings, by what stands before the first dot in a claim's id."""
INDENT = (0, 0, 0, 2)
ROUNDING = 1e-9
NO_DRAWS = "No draws of free rows are stored for the present numbers and claims; `euthymia verify --draws 200` makes them."
MEANINGS = (
    "Confirmed: an independent prediction of a confirmed number.",
    "Agrees: with a number that is recalled, or was kept for calibration or as context. Holds: about the model itself.",
    "Selected: parameters were chosen with the number, or with the claim itself, in view, so that it tests nothing.",
    "A disagreement on record is a result; exit code 1 means that a verdict changed or a control passed.",
)


def show_verdicts(
    verdicts: list[Verdict], console: Console, robustness: Robustness | None = None, over_circuits: Robustness | None = None
) -> None:
    """One block per claim under the heading of its group, with the shares of draws and of circuits in which it holds where they are known;
    then the count."""
    for group, members in groupby(verdicts, lambda verdict: verdict.claim.id.partition(".")[0]):
        console.print(f"\n[bold underline]{GROUPS[group]}[/]")
        for verdict in members:
            _show(verdict, console, robustness, over_circuits)
    words = [verdict.word for verdict in verdicts]
    counted = ", ".join(f"{words.count(word)} {word}" for word in COLOURS if word in words)
    console.print(f"\n[bold]{len(verdicts)} claims[/bold]: {counted}.")
    for meaning in MEANINGS:
        console.print(meaning)
    console.print(freedom_counted())
    if over_circuits is not None:
        console.print(f"Shares of circuits are of the {over_circuits.draws} that evidence leaves (`euthymia circuits`).")
    console.print(f"Shares are of {robustness.draws} draws of the free rows that have a range, within it." if robustness else NO_DRAWS)


def numbers_of(verdict: Verdict) -> str:
    """What the model predicts, what was observed, and what is allowed."""
    claim, (low, high) = verdict.claim, verdict.claim.tolerance
    observed = "no observation"
    if verdict.target is not None:
        observed = f"observed {claim.observed or _number(verdict.target.value)} ({_kind(verdict.target)})"
    return f"model {_number(verdict.predicted)} · {observed} · allowed {_number(low)} to {_number(high)}"


def share_of(verdict: Verdict, robustness: Robustness | None, of: str = "draws") -> str:
    """In how many of the draws a claim holds, in words; nothing where that is not known."""
    share = None if robustness is None else robustness.share(verdict.claim.id)
    return "" if share is None else f"holds in {100 * share:.0f} % of {of}"


def _show(verdict: Verdict, console: Console, robustness: Robustness | None, over_circuits: Robustness | None) -> None:
    claim = verdict.claim
    console.print(f"\n[bold {COLOURS[verdict.word]}]{verdict.word}[/]  [bold]{claim.id}[/bold]")
    lines = [claim.statement, numbers_of(verdict), f"control, {claim.control.change}: {_number(verdict.controlled)}"]
    lines += filter(None, (share_of(verdict, robustness), share_of(verdict, over_circuits, "prefrontal circuits")))
    if claim.why and not verdict.agrees:
        lines.append(f"[yellow]{claim.why}[/yellow]")
    if not verdict.stands:
        lines.append("[red]this is not the recorded verdict[/red]")
    for line in lines:
        console.print(Padding(line, INDENT))


def _kind(target: Target) -> str:
    return ", ".join(part for part in (target.species, target.provenance) if part)


def _number(value: float) -> str:
    if math.isinf(value):
        return "never"
    return "0" if abs(value) < ROUNDING else f"{value:.3g}"
