"""Commands that take protocols through the model: simulate, compare, exposure, bridge."""

from dataclasses import replace
from pathlib import Path

from rich.markup import escape

from .console import errors, output, progress_bar, show_disclaimer, show_file, show_report, show_warnings
from .options import AnyProtocol, Overwrite, PatientFields, PatientOfEveryArm, ProtocolOrFile, SubjectID, Weight, Words

COMPARED = ("ketamine-iv", "escitalopram", "phenelzine", "saline")


def simulate(
    protocol: AnyProtocol = "ketamine-iv",
    *,
    patient: PatientFields = (),
    weight: Weight = None,
    subject: SubjectID = None,
    out: Path | None = None,
    overwrite: Overwrite = False,
) -> None:
    """Take one protocol from dose to mood: print a summary and leave a run folder with a report.

    Parameters
    ----------
    out
        Folder for the results; default runs/NAME.
    """
    from .chosen import chosen_protocols

    (chosen,) = chosen_protocols((protocol,), patient, weight, subject)
    folder = out if out is not None else Path("runs") / chosen.name

    from ..report.pages.save import write
    from ..results.run_folder import check_destination

    check_destination(folder, overwrite)
    console = output()
    with errors.status("Loading the model") as status:
        from ..core.runtime import configure

        configure()
        from ..analysis.circuits import circuits
        from ..analysis.summary import summarise
        from ..model.default import default_model
        from ..report.pages.page import page
        from ..report.terminal.summary import show
        from ..simulation.interventions import ARMS
        from ..simulation.simulate import simulate as run

        status.update("Solving: body, receptors, circuits, synapses, symptoms; the first time, the model is compiled once")
        simulation = run(chosen, arms=tuple(ARMS), coalitions=True)
        summary = summarise(simulation)
        status.update("Recording from the circuits")
        if simulation.protocol.doses:
            simulation = replace(simulation, circuits=circuits(simulation, default_model()))
        status.update("Drawing the report")
        html = page(simulation, summary)
        status.update(f"Writing {escape(str(folder))}")
        write({"": simulation}, html, folder, overwrite)
    show_warnings(summary.warnings)
    show(summary, console)
    show_report(folder, console)


def compare(
    *arms: str,
    patient: PatientOfEveryArm = (),
    weight: Weight = None,
    out: Path = Path("runs/comparison"),
    overwrite: Overwrite = False,
) -> None:
    """Put several protocols side by side for one patient: who moves mood, when, and which systems each drug touches.

    Parameters
    ----------
    arms
        Two to eight built-in protocols or YAML files; default ketamine-iv escitalopram phenelzine saline.
    out
        Folder for the results.
    """
    from .chosen import chosen_protocols

    chosen = chosen_protocols(arms or COMPARED, patient, weight)

    from ..analysis.comparison import check_arms
    from ..report.pages.save import write
    from ..results.run_folder import check_destination

    check_arms(chosen)
    check_destination(out, overwrite)
    console = output()
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
    protocol: AnyProtocol = "ketamine-iv",
    *,
    patient: Words = (),
    weight: Weight = None,
    subject: SubjectID = None,
    people: int | None = None,
    out: Path | None = None,
) -> None:
    """From dose to receptor alone: drug in blood and brain of a person, of many people, or of a mouse or rat.

    Parameters
    ----------
    patient
        FIELD=VALUE with a field of a patient, such as species=mouse, age=80, sex, cyp2b6, liver, individual; repeat it for several.
    people
        Draw so many people of this weight, age and so on from the population, and print medians with 5 to 95 %.
    out
        File for the course as CSV; a file that exists is replaced. None is written if left out.
    """
    from .chosen import chosen_protocols

    (chosen,) = chosen_protocols((protocol,), patient, weight, subject)
    with errors.status("Loading the model"):
        from ..core.runtime import configure

        configure()
        from ..model.default import default_model
        from ..report.terminal.exposure import show_exposures, write_course
        from ..simulation.exposure import check_people, exposures

        check_people(chosen, people)
    with progress_bar("Solving, compiled once first", people or 1) as progress:
        results = exposures(chosen, people, progress=progress)
    if out is not None:
        write_course(results, out)
    show_warnings(results.warnings)
    console = output()
    show_exposures(results, default_model(), console)
    if out is not None:
        show_file("Course", out, console)
    show_disclaimer(console)


def bridge(protocol: ProtocolOrFile = "ketamine-iv") -> None:
    """Run a protocol by closures and again with fresh circuits at its checkpoints, and print what that changes."""
    from ..protocols import reading

    chosen = reading.read(protocol)
    with errors.status("Solving by closures") as status:
        from ..core.runtime import configure

        configure()
        from ..report.terminal.surfaces import show_bridged
        from ..simulation.bridged import bridge as run

        comparison = run(chosen, progress=lambda done, of: status.update(f"Fresh circuits: {done} of {of} checkpoints"))
    show_bridged(comparison, output())
