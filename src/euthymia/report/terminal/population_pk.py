"""A population estimate in the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from ..words import NONE, percent

DIGITS = 3
RESIDUAL_WORDS = {"proportional_error": "residual SD, proportional", "additive_error": "residual SD, additive"}


def show_population(summary: Mapping[str, Any], console: Console) -> None:
    """Print a summary of :func:`.population_summary.population_summary`: estimates beside the evidence's, then how far to trust them."""
    people, samples = summary["people"], summary["samples"]
    console.print(f"\n[bold]Population of {people} people, {samples} samples[/bold] ({summary['method']})\n", highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(("", "estimate", "RSE", "90 % interval", "evidence", "CV", "shrinkage")):
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    for name, trait in summary["traits"].items():
        table.add_row(f"{name}, {trait['unit']}", *_cells(trait["typical"]), "", "")
    for name, trait in summary["traits"].items():
        table.add_row(f"ω² of {name}", *_cells(trait["variance"]), percent(trait["cv"]), percent(trait["shrinkage"]))
    for name, term in summary["residual"].items():
        shrinkage = percent(summary["error_shrinkage"]) if name == "proportional_error" else ""
        table.add_row(f"{RESIDUAL_WORDS[name]}{_in_unit(term['unit'])}", *_cells(term), "", shrinkage)
    console.print(table)
    console.print()
    console.print(
        f"Objective {summary['objective']:.3f} (−2 log L without n log 2π), AIC with it {summary['aic']:.1f}; {_trust(summary)}.",
        highlight=False,
        soft_wrap=True,
    )
    if summary["held"]:
        console.print(f"Held as in the evidence: {', '.join(summary['held'])}.", highlight=False, soft_wrap=True)


def _trust(summary: Mapping[str, Any]) -> str:
    state = "converged" if summary["converged"] else "not converged"
    gradient, condition = (_figure(summary[key]) for key in ("largest_gradient", "condition_number"))
    return f"{state}, largest gradient {gradient}, condition number {condition}, {summary['evaluations']} evaluations"


def _cells(estimate: Mapping[str, float | None]) -> tuple[str, str, str, str]:
    low, high = _figure(estimate["lower"]), _figure(estimate["upper"])
    interval = NONE if estimate["lower"] is None else f"{low} to {high}"
    return _figure(estimate["estimate"]), percent(estimate["relative_se"]), interval, _figure(estimate["evidence"])


def _figure(value: float | None) -> str:
    return NONE if value is None else f"{value:.{DIGITS}g}"


def _in_unit(unit: str) -> str:
    return "" if unit == "dimensionless" else f", {unit.replace('uM', 'µM')}"
