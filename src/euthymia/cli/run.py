"""Commands that take protocols through the model: simulate, compare, exposure, bridge."""

from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter

from .body import AS_STATED, Body
from .console import output, progress_bar, show_disclaimer, show_report, show_warnings, stages
from .options import (
    AS_SHIPPED,
    NOTHING_BESIDE,
    ONLY_SUBJECT,
    AnyProtocol,
    Beside,
    BeyondEvidence,
    Changes,
    Overwrite,
    PatientFields,
    PatientOfEveryArm,
    ProtocolOrFile,
    Settings,
    SubjectOfTable,
    Weight,
    Whole,
    Words,
)

COMPARED = ("ketamine-iv", "escitalopram", "phenelzine", "saline")


@Parameter(name="*")
@dataclass(frozen=True)
class OtherNumbers:
    """Numbers of the pharmacology that are to differ, and doses that are to be allowed."""

    settings: Settings = ()
    beyond_evidence: BeyondEvidence = False


AS_EVIDENCE_SAYS = OtherNumbers()


def simulate(
    protocol: AnyProtocol = "ketamine-iv",
    *,
    patient: PatientFields = (),
    body: Body = AS_STATED,
    table: SubjectOfTable = ONLY_SUBJECT,
    changes: Changes = AS_SHIPPED,
    beside: Beside = NOTHING_BESIDE,
    out: Path | None = None,
    overwrite: Overwrite = False,
) -> None:
    """Take one protocol from dose to mood: print a summary and leave a run folder with a report.

    Parameters
    ----------
    out
        Folder for the results; default runs/NAME.
    """
    from ..results.run_folder import check_destination
    from .chosen import chosen_protocols

    (chosen,) = chosen_protocols((protocol,), patient, body.weight, table, body.person)
    changes.check()
    folder = out if out is not None else Path("runs") / chosen.name
    check_destination(folder, overwrite)
    if beside.observed is not None:
        from ..results.observed import observed_data

        observed_data(beside.observed)
    with stages() as at:
        from ..api import courses

        run = courses.simulate(
            chosen,
            without=changes.without,
            model=changes.model(),
            observed=beside.observed,
            beyond_evidence=changes.beyond_evidence,
            complete=True,
            circuits=beside.circuits,
            progress=at.say,
        )
        at.say(f"Writing {folder}")
        run.save(folder, overwrite)
    from ..report.terminal.summary import show

    show_warnings(run.summary().warnings)
    console = output()
    show(run.summary(), console)
    show_report(folder, console)


def compare(
    *arms: str,
    patient: PatientOfEveryArm = (),
    weight: Weight = None,
    people: Whole | None = None,
    changes: Changes = AS_SHIPPED,
    out: Path = Path("runs/comparison"),
    overwrite: Overwrite = False,
) -> None:
    """Put several protocols side by side: who moves mood and when in one patient, and who responds and relapses in further trials.

    Parameters
    ----------
    arms
        Two to eight built-in protocols or YAML files; default ketamine-iv escitalopram phenelzine saline.
    people
        Forecast further trials of the arms anew in so many virtual patients, 16 to 10000; minutes of work. Without it, arms that ship
        have the forecast that ships.
    out
        Folder for the results.
    """
    from ..inference.sizes import check_people
    from ..protocols.arms import check_arms
    from ..results.run_folder import check_destination
    from .chosen import chosen_protocols

    chosen = chosen_protocols(arms or COMPARED, patient, weight)
    check_arms(chosen)
    changes.check()
    if people is not None:
        check_people(people)
    check_destination(out, overwrite)
    with stages() as at:
        from ..api import courses
        from ..core.exported_programs import compiled_first

        def solving(number: int, name: str) -> None:
            at.say(f"Solving {name} ({number} of {len(chosen)}){compiled_first('window_of_course')}")

        compared = courses.compare(
            *chosen,
            without=changes.without,
            model=changes.model(),
            beyond_evidence=changes.beyond_evidence,
            people=people,
            progress=solving,
        )
        at.say("Drawing the report")
        compared.save(out, overwrite)
    from ..report.terminal.summary import show_comparison

    show_warnings(compared.warnings)
    console = output()
    show_comparison(compared.comparison, console)
    show_report(out, console)


def exposure(
    protocol: AnyProtocol = "ketamine-iv",
    *,
    patient: Words = (),
    body: Body = AS_STATED,
    table: SubjectOfTable = ONLY_SUBJECT,
    people: Whole | None = None,
    changes: OtherNumbers = AS_EVIDENCE_SAYS,
    out: Path | None = None,
    overwrite: Overwrite = False,
) -> None:
    """From dose to receptor alone: drug in blood and brain of a person, of many people, or of a mouse or rat.

    Prints Cmax, Tmax, areas, half-life and accumulation of everything that is there.

    Parameters
    ----------
    patient
        FIELD=VALUE with a field of a patient, such as species=mouse, age=80, sex, cyp2b6, liver, individual; repeat it for several.
    people
        Draw so many people of this weight, age and so on from the population, 1 to 10000, and print medians with 5 to 95 %.
    out
        Folder for concentrations and noncompartmental parameters as tidy CSV, and a report. None is written if left out.
    """
    from ..results.run_folder import check_destination
    from .chosen import chosen_protocols

    (chosen,) = chosen_protocols((protocol,), patient, body.weight, table, body.person)
    numbers = Changes(settings=changes.settings)
    numbers.check()
    if out is not None:
        check_destination(out, overwrite)
    with stages():
        model = numbers.model()
        from ..api import courses
        from ..core.exported_programs import compiled_first
        from ..report.terminal.exposure import show_exposures
        from ..simulation.exposure import check_people

        check_people(chosen, people)
    with progress_bar(f"Solving{compiled_first('exposed')}", people or 1) as progress:
        run = courses.exposure(chosen, people, model=model, beyond_evidence=changes.beyond_evidence, progress=progress)
    if out is not None:
        with stages(f"Writing {out}"):
            run.save(out, overwrite)
    show_warnings(run.warnings)
    console = output()
    show_exposures(run, model.parameters, console)
    if out is None:
        show_disclaimer(console)
    else:
        show_report(out, console)


def bridge(protocol: ProtocolOrFile = "ketamine-iv") -> None:
    """Run a protocol by closures and again with fresh circuits at its checkpoints, and print what that changes."""
    from .chosen import chosen_protocols

    (chosen,) = chosen_protocols((protocol,))
    with stages("Solving by closures") as at:
        from ..core.runtime import configure

        configure()
        from ..model.default import default_model
        from ..report.terminal.surfaces import show_bridged
        from ..simulation.bridged import bridge as run
        from ..simulation.ceilings import check_ceilings

        check_ceilings(chosen, default_model())
        comparison = run(chosen, progress=lambda done, of: at.say(f"Fresh circuits: {done} of {of} checkpoints"))
    show_bridged(comparison, output())
