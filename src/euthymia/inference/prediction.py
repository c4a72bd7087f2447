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
from ..model.default import default_model, model_at
from ..model.parameters import Euthymia
from ..trials.arm_statistics import RatedPair, sample_statistic
from ..trials.expected import PredictionTarget, PredictionTargets, SolvedEnsemble, TrialEffects, prediction_targets, solve_ensemble
from ..trials.meta_analysis import meta_analyses
from ..trials.published import Trial, TrialOutcome
from ..trials.relapse_statistics import RatedCourse, followed, sample_relapse
from ..trials.sampling_error import arm_size, standard_error
from .calibration import PATIENTS
from .coordinates import FITTED, UPSTREAM, upstream_values, values_at
from .fitted import Fitted
from .sizes import check_draws

DRAWS = 400
SEED = 5
INTERVAL = (0.05, 0.95)
USUAL_ARM_SIZE = 30
"""Patients of an arm whose number was not published."""
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
    def score(self) -> float:
        """Interval score in standard errors of the number; smaller is better."""
        return interval_score(self.low, self.high, self.observation.observed) / standard_error(self.observation, self.trial)

    @property
    def meta_analysis_score(self) -> float:
        """The same for the interval of the meta-analysis; NaN where there is none."""
        if self.meta_analysis is None:
            return float("nan")
        return interval_score(*self.meta_analysis, self.observation.observed) / standard_error(self.observation, self.trial)


def interval_score(low: float, high: float, value: float) -> float:
    """Width, and 2/α for every unit by which a value lies outside (Gneiting & Raftery 2007), of a central 90 % interval."""
    alpha = 1 - (INTERVAL[1] - INTERVAL[0])
    return high - low + 2 / alpha * (max(low - value, 0) + max(value - high, 0))


@eqx.filter_jit
def _madrs_by_arm(
    targets: PredictionTargets,
    start: Euthymia,
    solved: SolvedEnsemble,
    coordinates: Float[Array, "fitted"],
    z: Float[Array, "trial effect"],
) -> dict[str, Float[Array, "patient time"]]:
    """MADRS of every arm at fitted coordinates, with random effects ``z`` of each trial in SDs between trials."""
    model = model_at(values_at(FITTED, coordinates), start.physiology.closures)
    effects = {
        name: TrialEffects(*(model.population.between_trials * of_trial)) for name, of_trial in zip(targets.trial_names, z, strict=True)
    }
    return targets.madrs(model, solved, coordinates[: len(UPSTREAM)], effects)


def predict(
    pairs: Sequence[tuple[Trial, TrialOutcome]],
    fitted: Fitted,
    model: Euthymia | None = None,
    patients: int = PATIENTS,
    draws: int = DRAWS,
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
    progress
        Called with what is being done.
    """
    check_draws(patients, draws)
    start = default_model() if model is None else model
    targets, mode = prediction_targets(list(pairs)), jnp.asarray(fitted.coordinates)
    solved = solve_ensemble(targets, start, patients, mode[: len(UPSTREAM)], upstream_values, progress)
    progress("drawing trials")
    random = np.random.default_rng(SEED)
    root = np.linalg.cholesky(np.asarray(fitted.covariance) + 1e-9 * np.eye(len(FITTED)))
    drawn = np.empty((draws, len(pairs)))
    for numbers in drawn:
        coordinates = mode + jnp.asarray(root @ random.standard_normal(len(FITTED)))
        z = jnp.asarray(random.standard_normal((len(targets.trial_names), len(TrialEffects._fields))))
        madrs = _madrs_by_arm(targets, start, solved, coordinates, z)
        numbers[:] = [_drawn_number(start.ratings, targets, target, madrs, random) for target in targets.targets]
    low, median, high = np.quantile(drawn, (INTERVAL[0], 0.5, INTERVAL[1]), axis=0)
    interval = meta_analyses().prediction_interval
    return [
        PosteriorPrediction(trial, observation, float(median[i]), float(low[i]), float(high[i]), drawn[:, i], interval(trial, observation))
        for i, (trial, observation) in enumerate(pairs)
    ]


def _drawn_number(
    p: Ratings, targets: PredictionTargets, target: PredictionTarget, madrs: dict[str, Array], random: np.random.Generator
) -> float:
    """A published number as one further trial would have it, with patients and raters drawn."""
    trial, observation, _ = target
    courses, follow_up = targets.courses(madrs, target), observation.follow_up
    sizes = [arm_size(observation, trial.arms[arm]) or USUAL_ARM_SIZE for arm, *_ in observation.sides]
    if follow_up is not None:
        course = followed(follow_up, courses[0][:, 0], courses[0][:, 1], courses[0][:, 2:])
        rated = _rated_sample(p, np.column_stack([np.asarray(madrs) for madrs in course]), LARGEST_ARM_SIZE, random)
        return sample_relapse(p, observation.statistic, follow_up, RatedCourse(rated[:, 0], rated[:, 1], rated[:, 2:]), sizes[0])
    samples = [RatedPair(*_rated_sample(p, np.asarray(course), n, random).T) for course, n in zip(courses, sizes, strict=True)]
    return sample_statistic(p, observation.statistic, samples[0], samples[1] if observation.against else None)


def _rated_sample(p: Ratings, madrs: np.ndarray, n: int, random: np.random.Generator) -> np.ndarray:
    """Ratings of ``n`` patients at some visits, drawn with replacement from the ensemble."""
    rated = madrs[random.integers(len(madrs), size=min(n, LARGEST_ARM_SIZE))]
    rated = rated + float(p.rater_sd) * random.standard_normal(rated.shape)
    step = float(p.step)
    return np.clip(step * np.round(rated / step), 0, 60)
