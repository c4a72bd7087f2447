"""A fit of people's pharmacokinetics in the terminal: whether it failed, estimates with intervals, shrinkage, and the objective."""

import xarray as xr
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...inference.pharmacokinetics import PharmacokineticFit
from ...inference.pk_failures import residual_sd
from ..words import percent
from .listing import print_paragraph

MOST_SHOWN = 12
"""People whose estimates are shown one by one."""
LARGE = 1000
OF_PARAMETERS, OF_PERSON = 36, 13
"""Columns of text for names of parameters, and for one person."""


def show_fit(fit: PharmacokineticFit, console: Console) -> None:
    """Print why the fit failed, if it did; then what it says of parameters and of people, with 90 % intervals, and how well it fits."""
    people, count = fit.individuals, fit.individuals.sizes["subject"]
    for failure in fit.failures:
        print_paragraph(console, f"[bold red]failed[/bold red] {escape(failure)}")
    censored = int(fit.samples.censored.sum())
    console.print(f"\n{_counted(count, 'person', 'people')}, {_counted(fit.samples.sizes['sample'], 'sample', 'samples')}", end="")
    console.print(f", {censored} of them known by limits alone\n" if censored else "\n")
    console.print(_parameters(fit))
    shown, at_once = min(count, MOST_SHOWN), max(1, (console.width - OF_PARAMETERS) // OF_PERSON)
    for first in range(0, shown, at_once):
        console.print()
        console.print(_people(fit, range(first, min(first + at_once, shown))))
    if count > shown:
        console.print(f"\nand {_counted(count - shown, 'person', 'people')} more in individuals.csv")
    objective, (sd, measured) = f"{fit.objective:.2f}".replace("-", "−"), residual_sd(fit.samples)
    print_paragraph(
        console,
        f"\nEstimates at {people.reference_weight:g} kg, with 90 % intervals. Objective (−2 log likelihood by Laplace, concentrations in "
        f"µM, without n log 2π) {objective}. {f'SD of the weighted residuals {sd:.2f}' if measured else 'No sample was measured'}.\n",
    )


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _rounded(value: xr.DataArray) -> str:
    """Three digits, or the whole number where that has more."""
    number = float(value)
    return f"{number:.3g}" if abs(number) < LARGE else f"{number:.0f}"


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _name(fit: PharmacokineticFit, parameter: str) -> str:
    return f"{parameter.replace('_', ' ')}, {fit.individuals.unit.sel(parameter=parameter).item()}"


def _parameters(fit: PharmacokineticFit) -> Table:
    """A row for each parameter: typical, median of the people, and shrinkage where there are several."""
    several = fit.individuals.sizes["subject"] > 1
    table = _table("typical", *(("median", "shrinkage") if several else ()))
    for name in fit.individuals.parameter.values:
        one = fit.individuals.sel(parameter=name)
        beside = (_rounded(one.estimate.median()), percent(float(fit.shrinkage.sel(parameter=name)))) if several else ()
        table.add_row(_name(fit, name), _rounded(one.typical.median()), *beside)
    return table


def _people(fit: PharmacokineticFit, rows: range) -> Table:
    """A row for each parameter and a column for each of some people: the estimate, and below it the interval."""
    names = (str(fit.individuals.subject.values[row]) for row in rows)
    table = _table(*(escape(name if len(name) < OF_PERSON else f"{name[: OF_PERSON - 2]}…") for name in names))
    for name in fit.individuals.parameter.values:
        of_people = (fit.individuals.sel(parameter=name).isel(subject=row) for row in rows)
        cells = (f"{_rounded(one.estimate)}\n[dim]{_rounded(one.lower)}–{_rounded(one.upper)}[/dim]" for one in of_people)
        table.add_row(_name(fit, name), *cells)
    return table
