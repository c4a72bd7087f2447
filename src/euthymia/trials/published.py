"""What was done in trials, to whom, and which number of theirs is which statistic of an arm."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from ruamel.yaml import YAML

from ..core.errors import InputError, unknown
from ..core.units import quantity
from ..evidence.registry import evidence
from ..evidence.rows import Number, Provenance, Record, Target
from ..protocols.protocol import Protocol
from ..protocols.reading import check
from ..protocols.vocabulary import Context

Statistic = Literal[
    "change",
    "score",
    "difference",
    "effect",
    "benefit",
    "response",
    "response difference",
    "response odds ratio",
    "remission",
    "HAM-D change",
    "HAM-D difference",
]
"""Of one arm, or of two: differences are active minus control; effects are in SDs, a benefit is an effect that counts up."""
Compares = Literal["dose", "control", "masking", "population"]
"""What a difference tests."""
BETWEEN_ARMS = ("difference", "effect", "benefit", "response difference", "response odds ratio", "HAM-D difference")
Hours = Annotated[float, BeforeValidator(lambda text: quantity("at", text, "time")[0])]


class Baseline(Record):
    """MADRS of an arm before treatment, points."""

    mean: Number = Field(gt=0, lt=60)
    sd: Number = Field(gt=0)
    provenance: Provenance


class TrialArm(Record):
    """What patients take, at whose visits, and in what context; ``told`` knows the drug, ``asleep`` cannot feel it."""

    takes: str | None = None
    visits: str | None = None
    context: Context
    told: bool = False
    asleep: bool = False
    n: int | None = None
    baseline: Baseline | None = None

    @property
    def attends(self) -> str:
        """The regimen whose visits the arm has."""
        return self.visits or self.takes or ""


class TrialOutcome(Record):
    """One published number: a statistic of an arm, or of an arm against another, so long after the first visit (h)."""

    target: str
    arm: str
    against: str | None = None
    at: Hours
    statistic: Statistic
    n: int | None = None
    repeats: str | None = None
    """Which other numbers rest on the same patients; such a number is compared with but not fitted."""
    compares: Compares | None = None

    @property
    def row(self) -> Target:
        """The number itself."""
        return evidence().target(self.target)


class Trial(Record):
    """Arms and numbers of one trial or review, and why the model has no answer to the rest of its numbers."""

    name: str
    baseline: Baseline | None = None
    arms: dict[str, TrialArm]
    observations: tuple[TrialOutcome, ...]
    unanswered: dict[str, str] = {}

    def baseline_of(self, arm: str) -> Baseline | None:
        """Of an arm; the trial's where the arm has none of its own."""
        return self.arms[arm].baseline or self.baseline

    @property
    def role(self) -> str:
        """``calibrate`` or ``validate``: the same for all of a trial's numbers."""
        roles = {evidence().target(name).role for name in [*(each.target for each in self.observations), *self.unanswered]}
        if len(roles) != 1:
            raise ValueError(f"{self.name}: numbers with the roles {sorted(roles)}; a trial has one")
        return roles.pop()


class Contrast(Record):
    """A difference in one trial or arm against the same difference in another.

    Each is the row of a difference, or those of an arm and of its control.
    """

    compares: Compares
    what: str
    first: tuple[str] | tuple[str, str]
    second: tuple[str] | tuple[str, str]


class Trials(Record):
    """All of them, and the regimens in the language of protocols."""

    regimens: dict[str, dict]
    trials: tuple[Trial, ...]
    contrasts: tuple[Contrast, ...] = ()

    def protocol(self, regimen: str) -> Protocol:
        """A regimen as a protocol of the typical patient."""
        return check({"name": regimen.replace(" ", "-"), "title": regimen, **self.regimens[regimen]})

    def observed(self, role: str) -> Iterator[tuple[Trial, TrialOutcome]]:
        """Numbers of a role, each with its trial."""
        for trial in self.trials:
            if trial.role == role:
                yield from ((trial, each) for each in trial.observations)

    def contrasted(self) -> Iterator[tuple[Trial, TrialOutcome]]:
        """Numbers of role ``calibrate`` that a contrast needs."""
        named = {row for each in self.contrasts for row in (*each.first, *each.second)}
        yield from ((trial, each) for trial, each in self.observed("calibrate") if each.target in named)


@cache
def trials() -> Trials:
    """The trials that ship with the package."""
    text = (files("euthymia.evidence") / "data" / "trials.yaml").read_text("utf-8")
    found = Trials.model_validate(YAML(typ="safe", pure=True).load(text))
    for trial in found.trials:
        _check(trial, found)
    offered = {each.target for trial in found.trials for each in trial.observations}
    for contrast in found.contrasts:
        for row in {*contrast.first, *contrast.second} - offered:
            raise unknown(f"{contrast.what}: row", row, sorted(offered))
    return found


def _check(trial: Trial, found: Trials) -> None:
    for arm in trial.arms.values():
        for regimen in (arm.takes, arm.visits):
            if regimen is not None and regimen not in found.regimens:
                raise unknown(f"{trial.name}: regimen", regimen, found.regimens)
    for each in trial.observations:
        if (each.against is not None) != (each.statistic in BETWEEN_ARMS):
            raise ValueError(f"{each.target}: {each.statistic} is of {'two arms' if each.statistic in BETWEEN_ARMS else 'one arm'}")
        for arm in filter(None, (each.arm, each.against)):
            if arm not in trial.arms:
                raise unknown(f"{trial.name}: arm", arm, trial.arms)


def to_fit(names: tuple[str, ...] = (), found: Trials | None = None) -> list[tuple[Trial, TrialOutcome]]:
    """Numbers to fit, by the ids of their rows; without ids, all that are read, of role ``calibrate``, and of patients of their own.

    Raises
    ------
    InputError
        If an id is unknown, its role is not ``calibrate``, it is only recalled, or the model has no answer to it.
    """
    found = trials() if found is None else found
    offered = {each.target: (trial, each) for trial, each in found.observed("calibrate") if each.row.provenance == "read"}
    fresh = {row: pair for row, pair in offered.items() if pair[1].repeats is None}
    if not names:
        return list(fresh.values())
    for name in names:
        if name not in evidence().targets:
            raise unknown("row", name, fresh)
        row = evidence().target(name)
        if row.role != "calibrate":
            raise InputError(f"row: {name} has the role {row.role}; only rows of the role calibrate may be fitted")
        if row.provenance != "read":
            raise InputError(f"row: {name} is {row.provenance}; only what was read may be fitted")
        if name not in offered:
            reasons = {row: why for trial in found.trials for row, why in trial.unanswered.items()}
            raise InputError(f"row: {name} cannot be fitted: {reasons.get(name, 'it is no outcome of a trial in trials.yaml')}")
        if name not in fresh:
            raise InputError(f"row: {name} cannot be fitted: its patients are counted already ({offered[name][1].repeats})")
    return [fresh[name] for name in dict.fromkeys(names)]
