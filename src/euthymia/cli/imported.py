"""The command import."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .console import output, show_disclaimer, show_file, show_warnings, stages
from .options import Overwrite

if TYPE_CHECKING:
    from ..exchange.dosed_systems import Concentrations
else:
    Concentrations = Any


def import_(file: Path, *, until: str | None = None, out: Path | None = None, overwrite: Overwrite = False) -> None:
    """Read the pharmacology of an SBML file that `export` wrote, and solve it: concentrations, peaks and areas of every drug in it.

    Parameters
    ----------
    file
        An SBML file; another program may have changed its numbers, drugs and pools. States of the brain in it are not read.
    until
        End of the course with its unit, such as "24 h"; default that of the file.
    out
        Folder for the course as concentrations.csv and concentrations.nc. None is written if left out.
    """
    from ..report.terminal.listing import print_paragraph
    from ..results.run_folder import check_destination

    if out is not None:
        check_destination(out, overwrite)
    with stages("Reading the pharmacology") as at:
        from ..core.runtime import configure

        configure()
        from ..exchange.sbml_reading import read_sbml

        read = read_sbml(file)
        at.say("Solving")
        solved = read.solve(until)
    if out is not None:
        from ..exchange.dosed_systems import csv_and_netcdf
        from ..exchange.sbml_reading import SBML_FILE, text_of_file
        from ..results.manifest import Request
        from ..results.run_folder import write_files

        contents = {**csv_and_netcdf(solved), SBML_FILE: text_of_file(file).encode()}
        write_files(contents, out, overwrite, Request("import", {"until": until}))
    if read.unread:
        show_warnings([f"sbml: {len(read.unread)} states beside the pharmacology are not read, such as {read.unread[0]}"])
    console = output()
    console.print(f"\n[bold]{escape(read.title or read.name)}[/bold]", soft_wrap=True)
    print_paragraph(console, escape(" ".join(read.notes.removeprefix(f"{read.title}. ").split())))
    _show(solved, console)
    if out is not None:
        show_file("Course", out / "concentrations.csv", console)
    show_disclaimer(console)


def _show(solved: Concentrations, console: Console) -> None:
    """Peak, time of peak and area of every concentration that is ever there."""
    from ..report.words import clock

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("µM", "peak", "after", "area × h"):
        table.add_column(column, justify="right" if table.columns else "left", no_wrap=bool(table.columns))
    for name, peak in solved.peak.items():
        if peak > 0:
            numbers = f"{peak.item():.3g}", clock(solved.peak_time[name].item()), f"{solved.area[name].item():.3g}"
            table.add_row(escape(peak.long_name), *numbers)
    console.print()
    console.print(table if table.row_count else "no drug")
    console.print()
