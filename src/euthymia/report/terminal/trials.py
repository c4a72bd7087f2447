"""Trials that were held out beside what was predicted of them, in the terminal."""

from rich.console import Console
from rich.table import Table

from ...inference.prediction import PosteriorPrediction
from ...validation.scores import UNITS, contrasts, sign_tests, summarise, unanswered
from ...validation.significance import Significance
from ...validation.trials import HeldOut
from ..words import clock, number_of
from .listing import print_hanging, print_paragraph

SIGNS = {
    "dose": "between doses",
    "control": "drug over control",
    "masking": "drug over control where patients were masked",
    "population": "drug over control in hospital",
    "treatment": "of one over the other, in others",
}


def _line(row: PosteriorPrediction) -> tuple[str, str, str, str]:
    observation, pooled = row.observation, row.meta_analysis
    digits = 2 if observation.statistic in UNITS["SDs"] else 0

    def said(value: float) -> str:
        return f"{value:.{digits}f}"

    return (
        number_of(observation),
        f"{observation.observed:.3g}",
        f"{said(row.median)} ({said(row.low)} to {said(row.high)}){'  ' if row.inside else ' !'}",
        "–" if pooled is None else f"{said(pooled[0])} to {said(pooled[1])}{'  ' if row.inside_meta_analysis else ' !'}",
    )


def show_clinic(held_out: HeldOut, console: Console) -> None:
    """Print every number with its interval, how the whole did beside a meta-analysis, signs, tests, and what has no answer."""
    rows, beside, compared = held_out
    for trial in dict.fromkeys(row.trial.name for row in rows):
        table = Table(box=None, padding=(0, 2, 0, 0), title=trial, title_justify="left", title_style="bold", show_header=True)
        for column, width in (("", 24), ("observed", 8), ("predicted, 90 %", 21), ("meta-analysis", 14)):
            table.add_column(column, justify="right" if column else "left", min_width=width, header_style="dim")
        for row in (row for row in rows if row.trial.name == trial):
            table.add_row(*_line(row))
        console.print()
        console.print(table)
    console.print("[dim]Changes and differences in points of MADRS, shares in %, effects in SDs. !: outside the interval.[/dim]")
    total = summarise(rows)
    console.print(f"\nInside 90 % intervals: {total.inside:.0%} of {total.count} numbers.")
    print_paragraph(
        console,
        f"Of the {total.compared} that a meta-analysis of the calibration trials can predict too, {total.inside_meta_analysis:.0%} are "
        "inside its intervals.",
    )
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("mean interval score, in", "model", "meta-analysis"):
        table.add_column(column, justify="right" if column != "mean interval score, in" else "left")
    for unit, score in total.scores.items():
        table.add_row(unit, f"{score.model:.3g}", f"{score.meta_analysis:.3g}")
    console.print()
    console.print(table)
    console.print("[dim]Smaller is better: the width of an interval, and 20 times what it misses by. Every trial counts once.[/dim]")
    tests = sign_tests(rows)
    console.print()
    for kind in dict.fromkeys(test.kind for test in tests):
        of_kind = [test for test in tests if test.kind == kind]
        wrong = [test.what for test in of_kind if not test.agrees]
        against = f"; the other way: {', '.join(wrong)}" if wrong else ""
        print_paragraph(console, f"Sign of a difference, {SIGNS[kind]}: {len(of_kind) - len(wrong)} of {len(of_kind)} as observed{against}")
    console.print("\nIn points of MADRS, by how much less a drug did in one trial or arm than in another:")
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=True)
    for column in ("", "observed", "predicted, 90 %"):
        table.add_column(column, justify="right" if column else "left", header_style="dim")
    for contrast in contrasts(rows + beside):
        predicted = f"{contrast.predicted:.1f} ({contrast.low:.0f} to {contrast.high:.0f})"
        table.add_row(contrast.what, f"{contrast.observed:.1f}", f"{predicted}{'  ' if contrast.agrees else ' !'}")
    console.print(table)
    console.print("[dim]!: the other way round.[/dim]")
    _show_comparisons(compared, console)
    without = unanswered("validate")
    console.print(f"\n{len(without)} held-out numbers have no answer here:")
    for reason in dict.fromkeys(why for *_, why in without):
        print_hanging(console, "  ", f"{reason}: {', '.join(row for _, row, why in without if why == reason)}")


def _show_comparisons(compared: list[Significance], console: Console) -> None:
    """How probable a significant difference is in a trial of each size, with the difference."""
    console.print("\nDrugs against controls in a further trial of each size, points of MADRS:")
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=True)
    for column in ("", "at", "predicted, 90 %", "significant in"):
        table.add_column(column, justify="right" if column else "left", header_style="dim")
    for (trial, arms, control, at), probability, low, median, high in compared:
        what = f"{trial}: {' and '.join(arms)} against {control}"
        table.add_row(what, clock(at), f"{median:.1f} ({low:.0f} to {high:.0f})", f"{probability:.0%}")
    console.print(table)
