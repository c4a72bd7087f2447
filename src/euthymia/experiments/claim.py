"""A claim is an object: an observation, a prediction, a tolerance fixed beforehand, and a control that must fail."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..evidence.registry import evidence
from ..evidence.rows import Target


@dataclass(frozen=True)
class Control:
    """The same prediction with the mechanism removed; it must miss the tolerance."""

    removed: str
    predict: Callable[[], float]


@dataclass(frozen=True)
class Claim:
    """What the model says about one observation.

    ``standing`` records where the model is known to disagree; a verdict that leaves it, in either direction, is news.
    """

    id: str
    statement: str
    target: str
    predict: Callable[[], float]
    tolerance: tuple[float, float]
    control: Control
    standing: Literal["agrees", "disagrees"] = "agrees"
    why: str = ""
    """Why the model disagrees, where it does."""
    observed: str = ""
    """The observation in the terms of the prediction, where the target's own number is in others."""


@dataclass(frozen=True)
class Verdict:
    """A claim after it was run."""

    claim: Claim
    target: Target
    predicted: float
    controlled: float

    @property
    def agrees(self) -> bool:
        """The prediction lies inside the tolerance."""
        return _inside(self.predicted, self.claim.tolerance)

    @property
    def control_fails(self) -> bool:
        """With the mechanism removed the prediction lies outside."""
        return not _inside(self.controlled, self.claim.tolerance)

    @property
    def gates(self) -> bool:
        """Only a confirmed number that was not used to choose parameters may decide."""
        return self.target.provenance == "read" and self.target.role in {"validate", "calibrate"}

    @property
    def stands(self) -> bool:
        """The verdict is the recorded one, and the control fails."""
        return self.agrees == (self.claim.standing == "agrees") and self.control_fails

    @property
    def word(self) -> str:
        """One word for a reader; what was selected to agree is never called a passed prediction."""
        if not self.control_fails:
            return "control passes"
        if not self.agrees:
            return "disagrees"
        return "selected" if self.target.role == "selected" else "agrees" if self.gates else "agrees, not gating"


def _inside(value: float, tolerance: tuple[float, float]) -> bool:
    return tolerance[0] <= value <= tolerance[1]


def run(claim: Claim) -> Verdict:
    """Predict, with the mechanism and without."""
    return Verdict(claim, evidence().target(claim.target), claim.predict(), claim.control.predict())
