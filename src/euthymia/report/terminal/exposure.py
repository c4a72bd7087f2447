"""What a body is exposed to: tables for the terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...analysis.exposure_summary import ExposureRow, Quantiles, block_rows, exposure_rows
from ...core.clock import clock
from ...model.parameters import Euthymia
from ...simulation.dosing_intervals import DosingIntervals
from ...simulation.exposure import Exposures
from ..exposure_words import digits, repeats_text, who
from ..words import NONE, percent
from .listing import print_paragraph

OF_REPEATS = {
    "cmax_tau": "Cmax",
    "tmax_tau": "Tmax, h",
    "ctrough": "Ctrough",
    "auctau": "AUCτ",
    "accumulation_ratio": "ratio",
    "accumulation_index": "index",
}
"""Parameters of repeated doses with their headings; a terminal has no room for Tmax beside ranges."""
SHORT = {"hydroxynorketamine": "HNK"}
"""What is called by an abbreviation in a terminal."""


def show_exposures(exposures: Exposures, model: Euthymia, console: Console) -> None:
    """Print Cmax, Tmax, areas and half-life of everything that was there, and what repeated doses accumulate to; of several people,
    medians and 5 to 95 %."""
    rows = [row for row in exposure_rows(exposures, model) if row.is_both]
    single, until = exposures.data.sizes["patient"] == 1, clock(exposures.protocol.horizon)
    console.print()
    console.print(Text(exposures.protocol.title, style="bold"))
    console.print(", ".join((*who(exposures), f"until {until}")))
    console.print()
    if not rows:
        console.print("no drug")
    else:
        columns = {"cmax": "Cmax", "tmax": "Tmax, h", "auclast": f"AUC 0–{until}", "aucinf": "AUC 0–∞", "half_life": "t½, h"}
        console.print(_table(rows, columns, single))
        console.print("[dim]AUC in the unit of Cmax times h; t½ is that of the last exponential.[/dim]", soft_wrap=True)
    for intervals in dict.fromkeys(row.intervals for row in rows if isinstance(row.intervals, DosingIntervals)):
        of_these = [row for row in rows if row.intervals == intervals]
        console.print()
        print_paragraph(console, f"[bold]{repeats_text(intervals)}[/bold]")
        columns = {name: heading for name, heading in OF_REPEATS.items() if single or name != "tmax_tau"}
        console.print(_table(of_these, columns, single))
        after_dose = "Tmax after the dose. " if single else ""
        accumulation = "Accumulation: ratio is AUCτ over that of the first interval, index 1/(1 − exp(−λz τ))."
        console.print(f"[dim]{after_dose}{accumulation}[/dim]", soft_wrap=True)
    if block := block_rows(exposures):
        classes = ", ".join(f"{name} {percent(of['peak'].median)}" for name, of in block.items())
        print_paragraph(console, f"\n[bold]NMDA pore block at peak[/bold]  {classes}")
    console.print()


def _table(rows: Iterable[ExposureRow], columns: dict[str, str], single: bool) -> Table:
    """A row for each analyte and site, a column for each parameter."""
    table = Table(box=None, padding=(0, 2 if single else 1, 0, 0), header_style="bold")
    table.add_column("")
    for heading in columns.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        title = row.title
        for name, short in SHORT.items():
            title = title.replace(name, short)
        table.add_row(f"{title}, {row.unit}", *(_said(row.values.get(name), single) for name in columns))
    return table


def _said(values: Quantiles | None, single: bool) -> str:
    if values is None:
        return NONE
    return digits(values.median) if single else f"{digits(values.median)}\n{digits(values.low)}–{digits(values.high)}"
