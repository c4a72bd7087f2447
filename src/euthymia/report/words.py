"""How numbers are said, in the terminal and on the page."""

from ..evidence.rows import Parameter, Target


def clock(hours: float) -> str:
    """A time a person would say."""
    if hours < 1.5:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 10 else f"{hours:.0f} h" if hours < 36 else f"{hours / 24:.1f} d"


def percent(share: float | None) -> str:
    """A share of one, or a dash where there is none."""
    return "–" if share is None else f"{100 * share:.1f} %"


def points(change: float) -> str:
    """A change in rating points with its sign; no sign on what rounds to nothing."""
    return "0.0" if abs(change) < 0.05 else f"{change:+.1f}".replace("-", "−")


def number(value: float | list[float]) -> str:
    """A value or a list of them, in the fewest digits that say it."""
    return ", ".join(f"{each:g}" for each in value) if isinstance(value, list) else f"{value:g}"


def unit(row: Parameter | Target) -> str:
    """The unit of an evidence row as a reader knows it; nothing for a pure number."""
    return "" if row.unit == "dimensionless" else row.unit.replace("madrs_point", "points")


def quantity(row: Parameter | Target) -> str:
    """The value of an evidence row with its unit."""
    return f"{number(row.value)} {unit(row)}".rstrip()
