"""What an ensemble of virtual patients predicts of published numbers: MADRS of every arm, and statistics smooth in every parameter.

Brains are solved once at some upstream coordinates; elsewhere mechanism shifts follow to first order. Natural fluctuation is that of
each patient's own path. Ratings are taken from everybody; nobody drops out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ..clinic.patients import random_effects
from ..clinic.symptoms import baseline_items, item_ratings
from ..clinic.unblinding import believed_strength
from ..core.types import Scalar
from ..model.default import Values
from ..model.parameters import Euthymia
from ..population.course import madrs_course
from ..population.patients import PATIENT_SEED
from ..population.setup import ContextStrength, ElapsedTimes, context_strength
from ..protocols.protocol import Protocol
from ..simulation.visits import first_visit, since_visits
from .arm_statistics import ExpectedStatistic, MadrsPair, expected_statistic
from .published import Baseline, PublishedTrials, Trial, TrialArm, TrialOutcome, published_trials
from .regimens import RegimenTrajectories, rating_times, regimen_trajectories, regimens_taken, standardised_fluctuation, untreated
from .relapse_statistics import expected_relapse, followed

HIGHEST_BASELINE, LOWEST_BASELINE = 59.0, 8.0
"""MADRS (points) to which the baseline of a trial's patients is clipped."""
LEAST_SD_BY_PATIENTS = 0.3
"""Smallest fraction of a published baseline SD that is due to patients, not to fluctuation and raters."""


class ArmEnsemble(NamedTuple):
    """Virtual patients of an arm at rating times, before their symptoms are known; the first time is before treatment."""

    times: Float[Array, "time"]
    """Since the first visit, h."""
    fluctuation: Float[Array, "patient time"]
    """Natural fluctuation, in its SDs."""
    since_visits: Float[Array, "two time"]
    mechanism_shift: Float[Array, "patient time item"]
    sensitivity: Float[Array, "patient time item fitted"]
    """Derivative of the mechanism shift with respect to upstream coordinates."""
    dissociation: Float[Array, "patient"]
    baseline: Float[Array, "two"]
    """Mean and SD of MADRS, points."""


class TrialEffects(NamedTuple):
    """Random effects of a trial: logarithms of the factors of context and of mechanisms, relative to the typical trial."""

    context: Scalar = jnp.zeros(())
    efficacy: Scalar = jnp.zeros(())


def _since_visits(protocol: Protocol, times: Float[Array, "time"]) -> Float[Array, "two time"]:
    return jnp.asarray(since_visits(protocol, np.asarray(times) + first_visit(protocol)))


def arm_ensemble(
    arm: TrialArm,
    baseline: Baseline | None,
    time_indices: list[int],
    published: PublishedTrials,
    regimens: dict[str | None, RegimenTrajectories],
    model: Euthymia,
    patients: int,
) -> ArmEnsemble:
    """An arm at some of :func:`.regimens.rating_times`, from the ensemble under every regimen and under none.

    An unknown baseline is taken to be that of the population.
    """
    population_baseline = jnp.array([jnp.sum(model.symptoms.baseline), model.population.severity])
    moments = population_baseline if baseline is None else jnp.array([baseline.mean, baseline.sd])
    times, kept = jnp.asarray(rating_times(published)), jnp.array(time_indices)
    visits = _since_visits(published.protocol(arm.attends), times) if arm.attends else jnp.stack([times, jnp.full(len(times), -1.0)])
    regimen = regimens[arm.takes]
    return ArmEnsemble(
        times[kept],
        standardised_fluctuation(model, patients, times[kept]),
        visits[:, kept],
        regimen.mechanism_shift[:, kept],
        regimen.sensitivity[:, kept],
        regimen.dissociation * (not arm.asleep),
        moments,
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
    model: Euthymia, arm: ArmEnsemble, context: ContextStrength, upstream_shift: Float[Array, "fitted"], effects: TrialEffects
) -> Float[Array, "patient time"]:
    """MADRS (points) of the patients of an arm at the times of ratings, without rater error.

    Parameters
    ----------
    model, arm, context
        Parameters, the arm, and its strengths of context in the typical patient.
    upstream_shift
        Upstream coordinates less those at which brains were solved; mechanism shifts follow to first order.
    effects
        Random effects of the trial.
    """
    p, ratings = model.symptoms, model.ratings
    of_visits, of_weeks = (jnp.exp(effects.context) * strength for strength in (context.visit, context.course))
    mean, sd = arm.baseline[0], severity_sd(model, *arm.baseline)

    def of_patient(
        number: Int[Array, ""],
        shift: Float[Array, "time item"],
        sensitivity: Float[Array, "time item fitted"],
        dissociation: Scalar,
        fluctuation: Float[Array, "time"],
    ) -> Float[Array, "time"]:
        individual_effects = random_effects(model.population, jax.random.key(PATIENT_SEED), number)
        individual_effects = individual_effects._replace(efficacy=individual_effects.efficacy * jnp.exp(effects.efficacy))
        madrs = jnp.clip(mean + sd * individual_effects.severity / model.population.severity, LOWEST_BASELINE, HIGHEST_BASELINE)
        visit = believed_strength(ratings, of_visits, dissociation, context.masked)
        strength, elapsed = ContextStrength(visit, of_weeks, context.masked), ElapsedTimes(arm.since_visits, arm.times)
        fluctuation_shift = ratings.fluctuation_sd * fluctuation
        return madrs_course(p, individual_effects, madrs, strength, elapsed, shift + sensitivity @ upstream_shift, fluctuation_shift)

    numbers = jnp.arange(1, len(arm.fluctuation) + 1)
    return jax.vmap(of_patient)(numbers, arm.mechanism_shift, arm.sensitivity, arm.dissociation, arm.fluctuation)


RATINGS_PER_BLOCK = 4
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
    coordinates: Float[Array, "fitted"]
    """Upstream coordinates at which brains were solved."""


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

    def madrs(
        self, model: Euthymia, solved: SolvedEnsemble, coordinates: Float[Array, "fitted"], effects: Mapping[str, TrialEffects]
    ) -> dict[str, Float[Array, "patient time"]]:
        """MADRS (points) of the patients of each arm, under a model, its upstream coordinates, and effects by trial."""
        upstream_shift, blocks = coordinates - solved.coordinates, [self.arms[key] for key, _ in self.blocks]
        contexts = [context_strength(model.symptoms, trial.arms[arm].context, trial.arms[arm].weeks) for trial, arm in blocks]
        of_trials = [effects[trial.name] for trial, _ in blocks]
        context, effect = (jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees) for trees in (contexts, of_trials))

        def of_arm(arm: ArmEnsemble, context: ContextStrength, effect: TrialEffects) -> Float[Array, "patient time"]:
            return true_madrs(model, arm, context, upstream_shift, effect)

        by_block: dict[str, list[Array]] = {}
        for (key, _), madrs in zip(self.blocks, jax.vmap(of_arm)(solved.arms, context, effect), strict=True):
            by_block.setdefault(key, []).append(madrs)
        return {key: jnp.concatenate(madrs, 1)[:, : len(self.time_indices[key])] for key, madrs in by_block.items()}

    def expected(
        self, model: Euthymia, solved: SolvedEnsemble, coordinates: Float[Array, "fitted"], effects: TrialEffects
    ) -> ExpectedStatistic:
        """Expectation of every target (leading axis), with the same effects in every trial."""
        madrs = self.madrs(model, solved, coordinates, dict.fromkeys(self.trial_names, effects))
        statistics = []
        for target in self.targets:
            statistic, follow_up = target.observation.statistic, target.observation.follow_up
            active, *control = self.courses(madrs, target)
            if follow_up is not None:
                course = followed(follow_up, active[:, 0], active[:, 1], active[:, 2:])
                statistics.append(expected_relapse(model.ratings, statistic, follow_up, course))
            else:
                pairs = [MadrsPair(*side.T) for side in (active, *control)]
                statistics.append(expected_statistic(model.ratings, statistic, pairs[0], pairs[1] if control else None))
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
    coordinates: Float[Array, "fitted"],
    values_of: Callable[[Float[Array, "fitted"]], Values],
    progress: Callable[[str], None] = lambda regimen: None,
) -> SolvedEnsemble:
    """Solve the brains of an ensemble under every regimen that the targets need.

    Parameters
    ----------
    targets
        Published numbers to predict.
    model, patients
        Parameters that are not fitted, and the number of virtual patients.
    coordinates, values_of
        Upstream coordinates, and the parameter values they stand for.
    progress
        Called with the name of each regimen before it is solved.
    """
    published, arms = published_trials(), targets.arms
    regimens: dict[str | None, RegimenTrajectories] = {None: untreated(patients, len(rating_times(published)), len(coordinates))}
    for regimen in regimens_taken([trial.arms[arm] for trial, arm in arms.values()]):
        progress(regimen)
        regimens[regimen] = regimen_trajectories(published, regimen, model, patients, coordinates, values_of)
    ensembles = [
        arm_ensemble(trial.arms[arm], trial.baseline_of(arm), indices, published, regimens, model, patients)
        for (trial, arm), indices in ((arms[key], indices) for key, indices in targets.blocks)
    ]
    return SolvedEnsemble(jax.tree.map(lambda *leaves: jnp.stack(leaves), *ensembles), coordinates)
