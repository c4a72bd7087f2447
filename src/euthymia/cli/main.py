"""The command line. Every command imports what it needs when it runs, so that help answers at once."""

import os
import sys
from io import TextIOWrapper

from cyclopts import App, CycloptsError
from rich.markup import escape

from .. import __version__
from ..core.errors import InputError, printable
from . import check, circuits, files, fit, imported, patients, rerun, run, surfaces, warm_up
from .console import DISCLAIMER, errors

app = App(
    name="euthymia",
    version=__version__,
    help=f"How ketamine relieves depression, from dose to mood: an executable, multiscale model.\n\n{DISCLAIMER}",
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
)
for command in (
    run.simulate,
    run.compare,
    run.exposure,
    run.bridge,
    patients.population,
    fit.calibrate,
    fit.fit_pk,
    rerun.check,
    check.verify,
    check.validate,
    circuits.circuits,
    files.protocols,
    files.evidence,
    files.export,
    imported.import_,
    files.events,
    surfaces.surfaces,
    warm_up.warm_up,
):
    app.command(command)


def main() -> None:
    """Run the command in `sys.argv`: bad input is one line on standard error and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app(exit_on_error=False, print_error=False)
    except (InputError, CycloptsError) as error:
        errors.print(f"[red]error[/red] {escape(printable(' '.join(str(error).split())))}")
        sys.exit(2)
    except BrokenPipeError:
        # The reader of a pipe has gone: there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        errors.print(f"[red]error[/red] {escape(printable(str(error.filename or 'output')))}: {escape(str(error.strerror))}")
        sys.exit(2)
    except KeyboardInterrupt:
        errors.print("interrupted")
        sys.exit(130)
