"""The command line. Every command imports what it needs when it runs, so that help answers at once."""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console
from rich.markup import escape

from . import __version__
from .core.errors import InputError

DISCLAIMER = "Research and teaching software. It gives no medical advice."
app = App(
    name="euthymia",
    version=__version__,
    help=f"How ketamine relieves depression, from dose to mood: an executable, multiscale model.\n\n{DISCLAIMER}",
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
)
errors = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


@app.command
def simulate(
    protocol: str = "ketamine-iv",
    *,
    patient: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    weight: str | None = None,
    out: Path | None = None,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Take one protocol from dose to mood: print a summary and leave a run folder with a report.

    Parameters
    ----------
    protocol
        A built-in protocol (see `euthymia protocols`) or a YAML file.
    patient
        `depressed`, `healthy`, or FIELD=VALUE with a field of weight, madrs, stress; repeat the option for several.
    weight
        Body weight with its unit, such as "82 kg".
    out
        Folder for the results; default runs/NAME.
    overwrite
        Replace the folder if it is an earlier run.
    """
    from .protocols import reading

    chosen = reading.read(protocol)
    changes = reading.patient_fields(patient) | ({} if weight is None else {"weight": weight})
    chosen = reading.change(chosen, changes) if changes else chosen
    folder = out if out is not None else Path("runs") / chosen.name

    from .report.run_folder import check_destination, write

    check_destination(folder, overwrite)
    console = Console(highlight=False, emoji=False)
    with errors.status("Loading the model") as status:
        from .core.runtime import configure

        configure()
        from .experiments.simulation import simulate as run
        from .report.page import page
        from .report.summary import summarise
        from .report.terminal import show

        status.update("Solving: body, receptors, synapses, symptoms")
        simulation = run(chosen)
        summary = summarise(simulation)
        status.update("Drawing the report")
        html = page(simulation, summary)
        status.update(f"Writing {folder}")
        write(simulation, html, folder, overwrite)
    for warning in summary.warnings:
        errors.print(f"[yellow]warning[/yellow] {escape(warning)}")
    show(summary, console)
    console.print(f"Report: {escape(str(folder / 'report.html'))}", soft_wrap=True)
    console.print(f"[dim]{DISCLAIMER}[/dim]")


@app.command
def protocols() -> None:
    """List the built-in protocols."""
    from rich.table import Table

    from .protocols import reading

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("Name", "What is done", "Source"):
        table.add_column(column)
    for name in reading.builtin_names():
        each = reading.read(name)
        table.add_row(name, each.title, each.source)
    Console(highlight=False, emoji=False).print(table)


@app.command
def evidence(row: str | None = None) -> None:
    """Show where numbers come from.

    Parameters
    ----------
    row
        Id of a parameter or target, or the beginning of several; without it, all are listed.
    """
    from .report.evidence_table import show_all, show_row

    console = Console(highlight=False, emoji=False)
    if row is None:
        show_all(console)
    else:
        show_row(row, console)


@app.command
def verify() -> None:
    """Check every claim of this version, each with a control in which its mechanism is removed.

    Exit code 1 if a verdict is not the recorded one, or a control passes.
    """
    with errors.status("Running claims and controls"):
        from .core.runtime import configure

        configure()
        from .experiments.claims import verify as run
        from .report.verdicts import show_verdicts

        verdicts = run()
    show_verdicts(verdicts, Console(highlight=False, emoji=False))
    if not all(verdict.stands for verdict in verdicts):
        sys.exit(1)


def main() -> None:
    """Entry point: bad input is one line on standard error and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app(exit_on_error=False, print_error=False)
    except (InputError, CycloptsError) as error:
        errors.print(f"[red]error[/red] {escape(' '.join(str(error).split()))}")
        sys.exit(2)
    except BrokenPipeError:
        # The reader of a pipe has gone: there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        errors.print(f"[red]error[/red] {escape(str(error.filename or 'output'))}: {escape(str(error.strerror))}")
        sys.exit(2)
    except KeyboardInterrupt:
        errors.print("stopped; nothing was written")
        sys.exit(130)
