"""Commands that hold the model against data: verify, validate."""

import sys
from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.markup import escape

from .console import errors
from .options import show_warnings


def verify() -> None:
    """Check every claim of this version, each with a control in which its mechanism is removed.

    Exit code 1 if a verdict is not the recorded one, or a control passes.
    """
    with errors.status("Running claims and controls"):
        from ..core.runtime import configure

        configure()
        from ..claims.catalogue import verify as run
        from ..report.terminal.verdicts import show_verdicts

        verdicts = run()
    show_verdicts(verdicts, Console(highlight=False, emoji=False))
    if not all(verdict.stands for verdict in verdicts):
        sys.exit(1)


validate = App(name="validate", help="The model beside studies that were held out.")


@validate.command
def pharmacology(*, out: Path | None = None) -> None:
    """Observed and predicted concentrations of every route: held-out studies, and the published output of a model coded here.

    Parameters
    ----------
    out
        File for the figure with the two-fold band, as SVG; a file that exists is replaced. None is drawn if left out.
    """
    with errors.status("Giving every dose"):
        from ..core.runtime import configure

        configure()
        from ..core.files import atomic_write
        from ..report.figures.validation import observed_and_predicted
        from ..report.terminal.validation import show_validation
        from ..validation.pharmacology import pharmacology as run

        rows = run()
    console = Console(highlight=False, emoji=False)
    show_validation(rows, console)
    if out is not None:
        atomic_write(out, observed_and_predicted(rows))
        console.print(f"Figure: {escape(str(out))}", soft_wrap=True)


@validate.command
def clinic(*, fitted: Path | None = None, patients: int = 256, draws: int = 400, out: Path | None = None) -> None:
    """Outcomes of trials that were held out beside predictive intervals, and both beside a meta-analysis; minutes of work.

    Parameters
    ----------
    fitted
        A calibration (fitted.yaml of `euthymia calibrate`); default the one that ships with this version.
    patients
        Virtual patients of the ensemble, 16 to 10000.
    draws
        Draws of trials, 50 to 100000.
    out
        File for the figure, as SVG; a file that exists is replaced. None is drawn if left out.
    """
    with errors.status("Loading the model") as status:
        from ..core.runtime import configure

        configure()
        from ..core.files import atomic_write, check_file
        from ..inference.fitted import read, shipped
        from ..inference.prediction import check_draws
        from ..report.figures.clinic import predicted_numbers
        from ..report.terminal.trials import show_clinic
        from ..validation.trials import predict_held_out

        check_draws(patients, draws)
        if out is not None:
            check_file(out)
        found = shipped() if fitted is None else read(fitted)
        rows, beside = predict_held_out(found, patients, draws, lambda text: status.update(f"Predicting trials: {text}"))
    show_warnings(found.warnings)
    console = Console(highlight=False, emoji=False)
    show_clinic(rows, beside, console)
    if out is not None:
        atomic_write(out, predicted_numbers(rows))
        console.print(f"Figure: {escape(str(out))}", soft_wrap=True)
