"""Observed against predicted pharmacology: held-out studies, and the published output of a model that is coded here."""

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
"""What the closest peer reached on held-out rows."""
STEPS = ((0.14, 0.0), (0.28, 1.0), (0.57, 2.0))
"""mg/kg over one hour each, and its start in h: the infusion of Kamp et al. 2020 (Br J Anaesth)."""
S = ENANTIOMERS.index("S")


@dataclass(frozen=True)
class Compared:
    """One observation beside what the model gives for the same dose and sample."""

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
        """Whether neither is more than twice the other."""
        return 1 / TWO_FOLD <= self.predicted / self.observed <= TWO_FOLD


@dataclass(frozen=True)
class Score:
    """How many, their median absolute relative error, and the share within two-fold."""

    count: int
    median_error: float
    within_two_fold: float


def of_role(rows: list[Compared], role: str) -> list[Compared]:
    """Rows of one role."""
    return [row for row in rows if row.role == role]


def score(rows: list[Compared]) -> Score:
    """Of any rows."""
    return Score(len(rows), float(np.median([row.error for row in rows])), float(np.mean([row.within_two_fold for row in rows])))


@dataclass(frozen=True)
class CovariateEffects:
    """The drugs of one protocol at the nodes of its grid, µM and h."""

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
        """Exposure of venous plasma to ketamine until a time (h), ng h/mL."""
        inside = self.times <= until
        return float(np.trapezoid(self.mass(self.course.venous.sum(-1))[inside], self.times[inside]))

    def at(self, values: ArrayLike, hours: float) -> float:
        """A series at a time, by straight lines between nodes."""
        return float(np.interp(hours, self.times, np.asarray(values)[: len(self.times)]))


@eqx.filter_jit
def _drugs(model: Euthymia, weight, lengths, which, infusion, bolus) -> DrugCourse:
    return drugs(model.physiology, weight, Steps(lengths, which), infusion, bolus)


def body(protocol: Protocol, model: Euthymia) -> CovariateEffects:
    """Pharmacology alone of a protocol."""
    weight = protocol.patient.weight or float(model.patient.weight)
    grid = grid_of(protocol, model, weight)
    inputs = (jnp.asarray(each) for each in (grid.lengths, grid.length_index, grid.infusion, grid.bolus))
    return CovariateEffects(grid.times, _drugs(model, jnp.asarray(weight), *inputs), model)


def given(drug: str, amount: str, route: str, horizon: str = "48 h", **more: str) -> Protocol:
    """One dose."""
    return _protocol([{"drug": drug, "amount": amount, "route": route} | more], horizon)


def _protocol(doses: list[dict], horizon: str) -> Protocol:
    return check({"name": "given", "title": "given", "doses": doses, "horizon": horizon})


def _clearance_per_weight(model: Euthymia) -> float:
    return float(model.physiology.disposition.clearance) / 60 * 1e3 / float(model.physiology.disposition.reference_weight)


PREDICTED: dict[str, Callable[[Euthymia], float]] = {
    **{
        f"perezruixo2021.peak_{dose}": lambda model, dose=dose: body(given("esketamine", f"{dose} mg", "nasal"), model).peak
        for dose in (28, 56, 84)
    },
    **{
        f"perezruixo2021.area_{dose}": lambda model, dose=dose: body(given("esketamine", f"{dose} mg", "nasal"), model).area(24.0)
        for dose in (28, 56, 84)
    },
    "nasal2022.area_iv": lambda model: body(given("ketamine", "10 mg", "i.v. bolus", "14 d"), model).area(),
    **{
        f"nasal2022.peak_{dose}": lambda model, dose=dose: body(given("ketamine", f"{dose} mg", "nasal"), model).peak
        for dose in (10, 30, 50)
    },
    "chong2006.peak_sublingual": lambda model: body(given("ketamine", "25 mg", "sublingual"), model).peak,
    "chong2006.peak_oral": lambda model: body(given("ketamine", "25 mg", "oral"), model).peak,
    "grant1981.peak_oral": lambda model: body(given("ketamine", "0.5 mg/kg", "oral"), model).peak,
    "wang2019.clearance": _clearance_per_weight,
    "henthorn2018.clearance": lambda model: float(model.physiology.disposition.clearance) / 60,
}
"""The model's answer to each row, in the row's unit."""


def _courses(model: Euthymia) -> list[Compared]:
    """The digitised course of S-ketamine and S-norketamine in arterial blood. Before the infusion nothing can be compared."""
    doses = [
        {"drug": "esketamine", "amount": f"{amount} mg/kg", "route": "i.v. infusion", "duration": "1 h", "start": f"{start} h"}
        for amount, start in STEPS
    ]
    found = body(_protocol(doses, "24 h"), model)
    series = {"S-ketamine": found.course.arterial[:, S], "S-norketamine": found.course.norketamine[:, S]}
    text = (files("euthymia.evidence") / "data" / "timecourses.csv").read_text("utf-8")
    rows = []
    for row in csv.DictReader(text.splitlines()):
        hours, observed = float(row["time_h"]), float(row["concentration"]) * factor(row["unit"], "uM")
        if hours > 0 and observed > 0:
            predicted = found.at(series[row["analyte"]], hours)
            name = f"{row['source']}.{row['analyte']}.{hours:g}h"
            rows.append(Compared(name, f"arterial {row['analyte']} at {hours:g} h", row["source"], "validate", observed, predicted, "uM"))
    return rows


def pharmacology(model: Euthymia | None = None) -> list[Compared]:
    """Every row of pharmacology that is held out or verifies coding, beside the model's answer."""
    model = default_model() if model is None else model
    found = []
    for name, predict in PREDICTED.items():
        target = evidence().target(name)
        found.append(Compared(name, target.quantity, target.source, target.role, target.value, predict(model), target.unit))
    return found + _courses(model)
