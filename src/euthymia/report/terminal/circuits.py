"""What conditioning made of the priors of prefrontal circuits, as tables."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from scipy.stats import kstwo

from ...evidence.over_circuits import OverCircuits
from ..words import SHORT_CLASS, number_of_cells, percent

IDENTIFIED = 0.1
"""Distance of the distributions before and after (Kolmogorov–Smirnov) from which on evidence says something of a number."""
BY_CHANCE = 0.01
"""Probability of a larger distance, if evidence said nothing."""
NUMBERS = {"nmda_share": "recurrent share", "tonic_share": "background share", "drive_ic50": "half loss, µM"}
RESULTS = {
    **{name: f"{name} cells, change" for name in ("pyramidal", "parvalbumin", "somatostatin", "vip")},
    "glutamine": "labelled glutamine, mean rise",
    "gamma": "gamma power, over before",
}
CONTROLS = {
    "largest_rise_where_interneurons_keep_their_drive": "largest change of the pyramidal rate where interneurons keep their drive",
    "least_change_at_10_uM_where_pyramidal_cells_keep_theirs": "least change at 10 µM where pyramidal cells keep theirs",
    "share_with_response_reversal": "circuits that reverse as published, which cannot choose between splits",
    "share_with_unstable_high_baseline": "circuits whose high baseline is unstable",
}
POTENCIES = {"shared": "one potency in pyramidal cells", "own": "limbic network and receptors at rest keep the typical one"}
NOTES = (
    "Drawn alike from uniform priors (of a potency, in its logarithm) and kept where every condition is met: each circuit counts the "
    "same. By the others: share that meets a condition among the circuits that meet all others.",
    "Shares are the NMDA parts of the excitation that pyramidal cells send to a class, and of its background; half loss is the "
    "concentration of ketamine that halves its NMDA drive in vivo.",
    "Changes are at the end of the standard infusion. A share stays between 0 and 1, however wide its prior.",
)


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    return table


def _span(quantiles: list[float], digits: int = 2) -> str:
    low, median, high = (f"{value:.{digits}g}" for value in quantiles)
    return f"{median} ({low}–{high})"


def _in_percent(quantiles: list[float]) -> str:
    low, median, high = (f"{100 * value:+.1f}".replace("-", "−") for value in quantiles)
    return f"{median} % ({low} to {high})"


def show_conditioning(summary: Mapping[str, Any], console: Console) -> None:
    """Print conditions, numbers, results, variants and controls."""
    console.print(f"\n[bold]{summary['draws']} circuits drawn[/bold] (seed {summary['seed']}), {summary['accepted']} left")
    conditions = _table("Condition", "alone", "with those before", "by the others")
    for name, condition in summary["conditions"].items():
        conditions.add_row(name, *(percent(condition[which]) for which in ("alone", "with_those_before", "by_the_others")))
    console.print(conditions)
    rising = summary["rising"]
    console.print(
        f"\nPyramidal cells fire more at the end of the standard infusion in {percent(rising['before'])} of circuits before evidence, in "
        f"{percent(rising['after_slice'])} after the two observations in slice. Labelled glutamine, which rises, asks for the rest. "
        f"{carriers(summary)}"
    )
    identified = max(IDENTIFIED, float(kstwo.isf(BY_CHANCE, summary["accepted"])))
    numbers = _table("Number of a class", "before", "after", "distance")
    for name, of_number in summary["numbers"].items():
        number, _, cells = name.partition(" ")
        said = f"{of_number['distance']:.2f}" if of_number["distance"] >= identified else "not identified"
        numbers.add_row(f"{SHORT_CLASS.get(cells, cells)}: {NUMBERS[number]}", _span(of_number["before"]), _span(of_number["after"]), said)
    results = _table("At the end of the standard infusion", "median (5 to 95 %)")
    for name, meaning in RESULTS.items():
        quantiles = summary["results"][name]
        results.add_row(meaning, _span(quantiles, 3) if name == "gamma" else _in_percent(quantiles))
    variants = _table("Variant", "left", "rising", "pyramidal cells, change")
    for name, variant in summary["variants"].items():
        before, after = variant["rising"]
        if not variant["accepted"]:
            variants.add_row(name, "none", f"{100 * before:.0f} %", "")
            continue
        variants.add_row(name, str(variant["accepted"]), f"{100 * before:.0f} → {100 * after:.0f} %", _in_percent(variant["pyramidal"]))
    controls = _table("Control", "")
    for name, meaning in CONTROLS.items():
        controls.add_row(meaning, percent(summary["controls"][name]))
    for table in (numbers, results, variants, controls):
        console.print()
        console.print(table)
    console.print(f"\nSD of the median rise of 100 circuits: {summary['error_of_median']:.4f}.")
    for note in NOTES:
        console.print(f"\n{note}")


def carriers(summary: Mapping[str, Any]) -> str:
    """What decides the sign, and how far."""
    (first, alone), (second, together) = summary["carriers"].items()
    return (
        f"What decides is above all {number_of_cells(first)}: where it is what evidence leaves, {percent(alone)} rise; where "
        f"{number_of_cells(second)} is so too, {percent(together)}."
    )


def show_relief(over: OverCircuits | None, console: Console) -> None:
    """Print what each way does to mood over the circuits."""
    if over is None:
        return
    relief = _table("Points of MADRS at 24 h", *POTENCIES.values())
    for name in over.relief["shared"]:
        title = "beyond the context, in all" if name == "all ways" else f"lost without {name}"
        relief.add_row(title, *(_span(over.relief[potency][name]) for potency in POTENCIES))
    console.print()
    console.print(relief)
