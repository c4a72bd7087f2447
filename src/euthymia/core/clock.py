"""Times as a person would say them."""

from .constants import DAY


def clock(hours: float) -> str:
    """A time a person would say."""
    if hours < 1.5:
        return f"{hours * 60:.0f} min"
    return f"{round(hours, 1):g} h" if hours < 10 else f"{hours:.0f} h" if hours < 36 else f"{round(hours / DAY, 1):g} d"
