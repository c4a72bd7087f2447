"""The steps from evidence to what is shown, in the order in which they run."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from euthymia.evidence import cohort_medians, headline, over_circuits
from euthymia.evidence.pharmacokinetics import priors
from euthymia.evidence.robustness import FILE, inputs_hash
from euthymia.model.closures.surface_file import folder as surfaces_folder

from . import ROOT, SOURCE, inputs, readme, stored
from .inputs import DATA, PACKAGE, code, content
from .pipeline import Hashes, Step, StepFailed

RECORDS = Path(__file__).with_name("records.yaml")
HERE = Path(__file__).parent
FITTED = DATA / "fitted.yaml"
PICTURE = ROOT / "docs" / "five-ways.svg"
FORESTS = (ROOT / "docs" / "trials-left-out.svg", ROOT / "docs" / "trials-kept-aside.svg")
PROTOCOLS = PACKAGE / "protocols" / "builtin"
TRIALS = DATA / "trials.yaml"
STUDIES, SAMPLES = DATA / "pharmacokinetics.yaml", DATA / "timecourses.csv"
PRIORS, DISPOSITION = DATA / "disposition_priors.yaml", DATA / "disposition.yaml"
DISPOSITION_ROWS = DATA / "parameters" / "disposition.yaml"
CIRCUITS, CONDITIONING = DATA / "circuits.csv", DATA / "circuits.yaml"
CIRCUIT_ROWS = DATA / "parameters" / "circuits.yaml"
WITNESSES = ("tests/witnesses/test_sbml.py", "tests/witnesses/test_slow_system.py")
SURFACES = ("habenula", "passage")


def python(*words: str) -> None:
    """Run Python in the checkout, in a process of its own, so that it reads what earlier steps left.

    Raises
    ------
    StepFailed
        If it does.
    """
    returned = subprocess.run([sys.executable, *words], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(SOURCE)}, check=False).returncode
    if returned:
        raise StepFailed(f"rebuild: `python {' '.join(words)}` ended with exit code {returned}; what was done before is kept")


def model(*modules: str, scripts: tuple[Path, ...] = ()) -> Hashes:
    """The inputs of whatever runs the model as it ships."""
    return uncalibrated(*modules, scripts=scripts) | {"calibration": inputs.calibrated()}


def uncalibrated(*modules: str, scripts: tuple[Path, ...] = ()) -> Hashes:
    """The inputs of what runs the model at numbers of its own."""
    return {
        "code": code(*modules, scripts=scripts),
        "parameters": inputs.parameters(),
        "surfaces": content(surfaces_folder()),
        "protocols": content(PROTOCOLS),
        "circuits": content(CIRCUITS),
    }


def surface(name: str) -> Step:
    """The step that builds a surface."""
    return Step(
        f"surface-{name}",
        f"building the surface of {name} from its circuit",
        partial(python, "-m", "euthymia", "surfaces", "build", name),
        lambda: {"code": code("model.closures.build"), "numbers": _recipe_hash(name)},
        lambda: content(surfaces_folder() / f"{name}.json"),
    )


def _recipe_hash(name: str) -> str:
    from euthymia.model.default import recipes

    return recipes()[name].built_from[: inputs.SHORT]


def of_disposition() -> Hashes:
    """The inputs of the fit of the disposition, among them no row that it makes."""
    modules = ("inference.disposition_fit", "inference.disposition_people")
    return {
        "code": code(*modules, scripts=(HERE / "disposition.py",)),
        "parameters": inputs.parameters(without=priors()),
        "priors": content(PRIORS),
        "targets": inputs.targets("calibrate", "validate"),
        "studies": content(STUDIES, SAMPLES),
    }


def of_circuits() -> Hashes:
    """The inputs of the draws of circuits, among them no row that they make."""
    from euthymia.model.circuits import SPLIT_ROWS

    return {
        "code": code("inference.circuit_ensemble", "inference.circuit_summary", scripts=(HERE / "circuits.py",)),
        "parameters": inputs.parameters(without=SPLIT_ROWS),
        "targets": inputs.targets("selected"),
    }


STEPS = (
    *map(surface, SURFACES),
    Step(
        "disposition",
        "fitting the disposition to pharmacokinetic studies, and leaving each out",
        partial(python, "-m", "rebuild.disposition"),
        of_disposition,
        lambda: content(DISPOSITION, DISPOSITION_ROWS),
    ),
    Step(
        "circuits",
        "drawing prefrontal circuits, and keeping those that evidence allows",
        partial(python, "-m", "rebuild.circuits"),
        of_circuits,
        lambda: content(CIRCUITS, CONDITIONING, CIRCUIT_ROWS),
    ),
    Step(
        "fit",
        "fitting to trials kept for calibration, and predicting each from all others",
        partial(python, "-m", "rebuild.fit"),
        lambda: {
            **uncalibrated("inference.fitted", "validation.leave_one_out", "validation.scores", scripts=(HERE / "fit.py",)),
            "targets": inputs.targets("calibrate"),
            "trials": content(TRIALS),
        },
        lambda: content(FITTED, stored.path_of(stored.LEFT_OUT)),
    ),
    Step(
        "witness",
        "writing SBML, and comparing it with an independent simulator",
        partial(python, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", *WITNESSES),
        lambda: model("exchange.sbml", scripts=tuple(ROOT / each for each in WITNESSES)),
        lambda: "",
    ),
    Step(
        "claims",
        "running every claim and its control",
        partial(python, "-m", "rebuild.claims"),
        lambda: {**model("claims.catalogue", scripts=(HERE / "claims.py",)), "targets": inputs.targets()},
        lambda: content(stored.path_of(stored.VERDICTS)),
    ),
    Step(
        "numbers",
        "running every protocol that ships",
        partial(python, "-m", "rebuild.numbers"),
        lambda: {
            **model(
                "simulation.simulate",
                "simulation.exposure",
                "analysis.attribution",
                "validation.pharmacology",
                scripts=(HERE / "numbers.py",),
            ),
            "targets": inputs.targets("calibrate", "validate", "verification"),
            "studies": content(STUDIES, SAMPLES, DISPOSITION),
        },
        lambda: content(stored.path_of(stored.NUMBERS)),
    ),
    Step(
        "trials",
        "predicting the trials that were kept aside",
        partial(python, "-m", "rebuild.trials"),
        lambda: {
            **model("validation.trials", "validation.scores", scripts=(HERE / "trials.py",)),
            "targets": inputs.targets(),
            "fit": content(FITTED),
            "trials": content(TRIALS),
        },
        lambda: content(stored.path_of(stored.TRIALS)),
    ),
    Step(
        "draws",
        "running every claim at models whose free rows are drawn from their ranges",
        partial(python, "-m", "rebuild.draws"),
        lambda: {
            **model("claims.draws", "claims.catalogue", scripts=(HERE / "draws.py",)),
            "ranges and claims": inputs_hash(),
            "targets": inputs.targets(),
        },
        lambda: content(DATA / FILE),
    ),
    Step(
        "over-circuits",
        "running the claims of way 1, and taking ways away, over prefrontal circuits",
        partial(python, "-m", "rebuild.over_circuits"),
        lambda: {
            **model("claims.draws", "claims.catalogue", "analysis.relief_over_circuits", scripts=(HERE / "over_circuits.py",)),
            "ranges and claims": inputs_hash(),
            "targets": inputs.targets(),
        },
        lambda: content(DATA / over_circuits.FILE),
    ),
    Step(
        "medians",
        "taking virtual patients through every protocol that ships",
        partial(python, "-m", "rebuild.medians"),
        lambda: model("population.cohort", "population.summary", "evidence.cohort_medians", scripts=(HERE / "medians.py",)),
        lambda: content(DATA / cohort_medians.FILE),
    ),
    Step(
        "headline",
        "forecasting further trials of every protocol that ships",
        partial(python, "-m", "rebuild.headline"),
        lambda: {
            **model("inference.forecast", "inference.prediction", "evidence.headline", scripts=(HERE / "headline.py",)),
            "targets": inputs.targets(),
            "fit": content(FITTED),
            "trials": content(TRIALS),
        },
        lambda: content(DATA / headline.FILE),
    ),
    Step(
        "picture",
        "drawing README's picture",
        partial(python, "docs/picture.py"),
        lambda: model("analysis.comparison", "protocols.reading", "report.figures.arms", scripts=(ROOT / "docs" / "picture.py",)),
        lambda: content(PICTURE),
    ),
    Step(
        "forest",
        "drawing the forest plots of trials",
        partial(python, "-m", "rebuild.forest"),
        lambda: {
            "code": code("report.figures.trials", "trials.meta_analysis", scripts=(HERE / "forest.py",)),
            "targets": inputs.targets(),
            "trials": content(TRIALS),
            "results": content(*map(stored.path_of, (stored.LEFT_OUT, stored.TRIALS))),
        },
        lambda: content(*FORESTS),
    ),
    Step(
        "readme",
        "writing README's numbers",
        partial(python, "-m", "rebuild.readme"),
        lambda: {
            "code": code("claims.claim", "report.terminal.verdicts", scripts=(HERE / "readme.py", HERE / "stored.py")),
            "evidence": content(DATA / "claims", DATA / "targets", DATA / "parameters"),
            "results": content(
                FITTED,
                DATA / FILE,
                DATA / cohort_medians.FILE,
                *map(stored.path_of, (stored.VERDICTS, stored.NUMBERS, stored.TRIALS, stored.LEFT_OUT)),
            ),
        },
        readme.written_hash,
    ),
)
