"""Commands that take protocols through the model: simulate, compare, exposure, bridge."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape

from .console import DISCLAIMER, errors
from .options import chosen_protocols, progress_bar, show_report, show_warnings

COMPARED = ("ketamine-iv", "escitalopram", "phenelzine", "saline")


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
    (chosen,) = chosen_protocols((protocol,), patient, weight, subject)
    folder = out if out is not None else Path("runs") / chosen.name

    from ..report.pages.save import write
    from ..results.run_folder import check_destination

    check_destination(folder, overwrite)
    console = Console(highlight=False, emoji=False)
    with errors.status("Loading the model") as status:
        from ..core.runtime import configure

        configure()
        from ..analysis.circuits import circuits
        from ..analysis.summary import summarise
        from ..model.default import default_model
        from ..report.pages.page import page
        from ..report.terminal.summary import show
        from ..simulation.simulate import simulate as run

        status.update("Solving: body, receptors, circuits, synapses, symptoms; the first time, the model is compiled once")
        simulation = run(chosen)
        summary = summarise(simulation)
        status.update("Recording from the circuits")
        recorded = circuits(simulation, default_model()) if simulation.protocol.doses else None
        status.update("Drawing the report")
        html = page(simulation, summary, recorded)
        status.update(f"Writing {escape(str(folder))}")
        write({"": simulation}, html, folder, overwrite)
    show_warnings(summary.warnings)
    show(summary, console)
    show_report(folder, console)


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
    chosen = chosen_protocols(arms or COMPARED, patient, weight)

    from ..analysis.comparison import check_arms
    from ..report.pages.save import write
    from ..results.run_folder import check_destination

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
    show_warnings(comparison.warnings)
    show_comparison(comparison, console)
    show_report(out, console)


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
    (chosen,) = chosen_protocols((protocol,), patient, weight, subject)
    with errors.status("Loading the model"):
        from ..core.runtime import configure

        configure()
        from ..model.default import default_model
        from ..report.terminal.exposure import show_exposures, write_course
        from ..simulation.exposure import check_people, exposures

        check_people(chosen, people)
    with progress_bar("Solving, compiled once first", people or 1) as progress:
        found = exposures(chosen, people, progress=progress)
    if out is not None:
        write_course(found, out)
    show_warnings(found.warnings)
    console = Console(highlight=False, emoji=False)
    show_exposures(found, default_model(), console)
    if out is not None:
        console.print(f"Course: {escape(str(out))}", soft_wrap=True)
    console.print(f"[dim]{DISCLAIMER}[/dim]")


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
