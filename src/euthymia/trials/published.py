"""Published trials: arms, regimens, contexts, and each published number as a statistic of an arm or of two."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from ..clinic.symptoms import EMPIRICAL_CONTEXTS
from ..clinic.trial_differences import COVARIATES
from ..core.errors import InputError, unknown
from ..core.units import quantity
from ..core.yaml_data import yaml_data
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
    "remission difference",
    "significant difference",
    "HAM-D change",
    "HAM-D difference",
    "effect once lost",
    "relapse",
    "relapse by the median",
    "mean time to relapse",
]
"""Of one arm, or of two: differences are active minus control; an effect is a standardised mean difference, a benefit its negative. A
significant difference is 1 where changes differ by 1.96 standard errors or more, and 0 where they do not."""
AT_A_PUBLISHED_TIME = {"effect once lost": 0.0, "relapse by the median": 50.0}
"""Statistics of which the time was published, and what they are at it: there is no effect once superiority is lost, and by the median time
to relapse half of the responders have relapsed."""
RELAPSE = ("relapse", "relapse by the median", "mean time to relapse")
"""Statistics of responders, who are followed: per cent by the last of the ratings, or days."""
Compares = Literal["dose", "control", "masking", "population"]
"""What a difference is evidence of: a dose response, efficacy over control, the effect of masking, or of the population."""
BETWEEN_ARMS = (
    *("difference", "effect", "benefit", "response difference", "response odds ratio", "remission difference"),
    *("significant difference", "HAM-D difference", "effect once lost"),
)
REMISSION = ("remission", "remission difference")
NEW_ANTIDEPRESSANT = "new antidepressant"
"""The regimen of controls of a spray that is added to a new antidepressant."""
Hours = Annotated[float, BeforeValidator(lambda text: quantity("at", text, "time")[0])]


class Baseline(Record):
    """MADRS of an arm before treatment, points."""

    mean: Number = Field(gt=0, lt=60)
    sd: Number = Field(gt=0)
    provenance: Provenance


class TrialPopulation(Record):
    """How the patients of a trial differ from outpatients under 65 whom two antidepressants have failed."""

    aged: float = Field(default=0.0, ge=0, le=1)
    """Share of 65 years or more."""
    failed: float = Field(default=0.0, ge=0, le=1)
    """Share whom more than two antidepressants have failed."""
    hospital: float = Field(default=0.0, ge=0, le=1)
    """Share in hospital, or in a clinic for electroconvulsive therapy."""
    kept: float = Field(default=0.0, ge=0, le=1)
    """Share who keep the antidepressant that has failed."""
    provenance: Provenance = "assumed"

    @property
    def covariates(self) -> tuple[float, ...]:
        """In the order of :data:`~euthymia.clinic.trial_differences.COVARIATES`."""
        return tuple(getattr(self, name) for name in COVARIATES)


class RemissionCut(Record):
    """The highest total that counts as remission, and its scale; it is never assumed."""

    scale: Literal["MADRS", "HAM-D"]
    highest: Number = Field(ge=0)


class TrialArm(Record):
    """Regimen, visits and context of an arm; patients are ``asleep`` under anaesthesia.

    ``weeks`` is the context whose weeks of treatment count, where that is not the context of the visits.
    """

    takes: str | None = None
    visits: str | None = None
    context: Context
    weeks: Context | None = None
    asleep: bool = False
    n: int | None = None
    baseline: Baseline | None = None

    @property
    def attends(self) -> str:
        """The regimen that sets the visits of the arm."""
        return self.visits or self.takes or ""


class FollowUp(Record):
    """When the responders of an arm are judged and when they are rated again (h since the first visit), and what makes a relapse."""

    judged_at: Hours
    ratings: tuple[Hours, ...]
    daily: bool = False
    """Rated every day from the first of the ratings to the last; what happens between those stated is interpolated."""
    counted_from: Hours = 0.0
    improvement: Number | None = None
    """Relapse is less improvement over the first rating than this, as a fraction; left out, a total of ``ratings.relapse`` or more."""
    in_a_row: int = Field(default=1, ge=1)
    """Ratings in a row that make a relapse; it is dated to the first of them."""


class TrialOutcome(Record):
    """One published number: a statistic of an arm, or of an arm against another, at a time since the first visit (h).

    An arm may be pooled with others, in equal parts.
    """

    target: str
    arm: str
    pooled_with: tuple[str, ...] = ()
    against: str | None = None
    at: Hours
    statistic: Statistic
    n: int | None = None
    repeats: str | None = None
    """Which other numbers come from the same patients; such a number is compared with and not fitted."""
    compares: Compares | None = None
    remission: RemissionCut | None = None
    follow_up: FollowUp | None = None

    @property
    def row(self) -> Target:
        """The evidence row of the number."""
        return evidence().target(self.target)

    @property
    def observed(self) -> float:
        """The number as its statistic has it."""
        return AT_A_PUBLISHED_TIME.get(self.statistic, self.row.value)

    @property
    def sides(self) -> list[tuple[str, ...]]:
        """The arms of the number, and those that they are compared with."""
        return [(self.arm, *self.pooled_with), *([(self.against,)] if self.against else [])]

    @property
    def times(self) -> tuple[float, ...]:
        """Times of the ratings that the number is made of, beside the one before treatment, h."""
        return (self.at,) if self.follow_up is None else (self.follow_up.judged_at, *self.follow_up.ratings)


class Trial(Record):
    """Arms and numbers of one trial or review, and why the model has no prediction of the rest of its numbers."""

    name: str
    pools: int = Field(default=1, ge=1)
    """Trials that it consists of; more than one in a review."""
    population: TrialPopulation = TrialPopulation()
    baseline: Baseline | None = None
    arms: dict[str, TrialArm]
    observations: tuple[TrialOutcome, ...]
    unanswered: dict[str, str] = {}

    def baseline_of(self, arm: str) -> Baseline:
        """Baseline MADRS of an arm; the trial's where the arm has none of its own.

        Raises
        ------
        InputError
            If neither states one.
        """
        baseline = self.arms[arm].baseline or self.baseline
        if baseline is None:
            raise InputError(f"{self.name}: arm {arm} needs a `baseline` of MADRS: its mean, SD and provenance")
        return baseline

    def is_control(self, control: str, active: str) -> bool:
        """Whether an arm is a control of another: without any treatment, or with the antidepressant alone that both begin."""
        taken = self.arms[control].takes
        if self.arms[control].context in EMPIRICAL_CONTEXTS:
            return False
        return taken in (None, NEW_ANTIDEPRESSANT) and self.arms[active].takes not in (None, taken)

    @property
    def role(self) -> str:
        """``calibrate`` or ``validate``: the same for all of a trial's numbers."""
        roles = {evidence().target(name).role for name in [*(observation.target for observation in self.observations), *self.unanswered]}
        if len(roles) != 1:
            raise ValueError(f"{self.name}: numbers with the roles {sorted(roles)}; a trial has one")
        return roles.pop()


class Contrast(Record):
    """A difference in one trial or arm against the same difference in another.

    Each side is the row of a difference, or the rows of an arm and of its control.
    """

    compares: Compares
    what: str
    first: tuple[str] | tuple[str, str]
    second: tuple[str] | tuple[str, str]


class LikeForLike(Record):
    """Two published response rates: of a drug, and of what it is held against."""

    what: str
    first: str
    second: str


class PublishedTrials(Record):
    """All trials, the contrasts between them, and their regimens in the language of protocols."""

    regimens: dict[str, dict]
    trials: tuple[Trial, ...]
    contrasts: tuple[Contrast, ...] = ()
    like_for_like: tuple[LikeForLike, ...] = ()
    """The headline contrast, and then four of arms that differ in less."""
    published_rates: dict[str, dict[str, tuple[str, ...]]] = {}
    """Rows of response rates that were published of a protocol that ships, by time."""

    def protocol(self, regimen: str) -> Protocol:
        """A regimen as a protocol of the typical patient."""
        return check({"name": regimen.replace(" ", "-"), "title": regimen, **self.regimens[regimen]})

    def observed(self, role: str) -> Iterator[tuple[Trial, TrialOutcome]]:
        """Published numbers of a role, each with its trial."""
        for trial in self.trials:
            if trial.role == role:
                yield from ((trial, observation) for observation in trial.observations)

    def compared(self) -> list[tuple[Trial, TrialOutcome]]:
        """Published numbers that like-for-like contrasts need."""
        return self._named({row for contrast in self.like_for_like for row in (contrast.first, contrast.second)})

    def contrasted(self) -> list[tuple[Trial, TrialOutcome]]:
        """Published numbers of role ``calibrate`` that a contrast needs."""
        rows = {row for contrast in self.contrasts for row in (*contrast.first, *contrast.second)}
        return [pair for pair in self._named(rows) if pair[0].role == "calibrate"]

    def rates_of(self, protocol: str) -> dict[str, list[float]]:
        """Rates that were published of a protocol that ships, per cent, by time; of relapse where the time begins with it."""
        rates = self.published_rates.get(protocol, {})
        return {at: [outcome.observed for row in rows for _, outcome in self._named({row})] for at, rows in rates.items()}

    def _named(self, rows: set[str]) -> list[tuple[Trial, TrialOutcome]]:
        return [(trial, observation) for trial in self.trials for observation in trial.observations if observation.target in rows]


@cache
def published_trials() -> PublishedTrials:
    """The trials that ship with the package."""
    text = (files("euthymia.evidence") / "data" / "trials.yaml").read_text("utf-8")
    published = PublishedTrials.model_validate(yaml_data(text))
    for trial in published.trials:
        check_trial(trial, published)
    known = {observation.target for trial in published.trials for observation in trial.observations}
    of_contrasts = {contrast.what: {*contrast.first, *contrast.second} for contrast in published.contrasts}
    of_contrasts |= {contrast.what: {contrast.first, contrast.second} for contrast in published.like_for_like}
    of_contrasts |= {name: {row for rows in rates.values() for row in rows} for name, rates in published.published_rates.items()}
    for what, rows in of_contrasts.items():
        for row in rows - known:
            raise unknown(f"{what}: row", row, sorted(known))
    return published


def check_trial(trial: Trial, published: PublishedTrials) -> None:
    """Raises ``ValueError`` for a trial that names what is not there, or lacks what one of its numbers needs."""
    for arm in trial.arms.values():
        for regimen in (arm.takes, arm.visits):
            if regimen is not None and regimen not in published.regimens:
                raise unknown(f"{trial.name}: regimen", regimen, published.regimens)
    for observation in trial.observations:
        between = observation.statistic in BETWEEN_ARMS
        if (observation.against is not None) != between:
            raise ValueError(f"{observation.target}: {observation.statistic} is of {'two arms' if between else 'one arm'}")
        for arm in (arm for side in observation.sides for arm in side):
            if arm not in trial.arms:
                raise unknown(f"{trial.name}: arm", arm, trial.arms)
            trial.baseline_of(arm)
        if (observation.remission is not None) != (observation.statistic in REMISSION):
            raise ValueError(
                f"{observation.target}: {observation.statistic} {'has no' if observation.remission else 'needs a'} `remission` cut"
            )
        _check_follow_up(observation)


def _check_follow_up(observation: TrialOutcome) -> None:
    follow_up, name = observation.follow_up, observation.target
    if observation.statistic in AT_A_PUBLISHED_TIME:
        start = 0.0 if follow_up is None else follow_up.counted_from
        if observation.at - start != quantity(name, f"{observation.row.value} {observation.row.unit}", "time")[0]:
            raise ValueError(f"{name}: the time is not that of its row")
    if (follow_up is not None) != (observation.statistic in RELAPSE):
        raise ValueError(f"{name}: {observation.statistic} {'needs a' if follow_up is None else 'has no'} follow-up")
    if follow_up is None:
        return
    times = observation.times
    if observation.at != times[-1] or any(later <= earlier for earlier, later in pairwise(times)):
        raise ValueError(f"{name}: ratings follow one another, and the last of them is that of the number")


def calibration_numbers(names: tuple[str, ...] = ()) -> list[tuple[Trial, TrialOutcome]]:
    """Published numbers to fit, by the ids of their rows.

    Without ids, all numbers of role ``calibrate`` that were read and come from patients of their own.

    Raises
    ------
    InputError
        If an id is unknown, its role is not ``calibrate``, it is only recalled, or the model has no prediction of it.
    """
    published = published_trials()
    read = {observation.target: (trial, observation) for trial, observation in published.observed("calibrate")}
    read = {row: pair for row, pair in read.items() if pair[1].row.provenance == "read"}
    independent = {row: pair for row, pair in read.items() if pair[1].repeats is None}
    if not names:
        return list(independent.values())
    for name in names:
        if name not in evidence().targets:
            raise unknown("row", name, independent)
        row = evidence().target(name)
        if row.role != "calibrate":
            raise InputError(f"row: {name} has the role {row.role}; only rows of the role calibrate may be fitted")
        if row.provenance != "read":
            raise InputError(f"row: {name} is {row.provenance}; only what was read may be fitted")
        if name not in read:
            reasons = {row: why for trial in published.trials for row, why in trial.unanswered.items()}
            raise InputError(f"row: {name} cannot be fitted: {reasons.get(name, 'it is no outcome of a trial in trials.yaml')}")
        if name not in independent:
            raise InputError(f"row: {name} cannot be fitted: its patients are counted already ({read[name][1].repeats})")
    return [independent[name] for name in dict.fromkeys(names)]
