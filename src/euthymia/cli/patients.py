"""The command for many virtual patients."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..core.errors import InputError
from .console import errors, output, progress_bar, show_report, show_warnings
from .options import Fitted, Flag, Overwrite, ProtocolOrFile, Words

WORTH_A_PROCESS = 4000
"""Patients whose solution takes as long as a process takes to begin."""
MOST_PROCESSES = 2
"""Each takes about 0.8 GB, and twice as much while it compiles."""


@Parameter(name="*")
@dataclass(frozen=True)
class Calibration:
    """The calibration of a cohort, or none.

    Parameters
    ----------
    uncalibrated
        Leave the calibration out: every number is that of `euthymia evidence`.
    """

    fitted: Fitted = None
    uncalibrated: Flag = False


SHIPPED = Calibration()


def population(
    protocol: ProtocolOrFile = "ketamine-iv",
    *,
    people: Annotated[int, Parameter(alias="--patients")] = 200,
    patient: Words = (),
    weight: str | None = None,
    like: Words = (),
    calibration: Calibration = SHIPPED,
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
    like
        Makes the cohort like the patients of a trial, by madrs (points) or weight (kg) before treatment: "madrs=28..60" leaves out who
        is outside, "madrs=37.4:5.6" weights the others to this mean and SD; repeat it for several.
    out
        Folder for the results; default runs/NAME-population.
    """
    from ..results.run_folder import check_destination
    from .chosen import chosen_protocols

    (chosen,) = chosen_protocols((protocol,), patient, weight)
    folder = out if out is not None else Path("runs") / f"{chosen.name}-population"
    check_destination(folder, overwrite)
    with errors.status("Loading the model"):
        from ..core.runtime import configure

        configure()
        from ..inference.fitted import calibrated, read, shipped
        from ..model.default import default_model
        from ..population.cohort import check_patients, cohort
        from ..population.patients import check_population
        from ..population.weighting import baseline_target
        from ..report.pages.cohort import UNCALIBRATED, show_cohort, write

        check_patients(chosen, people)
        targets = [baseline_target(words) for words in like]
        if calibration.uncalibrated and calibration.fitted is not None:
            raise InputError("fitted: a calibration is given and left out at once; drop --fitted or --uncalibrated")
        fit = None if calibration.uncalibrated else shipped() if calibration.fitted is None else read(calibration.fitted)
        model = default_model() if fit is None else calibrated(fit)
        check_population(model.population)
    with progress_bar("Solving patients, compiled once first", people) as progress:
        processes = min(os.cpu_count() or 1, MOST_PROCESSES, max(1, people // WORTH_A_PROCESS))
        simulated = cohort(chosen, people, model, progress, like=targets, processes=processes)
    write(simulated, model.ratings, {} if fit is None else fit.values, folder, overwrite)
    show_warnings([UNCALIBRATED] if fit is None else fit.warnings)
    console = output()
    show_cohort(simulated, model.ratings, console)
    show_report(folder, console)
