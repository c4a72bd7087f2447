"""Commands that fit: calibrate, fit-pk."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape

from .console import errors
from .options import progress_bar, show_report, show_warnings


def calibrate(
    *rows: str,
    patients: int = 256,
    rounds: int = 8,
    sample: Annotated[bool, Parameter(negative=())] = False,
    out: Path = Path("runs/calibration"),
    overwrite: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Fit how patients differ and what context is worth to trials kept for calibration; many minutes of work.

    Parameters
    ----------
    rows
        Published numbers to fit (ids of evidence rows); default all that were read and stand for patients of their own.
    patients
        Virtual patients of the ensemble, 16 to 10000.
    rounds
        Solutions of all brains, 1 to 100, unless the fit settles before.
    sample
        Sample the posterior of what the clinic makes of brains too, by Hamiltonian Monte Carlo.
    out
        Folder for the fitted set and a report.
    overwrite
        Replace the folder if it is an earlier run.
    """
    from ..results.run_folder import check_destination

    check_destination(out, overwrite)
    with errors.status("Loading the model") as status:
        from ..core.runtime import configure

        configure()
        from ..inference.calibration import calibrate as run
        from ..inference.calibration import check_size
        from ..inference.fitted import fitted_set
        from ..inference.posterior import check_sampler
        from ..inference.posterior import sample as draw
        from ..report.pages.calibration import show_calibration, write
        from ..trials.published import calibration_numbers

        calibration_numbers(rows)
        check_size(patients, rounds)
        if sample:
            check_sampler()

        def say(text: str) -> None:
            status.update(f"Calibrating: {text}")

        fit = run(rows, patients, most_rounds=rounds, progress=say)
        found = fitted_set(fit, draw(fit, progress=say) if sample else None)
    write(fit, found, out, overwrite)
    show_warnings(found.warnings)
    console = Console(highlight=False, emoji=False)
    show_calibration(fit, found, console)
    console.print(f"Fitted set: {escape(str(out / 'fitted.yaml'))}", soft_wrap=True)
    show_report(out, console)


def fit_pk(data: Path, *, out: Path = Path("runs/fit-pk"), overwrite: Annotated[bool, Parameter(negative=())] = False) -> None:
    """Estimate how each person handles ketamine from blood samples, with the spread between people as the prior.

    Parameters
    ----------
    data
        Event table (CSV) of doses and concentrations; `euthymia events compartments` lists what its CMT column may say.
    out
        Folder for tables, summary and report.
    overwrite
        Replace the folder if it is an earlier run.
    """
    from ..protocols.nonmem import read_events
    from ..results.run_folder import check_destination

    subjects = read_events(data)
    show_warnings([subjects.note] if subjects.note else [])
    check_destination(out, overwrite)
    with errors.status("Loading the model"):
        from ..core.runtime import configure

        configure()
        from ..inference.pharmacokinetics import check_subjects
        from ..inference.pharmacokinetics import fit as run
        from ..report.pages.pk_fit import write

        check_subjects(subjects)
    with progress_bar("Fitting people, compiled once first", len(subjects)) as progress:
        found = run(subjects, progress=progress)
    write(found, out, overwrite)
    show_warnings(found.warnings)
    show_report(out, Console(highlight=False, emoji=False))
