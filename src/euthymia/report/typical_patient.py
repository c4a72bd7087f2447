"""The typical patient and the median of many patients, one beside the other."""

from collections.abc import Iterable

from ..analysis.anaesthesia import checkpoint_ratings
from ..analysis.cohort_medians import PatientMedians
from ..analysis.summary import Summary
from ..simulation.simulate import Simulation
from .words import NONE, before, rating

TYPICAL_AND_MEDIAN = (
    "The typical patient has the middle value of every number by which patients differ. The median of patients need not be the same: "
    "many numbers differ at once, and mood does not answer to them in proportion."
)


def ratings_of(typical: Simulation) -> dict[str, float | None]:
    """MADRS of the typical patient at the visits."""
    return {before(name): value for name, value in checkpoint_ratings(typical).items()}


def median_of(patients: int) -> str:
    """What a row of medians is called."""
    return f"median of {patients} patients"


def median_ratings(of_patients: PatientMedians, checkpoints: Iterable[str]) -> list[str]:
    """Median MADRS at the checkpoints, in words."""
    at_checkpoints = map(of_patients.madrs.get, checkpoints)
    return [rating(None if at is None else at.median) for at in at_checkpoints]


def madrs_rows(summary: Summary) -> dict[str, list[str]]:
    """Rows of MADRS at the checkpoints, in words: a course, the median of many patients where that is known, and what else there is."""
    courses = {"this course": summary.madrs, "context alone": summary.context, "untreated": summary.untreated}
    rows = {name: list(map(rating, values.values())) for name, values in courses.items()}
    return {"this course": rows["this course"], **_of_circuits(summary), **_of_patients(summary.medians, summary.madrs), **rows}


def _of_circuits(summary: Summary) -> dict[str, list[str]]:
    """5 to 95 % over prefrontal circuits; nothing where they were not asked for."""
    over = summary.circuit_interval
    if over is None:
        return {}
    spread = [NONE if summary.madrs[name] is None else f"{low:.1f}–{high:.1f}" for name, (low, _, high) in over.madrs.items()]
    return {f"over {over.name}": spread}


def _of_patients(of_patients: PatientMedians | None, checkpoints: Iterable[str]) -> dict[str, list[str]]:
    if of_patients is None:
        return {}
    at_checkpoints = [of_patients.madrs.get(name) for name in checkpoints]
    spread = [NONE if at is None else f"{at.low:.0f}–{at.high:.0f}" for at in at_checkpoints]
    return {median_of(of_patients.patients): median_ratings(of_patients, checkpoints), "5 to 95 % of them": spread}
