"""The command line. Every command imports what it needs when it runs, so that help answers at once."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console
from rich.markup import escape

from .. import __version__
from ..core.errors import InputError

WORTH_A_PROCESS = 4000
"""Patients whose solution takes as long as a process takes to begin."""
MOST_PROCESSES = 2
"""Each takes about 0.8 GB, and twice as much while it compiles."""
COMPARED = ("ketamine-iv", "escitalopram", "phenelzine", "saline")
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
    subject: str | None = None,
    out: Path | None = None,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Take one protocol from dose to mood: print a summary and leave a run folder with a report.

    Parameters
    ----------
    protocol
        A built-in protocol (see `euthymia protocols`), a YAML file, or an event table (.csv).
    patient
        `depressed`, `healthy`, or FIELD=VALUE with a field of weight, madrs, stress, age, sex, cyp2b6, liver, individual;
        repeat the option for several.
    weight
        Body weight with its unit, such as "82 kg".
    subject
        ID in an event table that holds several.
    out
        Folder for the results; default runs/NAME.
    overwrite
        Replace the folder if it is an earlier run.
    """
    (chosen,) = _protocols((protocol,), patient, weight, subject)
    folder = out if out is not None else Path("runs") / chosen.name

    from ..results.run_folder import check_destination, write

    check_destination(folder, overwrite)
    console = Console(highlight=False, emoji=False)
    with errors.status("Loading the model") as status:
        from ..core.runtime import configure

        configure()
        from ..analysis.summary import summarise
        from ..report.pages.page import page
        from ..report.terminal.summary import show
        from ..simulation.simulate import simulate as run

        status.update("Solving: body, receptors, circuits, synapses, symptoms; the first time, the model is compiled once")
        simulation = run(chosen)
        summary = summarise(simulation)
        status.update("Drawing the report")
        html = page(simulation, summary)
        status.update(f"Writing {escape(str(folder))}")
        write({"": simulation}, html, folder, overwrite)
    _warn(summary.warnings)
    show(summary, console)
    _finish(folder, console)


@app.command
def compare(
    *arms: str,
    patient: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    weight: str | None = None,
    out: Path = Path("runs/comparison"),
    overwrite: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Put several protocols side by side for one patient: who moves mood, when, and which systems each drug touches.

    Parameters
    ----------
    arms
        Two to eight built-in protocols or YAML files; default ketamine-iv escitalopram phenelzine saline.
    patient
        `depressed`, `healthy`, or FIELD=VALUE with a field of weight, madrs, stress, age, sex, cyp2b6, liver, individual, for every arm;
        repeat the option for several.
    weight
        Body weight with its unit, such as "82 kg".
    out
        Folder for the results.
    overwrite
        Replace the folder if it is an earlier run.
    """
    chosen = _protocols(arms or COMPARED, patient, weight)

    from ..analysis.comparison import check_arms
    from ..results.run_folder import check_destination, write

    check_arms(chosen)
    check_destination(out, overwrite)
    console = Console(highlight=False, emoji=False)
    with errors.status("Loading the model") as status:
        from ..core.runtime import configure

        configure()
        from ..analysis.comparison import compare as run
        from ..report.pages.page import comparison_page
        from ..report.terminal.summary import show_comparison

        def solving(number: int, name: str) -> None:
            once = "; the first time, the model is compiled once" if number == 1 else ""
            status.update(f"Solving {escape(name)} ({number} of {len(chosen)}){once}")

        comparison = run(chosen, before=solving)
        status.update("Drawing the report")
        html = comparison_page(comparison)
        status.update(f"Writing {escape(str(out))}")
        write(comparison.simulations, html, out, overwrite)
    _warn(comparison.warnings)
    show_comparison(comparison, console)
    _finish(out, console)


@app.command
def exposure(
    protocol: str = "ketamine-iv",
    *,
    patient: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    weight: str | None = None,
    subject: str | None = None,
    people: int | None = None,
    out: Path | None = None,
) -> None:
    """From dose to receptor alone: drug in blood and brain of a person, of many people, or of a mouse or rat.

    Parameters
    ----------
    protocol
        A built-in protocol (see `euthymia protocols`), a YAML file, or an event table (.csv).
    patient
        FIELD=VALUE with a field of a patient, such as species=mouse, age=80, sex, cyp2b6, liver, individual; repeat it for several.
    weight
        Body weight with its unit, such as "82 kg".
    subject
        ID in an event table that holds several.
    people
        Draw so many people of this weight, age and so on from the population, and print medians with 5 to 95 %.
    out
        File for the course as CSV; a file that exists is replaced. None is written if left out.
    """
    (chosen,) = _protocols((protocol,), patient, weight, subject)
    with errors.status("Loading the model"):
        from ..core.runtime import configure

        configure()
        from ..model.default import default_model
        from ..report.terminal.exposure import show_exposures, write_course
        from ..simulation.exposure import check_people, exposures

        check_people(chosen, people)
    with _progress("Solving, compiled once first", people or 1) as progress:
        found = exposures(chosen, people, progress=progress)
    if out is not None:
        write_course(found, out)
    _warn(found.warnings)
    console = Console(highlight=False, emoji=False)
    show_exposures(found, default_model(), console)
    if out is not None:
        console.print(f"Course: {escape(str(out))}", soft_wrap=True)
    console.print(f"[dim]{DISCLAIMER}[/dim]")


@app.command
def population(
    protocol: str = "ketamine-iv",
    *,
    people: Annotated[int, Parameter(alias="--patients")] = 200,
    patient: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    weight: str | None = None,
    like: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    fitted: Path | None = None,
    uncalibrated: Annotated[bool, Parameter(negative=())] = False,
    out: Path | None = None,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Draw virtual patients who differ in body, stress, severity, circuits and plasticity, take all through a protocol, and show them.

    Parameters
    ----------
    protocol
        A built-in protocol (see `euthymia protocols`) or a YAML file.
    people
        How many patients, 1 to 100000.
    patient
        FIELD=VALUE with a field of weight, madrs, stress, age, sex, cyp2b6, liver: the middle of the cohort; repeat it for several.
    weight
        Body weight in the middle of the cohort with its unit, such as "82 kg".
    like
        Makes the cohort like the patients of a trial, by madrs (points) or weight (kg) before treatment: "madrs=28..60" leaves out who
        is outside, "madrs=37.4:5.6" weights the others to this mean and SD; repeat it for several.
    fitted
        A calibration (fitted.yaml of `euthymia calibrate`); default the one that ships with this version.
    uncalibrated
        Leave the calibration out: every number is that of `euthymia evidence`.
    out
        Folder for the results; default runs/NAME-population.
    overwrite
        Replace the folder if it is an earlier run.
    """
    (chosen,) = _protocols((protocol,), patient, weight)
    folder = out if out is not None else Path("runs") / f"{chosen.name}-population"

    from ..results.run_folder import check_destination

    check_destination(folder, overwrite)
    with errors.status("Loading the model"):
        from ..core.runtime import configure

        configure()
        from ..inference.fitted import calibrated, read, shipped
        from ..model.default import default_model
        from ..population.cohort import check_patients, check_population, cohort
        from ..population.weighting import wanted
        from ..report.pages.cohort import UNCALIBRATED, show_cohort, write

        check_patients(chosen, people)
        table = [wanted(each) for each in like]
        if uncalibrated and fitted is not None:
            raise InputError("fitted: a calibration is given and left out at once; drop --fitted or --uncalibrated")
        fit = None if uncalibrated else shipped() if fitted is None else read(fitted)
        model = default_model() if fit is None else calibrated(fit)
        check_population(model.population)
    with _progress("Solving patients, compiled once first", people) as progress:
        processes = min(os.cpu_count() or 1, MOST_PROCESSES, max(1, people // WORTH_A_PROCESS))
        found = cohort(chosen, people, model, progress, like=table, processes=processes)
    write(found, model.ratings, {} if fit is None else fit.values, folder, overwrite)
    _warn([UNCALIBRATED] if fit is None else fit.warnings)
    console = Console(highlight=False, emoji=False)
    show_cohort(found, model.ratings, console)
    _finish(folder, console)


@app.command
def protocols() -> None:
    """List the built-in protocols."""
    from rich.table import Table

    from ..protocols import reading

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
    from ..report.terminal.evidence import show_all, show_row

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
        from ..core.runtime import configure

        configure()
        from ..claims.catalogue import verify as run
        from ..report.terminal.verdicts import show_verdicts

        verdicts = run()
    show_verdicts(verdicts, Console(highlight=False, emoji=False))
    if not all(verdict.stands for verdict in verdicts):
        sys.exit(1)


validate = App(name="validate", help="The model beside studies that were held out.")
app.command(validate)


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
        from ..core.files import write_text
        from ..report.figures.validation import observed_and_predicted
        from ..report.terminal.validation import show_validation
        from ..validation.pharmacology import pharmacology as run

        rows = run()
    console = Console(highlight=False, emoji=False)
    show_validation(rows, console)
    if out is not None:
        write_text(out, observed_and_predicted(rows))
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
        from ..core.files import check_file, write_text
        from ..inference.fitted import read, shipped
        from ..inference.prediction import check_draws, predict_held_out
        from ..report.figures.clinic import predicted_numbers
        from ..report.terminal.trials import show_clinic

        check_draws(patients, draws)
        if out is not None:
            check_file(out)
        found = shipped() if fitted is None else read(fitted)
        rows, beside = predict_held_out(found, patients, draws, lambda text: status.update(f"Predicting trials: {text}"))
    _warn(found.warnings)
    console = Console(highlight=False, emoji=False)
    show_clinic(rows, beside, console)
    if out is not None:
        write_text(out, predicted_numbers(rows))
        console.print(f"Figure: {escape(str(out))}", soft_wrap=True)


@app.command
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
        from ..inference.posterior import check_sampler
        from ..inference.posterior import sample as draw
        from ..report.pages.calibration import fitted_set, show_calibration, write
        from ..trials.published import to_fit

        to_fit(rows)
        check_size(patients, rounds)
        if sample:
            check_sampler()

        def say(text: str) -> None:
            status.update(f"Calibrating: {text}")

        fit = run(rows, patients, most_rounds=rounds, progress=say)
        found = fitted_set(fit, draw(fit, progress=say) if sample else None)
    write(fit, found, out, overwrite)
    _warn(found.warnings)
    console = Console(highlight=False, emoji=False)
    show_calibration(fit, found, console)
    console.print(f"Fitted set: {escape(str(out / 'fitted.yaml'))}", soft_wrap=True)
    _finish(out, console)


@app.command
def export(
    protocol: str = "ketamine-iv",
    *,
    patient: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    weight: str | None = None,
    subject: str | None = None,
    slow: Annotated[bool, Parameter(negative=())] = False,
    out: Path | None = None,
) -> None:
    """Write the pharmacology of one protocol and body weight as SBML, for other simulators.

    Parameters
    ----------
    protocol
        A built-in protocol (see `euthymia protocols`), a YAML file, or an event table (.csv).
    patient
        `depressed`, `healthy`, or FIELD=VALUE with a field of weight, madrs, stress, age, sex, cyp2b6, liver, individual;
        repeat the option for several.
    weight
        Body weight with its unit, such as "82 kg".
    subject
        ID in an event table that holds several.
    slow
        With the slow states of the patient's brain, from receptor to spines.
    out
        File to write; default NAME.xml. A file that exists is replaced.
    """
    (chosen,) = _protocols((protocol,), patient, weight, subject)
    path = out if out is not None else Path(f"{chosen.name}.xml")
    with errors.status("Writing the pharmacology"):
        from ..core.runtime import configure

        configure()
        from ..exchange.sbml import write_sbml

        write_sbml(chosen, path, slow=slow)
    Console(highlight=False, emoji=False).print(f"SBML: {escape(str(path))}", soft_wrap=True)


@app.command(name="fit-pk")
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
    _warn([subjects.note] if subjects.note else [])
    check_destination(out, overwrite)
    with errors.status("Loading the model"):
        from ..core.runtime import configure

        configure()
        from ..inference.pharmacokinetics import check_subjects
        from ..inference.pharmacokinetics import fit as run
        from ..report.pages.pk_fit import write

        check_subjects(subjects)
    with _progress("Fitting people, compiled once first", len(subjects)) as progress:
        found = run(subjects, progress=progress)
    write(found, out, overwrite)
    _warn(found.warnings)
    _finish(out, Console(highlight=False, emoji=False))


@app.command
def events(protocol: str, *, weight: str | None = None, out: Path | None = None) -> None:
    """Write the doses of a protocol as an event table in the manner of NONMEM, or list what its compartments mean.

    Parameters
    ----------
    protocol
        A built-in protocol, a YAML file, or `compartments` for the list.
    weight
        Body weight with its unit, such as "82 kg": a table holds mg, so doses per kg need one.
    out
        File to write; default NAME.csv. A file that exists is replaced.
    """
    from ..protocols.nonmem import DOSE_COMPARTMENTS, OBSERVED_COMPARTMENTS, write_events

    console = Console(highlight=False, emoji=False)
    if protocol == "compartments":
        for number, (what, where) in (DOSE_COMPARTMENTS | OBSERVED_COMPARTMENTS).items():
            console.print(f"{number:4d}  {what}, {where}", markup=False)
        return
    (chosen,) = _protocols((protocol,), (), weight)
    path = out if out is not None else Path(f"{chosen.name}.csv")
    write_events([chosen], path)
    console.print(f"Event table: {escape(str(path))}", soft_wrap=True)


surfaces = App(name="surfaces", help="The closures that stand for circuits: build them, or check them against fresh circuits.")
app.command(surfaces)


@surfaces.command
def build(*names: str, out: Path | None = None) -> None:
    """Build surfaces from their circuits and write them where the model finds them; minutes of work on all cores.

    Parameters
    ----------
    names
        Of the surfaces; all if left out.
    out
        Another folder to write to.
    """
    console = Console(highlight=False, emoji=False)
    for recipe, folder in _surfaces(names, out):
        from ..model.closures.build import build as run
        from ..model.closures.build import total
        from ..model.closures.surface_file import write
        from ..report.terminal.surfaces import show_built

        with _progress(f"Building {recipe.name}", total(recipe)) as progress:
            file = run(recipe, progress)
        path = write(file, folder)
        show_built(file, path, console)


@surfaces.command
def check(*names: str) -> None:
    """Compare surfaces with fresh circuits at five points; exit code 1 if one is off by more than 2 % of its range.

    Parameters
    ----------
    names
        Of the surfaces; all if left out.
    """
    console = Console(highlight=False, emoji=False)
    sound = True
    for recipe, _ in _surfaces(names, None):
        from ..model.closures.build import CHECKED, WORST_ERROR
        from ..model.closures.build import check as run
        from ..model.closures.surface_file import load
        from ..report.terminal.surfaces import show_checked

        file = load(recipe.name, recipe.built_from)
        with _progress(f"Checking {recipe.name}", CHECKED) as progress:
            found = run(recipe, file, progress)
        show_checked(recipe, found, console)
        sound = sound and all(each.worst <= WORST_ERROR for each in found)
    if not sound:
        sys.exit(1)


@app.command
def bridge(protocol: str = "ketamine-iv") -> None:
    """Run a protocol by closures and again with fresh circuits at its checkpoints, and print what that changes.

    Parameters
    ----------
    protocol
        A built-in protocol (see `euthymia protocols`) or a YAML file.
    """
    from ..protocols import reading

    chosen = reading.read(protocol)
    with errors.status("Solving by closures") as status:
        from ..core.runtime import configure

        configure()
        from ..report.terminal.surfaces import show_bridged
        from ..simulation.bridged import bridge as run

        found = run(chosen, progress=lambda done, of: status.update(f"Fresh circuits: {done} of {of} checkpoints"))
    show_bridged(found, Console(highlight=False, emoji=False))


def _protocols(names: tuple[str, ...], patient: tuple[str, ...], weight: str | None, subject: str | None = None):
    """Protocols by name or file, for the patient of the command line."""
    from ..protocols import reading

    changes = reading.patient_fields(patient) | ({} if weight is None else {"weight": weight})
    found = [_of_table(name, subject) if name.endswith(".csv") else reading.read(name) for name in names]
    return [reading.change(each, changes) for each in found] if changes else found


def _of_table(path: str, subject: str | None):
    """The protocol of one subject of an event table."""
    from ..core.errors import unknown
    from ..protocols.nonmem import read_events, subject_protocol

    table = read_events(path)
    _warn([table.note] if table.note else [])
    names = [each.name for each in table]
    if subject is None and len(names) > 1:
        raise InputError(f"subject: {path} holds {len(names)} subjects; choose one with --subject, for example --subject {names[0]}")
    if subject is not None and subject not in names:
        raise unknown("subject", subject, names)
    return subject_protocol(table[0 if subject is None else names.index(subject)])


def _warn(warnings: list[str]) -> None:
    for warning in warnings:
        errors.print(f"[yellow]warning[/yellow] {escape(warning)}")


def _finish(folder: Path, console: Console) -> None:
    console.print(f"Report: {escape(str(folder / 'report.html'))}", soft_wrap=True)
    console.print(f"[dim]{DISCLAIMER}[/dim]")


def _surfaces(names: tuple[str, ...], out: Path | None):
    """The recipes asked for, and the folder of each file."""
    from ..core.errors import unknown
    from ..core.runtime import configure

    configure()
    from ..model.closures.surface_file import folder
    from ..model.default import recipes

    known = recipes()
    for name in names:
        if name not in known:
            raise unknown("surface", name, known)
    return [(known[name], folder() if out is None else out) for name in names or known]


@contextmanager
def _progress(text: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error; what it gives is called with the number done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeRemainingColumn(), console=errors) as bar:
        task = bar.add_task(text, total=total)
        yield lambda done: bar.update(task, completed=done)


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
