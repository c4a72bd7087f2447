"""Commands that fit: calibrate, fit-pk."""

import sys
from pathlib import Path

from ..inference.sizes import DRAWS_OF_POSTERIOR, PATIENTS
from .console import output, show_file, show_report, show_warnings, stages
from .options import EnsembleSize, Flag, Overwrite, Whole


def calibrate(
    *rows: str,
    patients: EnsembleSize = PATIENTS,
    draws: Whole = DRAWS_OF_POSTERIOR,
    sample: Flag = False,
    out: Path = Path("runs/calibration"),
    overwrite: Overwrite = False,
) -> None:
    """Fit how patients differ and the effect of context to trials kept for calibration; many minutes of work.

    Parameters
    ----------
    rows
        Published numbers to fit (ids of evidence rows); default all that were read and stand for patients of their own.
    draws
        From the proposal of the posterior, 50 to 100,000.
    sample
        Sample the posterior by Hamiltonian Monte Carlo too, beside the draws by importance.
    out
        Folder for the fitted set and a report.
    """
    from ..inference.sizes import check_draws
    from ..results.run_folder import check_destination
    from ..trials.published import calibration_numbers

    check_draws(patients, draws)
    calibration_numbers(rows)
    check_destination(out, overwrite)
    with stages() as at:
        from ..core.runtime import configure

        configure()
        from ..inference.calibration import calibrate as run
        from ..inference.fitted import fitted_set
        from ..inference.posterior import sample as draw
        from ..inference.sampler import check_sampler
        from ..report.pages.calibration import show_calibration, write

        if sample:
            check_sampler()

        def say(text: str) -> None:
            at.update(f"Calibrating: {text}")

        at.say("Calibrating")
        fit = run(rows, patients, draws, progress=say)
        fitted = fitted_set(fit, draw(fit, progress=say) if sample else None)
    write(fit, fitted, out, overwrite)
    show_warnings(fitted.warnings)
    console = output()
    show_calibration(fit, fitted, console)
    show_file("Fitted set", out / "fitted.yaml", console)
    show_report(out, console)


def fit_pk(data: Path, *, out: Path = Path("runs/fit-pk"), overwrite: Overwrite = False) -> None:
    """Estimate how each person handles ketamine from blood samples, with the spread between people as the prior.

    Exit code 1 if the fit failed: people far outside the population, residuals that errors of samples do not explain, a likely wrong unit,
    or a search that did not settle. Results are written all the same and say so.

    Parameters
    ----------
    data
        Event table (CSV) of doses and concentrations; `euthymia events compartments` lists what its CMT column may say.
    out
        Folder for tables, summary and report.
    """
    from ..protocols.nonmem import read_events
    from ..results.run_folder import check_destination

    subjects = read_events(data)
    show_warnings([subjects.note] if subjects.note else [])
    check_destination(out, overwrite)
    with stages() as at:
        from ..core.runtime import configure

        configure()
        from ..inference.pharmacokinetics import check_subjects
        from ..inference.pharmacokinetics import fit as run
        from ..report.pages.pk_fit import write
        from ..report.terminal.pk_fit import show_fit

        check_subjects(subjects)
        fit = run(subjects, progress=at.count("Fitting people, compiled once first", len(subjects)))
    write(fit, out, overwrite)
    show_warnings(fit.warnings)
    console = output()
    show_fit(fit, console)
    show_report(out, console)
    if fit.failed:
        sys.exit(1)
