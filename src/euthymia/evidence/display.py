"""How the value of a row is said."""

from .registry import evidence
from .rows import Parameter, Target


def number(value: float | list[float]) -> str:
    """A value or a list of them, in the fewest digits that say it."""
    return ", ".join(f"{entry:g}" for entry in value) if isinstance(value, list) else f"{value:g}"


def unit(row: Parameter | Target) -> str:
    """The unit of an evidence row as a reader knows it; nothing for a pure number."""
    return "" if row.unit == "dimensionless" else row.unit.replace("madrs_point", "points").replace("hamd_point", "HAM-D points")


def remark(row: Parameter | Target) -> str:
    """What a row notes, and which outcome or targets were in view when its value was chosen."""
    seen, targets = (row.outcome_in_view, row.chosen_with) if isinstance(row, Parameter) else (None, None)
    said = seen and f"chosen with {seen} in view", f"chosen with {', '.join(targets)}" if targets else None, row.note
    return "; ".join(part for part in said if part)


def in_use(row: Parameter | Target) -> float | list[float]:
    """The value that the model uses: that of the calibration which ships where it has moved the row."""
    return evidence().calibrated.get(row.id, row.value)


def origin(row: Parameter | Target) -> str:
    """Where the fit began, of a row that the calibration has moved; nothing of any other."""
    return f"calibrated; the fit began at {number(row.value)}" if row.id in evidence().calibrated else ""


def quantity(row: Parameter | Target) -> str:
    """The value in use of an evidence row with its unit, and where the fit began if it was fitted."""
    beside = f" ({origin(row)})" if origin(row) else ""
    return f"{number(in_use(row))} {unit(row)}".rstrip() + beside
