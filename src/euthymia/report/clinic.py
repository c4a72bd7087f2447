"""Trials that were held out beside what was predicted of them, in the terminal."""

from rich.console import Console
from rich.table import Table

from ..experiments.trials.prediction import Predicted, sign_tests, summarise, unanswered
from .words import clock


def show_clinic(rows: list[Predicted], console: Console) -> None:
    """Print every number with its interval, how the whole did beside a meta-analysis, signs, and what has no answer."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("trial", "number", "observed", "predicted (90 %)", "meta-analysis (90 %)"):
        table.add_column(column, justify="left" if column in ("trial", "number") else "right")
    for row in rows:
        each, other = row.observation, row.baseline
        against = f" against {each.against}" if each.against else ""
        table.add_row(
            row.trial.name,
            f"{each.statistic}, {each.arm}{against}, {clock(each.at)}",
            f"{each.row.value:.3g}",
            f"{row.middle:.3g} ({row.low:.3g} to {row.high:.3g}){'' if row.inside else ' !'}",
            "–" if other is None else f"{other[0]:.3g} to {other[1]:.3g}{'' if row.inside_baseline else ' !'}",
        )
    console.print()
    console.print(table)
    console.print("[dim]Changes and differences in points of MADRS, shares in %, effects in SDs. !: outside the interval.[/dim]")
    found = summarise(rows)
    console.print(f"\nInside 90 % intervals: {found.inside:.0%} of {found.count} numbers.")
    console.print(
        f"Of the {found.compared} that a meta-analysis of the calibration trials can predict too, {found.inside_baseline:.0%} are inside "
        "its intervals.",
        soft_wrap=True,
    )
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("mean interval score, in", "model", "meta-analysis"):
        table.add_column(column, justify="right" if column != "mean interval score, in" else "left")
    for unit, score in found.scores.items():
        table.add_row(unit, f"{score.model:.3g}", f"{score.baseline:.3g}")
    console.print()
    console.print(table)
    console.print("[dim]Smaller is better: the width of an interval, and 20 times what it misses by. Every trial counts once.[/dim]")
    tests = sign_tests(rows)
    console.print()
    for kind in dict.fromkeys(each.kind for each in tests):
        of_kind = [each for each in tests if each.kind == kind]
        wrong = [f"{each.trial} ({each.what})" for each in of_kind if not each.agrees]
        against = f"; the other way: {', '.join(wrong)}" if wrong else ""
        console.print(f"Signs, {kind}: {len(of_kind) - len(wrong)} of {len(of_kind)} as observed{against}", soft_wrap=True)
    without = unanswered("validate")
    console.print(f"\n{len(without)} held-out numbers have no answer here:")
    for reason in dict.fromkeys(why for *_, why in without):
        console.print(f"  {reason}: {', '.join(row for _, row, why in without if why == reason)}", soft_wrap=True)
