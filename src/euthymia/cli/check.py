"""Commands that hold the model against data: verify, validate."""

import sys
from pathlib import Path

from cyclopts import App

from ..inference.sizes import DRAWS_OF_PREDICTION, PATIENTS
from .console import output, show_file, show_warnings, stages
from .options import EnsembleSize, Fitted, Flag, Whole


def verify(*, freedom: Flag = False, draws: Whole = 0, out: Path | None = None) -> None:
    """Check every claim of this version, each with a control in which its mechanism is removed.

    Exit code 1 if a verdict is not the recorded one, or a control passes.

    Parameters
    ----------
    freedom
        Run nothing; show the rows that were free for the course of mood, what each was chosen with, and the claims about that.
    draws
        Run the claims also at so many models whose free rows are drawn from their ranges, 1 to 10000; a quarter of a minute each.
    out
        File for these draws; one that holds draws of the same numbers is continued.
    """
    from ..evidence.robustness import shipped

    if freedom:
        from ..report.terminal.freedom import show_freedom

        show_freedom(output())
        return
    robustness = None if draws else shipped()
    if draws or out:
        from ..evidence.robustness import begin

        robustness = begin(draws, out)
    with stages() as at:
        from ..api import studies

        at.say("Running claims and controls")
        verdicts = studies.verify()
        if draws and robustness is not None:
            at.say("Drawing rows")
            robustness = studies.draw_claims(robustness, draws, out, lambda text: at.update(f"Drawing rows: {text}"))
        from ..evidence.over_circuits import shipped_over_circuits
        from ..report.terminal.verdicts import show_verdicts
    show_verdicts(verdicts, output(), robustness, shipped_over_circuits())
    if not all(verdict.stands for verdict in verdicts):
        sys.exit(1)


validate = App(name="validate", help="The model beside studies that it has not seen.")


@validate.command
def pharmacology(*, out: Path | None = None) -> None:
    """Observed and predicted concentrations by molecule, route and study: each study of the fit of the disposition as a fit without it
    predicts it, studies kept aside, and the published output of a model coded here.

    Parameters
    ----------
    out
        File for the figure with the two-fold band, as SVG; a file that exists is replaced. None is drawn if left out.
    """
    from ..core.files import atomic_write, check_file

    if out is not None:
        check_file(out)
    with stages() as at:
        from ..api import studies

        at.say("Giving every dose")
        rows = studies.validate("pharmacology")
        from ..report.figures.validation import observed_and_predicted
        from ..report.terminal.validation import show_validation
    console = output()
    show_validation(rows, console)
    if out is not None:
        atomic_write(out, observed_and_predicted(rows))
        show_file("Figure", out, console)


@validate.command
def clinic(
    *, fitted: Fitted = None, patients: EnsembleSize = PATIENTS, draws: Whole = DRAWS_OF_PREDICTION, out: Path | None = None
) -> None:
    """Outcomes of trials that were held out beside predictive intervals, and both beside a meta-analysis; minutes of work.

    Parameters
    ----------
    draws
        Draws of trials, 50 to 100000.
    out
        File for the figure, as SVG; a file that exists is replaced. None is drawn if left out.
    """
    from ..core.files import atomic_write, check_file
    from ..inference.sizes import check_draws

    check_draws(patients, draws)
    if out is not None:
        check_file(out)
    with stages() as at:
        from ..core.runtime import configure

        configure()
        from ..inference.fitted import read, shipped
        from ..report.figures.trials import predicted_numbers
        from ..report.terminal.trials import show_clinic
        from ..validation.trials import predict_held_out

        fitted_set = shipped() if fitted is None else read(fitted)
        at.say("Predicting trials")
        held_out = predict_held_out(fitted_set, patients, draws, lambda text: at.update(f"Predicting trials: {text}"))
    show_warnings(fitted_set.warnings)
    console = output()
    show_clinic(held_out, console)
    if out is not None:
        atomic_write(out, predicted_numbers(held_out.rows))
        show_file("Figure", out, console)
