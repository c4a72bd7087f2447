"""What hangs on the prefrontal circuit: the claims that hold, and what each way does, over the circuits of the ensemble."""

from functools import cache

from .circuit_ensemble import conditioning
from .computed import of_package
from .robustness import Robustness, inputs_hash

FILE = "over_circuits.yaml"


class OverCircuits(Robustness):
    """Claims of way 1 over the circuits, each of which is a draw, and the relief by each way."""

    members: str
    """Hash of the circuits."""
    relief: dict[str, dict[str, list[float]]]
    """By whether the limbic network and receptors at rest share the circuit's potency or keep their own: points of MADRS at 24 h beyond
    the context, in all and lost without each way; 5, 50 and 95 % of the circuits."""


def members_hash() -> str:
    """Hash of the circuits that ship."""
    return conditioning()["members"]["hash"]


@cache
def shipped_over_circuits() -> OverCircuits | None:
    """What ships with the package; None if it is of other numbers, claims or circuits, or not there."""
    stored = of_package(OverCircuits, FILE, "circuits", inputs_hash())
    return stored if stored is not None and stored.members == members_hash() else None
