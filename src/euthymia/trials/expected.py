"""What an ensemble of virtual patients predicts of published numbers: MADRS of every arm, and statistics smooth in every parameter.

Brains are solved once; what patients make of repair and context follows for any numbers downstream. Natural fluctuation is that of each
patient's own path. Ratings are taken from everybody; nobody drops out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..clinic.patients import Draw, random_effects
from ..clinic.symptoms import baseline_items, item_ratings
from ..clinic.trial_differences import TrialDifferences
from ..clinic.unblinding import believed_strength
from ..core.types import Scalar
from ..model.parameters import Euthymia
from ..population.course import madrs_course
from ..population.setup import ContextStrength, ElapsedTimes, context_strength
from ..protocols.protocol import Protocol
from ..simulation.visits import first_visit, since_visits
from .arm_statistics import ExpectedStatistic, MadrsPair, expected_statistic
from .published import Baseline, PublishedTrials, Trial, TrialArm, TrialOutcome, published_trials
from .regimens import (
    SEED,
    RegimenTrajectories,
    TrialPatients,
    rating_times,
    regimen_trajectories,
    regimens_taken,
    trial_patients,
    untreated,
)
from .relapse_statistics import expected_relapse, followed
from .sampling_error import arm_size

HIGHEST_BASELINE, LOWEST_BASELINE = 59.0, 8.0
"""MADRS (points) to which the baseline of a trial's patients is clipped."""
LEAST_SD_BY_PATIENTS = 0.3
"""Smallest fraction of a published baseline SD that is due to patients, not to fluctuation and raters."""
USUAL_ARM_SIZE = 30
"""Patients of an arm whose number was not published."""


class ArmEnsemble(NamedTuple):
    """Virtual patients of an arm at rating times, before their symptoms are known; the first time is before treatment."""

    times: Float[Array, "time"]
    """Since the first visit, h."""
    fluctuation: Float[Array, "patient time"]
    """Natural fluctuation, in its SDs."""
    since_visits: Float[Array, "two time"]
    repair: Float[Array, "patient time item"]
    dissociation: Float[Array, "patient"]
    baseline: Float[Array, "two"]
    """Mean and SD of MADRS, points."""


class TrialEffects(NamedTuple):
    """What trials add to the logarithm of the effects of context and to the logit of responsiveness."""

    context: Float[Array, "*trial"]
    responsiveness: Float[Array, "*trial"]


def _since_visits(protocol: Protocol, times: Float[Array, "time"]) -> Float[Array, "two time"]:
    return jnp.asarray(since_visits(protocol, np.asarray(times) + first_visit(protocol)))


def arm_ensemble(
    arm: TrialArm,
    baseline: Baseline,
    time_indices: list[int],
    published: PublishedTrials,
    regimens: dict[str | None, RegimenTrajectories],
    patients: TrialPatients,
) -> ArmEnsemble:
    """An arm at some of :func:`.regimens.rating_times`, from the ensemble under every regimen and under none."""
    times, kept = jnp.asarray(rating_times(published)), jnp.array(time_indices)
    visits = _since_visits(published.protocol(arm.attends), times) if arm.attends else jnp.stack([times, jnp.full(len(times), -1.0)])
    regimen = regimens[arm.takes]
    return ArmEnsemble(
        times[kept],
        patients.fluctuation[:, kept],
        visits[:, kept],
        regimen.repair[:, kept],
        regimen.dissociation * (not arm.asleep),
        jnp.array([baseline.mean, baseline.sd]),
    )


def severity_sd(model: Euthymia, mean: Scalar, sd: Scalar) -> Scalar:
    """SD (points) of true severity, from the mean and SD of baseline ratings.

    The variances of fluctuation and raters are taken off, down to ``LEAST_SD_BY_PATIENTS``, because inclusion by a rating narrows the
    spread of patients.
    """
    p, ratings = model.symptoms, model.ratings
    slope = jax.grad(lambda shift: item_ratings(p, baseline_items(p, mean), shift * jnp.ones_like(p.baseline)).sum())(0.0)
    noise = ratings.rater_sd**2 + (slope * ratings.fluctuation_sd) ** 2
    return jnp.sqrt(jnp.maximum(sd**2 - noise, (LEAST_SD_BY_PATIENTS * sd) ** 2))


def true_madrs(
    model: Euthymia, draws: Draw, arm: ArmEnsemble, context: ContextStrength, effects: TrialEffects
) -> Float[Array, "patient time"]:
    """MADRS (points) of the patients of an arm at the times of ratings, without rater error.

    Parameters
    ----------
    model, draws, arm, context
        Parameters, what makes the patients, the arm, and its strengths of context in the typical patient.
    effects
        Of the trial.
    """
    p, ratings = model.symptoms, model.ratings
    of_visits, of_weeks = (jnp.exp(effects.context) * strength for strength in (context.visit, context.course))
    mean, sd = arm.baseline[0], severity_sd(model, *arm.baseline)

    def of_patient(
        drawn: Draw, repair: Float[Array, "time item"], dissociation: Scalar, fluctuation: Float[Array, "time"]
    ) -> Float[Array, "time"]:
        individual_effects = random_effects(model.population, drawn, effects.responsiveness)
        madrs = jnp.clip(mean + sd * individual_effects.severity / model.population.severity, LOWEST_BASELINE, HIGHEST_BASELINE)
        visit = believed_strength(ratings, of_visits, dissociation, context.masked)
        strength, elapsed = ContextStrength(visit, of_weeks, context.masked), ElapsedTimes(arm.since_visits, arm.times)
        return madrs_course(p, individual_effects, madrs, strength, elapsed, repair, ratings.fluctuation_sd * fluctuation)

    return jax.vmap(of_patient)(draws, arm.repair, arm.dissociation, arm.fluctuation)


RATINGS_PER_BLOCK = 2
"""Ratings of an arm that are computed together: arms with more of them are several blocks, so that all have the same shape."""


class PredictionTarget(NamedTuple):
    """A published number to predict, and the indices of its times among :func:`.regimens.rating_times`."""

    trial: Trial
    observation: TrialOutcome
    time_indices: tuple[int, ...]


class SolvedEnsemble(NamedTuple):
    """Ensembles of all arms that some targets need: predictions are made from it without solving a brain again."""

    arms: ArmEnsemble
    """With a leading axis of blocks of ratings, one or more for each arm."""
    draws: Draw
    """What makes the patients, who are the same in all arms."""


def _arm_key(trial: Trial, arm: str) -> str:
    return f"{trial.name}: {arm}"


@dataclass(frozen=True, eq=False)
class PredictionTargets:
    """Published numbers to predict, each of one or two arms of a trial."""

    targets: tuple[PredictionTarget, ...]

    @cached_property
    def trial_names(self) -> list[str]:
        """Trials of the targets, each once."""
        return list(dict.fromkeys(target.trial.name for target in self.targets))

    @cached_property
    def arms(self) -> dict[str, tuple[Trial, str]]:
        """Trial and name of every arm that is needed, by key."""
        return {_arm_key(trial, arm): (trial, arm) for trial, observation, _ in self.targets for side in observation.sides for arm in side}

    @cached_property
    def time_indices(self) -> dict[str, list[int]]:
        """Indices of the times of each arm: time zero and those of its targets."""
        needed: dict[str, set[int]] = {key: {0} for key in self.arms}
        for trial, observation, time_indices in self.targets:
            for arm in (arm for side in observation.sides for arm in side):
                needed[_arm_key(trial, arm)].update(time_indices)
        return {key: sorted(times) for key, times in needed.items()}

    @cached_property
    def blocks(self) -> list[tuple[str, list[int]]]:
        """Arms and the indices of their times, ``RATINGS_PER_BLOCK`` to a block; the last block of an arm is padded with its last time."""
        starts = [(key, times, start) for key, times in self.time_indices.items() for start in range(0, len(times), RATINGS_PER_BLOCK)]
        return [
            (key, [times[min(index, len(times) - 1)] for index in range(start, start + RATINGS_PER_BLOCK)]) for key, times, start in starts
        ]

    @cached_property
    def covariates(self) -> np.ndarray:
        """Of the patients of each trial."""
        trials = {target.trial.name: target.trial for target in self.targets}
        return np.array([trials[name].population.covariates for name in self.trial_names])

    @cached_property
    def pools(self) -> np.ndarray:
        """Of how many trials each consists."""
        trials = {target.trial.name: target.trial for target in self.targets}
        return np.array([float(trials[name].pools) for name in self.trial_names])

    @cached_property
    def trial_errors(self) -> np.ndarray:
        """Standard error of a standardised difference in each trial, or in one of the average size of those that a review pools."""
        patients: dict[str, float] = {}
        for trial, observation, _ in self.targets:
            sizes = [arm_size(observation, trial.arms[arm]) or USUAL_ARM_SIZE for arm, *_ in observation.sides]
            patients[trial.name] = max(patients.get(trial.name, 0.0), sum(sizes) * 2 / len(sizes) / trial.pools)
        return np.array([2 / sqrt(patients[name]) for name in self.trial_names])

    def expected_effects(self, p: TrialDifferences) -> TrialEffects:
        """What the patients and the size of each trial make one expect of its effects."""
        covariates, errors = jnp.asarray(self.covariates), jnp.asarray(self.trial_errors)
        return TrialEffects(covariates @ p.on_context, covariates @ p.on_responsiveness + p.small_study * errors)

    def madrs(self, model: Euthymia, solved: SolvedEnsemble, effects: TrialEffects) -> dict[str, Float[Array, "patient time"]]:
        """MADRS (points) of the patients of each arm under a model, with the effects of each of the trials."""
        blocks = [self.arms[key] for key, _ in self.blocks]
        contexts = [context_strength(model.symptoms, trial.arms[arm].context, trial.arms[arm].weeks) for trial, arm in blocks]
        context = jax.tree.map(lambda *leaves: jnp.stack(leaves), *contexts)
        of_block = np.array([self.trial_names.index(trial.name) for trial, _ in blocks])

        def of_arm(arm: ArmEnsemble, context: ContextStrength, effect: TrialEffects) -> Float[Array, "patient time"]:
            return true_madrs(model, solved.draws, arm, context, effect)

        by_block: dict[str, list[Array]] = {}
        solutions = jax.vmap(of_arm)(solved.arms, context, TrialEffects(*(effect[of_block] for effect in effects)))
        for (key, _), madrs in zip(self.blocks, solutions, strict=True):
            by_block.setdefault(key, []).append(madrs)
        return {key: jnp.concatenate(madrs, 1)[:, : len(self.time_indices[key])] for key, madrs in by_block.items()}

    def expected(self, model: Euthymia, solved: SolvedEnsemble, effects: TrialEffects) -> ExpectedStatistic:
        """Expectation of every target (leading axis) with the effects of each of the trials."""
        madrs = self.madrs(model, solved, effects)
        statistics = []
        for target in self.targets:
            trial, observation, _ = target
            active, *control = self.courses(madrs, target)
            if observation.follow_up is not None:
                course = followed(observation.follow_up, active[:, 0], active[:, 1], active[:, 2:])
                statistics.append(expected_relapse(model.ratings, observation.statistic, observation.follow_up, course))
            else:
                pairs = [MadrsPair(*side.T) for side in (active, *control)]
                sizes = [arm_size(observation, trial.arms[arm]) or USUAL_ARM_SIZE for arm, *_ in observation.sides]
                against = pairs[1] if control else None
                kind, cut = observation.statistic, observation.remission
                statistics.append(expected_statistic(model.ratings, kind, pairs[0], against, cut, sizes))
        return ExpectedStatistic(*(jnp.stack(values) for values in zip(*statistics, strict=True)))

    def courses(self, madrs: Mapping[str, Array], target: PredictionTarget) -> list[Float[Array, "patient time"]]:
        """MADRS before treatment and at the times of a target, in its arms and in the one that they are compared with."""

        def course(arm: str) -> Float[Array, "patient time"]:
            key = _arm_key(target.trial, arm)
            times = [0, *(self.time_indices[key].index(index) for index in target.time_indices)]
            return madrs[key][:, np.array(times)]

        return [jnp.concatenate([course(arm) for arm in side]) for side in target.observation.sides]


def prediction_targets(pairs: list[tuple[Trial, TrialOutcome]]) -> PredictionTargets:
    """Published numbers, each with the indices of its times."""
    times = rating_times(published_trials())
    return PredictionTargets(
        tuple(
            PredictionTarget(trial, observation, tuple(np.searchsorted(times, observation.times).tolist())) for trial, observation in pairs
        )
    )


def solve_ensemble(
    targets: PredictionTargets,
    model: Euthymia,
    patients: int,
    seed: int = SEED,
    progress: Callable[[str], None] = lambda regimen: None,
) -> SolvedEnsemble:
    """Solve the brains of an ensemble under every regimen that the targets need.

    Parameters
    ----------
    targets
        Published numbers to predict.
    model, patients, seed
        Parameters, the number of virtual patients, and which set of them.
    progress
        Called with the name of each regimen before it is solved.
    """
    published, arms, drawn = published_trials(), targets.arms, trial_patients(published_trials(), model, patients, seed)
    regimens: dict[str | None, RegimenTrajectories] = {None: untreated(patients, len(rating_times(published)))}
    for regimen in regimens_taken([trial.arms[arm] for trial, arm in arms.values()]):
        progress(regimen)
        regimens[regimen] = regimen_trajectories(published, regimen, model, drawn)
    ensembles = [
        arm_ensemble(trial.arms[arm], trial.baseline_of(arm), indices, published, regimens, drawn)
        for (trial, arm), indices in ((arms[key], indices) for key, indices in targets.blocks)
    ]
    return SolvedEnsemble(jax.tree.map(lambda *leaves: jnp.stack(leaves), *ensembles), drawn.draws)
