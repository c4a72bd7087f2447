"""Posterior prediction of published numbers by the calibrated ensemble, beside a meta-analysis without a model of patients.

A draw has coordinates from the posterior of the calibration, random effects of each trial, as many virtual patients as the arm had,
and rater error.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..clinic.ratings import Ratings
from ..clinic.trial_differences import EFFECTS
from ..core.types import Scalar
from ..model.parameters import Euthymia
from ..trials.arm_statistics import RatedPair, sample_statistic
from ..trials.expected import USUAL_ARM_SIZE, PredictionTarget, PredictionTargets
from ..trials.meta_analysis import MetaAnalyses
from ..trials.published import Trial, TrialOutcome
from ..trials.relapse_statistics import RatedCourse, followed, sample_relapse
from ..trials.sampling_error import PROPORTIONS, arm_size, standard_error
from .fitted import Fitted
from .likelihood import DISCREPANCY_UNITS, TEST, effects_at
from .problem import PredictionProblem, prediction_problem
from .sizes import DRAWS_OF_PREDICTION, PATIENTS, check_draws

SEED = 5
INTERVAL = (0.05, 0.95)
LARGEST_ARM_SIZE = 5000
"""Patients drawn for a pool of trials with tens of thousands: beyond it sampling error is negligible."""


@dataclass(frozen=True, eq=False)
class PosteriorPrediction:
    """A published number beside its posterior predictive distribution."""

    trial: Trial
    observation: TrialOutcome
    median: float
    low: float
    high: float
    """Central 90 % from ``low`` to ``high``."""
    draws: np.ndarray
    """From the posterior predictive distribution; draws of one index belong together in all numbers."""
    meta_analysis: tuple[float, float] | None
    """Prediction interval of the meta-analysis; None where no calibration trial has such a number."""

    @property
    def inside(self) -> bool:
        """Whether the interval holds the number."""
        return self.low <= self.observation.observed <= self.high

    @property
    def inside_meta_analysis(self) -> bool | None:
        """The same for the interval of the meta-analysis."""
        return None if self.meta_analysis is None else self.meta_analysis[0] <= self.observation.observed <= self.meta_analysis[1]

    @property
    def standard_error(self) -> float:
        """Of the number; that of a test of significance is not a number."""
        return float("nan") if self.observation.statistic == TEST else standard_error(self.observation, self.trial)

    @property
    def unit(self) -> float:
        """What a point of MADRS is on the scale of the number; not a number for a test of significance."""
        return DISCREPANCY_UNITS[self.observation.statistic] or float("nan")

    @property
    def score(self) -> float:
        """Interval score in the unit of the number; smaller is better."""
        return interval_score(self.low, self.high, self.observation.observed)

    @property
    def meta_analysis_score(self) -> float:
        """The same for the interval of the meta-analysis; NaN where there is none."""
        return float("nan") if self.meta_analysis is None else interval_score(*self.meta_analysis, self.observation.observed)


def interval_score(low: float, high: float, value: float) -> float:
    """Width, and 2/α for every unit by which a value lies outside (Gneiting & Raftery 2007), of a central 90 % interval."""
    alpha = 1 - (INTERVAL[1] - INTERVAL[0])
    return high - low + 2 / alpha * (max(low - value, 0) + max(value - high, 0))


@eqx.filter_jit
def _madrs_by_arm(
    problem: PredictionProblem, coordinates: Float[Array, "fitted"], z: Float[Array, "trial effect"]
) -> tuple[dict[str, Float[Array, "patient time"]], Scalar]:
    """MADRS of every arm at fitted coordinates, with random effects ``z`` of each trial in SDs between trials; the discrepancy."""
    model = problem.model(coordinates)
    p = model.trial_differences
    effects = effects_at(p, problem.targets.expected_effects(p), z, jnp.asarray(problem.targets.pools))
    return problem.targets.madrs(model, problem.solved, effects), p.discrepancy


def predict(
    pairs: Sequence[tuple[Trial, TrialOutcome]],
    fitted: Fitted,
    model: Euthymia | None = None,
    patients: int = PATIENTS,
    draws: int = DRAWS_OF_PREDICTION,
    beside: MetaAnalyses | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> list[PosteriorPrediction]:
    """Posterior predictive intervals of published numbers, whether they were fitted or not.

    Parameters
    ----------
    pairs
        Trials and their numbers.
    fitted
        A calibration.
    model
        Parameters that are not fitted; the evidence's if left out.
    patients, draws
        Virtual patients of the ensemble, and draws from the posterior predictive distribution.
    beside
        Meta-analyses, whose intervals stand beside.
    progress
        Called with what is being done.
    """
    check_draws(patients, draws)
    problem = prediction_problem(pairs, patients, model, progress=progress)
    progress("drawing trials")
    return predictions(problem, fitted.drawn(draws), beside)


def predictions(
    problem: PredictionProblem,
    coordinates: np.ndarray,
    beside: MetaAnalyses | None,
    targets: Sequence[PredictionTarget] | None = None,
    seed: int = SEED,
) -> list[PosteriorPrediction]:
    """Posterior predictive intervals of the numbers of a problem, or of others of its arms and times, from draws of coordinates."""
    random = np.random.default_rng(seed)
    targets = problem.targets.targets if targets is None else targets
    drawn = np.empty((len(coordinates), len(targets)))
    for at, numbers in zip(coordinates, drawn, strict=True):
        z = random.standard_normal((len(problem.targets.trial_names), len(EFFECTS)))
        madrs, discrepancy = _madrs_by_arm(problem, jnp.asarray(at), jnp.asarray(z))
        numbers[:] = [
            _drawn_number(problem.start.ratings, problem.targets, target, madrs, float(discrepancy), random) for target in targets
        ]
    low, median, high = np.quantile(drawn, (INTERVAL[0], 0.5, INTERVAL[1]), axis=0)
    return [
        PosteriorPrediction(
            target.trial,
            target.observation,
            float(median[i]),
            float(low[i]),
            float(high[i]),
            drawn[:, i],
            None if beside is None else beside.prediction_interval(target.trial, target.observation),
        )
        for i, target in enumerate(targets)
    ]


def _drawn_number(
    p: Ratings,
    targets: PredictionTargets,
    target: PredictionTarget,
    madrs: dict[str, Array],
    discrepancy: float,
    random: np.random.Generator,
) -> float:
    """A published number as one further trial would have it, with patients, raters and the model's discrepancy (points) drawn."""
    statistic = target.observation.statistic
    number = _sampled_number(p, targets, target, madrs, random) + DISCREPANCY_UNITS[statistic] * discrepancy * random.standard_normal()
    return min(max(number, 0.0), 100.0) if statistic in PROPORTIONS else number


def _sampled_number(
    p: Ratings, targets: PredictionTargets, target: PredictionTarget, madrs: dict[str, Array], random: np.random.Generator
) -> float:
    """A number of a sample of rated patients."""
    trial, observation, _ = target
    courses, follow_up = targets.courses(madrs, target), observation.follow_up
    sizes = [arm_size(observation, trial.arms[arm]) or USUAL_ARM_SIZE for arm, *_ in observation.sides]
    if follow_up is not None:
        course = followed(follow_up, courses[0][:, 0], courses[0][:, 1], courses[0][:, 2:])
        rated = _rated_sample(p, np.column_stack([np.asarray(madrs) for madrs in course]), LARGEST_ARM_SIZE, random)
        return sample_relapse(p, observation.statistic, follow_up, RatedCourse(rated[:, 0], rated[:, 1], rated[:, 2:]), sizes[0])
    samples = [RatedPair(*_rated_sample(p, np.asarray(course), n, random).T) for course, n in zip(courses, sizes, strict=True)]
    return sample_statistic(p, observation.statistic, samples[0], samples[1] if observation.against else None, observation.remission)


def _rated_sample(p: Ratings, madrs: np.ndarray, n: int, random: np.random.Generator) -> np.ndarray:
    """Ratings of ``n`` patients at some visits, drawn with replacement from the ensemble."""
    rated = madrs[random.integers(len(madrs), size=min(n, LARGEST_ARM_SIZE))]
    rated = rated + float(p.rater_sd) * random.standard_normal(rated.shape)
    step = float(p.step)
    return np.clip(step * np.round(rated / step), 0, 60)
