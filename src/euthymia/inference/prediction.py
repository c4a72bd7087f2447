"""What the calibrated ensemble says of trials it was not fitted to, with all that it does not know.

A prediction is a distribution: coordinates from the calibration's posterior, a trial that is better or worse than others in
context and in mechanisms, as many patients as the arm had, drawn from the ensemble, and raters who err. Beside it stands what a
random-effects meta-analysis of the calibration trials would say of a further trial without any model.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..clinic.outcomes import remits, responds
from ..clinic.ratings import Ratings, hamd
from ..core.errors import InputError
from ..model.default import default_model, with_values
from ..model.parameters import Euthymia
from ..trials.expected import Asked, Effects, Solved, asked, solve
from ..trials.meta_analysis import meta_analyses
from ..trials.published import Trial, TrialOutcome
from ..trials.sampling_error import people_in, standard_error
from .calibration import FITTED, PATIENTS, UPSTREAM, check_size, upstream_values, values_at
from .fitted import Fitted

DRAWS = 400
SEED = 5
INTERVAL = (0.05, 0.95)
USUAL_ARM = 30
"""Patients of an arm whose number was not published."""


@dataclass(frozen=True, eq=False)
class PosteriorPrediction:
    """One published number beside what was expected of it."""

    trial: Trial
    observation: TrialOutcome
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
    pairs: Sequence[tuple[Trial, TrialOutcome]],
    fitted: Fitted,
    model: Euthymia | None = None,
    patients: int = PATIENTS,
    draws: int = DRAWS,
    progress: Callable[[str], None] = lambda text: None,
) -> list[PosteriorPrediction]:
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
        PosteriorPrediction(trial, each, float(middle[i]), float(low[i]), float(high[i]), found[:, i], known.interval(trial, each))
        for i, (trial, each) in enumerate(pairs)
    ]


def check_draws(patients: int, draws: int) -> None:
    """Raises ``InputError`` for numbers that make no interval."""
    check_size(patients)
    if not 50 <= draws <= 100_000:
        raise InputError(f"draws: {draws} is outside 50 to 100000")


def _arms(observation: TrialOutcome) -> list[str]:
    return [arm for arm in (observation.arm, observation.against) if arm]


def _size(trial: Trial, observation: TrialOutcome, arm: str) -> int:
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
