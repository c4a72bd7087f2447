"""Commands that fit: calibrate, fit-pk."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import InputError
from ..inference.sizes import DRAWS_OF_POSTERIOR, PATIENTS
from .console import output, show_file, show_report, show_warnings, stages
from .options import AS_TABLE_SAYS, EnsembleSize, Flag, Overwrite, Table, Whole

if TYPE_CHECKING:
    from ..inference.pharmacokinetics import PharmacokineticFit
    from ..protocols.subjects import Subject, Subjects
    from .progress import Stages
else:
    PharmacokineticFit = Stages = Subject = Subjects = Any


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
    write(fit, fitted, out, overwrite, {"rows": list(rows), "patients": patients, "draws": draws, "sample": sample})
    show_warnings(fitted.warnings)
    console = output()
    show_calibration(fit, fitted, console)
    show_file("Fitted set", out / "fitted.yaml", console)
    show_report(out, console)


def fit_pk(
    data: Path,
    *,
    table: Table = AS_TABLE_SAYS,
    population: Flag = False,
    petab: Path | None = None,
    out: Path = Path("runs/fit-pk"),
    overwrite: Overwrite = False,
) -> None:
    """Estimate how each person handles ketamine from blood samples, with the spread between people as the prior.

    Exit code 1 if the fit failed: people far outside the population, residuals that errors of samples do not explain, a likely wrong unit,
    or a search that did not settle. Results are written all the same and say so.

    Parameters
    ----------
    data
        Event table (CSV) of doses (mg) and concentrations (ng/mL) over time (h); `euthymia events columns` lists its columns and their
        units, `euthymia events --example` writes one to begin from.
    population
        Estimate the population too, from at least six people: typical values, variances and residual error; minutes of work.
    petab
        Folder for the fit as a PEtab problem, for other programs.
    out
        Folder for tables, summary and report.
    """
    subjects = _read(data, table, out, petab, overwrite)
    with stages() as at:
        from ..core.runtime import configure

        configure()
        from ..exchange.nonmem_output import output_table
        from ..inference.pharmacokinetics import check_subjects
        from ..inference.pharmacokinetics import fit as run
        from ..protocols.nonmem import EVENTS_FILE, content_of
        from ..report.pages.pk_fit import write

        try:
            check_subjects(subjects)
        except InputError as error:
            raise InputError(f"events: {data}, {error}") from None
        estimate = _population(subjects, at) if population else None
        fit = run(subjects, progress=at.count("Fitting people, compiled once first", len(subjects)))
        at.say(f"Writing {out}")
        beside = {"table.csv": output_table(fit.individuals, fit.samples, subjects).encode(), EVENTS_FILE: content_of(data)}
        write(fit, out, overwrite, beside, estimate, {"table": table.stated(), "population": population})
        if petab is not None:
            from ..exchange.petab import write_petab

            show_warnings(write_petab(fit.individuals, subjects, petab, overwrite))
    _show(fit, estimate)
    if petab is not None:
        show_file("PEtab problem", petab, output())
    show_report(out, output())
    if fit.failed:
        sys.exit(1)


def _read(data: Path, table: Table, out: Path, petab: Path | None, overwrite: bool) -> Subjects:
    """The people of a table, after what would stop the command once the fit is done."""
    from ..protocols.nonmem import read_events
    from ..results.run_folder import check_destination

    subjects = read_events(data, table.layout())
    show_warnings([subjects.note] if subjects.note else [])
    check_destination(out, overwrite)
    if petab is not None:
        from ..exchange.sbml_document import library

        library()
        check_destination(petab, overwrite, "petab")
    return subjects


def _show(fit: PharmacokineticFit, population: dict[str, Any] | None) -> None:
    """Print the people, and the population if it was estimated."""
    from ..report.terminal.pk_fit import show_fit
    from ..report.terminal.population_pk import show_population

    show_warnings(fit.warnings)
    show_fit(fit, output())
    if population is not None:
        show_warnings(population["warnings"])
        show_population(population, output())


def _population(subjects: list[Subject], at: Stages) -> dict[str, Any]:
    """Estimates of the population in a few numbers."""
    from ..inference.population_pk import fit_population
    from ..inference.population_summary import population_summary

    at.say("Estimating the population")
    return population_summary(fit_population(subjects, progress=lambda text: at.update(f"Estimating the population: {text}")))
