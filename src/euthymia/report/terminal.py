"""The summary as text in a terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .summary import WORDS, Summary
from .words import clock, percent, points

NOT_YET = "ways 1, 3 and 5 (prefrontal surge, habenula, reset) are not in this version and stay at their undosed value"


def show(summary: Summary, console: Console) -> None:
    """Print the summary."""
    console.print()
    console.print(Text(summary.title, style="bold"))
    console.print(summary.person)
    console.print(
        f"\n[bold]Drug[/bold]      venous plasma peaks at {summary.venous.value:.0f} ng/mL after {clock(summary.venous.time)}, "
        f"free brain at {summary.free_brain.value:.2f} µM after {clock(summary.free_brain.time)}"
        if summary.venous.value > 0
        else "\n[bold]Drug[/bold]      none"
    )
    receptor = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("NMDA receptor, peak", "bound", "pore block", "drive loss"):
        receptor.add_column(column, justify="left" if column.startswith("NMDA") else "right")
    for name, words in summary.receptor.items():
        receptor.add_row(name, *(percent(words[word].value) for word in WORDS))
    console.print()
    console.print(receptor)

    ways = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("Way", "its number at peak", "when", f"MADRS at {summary.checked_at}", "share"):
        ways.add_column(column, justify="left" if column in ("Way", "its number at peak") else "right")
    for way in summary.ways:
        number = f"{way.measure} {percent(way.peak.value)}"
        ways.add_row(f"{way.name}: {way.title}", number, clock(way.peak.time), points(way.points), percent(way.share))
    ways.add_row("context of the visit", "", "", points(summary.context_points), percent(summary.context_share))
    console.print()
    console.print(ways)
    console.print(f"[dim]{NOT_YET}[/dim]")

    gap = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("Potency gap", "pore block from sources", "the link reads", "the way needs"):
        gap.add_column(column, justify="left" if column == "Potency gap" else "right")
    for each in summary.gaps:
        gap.add_row(
            each.way,
            percent(each.sources_give),
            f"{each.reads} {percent(each.link_reads)}",
            percent(each.needs),
        )
    if summary.venous.value > 0:
        console.print()
        console.print(gap)

    mood = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    mood.add_column("MADRS")
    for name in summary.madrs:
        mood.add_column("before" if name == "0" else name, justify="right")
    mood.add_row("this course", *(f"{value:.1f}" for value in summary.madrs.values()))
    mood.add_row("untreated", *(f"{value:.1f}" for value in summary.untreated.values()))
    console.print()
    console.print(mood)
    console.print()
