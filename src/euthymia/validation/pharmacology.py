"""Observed against predicted pharmacology: studies left out of the fit, studies kept aside, and a published model that is coded here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..core.constants import NG_PER_ML
from ..core.numerics.exponential import Steps
from ..evidence.pharmacokinetics import stored_fit
from ..evidence.registry import evidence
from ..inference.disposition_fit import ROLE
from ..inference.disposition_statistics import arm_designs, predicted_numbers
from ..inference.disposition_studies import StudyNumber, arm_subjects
from ..model.default import default_model
from ..model.exposure import DrugCourse, drugs
from ..model.parameters import Euthymia
from ..protocols.reading import check
from ..simulation.dosing import grid_of

TWO_FOLD = 2.0
BARS = {"median error": 0.279, "within two-fold": 0.72}
"""Scores of the closest published model on held-out rows of its own."""
MOLECULES = ("ketamine", "norketamine", "hydroxynorketamine", "dehydronorketamine")
ROUTES = ("vein", "muscle", "skin", "nose", "tongue", "mouth", "rectum")
KEPT_ASIDE, VERIFICATION = "validate", "verification"


@dataclass(frozen=True)
class ObservedAndPredicted:
    """One observation beside the model's prediction for the same dose and sample, in the unit of the observation."""

    name: str
    quantity: str
    molecule: str
    route: str
    study: str
    role: str
    observed: float
    predicted: float
    """Of a study of the fit, by a fit without it; else by the model."""
    unit: str
    is_sample: bool = False
    """Of a time course."""
    prior: float | None = None
    """At the medians of the priors, from which the fit began."""
    fitted: float | None = None
    """With the study in the fit, where it is in it."""

    @property
    def error(self) -> float:
        """Absolute relative error."""
        return abs(self.predicted / self.observed - 1)

    @property
    def within_two_fold(self) -> bool:
        """Whether the prediction is within a factor of two of the observation."""
        return within_two_fold(self.predicted / self.observed)


def within_two_fold(ratio: float) -> bool:
    """Whether a ratio is within a factor of two of one."""
    return bool(1 / TWO_FOLD <= ratio <= TWO_FOLD)


@dataclass(frozen=True)
class PredictionScore:
    """Number of comparisons, their median absolute relative error, the proportion within two-fold, and the geometric mean ratio."""

    count: int
    median_error: float
    within_two_fold: float
    bias: float
    """Predicted over observed."""


def of_role(rows: Iterable[ObservedAndPredicted], *roles: str) -> list[ObservedAndPredicted]:
    """Comparisons of some roles."""
    return [row for row in rows if row.role in roles]


def score(rows: list[ObservedAndPredicted], of: str = "predicted") -> PredictionScore:
    """Score of some comparisons: of what was ``predicted``, of ``prior``, or of what was ``fitted``."""
    ratios = np.array([getattr(row, of) / row.observed for row in rows])
    two_fold = np.mean([within_two_fold(ratio) for ratio in ratios])
    return PredictionScore(len(rows), float(np.median(abs(ratios - 1))), float(two_fold), float(np.exp(np.mean(np.log(ratios)))))


def by_molecule_route_and_study(rows: list[ObservedAndPredicted]) -> dict[tuple[str, str, str], list[ObservedAndPredicted]]:
    """Comparisons in the order of molecules and routes; one of which there is none has an empty list under the study ''."""
    groups: dict[tuple[str, str, str], list[ObservedAndPredicted]] = {}
    for molecule in MOLECULES:
        for route in ROUTES:
            of_both = [row for row in rows if (row.molecule, row.route) == (molecule, route)]
            for row in of_both:
                groups.setdefault((molecule, route, row.study), []).append(row)
            if not of_both:
                groups[molecule, route, ""] = []
    return groups


@eqx.filter_jit
def _drugs(model: Euthymia, weight, lengths, which, infusion, bolus) -> DrugCourse:
    return drugs(model.physiology, weight, Steps(lengths, which), infusion, bolus)


@dataclass(frozen=True)
class Spray:
    """A molecule in venous blood after a spray of esketamine, at the nodes of its grid."""

    times: np.ndarray
    concentration: np.ndarray
    """ng/mL."""

    @property
    def peak(self) -> float:
        """Its highest concentration, ng/mL."""
        return float(self.concentration.max())

    def area(self, until: float) -> float:
        """Area under its curve until a time (h), ng h/mL."""
        inside = self.times <= until
        return float(np.trapezoid(self.concentration[inside], self.times[inside]))


def spray(milligrams: int, model: Euthymia) -> dict[str, Spray]:
    """Esketamine and norketamine after a dose of esketamine from nasal devices, mg."""
    dose = {"drug": "esketamine", "amount": f"{milligrams} mg", "route": "nasal"}
    grid = grid_of(check({"name": "spray", "title": "Spray", "doses": [dose], "horizon": "48 h"}), model, float(model.patient.weight))
    inputs = (jnp.asarray(array) for array in (grid.lengths, grid.length_index, grid.infusion, grid.bolus))
    course, molecules = _drugs(model, model.patient.weight, *inputs), model.molecules
    in_mass = {"ketamine": molecules.ketamine * course.venous, "norketamine": molecules.norketamine * course.norketamine}
    return {name: Spray(grid.times, NG_PER_ML * np.asarray(mass.sum(-1))[: grid.nodes]) for name, mass in in_mass.items()}


SPRAYS = (28, 56, 84)
"""mg."""
LAST_SAMPLE = 24.0
"""Of the published areas, h."""
VERIFIED: dict[str, tuple[str, Callable[[dict[str, Spray]], float], int]] = {
    f"perezruixo2021.{prefix}{kind}_{dose}": (molecule, lambda sprays, molecule=molecule, read=read: read(sprays[molecule]), dose)
    for molecule, prefix in (("ketamine", ""), ("norketamine", "norketamine_"))
    for kind, read in (("peak", lambda one: one.peak), ("area", lambda one: one.area(LAST_SAMPLE)))
    for dose in SPRAYS
}
"""Output of a published model by its row: the molecule, how its code here gives it from a spray, in the row's unit, and the dose (mg)."""


def _verification(model: Euthymia) -> list[ObservedAndPredicted]:
    sprays = {dose: spray(dose, model) for dose in SPRAYS}
    rows = []
    for name, (molecule, predict, dose) in VERIFIED.items():
        row, predicted = evidence().target(name), predict(sprays[dose])
        rows.append(
            ObservedAndPredicted(
                name, row.quantity, molecule, "nose", row.source, row.role, row.value, predicted, row.unit, fitted=predicted
            )
        )
    return rows


def _of_studies(model: Euthymia) -> list[ObservedAndPredicted]:
    subjects, numbers = arm_subjects((ROLE, KEPT_ASIDE), model)
    predicted = np.asarray(eqx.filter_jit(predicted_numbers)(model, model, arm_designs(subjects, model), numbers))
    return [_of_number(number, float(value) * number.per_unit) for number, value in zip(numbers, predicted, strict=True)]


def _of_number(number: StudyNumber, fitted: float) -> ObservedAndPredicted:
    stored = stored_fit()["numbers"][number.name]
    return ObservedAndPredicted(
        number.name,
        number.quantity,
        number.species,
        number.route,
        number.study,
        number.role,
        number.observed * number.per_unit,
        stored["without"] if number.role == ROLE else fitted,
        number.unit,
        is_sample=number.kind == "concentration",
        prior=stored["prior"],
        fitted=fitted,
    )


def pharmacology(model: Euthymia | None = None) -> list[ObservedAndPredicted]:
    """Every published number of pharmacology beside the model's prediction.

    Studies of role ``calibrate`` are predicted by a fit without them, which is stored; those of role ``validate`` and the output of a
    published model (``verification``) by the model.
    """
    model = default_model() if model is None else model
    return _verification(model) + _of_studies(model)
