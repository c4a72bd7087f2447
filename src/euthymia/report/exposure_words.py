"""How exposures are said, in the terminal and on the page."""

from ..analysis.exposure_summary import ExposureRow
from ..core.constants import DAY
from ..simulation.dosing_intervals import DosingIntervals
from ..simulation.exposure import Exposures

GRAMS = 1e3
"""In a kg."""
WHOLE = 1e3
"""From here on numbers are said in whole ones."""


def who(exposures: Exposures) -> tuple[str, ...]:
    """Whose exposure it is, in phrases."""
    patient, kilograms, people = exposures.protocol.patient, float(exposures.person.weight), exposures.data.sizes["patient"]
    if patient.species != "human":
        body = f"{patient.species}, {GRAMS * kilograms:.3g} g"
    else:
        body = f"{kilograms:g} kg" if people == 1 else f"median (5 to 95 %) of {people} people, {kilograms:g} kg"
    return body, *patient.particulars()


def digits(number: float) -> str:
    """A number in three digits, or all before the point if those are more."""
    return f"{number:.3g}" if abs(number) < WHOLE else f"{number:.0f}"


def repeats_text(intervals: DosingIntervals) -> str:
    """Which dosing interval is compared with the first."""
    length = f"{intervals.length / DAY:g} d" if intervals.length > DAY else f"{intervals.length:g} h"
    return f"Dosing interval {intervals.number} of {intervals.doses} equal doses, τ = {length}"


def without_repeats(rows: list[ExposureRow]) -> str:
    """Why there is no accumulation, as a sentence; empty where there is one."""
    reasons = dict.fromkeys(row.intervals for row in rows)
    if any(isinstance(reason, DosingIntervals) for reason in reasons):
        return ""
    return f"No accumulation is stated: {', '.join(str(reason) for reason in reasons)}." if reasons else ""
