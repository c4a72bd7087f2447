"""Observed against predicted pharmacology: held-out studies, and the published output of a model that is implemented here."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ..core.constants import NG_PER_ML
from ..core.numerics.exponential import Steps
from ..core.types import ENANTIOMERS
from ..core.units import factor
from ..evidence.registry import evidence
from ..model.default import default_model
from ..model.exposure import DrugCourse, drugs
from ..model.parameters import Euthymia
from ..protocols.protocol import Protocol
from ..protocols.reading import check
from ..simulation.dosing import grid_of

TWO_FOLD = 2.0
BARS = {"median error": 0.279, "within two-fold": 0.72}
"""Scores of the closest published model on held-out rows of its own."""
STEPS = ((0.14, 0.0), (0.28, 1.0), (0.57, 2.0))
"""mg/kg over one hour each, and its start in h: the infusion of Kamp et al. 2020 (Br J Anaesth)."""
S = ENANTIOMERS.index("S")


@dataclass(frozen=True)
class ObservedAndPredicted:
    """One observation beside the model's prediction for the same dose and sample."""

    name: str
    quantity: str
    study: str
    role: str
    observed: float
    predicted: float
    unit: str

    @property
    def error(self) -> float:
        """Absolute relative error."""
        return abs(self.predicted / self.observed - 1)

    @property
    def within_two_fold(self) -> bool:
        """Whether the prediction is within a factor of two of the observation."""
        return 1 / TWO_FOLD <= self.predicted / self.observed <= TWO_FOLD


@dataclass(frozen=True)
class PredictionScore:
    """Number of comparisons, their median absolute relative error, and the proportion within two-fold."""

    count: int
    median_error: float
    within_two_fold: float


def of_role(rows: list[ObservedAndPredicted], role: str) -> list[ObservedAndPredicted]:
    """Comparisons of one role."""
    return [row for row in rows if row.role == role]


def score(rows: list[ObservedAndPredicted]) -> PredictionScore:
    """Score of some comparisons."""
    return PredictionScore(len(rows), float(np.median([row.error for row in rows])), float(np.mean([row.within_two_fold for row in rows])))


@dataclass(frozen=True)
class ProtocolExposure:
    """Drug concentrations under one protocol at the nodes of its grid, µM and h."""

    times: np.ndarray
    course: DrugCourse
    model: Euthymia

    def mass(self, values: ArrayLike) -> np.ndarray:
        """µM of ketamine as ng/mL."""
        return NG_PER_ML * float(self.model.molecules.ketamine) * np.asarray(values)[: len(self.times)]

    @property
    def peak(self) -> float:
        """Highest venous ketamine, ng/mL."""
        return float(self.mass(self.course.venous.sum(-1)).max())

    def area(self, until: float = np.inf) -> float:
        """Area under the curve of venous ketamine until a time (h), ng h/mL."""
        inside = self.times <= until
        return float(np.trapezoid(self.mass(self.course.venous.sum(-1))[inside], self.times[inside]))

    def at(self, values: ArrayLike, hours: float) -> float:
        """A series at a time, by linear interpolation between nodes."""
        return float(np.interp(hours, self.times, np.asarray(values)[: len(self.times)]))


@eqx.filter_jit
def _drugs(model: Euthymia, weight, lengths, which, infusion, bolus) -> DrugCourse:
    return drugs(model.physiology, weight, Steps(lengths, which), infusion, bolus)


def protocol_exposure(protocol: Protocol, model: Euthymia) -> ProtocolExposure:
    """Drug concentrations under a protocol, without brain and mood."""
    weight = protocol.patient.weight or float(model.patient.weight)
    grid = grid_of(protocol, model, weight)
    inputs = (jnp.asarray(array) for array in (grid.lengths, grid.length_index, grid.infusion, grid.bolus))
    return ProtocolExposure(grid.times, _drugs(model, jnp.asarray(weight), *inputs), model)


def single_dose(drug: str, amount: str, route: str, horizon: str = "48 h", **more: str) -> Protocol:
    """A protocol of one dose."""
    return _protocol([{"drug": drug, "amount": amount, "route": route} | more], horizon)


def _protocol(doses: list[dict], horizon: str) -> Protocol:
    return check({"name": "given", "title": "given", "doses": doses, "horizon": horizon})


def _clearance_per_weight(model: Euthymia) -> float:
    return float(model.physiology.disposition.clearance) / 60 * 1e3 / float(model.physiology.disposition.reference_weight)


PREDICTED: dict[str, Callable[[Euthymia], float]] = {
    **{
        f"perezruixo2021.peak_{dose}": lambda model, dose=dose: (
            protocol_exposure(single_dose("esketamine", f"{dose} mg", "nasal"), model).peak
        )
        for dose in (28, 56, 84)
    },
    **{
        f"perezruixo2021.area_{dose}": lambda model, dose=dose: protocol_exposure(
            single_dose("esketamine", f"{dose} mg", "nasal"), model
        ).area(24.0)
        for dose in (28, 56, 84)
    },
    "nasal2022.area_iv": lambda model: protocol_exposure(single_dose("ketamine", "10 mg", "i.v. bolus", "14 d"), model).area(),
    **{
        f"nasal2022.peak_{dose}": lambda model, dose=dose: protocol_exposure(single_dose("ketamine", f"{dose} mg", "nasal"), model).peak
        for dose in (10, 30, 50)
    },
    "chong2006.peak_sublingual": lambda model: protocol_exposure(single_dose("ketamine", "25 mg", "sublingual"), model).peak,
    "chong2006.peak_oral": lambda model: protocol_exposure(single_dose("ketamine", "25 mg", "oral"), model).peak,
    "grant1981.peak_oral": lambda model: protocol_exposure(single_dose("ketamine", "0.5 mg/kg", "oral"), model).peak,
    "wang2019.clearance": _clearance_per_weight,
    "henthorn2018.clearance": lambda model: float(model.physiology.disposition.clearance) / 60,
}
"""The model's prediction of each evidence row, in the row's unit."""


def _digitised_course(model: Euthymia) -> list[ObservedAndPredicted]:
    """The digitised course of S-ketamine and S-norketamine in arterial blood. Samples before the infusion are left out."""
    doses = [
        {"drug": "esketamine", "amount": f"{amount} mg/kg", "route": "i.v. infusion", "duration": "1 h", "start": f"{start} h"}
        for amount, start in STEPS
    ]
    exposure = protocol_exposure(_protocol(doses, "24 h"), model)
    series = {"S-ketamine": exposure.course.arterial[:, S], "S-norketamine": exposure.course.norketamine[:, S]}
    text = (files("euthymia.evidence") / "data" / "timecourses.csv").read_text("utf-8")
    rows = []
    for row in csv.DictReader(text.splitlines()):
        hours, observed = float(row["time_h"]), float(row["concentration"]) * factor(row["unit"], "uM")
        if hours > 0 and observed > 0:
            predicted = exposure.at(series[row["analyte"]], hours)
            name = f"{row['source']}.{row['analyte']}.{hours:g}h"
            quantity = f"arterial {row['analyte']} at {hours:g} h"
            rows.append(ObservedAndPredicted(name, quantity, row["source"], "validate", observed, predicted, "uM"))
    return rows


def pharmacology(model: Euthymia | None = None) -> list[ObservedAndPredicted]:
    """Every row of pharmacology that is held out or verifies the implementation, beside the model's prediction."""
    model = default_model() if model is None else model
    rows = []
    for name, predict in PREDICTED.items():
        target = evidence().target(name)
        rows.append(ObservedAndPredicted(name, target.quantity, target.source, target.role, target.value, predict(model), target.unit))
    return rows + _digitised_course(model)
