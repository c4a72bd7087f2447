"""The summary of one course, and several side by side, as text in a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...analysis.attribution import WAYS_THEN_CONTEXT
from ...analysis.comparison import Comparison
from ...analysis.summary import BLOCK_MEASURES, Summary
from ...protocols.vocabulary import KETAMINES, OF_KETAMINE
from ..conclusion import comparison_conclusion, conclusion, fades_in
from ..statements import engagement_of_resting_receptors, release_of_trapped_drug, titled
from ..typical_patient import TYPICAL_AND_MEDIAN, madrs_rows, median_of, median_ratings
from ..words import MOVED, NONE, before, clock, half_by, part_text, percent, points, points_by_half, rating, when
from .headline import show_headline

MOST_LETTERS = 10_000
"""Width of a line that holds any table."""


def _table(*columns: str, left: int = 1) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number >= left else "left", overflow="fold")
    return table


def _print(console: Console, *tables: Table) -> None:
    for table in tables:
        console.print()
        console.print(table)


def _emphasised(text: str) -> Text:
    """Text with what stands between two asterisks in bold."""
    return Text.assemble(*((piece, "bold" if number % 2 else "") for number, piece in enumerate(text.split("**"))))


def _differing(changes: Sequence[str], console: Console) -> None:
    for change in changes:
        console.print(Text(f"This run differs from the model as it ships: {change}"))


def show(summary: Summary, console: Console) -> None:
    """Print the summary of one course."""
    console.print()
    console.print(Text(summary.title, style="bold"))
    console.print(summary.person)
    _differing(summary.changes, console)
    for paragraph in conclusion(summary):
        console.print()
        console.print(_emphasised(paragraph))
    console.print()
    for drug, peak in summary.plasma.items():
        where = "venous plasma" if drug in KETAMINES else "plasma"
        brain = f", free brain at {summary.free_brain.value:.2f} µM after {clock(summary.free_brain.time)}" if drug in KETAMINES else ""
        console.print(f"[bold]{drug}[/bold]  {where} peaks at {peak.value:.0f} ng/mL after {clock(peak.time)}{brain}", soft_wrap=True)
    if not summary.plasma:
        console.print("[bold]no drug[/bold]")
    said = [f"{name} {percent(peak.value)} ({clock(peak.time)})" for name, peak in summary.targets.items() if peak.value > MOVED]
    if said and set(summary.plasma) - set(OF_KETAMINE):
        console.print(f"[bold]at peak[/bold]  {', '.join(said)}", soft_wrap=True)

    if set(summary.plasma) & set(KETAMINES):
        watched = (
            f"{name} +{peak.value:.0f} {unit}" if unit == "mmHg" else f"{percent(peak.value)} {name}"
            for name, (peak, unit) in summary.watched.items()
        )
        console.print(f"[bold]watched[/bold]  {', '.join(watched)}", soft_wrap=True)

    if summary.blocker:
        receptor = _table("NMDA receptor, peak", "bound", "pore block", "drive loss")
        for name, words in summary.receptor.items():
            receptor.add_row(name, *(percent(words[word].value) for word in BLOCK_MEASURES))
        _print(console, receptor)
        for sentence in (release_of_trapped_drug(summary), engagement_of_resting_receptors(summary)):
            if sentence:
                console.print()
                console.print(sentence)

    ways = _table("Way", "its number at peak", "", "when", left=2)
    for way in summary.ways:
        ways.add_row(titled(way.name), way.measure, percent(way.peak.value), when(way))
    moved = _table("Who moved MADRS, points (share)", *next(iter(summary.parts.values())))
    for who, parts in summary.parts.items():
        moved.add_row(titled(who), *map(part_text, parts.values()))
    _print(console, ways, moved)

    if summary.blocker:
        gap = _table("Potency gap", "pore block from sources", "the link reads", "the way needs")
        for way in summary.gaps:
            gap.add_row(way.way, percent(way.sources_give), f"{way.reads} {percent(way.link_reads)}", percent(way.needs))
        _print(console, gap)

    mood = _table("MADRS", *map(before, summary.madrs))
    for name, values in madrs_rows(summary).items():
        mood.add_row(name, *values)
    _print(console, mood)
    if summary.medians:
        console.print()
        console.print(TYPICAL_AND_MEDIAN)
    console.print()


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Print several courses of one patient side by side."""
    console.print()
    console.print(Text(f"Side by side: {', '.join(map(comparison.label, comparison.arms))}", style="bold"))
    console.print(Text(comparison.person))
    _differing(next(iter(comparison.simulations.values())).changes, console)
    console.print()
    console.print(_emphasised(comparison_conclusion(comparison)))
    for arm, sentence in fades_in(comparison).items():
        console.print(_emphasised(f"{comparison.label(arm)}: {sentence[:1].lower()}{sentence[1:]}"))
    names = comparison.checkpoints
    mood, relief = _table("MADRS", *map(before, names)), _table("Fall beyond context", *list(names)[1:])
    for arm in comparison.arms:
        mood.add_row(comparison.label(arm), *map(rating, comparison.madrs(arm).values()))
        relief.add_row(comparison.label(arm), *(points(value) for value in list(comparison.relief(arm).values())[1:]))
    _print(console, mood)
    _show_medians(comparison, console)
    show_headline(comparison, console)
    _print(console, relief)

    moved = _table("Who moved MADRS, points", "", *WAYS_THEN_CONTEXT, left=2)
    for arm in comparison.arms:
        for row, (name, parts) in enumerate(comparison.attribution(arm).items()):
            moved.add_row(comparison.label(arm) if row == 0 else "", f"at {name}", *(points(parts[who]) for who in WAYS_THEN_CONTEXT))
    _print(console, moved)

    fast = _table("Largest change (half of it by)", "MADRS", "beyond context")
    for arm in comparison.arms:
        speed = comparison.speed(arm)
        fast.add_row(comparison.label(arm), points_by_half(speed.madrs), points_by_half(speed.beyond_context))
    _print(console, fast, *_touched(comparison, console))
    console.print()


def _show_medians(comparison: Comparison, console: Console) -> None:
    """Print the medians of many patients, where they are known."""
    for patients in dict.fromkeys(medians.patients for medians in comparison.medians.values()):
        table = _table(f"MADRS, {median_of(patients)}", *map(before, comparison.checkpoints))
        for arm, medians in comparison.medians.items():
            table.add_row(comparison.label(arm), *median_ratings(medians, comparison.checkpoints))
        _print(console, table)
        console.print()
        console.print(TYPICAL_AND_MEDIAN)


def _touched(comparison: Comparison, console: Console) -> list[Table]:
    """The largest rise and fall of every read-out, in tables of as many arms as fit side by side."""
    largest_changes = comparison.largest_changes()

    def table(arms: list[str]) -> Table:
        touched = _table("Largest change (half of it by)", *map(comparison.label, arms))
        for readout, by_arm in largest_changes.items():
            touched.add_row(readout.title, *("\n".join(map(half_by, by_arm[arm])) or NONE for arm in arms))
        return touched

    tables, arms = [], comparison.arms
    while arms:
        fitting = (table(arms[:count]) for count in range(len(arms), 0, -1))
        tables.append(next(wide for wide in fitting if len(wide.columns) == 2 or _width(wide, console) <= console.width))
        arms = arms[len(tables[-1].columns) - 1 :]
    return tables


def _width(table: Table, console: Console) -> int:
    """Of a table of which nothing is wrapped."""
    return console.measure(table, options=console.options.update(width=MOST_LETTERS)).maximum
