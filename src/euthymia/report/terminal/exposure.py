"""What a body is exposed to: a table for the terminal, and the course for other programs."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...analysis.exposure_table import LEAST, Quantiles, course_columns, exposure_rows
from ...core.files import atomic_write
from ...model.parameters import Euthymia
from ...results.csv_table import csv_text
from ...simulation.exposure import Exposures
from ..words import clock, percent
from .listing import print_paragraph


def show_exposures(exposures: Exposures, model: Euthymia, console: Console) -> None:
    """Print peak, time of peak and area under the curve of everything that was there; of several people, medians and 5 to 95 %."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    for column in ("peak", "after", "area × h"):
        table.add_column(column, justify="right", no_wrap=True)
    single = exposures.data.sizes["patient"] == 1
    for row in exposure_rows(exposures, model):
        table.add_row(f"{row.title}, {row.unit}", _said(row.peak, single), clock(row.time), _said(row.area, single))
    block = exposures.peak.pore_block
    console.print()
    console.print(Text(exposures.protocol.title, style="bold"))
    console.print(", ".join((_who(exposures), *exposures.protocol.patient.particulars(), f"until {clock(exposures.protocol.horizon)}")))
    console.print()
    console.print(table if table.row_count else "no drug")
    if float(block.max()) > LEAST:
        classes = ", ".join(f"{name} {percent(float(block.sel(cell_class=name).median()))}" for name in block.cell_class.values)
        print_paragraph(console, f"\n[bold]NMDA pore block at peak[/bold]  {classes}")
    console.print()


def write_course(exposures: Exposures, path: Path) -> None:
    """Write the course as CSV, µM over h, whole or not at all; of several people, their quantiles. Raises ``InputError``.

    A bolus has two rows: a second before it, and right after it.
    """
    columns = {"time [h]": exposures.data.time.values} | dict(course_columns(exposures.data))
    atomic_write(path, csv_text(columns))


def _who(exposures: Exposures) -> str:
    kilograms, people = float(exposures.person.weight), exposures.data.sizes["patient"]
    if exposures.protocol.patient.species != "human":
        return f"{exposures.protocol.patient.species}, {1e3 * kilograms:.3g} g"
    return f"{kilograms:g} kg" if people == 1 else f"median (5 to 95 %) of {people} people, {kilograms:g} kg"


def _said(values: Quantiles, single: bool) -> str:
    return f"{values.median:.3g}" if single else f"{values.median:.3g} ({values.low:.3g}–{values.high:.3g})"
