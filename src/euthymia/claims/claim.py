"""A claim is an object: an observation, a prediction, a tolerance fixed beforehand, and a control that must fail."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from typing import Literal

from ..evidence.registry import evidence
from ..evidence.rows import Target


@dataclass(frozen=True)
class Prediction:
    """The code of a claim; what it says stands in the evidence."""

    predict: Callable[[], float]
    controlled: Callable[[], float]
    """The same with the mechanism removed."""
    observed: Callable[[], str] | None = None
    """The observation in the terms of the prediction, where it is computed from several."""


@dataclass(frozen=True)
class Control:
    """The same prediction with the mechanism removed; it must miss the tolerance."""

    change: str
    """What is different, in a few words."""
    predict: Callable[[], float]


@dataclass(frozen=True)
class Claim:
    """What the model says about one observation, or about itself where there is none to compare with.

    ``standing`` records where the model is known to disagree; a verdict that leaves it, in either direction, is news.
    """

    id: str
    statement: str
    target: str | None
    predict: Callable[[], float]
    tolerance: tuple[float, float]
    control: Control
    standing: Literal["agrees", "disagrees"] = "agrees"
    why: str = ""
    """Why the model disagrees, where it does."""
    observed: str = ""
    """The observation in the terms of the prediction, where the target's own number is in others."""
    chosen: bool = False
    """Parameters were chosen with the claim in view: that it agrees tests nothing."""


@dataclass(frozen=True)
class Verdict:
    """A claim after it was run."""

    claim: Claim
    target: Target | None
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
        """Only a confirmed number of a study that was kept for validation decides."""
        return self.target is not None and self.target.provenance == "read" and self.target.role == "validate"

    @property
    def stands(self) -> bool:
        """The verdict is the recorded one, and the control fails."""
        return self.agrees == (self.claim.standing == "agrees") and self.control_fails

    @property
    def word(self) -> str:
        """A word for a reader; only an independent prediction of a confirmed number is called confirmed."""
        if not self.control_fails:
            return "control passes"
        if not self.agrees:
            return "disagrees"
        if self.claim.chosen:
            return "selected"
        if self.target is None:
            return "holds"
        return "confirmed" if self.gates else "selected" if self.target.role == "selected" else "agrees"


def _inside(value: float, tolerance: tuple[float, float]) -> bool:
    return tolerance[0] <= value <= tolerance[1]


def run(claim: Claim) -> Verdict:
    """Predict, with the mechanism and without."""
    target = None if claim.target is None else evidence().target(claim.target)
    predicted, controlled = claim.predict(), claim.control.predict()
    # A missing number lies outside any tolerance, so that it would pass for a control that fails.
    if isnan(predicted) or isnan(controlled):
        raise ValueError(f"{claim.id} has no number: {predicted}, control {controlled}")
    return Verdict(claim, target, predicted, controlled)
