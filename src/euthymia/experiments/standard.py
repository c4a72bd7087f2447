"""The standard course that claims are made about."""

from functools import cache

from ..protocols.reading import DEFAULT, check, read, written
from .simulation import Simulation, simulate


@cache
def standard(context: str | None = None, stress: float | None = None) -> Simulation:
    """The default protocol, in another context or at another stress if these are given."""
    data = written(read(DEFAULT))
    if context is not None:
        data["context"] = context
    if stress is not None:
        data["patient"] = data["patient"] | {"stress": stress}
    return simulate(check(data))
