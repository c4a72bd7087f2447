"""What the calibrated ensemble says of trials it was not fitted to, with all that it does not know.

A prediction is a distribution: coordinates from the calibration's posterior, a trial that is better or worse than others in
context and in mechanisms, as many patients as the arm had, drawn from the ensemble, and raters who err. Beside it stands what a
random-effects meta-analysis of the calibration trials would say of a further trial without any model.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..clinic.ratings import Ratings, hamd, remits, responds
from ..clinic.symptoms import EMPIRICAL_CONTEXTS
from ..core.errors import InputError
from ..evidence.registry import evidence
from ..model.default import Euthymia, default_model
from ..trials.expected import Asked, Effects, Solved, asked, solve
from ..trials.published import BETWEEN_ARMS, NORMAL_90, SHARES, Observation, Trial, people_in, standard_error, trials
from ..trials.regimens import with_values
from .calibration import FITTED, PATIENTS, UPSTREAM, check_size, upstream_values, values_at
from .fitted import Fitted

DRAWS = 400
SEED = 5
INTERVAL = (0.05, 0.95)
USUAL_ARM = 30
"""Patients of an arm whose number was not published."""
A_DAY = 24.0
"""h."""
UNITS = {
    "points of MADRS": ("change", "score", "difference"),
    "per cent of patients": ("response", "remission", "response difference"),
    "SDs": ("effect", "benefit"),
}
"""Statistics by their unit."""
REVIEWED = "trials of "
"""How the note begins of a number that pools trials that are here otherwise."""
TIMES = {"hours": 12.0, "a day": 60.0, "days": 240.0, "weeks": np.inf}
"""Ends (h) of the spans within which a meta-analysis takes ratings to be of one kind."""


@dataclass(frozen=True, eq=False)
class Predicted:
    """One published number beside what was expected of it."""

    trial: Trial
    observation: Observation
    middle: float
    low: float
    high: float
    draws: np.ndarray
    """What the interval is of; a draw is the same world in every number."""
    baseline: tuple[float, float] | None
    """Ends of the interval without a model; None where no calibration trial has such a number."""

    @property
    def inside(self) -> bool:
        """Whether the interval holds the number."""
        return self.low <= self.observation.row.value <= self.high

    @property
    def inside_baseline(self) -> bool | None:
        """The same without a model."""
        return None if self.baseline is None else self.baseline[0] <= self.observation.row.value <= self.baseline[1]

    @property
    def score(self) -> float:
        """Interval score in sampling errors of the number; smaller is better."""
        return interval_score(self.low, self.high, self.observation.row.value) / standard_error(self.observation, self.trial)

    @property
    def baseline_score(self) -> float:
        """The same without a model; NaN where there is none."""
        if self.baseline is None:
            return float("nan")
        return interval_score(*self.baseline, self.observation.row.value) / standard_error(self.observation, self.trial)


def interval_score(low: float, high: float, value: float) -> float:
    """Width, and 2/α for every unit by which a value lies outside (Gneiting & Raftery 2007), of a central 90 % interval."""
    alpha = 1 - (INTERVAL[1] - INTERVAL[0])
    return high - low + 2 / alpha * (max(low - value, 0) + max(value - high, 0))


@eqx.filter_jit
def _courses(numbers: Asked, start: Euthymia, solved: Solved, coordinates: Float[Array, "fitted"], z: Float[Array, "trial effect"]):
    """MADRS of every arm at fitted coordinates, in trials as far from the middle as ``z`` says, in SDs between trials."""
    model = with_values(start, values_at(FITTED, coordinates))
    names = list(dict.fromkeys(trial.name for trial, _, _ in numbers.questions))
    effects = {name: Effects(*(model.population.between_trials * each)) for name, each in zip(names, z, strict=True)}
    return numbers.madrs(model, solved, coordinates[: len(UPSTREAM)], effects)


def tabled(p: Ratings, kind: str, active: tuple[np.ndarray, np.ndarray], control: tuple[np.ndarray, np.ndarray] | None) -> float:
    """One of :data:`.records.Statistic` of what raters wrote down before and at a visit, as a trial's table has it."""
    if kind.startswith("HAM-D"):
        scale = [None if arm is None else tuple(np.asarray(hamd(p, jnp.asarray(each))) for each in arm) for arm in (active, control)]
        active, control = scale  # type: ignore[assignment]

    def response(arm: tuple[np.ndarray, np.ndarray]) -> float:
        return 100 * float(np.mean(np.asarray(responds(p, jnp.asarray(arm[0]), jnp.asarray(arm[1])))))

    fall = active[1] - active[0]
    if control is None:
        match kind:
            case "change" | "HAM-D change":
                return float(fall.mean())
            case "score":
                return float(active[1].mean())
            case "response":
                return response(active)
            case "remission":
                return 100 * float(np.mean(np.asarray(remits(p.remission, jnp.asarray(active[1])))))
    else:
        other = control[1] - control[0]
        match kind:
            case "difference" | "HAM-D difference":
                return float(fall.mean() - other.mean())
            case "effect" | "benefit":
                effect = (fall.mean() - other.mean()) / sqrt((fall.var(ddof=1) + other.var(ddof=1)) / 2)
                return float(effect if kind == "effect" else -effect)
            case "response difference":
                return response(active) - response(control)
            case "response odds ratio":
                # Half a patient more in every cell, so that nobody divides by zero.
                odds = []
                for arm in (active, control):
                    n = len(arm[0])
                    some = response(arm) / 100 * n + 0.5
                    odds.append(some / (n + 1 - some))
                return odds[0] / odds[1]
    raise ValueError(f"{kind}: no such statistic")


def predict(
    pairs: Sequence[tuple[Trial, Observation]],
    fitted: Fitted,
    model: Euthymia | None = None,
    patients: int = PATIENTS,
    draws: int = DRAWS,
    progress: Callable[[str], None] = lambda text: None,
) -> list[Predicted]:
    """Predictive intervals for published numbers, whether they were fitted or not.

    Parameters
    ----------
    pairs
        Trials and their numbers.
    fitted
        A calibration.
    model
        Numbers where nothing is fitted; the evidence's if left out.
    patients, draws
        Patients of the ensemble, and draws from all that is uncertain.
    progress
        Called with what is being done.
    """
    check_draws(patients, draws)
    start = default_model() if model is None else model
    numbers, at = asked(list(pairs)), jnp.asarray(fitted.coordinates)
    solved = solve(numbers, start, patients, at[: len(UPSTREAM)], upstream_values, progress)
    progress("drawing trials")
    random = np.random.default_rng(SEED)
    root = np.linalg.cholesky(np.asarray(fitted.covariance) + 1e-9 * np.eye(len(FITTED)))
    names = list(dict.fromkeys(trial.name for trial, _, _ in numbers.questions))
    found = np.empty((draws, len(pairs)))
    for draw in found:
        coordinates = at + jnp.asarray(root @ random.standard_normal(len(FITTED)))
        madrs = _courses(numbers, start, solved, coordinates, jnp.asarray(random.standard_normal((len(names), 2))))
        arms = {key: np.asarray(each) for key, each in madrs.items()}
        for place, question in enumerate(numbers.questions):
            trial, each, _ = question
            samples = [
                _sampled(start.ratings, np.stack(visits, -1), _size(trial, each, arm), random)
                for visits, arm in zip(numbers.visits(arms, question), _arms(each), strict=True)
            ]
            draw[place] = tabled(start.ratings, each.statistic, samples[0], samples[1] if each.against else None)
    low, middle, high = np.quantile(found, (INTERVAL[0], 0.5, INTERVAL[1]), axis=0)
    known = meta_analyses()
    return [
        Predicted(trial, each, float(middle[i]), float(low[i]), float(high[i]), found[:, i], known.interval(trial, each))
        for i, (trial, each) in enumerate(pairs)
    ]


def predict_held_out(
    fitted: Fitted, patients: int = PATIENTS, draws: int = DRAWS, progress: Callable[[str], None] = lambda text: None
) -> tuple[list[Predicted], list[Predicted]]:
    """Every number that was held out, and those of calibration trials that contrasts need beside; arguments as in :func:`predict`."""
    held_out, beside = list(trials().observed("validate")), list(trials().contrasted())
    rows = predict(held_out + beside, fitted, patients=patients, draws=draws, progress=progress)
    return rows[: len(held_out)], rows[len(held_out) :]


def check_draws(patients: int, draws: int) -> None:
    """Raises ``InputError`` for numbers that make no interval."""
    check_size(patients)
    if not 50 <= draws <= 100_000:
        raise InputError(f"draws: {draws} is outside 50 to 100000")


def _arms(observation: Observation) -> list[str]:
    return [arm for arm in (observation.arm, observation.against) if arm]


def _size(trial: Trial, observation: Observation, arm: str) -> int:
    return people_in(observation, trial.arms[arm]) or USUAL_ARM


def _sampled(p: Ratings, madrs: np.ndarray, n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Ratings of so many patients at two visits, drawn from the ensemble."""
    heard = madrs[random.integers(len(madrs), size=min(n, MOST_SAMPLED))]
    heard = heard + float(p.rater_sd) * random.standard_normal(heard.shape)
    step = float(p.step)
    before, now = np.clip(step * np.round(heard / step), 0, 60).T
    return before, now


MOST_SAMPLED = 5000
"""Of a pool of trials with tens of thousands: beyond it the sampling error is small beside all else."""


class Class(NamedTuple):
    """Numbers that a meta-analysis takes to be of one kind."""

    statistic: str
    treatment: str
    """``ketamine`` (whichever, and differences over a control), ``control``, or what an arm gets that is neither."""
    span: str


class Pool(NamedTuple):
    """A random-effects mean."""

    mean: float
    error: float
    heterogeneity: float
    """SD between trials."""


@dataclass(frozen=True)
class MetaAnalyses:
    """Random-effects means (DerSimonian & Laird 1986) of calibration trials, by statistic, arm and time."""

    pools: dict[Class, Pool]

    def interval(self, trial: Trial, observation: Observation) -> tuple[float, float] | None:
        """Central 90 % of the number of a further trial; of the nearest span of time where its own has no trials."""
        kind, shift = class_of(trial, observation)
        spans = list(TIMES)
        nearest = sorted(
            (abs(spans.index(other.span) - spans.index(kind.span)), other)
            for other in self.pools
            if (other.statistic, other.treatment) == (kind.statistic, kind.treatment)
        )
        if not nearest:
            return None
        pool = self.pools[nearest[0][1]]
        half = NORMAL_90 * sqrt(pool.heterogeneity**2 + pool.error**2 + standard_error(observation, trial) ** 2)
        low, high = pool.mean + shift - half, pool.mean + shift + half
        return (max(low, 0.0), min(high, 100.0)) if observation.statistic in SHARES else (low, high)


def class_of(trial: Trial, observation: Observation) -> tuple[Class, float]:
    """The kind of a number, and what to add to a number of that kind: a score is a change over a baseline."""
    span = next(name for name, end in TIMES.items() if observation.at < end)
    statistic, shift = observation.statistic, 0.0
    if statistic == "score":
        baseline = trial.baseline_of(observation.arm)
        usual = float(default_model().symptoms.baseline.sum())
        statistic, shift = "change", usual if baseline is None else baseline.mean
    if statistic == "benefit":
        statistic = "effect"
    arms = [_treatment(trial, name) for name in (observation.arm, observation.against) if name]
    return Class(statistic, next((each for each in arms if each not in ("ketamine", "control")), arms[0]), span), shift


def _treatment(trial: Trial, arm: str) -> str:
    context, takes = trial.arms[arm].context, trial.arms[arm].takes or ""
    if context in EMPIRICAL_CONTEXTS:
        return context
    if takes.endswith("antidepressant") and "spray" not in takes:
        return "antidepressant"
    return "ketamine" if takes else "control"


def meta_analyses() -> MetaAnalyses:
    """Of the numbers that were read of trials of role ``calibrate``; differences of means follow from arms where none was published.

    Reviews of trials that are here themselves, or in another review, are left out.
    """
    found: dict[Class, list[tuple[float, float]]] = {}
    for trial, each in trials().observed("calibrate"):
        # Trials of tablets had other patients.
        if each.row.provenance != "read" or trial.arms[each.arm].context == "oral placebo" or (each.repeats or "").startswith(REVIEWED):
            continue
        kind, _ = class_of(trial, each)
        value = -each.row.value if each.statistic == "benefit" else each.row.value
        found.setdefault(kind, []).append((value, standard_error(each, trial)))
    for value, error, kind in _differences():
        found.setdefault(kind, []).append((value, error))
    # Few kinds have two trials: how far trials lie apart is taken from drugs and from controls of any sort.
    alike: dict[tuple[str, bool, str], list[tuple[float, float]]] = {}
    for (statistic, treatment, span), numbers in found.items():
        alike.setdefault((statistic, statistic in BETWEEN_ARMS or treatment == "ketamine", span), []).extend(numbers)
    between = {statistic: _between([of for (other, *_), of in alike.items() if other == statistic]) for statistic, *_ in alike}
    return MetaAnalyses({kind: _pool(numbers, between[kind.statistic]) for kind, numbers in found.items()})


def _differences():
    """Of the changes of two arms of a trial at one time."""
    for trial in trials().trials:
        changes = [each for each in trial.observations if each.statistic == "change"] if trial.role == "calibrate" else []
        for active in changes:
            for control in changes:
                if active.at == control.at and trial.arms[active.arm].takes and _is_control(trial, active.arm, control.arm):
                    error = sqrt(standard_error(active, trial) ** 2 + standard_error(control, trial) ** 2)
                    kind, _ = class_of(trial, active.model_copy(update={"against": control.arm}))
                    yield active.row.value - control.row.value, error, kind._replace(statistic="difference")


def _is_control(trial: Trial, active: str, control: str) -> bool:
    return (
        active != control
        and (trial.arms[control].takes or "") in ("", "new antidepressant")
        and trial.arms[active].takes != trial.arms[control].takes
    )


def _between(classes: list[list[tuple[float, float]]]) -> float:
    """SD between trials within classes, pooled over them (DerSimonian–Laird)."""
    excess = scale = 0.0
    for numbers in classes:
        value, weight = np.array([v for v, _ in numbers]), np.array([1 / e**2 for _, e in numbers])
        mean = (weight * value).sum() / weight.sum()
        excess += float((weight * (value - mean) ** 2).sum()) - (len(numbers) - 1)
        scale += float(weight.sum() - (weight**2).sum() / weight.sum())
    return sqrt(max(excess, 0) / scale) if scale > 0 else 0.0


def _pool(numbers: list[tuple[float, float]], between: float) -> Pool:
    value, weight = np.array([v for v, _ in numbers]), np.array([1 / (e**2 + between**2) for _, e in numbers])
    return Pool(float((weight * value).sum() / weight.sum()), float(1 / sqrt(weight.sum())), between)


class Score(NamedTuple):
    """Mean interval score with the model and without; every trial counts once."""

    model: float
    baseline: float


@dataclass(frozen=True)
class Summary:
    """How a list of predictions did."""

    count: int
    inside: float
    """Share of numbers inside their intervals."""
    compared: int
    """Numbers that could be predicted without a model too."""
    inside_baseline: float
    scores: dict[str, Score]
    """Of the numbers compared: in sampling errors of each number, and by :data:`UNITS`."""


def summarise(rows: list[Predicted]) -> Summary:
    """Coverage, and scores beside those of the meta-analysis."""
    compared = [row for row in rows if row.baseline is not None]

    def mean(of: list[Predicted], score: Callable[[Predicted], float]) -> float:
        names = list(dict.fromkeys(row.trial.name for row in of))
        return float(np.mean([np.mean([score(row) for row in of if row.trial.name == name]) for name in names]))

    def both(of: list[Predicted], own_unit: bool) -> Score:
        def unit(row: Predicted) -> float:
            return standard_error(row.observation, row.trial) if own_unit else 1.0

        return Score(mean(of, lambda row: row.score * unit(row)), mean(of, lambda row: row.baseline_score * unit(row)))

    by_unit = {unit: [row for row in compared if row.observation.statistic in kinds] for unit, kinds in UNITS.items()}
    return Summary(
        len(rows),
        float(np.mean([row.inside for row in rows])),
        len(compared),
        float(np.mean([bool(row.inside_baseline) for row in compared])),
        {"sampling errors": both(compared, False)} | {unit: both(of, True) for unit, of in by_unit.items() if of},
    )


@dataclass(frozen=True)
class SignTest:
    """Whether a difference goes the way it went in a trial."""

    kind: str
    what: str
    observed: float
    predicted: float

    @property
    def agrees(self) -> bool:
        """Both on the same side of zero."""
        return self.observed * self.predicted > 0


def sign_tests(rows: list[Predicted]) -> list[SignTest]:
    """Of what was compared with a placebo, and of doses with each other after a day, in trials that list them from the lowest up."""
    found = [
        SignTest(row.observation.compares, f"{row.trial.name} ({row.observation.arm})", row.observation.row.value, row.middle)
        for row in rows
        if row.observation.compares
    ]
    for name in dict.fromkeys(row.trial.name for row in rows):
        arms = [row for row in rows if row.trial.name == name and row.observation.statistic == "change" and row.observation.at == A_DAY]
        for i, lower in enumerate(arms if len(arms) > 2 else []):
            for higher in arms[i + 1 :]:
                what = f"{name} ({higher.observation.arm} against {lower.observation.arm}, a day)"
                observed = higher.observation.row.value - lower.observation.row.value
                kind = "dose" if lower.trial.arms[lower.observation.arm].takes else "control"
                found.append(SignTest(kind, what, observed, higher.middle - lower.middle))
    return found


@dataclass(frozen=True)
class Contrasted(SignTest):
    """How much less a drug did in one trial or arm than in another, with the ends of its interval."""

    low: float
    high: float


def contrasts(rows: list[Predicted]) -> list[Contrasted]:
    """Of predictions of the numbers that contrasts name, by the draws that all of them share."""
    draws = {row.observation.target: row.draws for row in rows}

    def difference(of: tuple[str, ...], value: Callable[[str], Any]) -> Any:
        return value(of[0]) - value(of[1]) if len(of) == 2 else value(of[0])

    found = []
    for each in trials().contrasts:
        observed, predicted = (
            difference(each.first, value) - difference(each.second, value)
            for value in (lambda row: float(evidence().target(row).value), draws.__getitem__)
        )
        low, middle, high = np.quantile(predicted, (INTERVAL[0], 0.5, INTERVAL[1]))
        found.append(Contrasted(each.compares, each.what, observed, float(middle), float(low), float(high)))
    return found


def unanswered(role: str) -> list[tuple[str, str, str]]:
    """Numbers of a role that the model has no answer to: trial, row, why."""
    return [(trial.name, row, why) for trial in trials().trials if trial.role == role for row, why in trial.unanswered.items()]
