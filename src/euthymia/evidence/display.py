"""How the value of a row is said."""

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


def quantity(row: Parameter | Target) -> str:
    """The value of an evidence row with its unit."""
    return f"{number(row.value)} {unit(row)}".rstrip()
