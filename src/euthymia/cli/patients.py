"""The command for many virtual patients."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .console import output, progress_bar, show_report, show_warnings, stages
from .options import AS_SHIPPED, Changes, Fitted, Overwrite, ProtocolOrFile, Whole, Words


@Parameter(name="*")
@dataclass(frozen=True)
class Drawn:
    """Whom the patients are like, and how they differ.

    Parameters
    ----------
    like
        Makes the cohort like the patients of a trial, by madrs (points) or weight (kg) before treatment: "madrs=28..60" leaves out who
        is outside, "madrs=37.4:5.6" weights the others to this mean and SD; repeat it for several.
    """

    like: Words = ()
    fitted: Fitted = None


FROM_ANY_TRIAL = Drawn()


def population(
    protocol: ProtocolOrFile = "ketamine-iv",
    *,
    people: Annotated[Whole, Parameter(alias="--patients")] = 200,
    patient: Words = (),
    weight: str | None = None,
    drawn: Drawn = FROM_ANY_TRIAL,
    changes: Changes = AS_SHIPPED,
    out: Path | None = None,
    overwrite: Overwrite = False,
) -> None:
    """Draw virtual patients who differ in body, stress, severity, circuits and plasticity, take all through a protocol, and show them.

    Parameters
    ----------
    people
        How many patients, 1 to 100000.
    patient
        FIELD=VALUE with a field of weight, madrs, stress, age, sex, cyp2b6, liver: the middle of the cohort; repeat it for several.
    weight
        Body weight in the middle of the cohort with its unit, such as "82 kg".
    out
        Folder for the results; default runs/NAME-population.
    """
    from ..api.people import Population
    from ..results.run_folder import check_destination
    from .chosen import chosen_protocols

    (chosen,) = chosen_protocols((protocol,), patient, weight)
    changes.check()
    folder = out if out is not None else Path("runs") / f"{chosen.name}-population"
    check_destination(folder, overwrite)
    people_drawn = Population(drawn.like, drawn.fitted, not changes.uncalibrated)
    with stages():
        model = changes.model()
        people_drawn.check(chosen, people, model, changes.beyond_evidence)
        from ..core.exported_programs import compiled_first
        from ..report.pages.cohort import show_cohort
    with progress_bar(f"Solving patients{compiled_first('patient_outcomes')}", people) as progress:
        run = people_drawn.simulate(
            chosen,
            people,
            without=changes.without,
            model=model,
            beyond_evidence=changes.beyond_evidence,
            processes=0,
            progress=progress,
        )
    run.save(folder, overwrite)
    show_warnings(run.warnings)
    console = output()
    show_cohort(run.cohort, run.typical, run.model.parameters.ratings, console)
    show_report(folder, console)
