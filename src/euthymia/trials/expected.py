"""What a trial's tables would say of an ensemble: means, SDs and shares, smooth in every parameter.

A rater's error is not drawn but integrated over: whoever would be rated a responder counts by the probability of it. Natural
fluctuation is that of each patient's own path. Ratings are taken from everybody; nobody leaves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm
from jaxtyping import Array, Float, Int

from ..clinic.patients import random_effects
from ..clinic.ratings import Ratings, hamd
from ..clinic.symptoms import baseline_items, context_strengths, item_ratings
from ..clinic.unblinding import believed_strength
from ..core.types import Scalar
from ..model.default import Values
from ..model.parameters import Euthymia
from ..population.course import total
from ..population.patients import COHORT
from ..protocols.protocol import Protocol
from ..simulation.visits import first_visit, since_visits
from .published import Baseline, Trial, TrialArm, TrialOutcome, Trials, trials
from .regimens import Regimen, needed, regimen_trajectories, times, untreated, wandering

MOST, LEAST = 59.0, 8.0
"""MADRS (points) between which patients of a trial are taken to have begun."""
LEAST_OF_SD = 0.3
"""Share of a published SD before treatment that is due to patients at least."""


class Group(NamedTuple):
    """An arm at the times at which it is asked about, before anybody's symptoms are known; the first is before treatment."""

    times: Float[Array, "time"]
    """Since the first visit, h."""
    wanders: Float[Array, "patient time"]
    """Natural fluctuation, in its SDs."""
    since_visits: Float[Array, "two time"]
    mechanism_shift: Float[Array, "patient time item"]
    slope: Float[Array, "patient time item fitted"]
    dissociation: Float[Array, "patient"]
    baseline: Float[Array, "two"]
    """Mean and SD of MADRS, points."""
    told: Scalar
    """1 if patients know what they get."""


class Effects(NamedTuple):
    """By what factor context and mechanisms work better in a trial than in the middle of trials, as logarithms."""

    context: Scalar = jnp.zeros(())
    efficacy: Scalar = jnp.zeros(())


def _visits(protocol: Protocol, at: Float[Array, "time"]) -> Float[Array, "two time"]:
    return jnp.asarray(since_visits(protocol, np.asarray(at) + first_visit(protocol)))


def group(
    arm: TrialArm,
    baseline: Baseline | None,
    places: list[int],
    found: Trials,
    regimens: dict[str | None, Regimen],
    model: Euthymia,
    patients: int,
) -> Group:
    """An arm at some of :func:`.trajectories.times`, from what an ensemble does under the regimens and under none.

    Where a baseline is unknown, it is the population's.
    """
    usual = jnp.array([jnp.sum(model.symptoms.baseline), model.population.severity])
    begins = usual if baseline is None else jnp.array([baseline.mean, baseline.sd])
    every, at = jnp.asarray(times(found)), jnp.array(places)
    visits = _visits(found.protocol(arm.attends), every) if arm.attends else jnp.stack([every, jnp.full(len(every), -1.0)])
    taken = regimens[arm.takes]
    return Group(
        every[at],
        wandering(model, patients, every[at]),
        visits[:, at],
        taken.mechanism_shift[:, at],
        taken.slope[:, at],
        taken.dissociation * (not arm.asleep),
        begins,
        jnp.asarray(float(arm.told)),
    )


def severity_sd(model: Euthymia, mean: Scalar, sd: Scalar) -> Scalar:
    """SD (points) of what patients suffer from, where what raters wrote down before treatment had a mean and an SD.

    Fluctuation and rater make up the rest, but no more than leaves ``LEAST_OF_SD``: who is let into a trial by a rating is alike.
    """
    p, ratings = model.symptoms, model.ratings
    slope = jax.grad(lambda shift: item_ratings(p, baseline_items(p, mean), shift * jnp.ones_like(p.baseline)).sum())(0.0)
    noise = ratings.rater_sd**2 + (slope * ratings.fluctuation_sd) ** 2
    return jnp.sqrt(jnp.maximum(sd**2 - noise, (LEAST_OF_SD * sd) ** 2))


def felt(
    model: Euthymia,
    group: Group,
    context: tuple[Scalar, Float[Array, "course_context"]],
    moved: Float[Array, "fitted"],
    effects: Effects,
) -> Float[Array, "patient time"]:
    """MADRS (points) of the patients of an arm at the times of ratings, before a rater hears of it.

    Parameters
    ----------
    model, group, context
        Numbers, the arm, and latent shifts by a visit and by weeks of treatment as such.
    moved
        How far upstream coordinates are from where the reactions were found; reactions follow in a straight line.
    effects
        Of the trial.
    """
    p, ratings = model.symptoms, model.ratings
    of_visits, of_weeks = (jnp.exp(effects.context) * each for each in context)
    mean, sd = group.baseline[0], severity_sd(model, *group.baseline)
    visited = (of_visits > 0).astype(float)

    def one(
        number: Int[Array, ""],
        shift: Float[Array, "time item"],
        slope: Float[Array, "time item fitted"],
        dissociation: Scalar,
        wander: Float[Array, "time"],
    ) -> Float[Array, "time"]:
        individual_effects = random_effects(model.population, jax.random.key(COHORT), number)
        individual_effects = individual_effects._replace(efficacy=individual_effects.efficacy * jnp.exp(effects.efficacy))
        madrs = jnp.clip(mean + sd * individual_effects.severity / model.population.severity, LEAST, MOST)
        guessed = believed_strength(ratings, of_visits, dissociation, visited)
        visit = group.told * (of_visits + ratings.unblinding) + (1 - group.told) * guessed
        adrift = ratings.fluctuation_sd * wander
        return total(p, individual_effects, madrs, (visit, of_weeks), (group.since_visits, group.times), shift + slope @ moved, adrift)

    numbers = jnp.arange(1, len(group.wanders) + 1)
    return jax.vmap(one)(numbers, group.mechanism_shift, group.slope, group.dissociation, group.wanders)


class Seen(NamedTuple):
    """A statistic, and the SD of the change across patients where there is one."""

    value: Scalar
    sd: Scalar


def responding(p: Ratings, before: Float[Array, "patient"], now: Float[Array, "patient"]) -> Float[Array, "patient"]:
    """Probability that ratings at two visits make a responder of each patient.

    Totals are whole points: over an even first rating the second may be half a point above the cut, over an odd one it may not.
    """
    share = 1 - p.response
    return norm.cdf((share * before + p.step / 4 - now) / (p.rater_sd * jnp.sqrt(1 + share**2)))


def remitting(p: Ratings, now: Float[Array, "patient"]) -> Float[Array, "patient"]:
    """Probability that a rating is one of remission; totals are whole points, so that half a point above the cut still is."""
    return norm.cdf((p.remission + p.step / 2 - now) / p.rater_sd)


def statistic(
    p: Ratings, kind: str, active: tuple[Float[Array, "patient"], ...], control: tuple[Float[Array, "patient"], ...] | None
) -> Seen:
    """One of :data:`.records.Statistic` from MADRS before and at a visit in an arm, and in the one it is compared with."""
    on_hamd = kind.startswith("HAM-D")

    def score(madrs: Float[Array, "patient"]) -> Float[Array, "patient"]:
        return hamd(p, madrs) if on_hamd else madrs

    def error(madrs: Float[Array, "patient"]) -> Scalar:
        """Variance by a rater, who errs in points of MADRS."""
        return jnp.mean(((score(madrs + p.rater_sd) - score(madrs - p.rater_sd)) / 2) ** 2)

    now = active[1]

    def change(arm: tuple[Float[Array, "patient"], ...]) -> tuple[Scalar, Scalar]:
        fall = score(arm[1]) - score(arm[0])
        return fall.mean(), fall.var() + error(arm[0]) + error(arm[1])

    def response(arm: tuple[Float[Array, "patient"], ...]) -> Scalar:
        return responding(p, *arm).mean()

    mean, variance = change(active)
    none = jnp.full((), jnp.nan)
    if control is None:
        match kind:
            case "change" | "HAM-D change":
                return Seen(mean, jnp.sqrt(variance))
            case "score":
                return Seen(now.mean(), jnp.sqrt(now.var() + error(now)))
            case "response":
                return Seen(100 * response(active), none)
            case "remission":
                return Seen(100 * remitting(p, now).mean(), none)
    else:
        other, other_variance = change(control)
        effect = (mean - other) / jnp.sqrt((variance + other_variance) / 2)
        match kind:
            case "difference" | "HAM-D difference":
                return Seen(mean - other, none)
            case "effect":
                return Seen(effect, none)
            case "benefit":
                return Seen(-effect, none)
            case "response difference":
                return Seen(100 * (response(active) - response(control)), none)
            case "response odds ratio":
                odds = [share / (1 - share) for share in (response(active), response(control))]
                return Seen(odds[0] / odds[1], none)
    raise ValueError(f"{kind}: no such statistic")


class Question(NamedTuple):
    """A published number, and the place of its time among all at which anybody was rated."""

    trial: Trial
    observation: TrialOutcome
    at: int


class Solved(NamedTuple):
    """Patients in all arms that some questions need: what predictions are made from without solving a brain again."""

    groups: Group
    """With an axis of arms in front."""
    coordinates: Float[Array, "fitted"]
    """Where upstream the reactions were found."""


def _key(trial: Trial, arm: str) -> str:
    return f"{trial.name}: {arm}"


@dataclass(frozen=True, eq=False)
class Asked:
    """Published numbers, each of a trial and of arms in it."""

    questions: tuple[Question, ...]

    @cached_property
    def arms(self) -> dict[str, tuple[Trial, str]]:
        """Everybody who is asked about."""
        return {_key(trial, arm): (trial, arm) for trial, each, _ in self.questions for arm in filter(None, (each.arm, each.against))}

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Of the times at which each arm is asked about, and before treatment; as many for every arm, the last one again if need be."""
        of_arms: dict[str, set[int]] = {key: {0} for key in self.arms}
        for trial, each, at in self.questions:
            for arm in filter(None, (each.arm, each.against)):
                of_arms[_key(trial, arm)].add(at)
        most = max(map(len, of_arms.values()))
        return {key: (found := sorted(at)) + found[-1:] * (most - len(at)) for key, at in of_arms.items()}

    def madrs(
        self, model: Euthymia, solved: Solved, coordinates: Float[Array, "fitted"], effects: Mapping[str, Effects]
    ) -> dict[str, Float[Array, "patient time"]]:
        """Of the patients of each arm, with the numbers of a model, upstream coordinates that belong to it, and effects by trial."""
        moved, arms = coordinates - solved.coordinates, self.arms
        contexts = [context_strengths(model.symptoms, trial.arms[arm].context) for trial, arm in arms.values()]
        of_arms = [effects[trial.name] for trial, _ in arms.values()]
        context, effect = (jax.tree.map(lambda *each: jnp.stack(each), *parts) for parts in (contexts, of_arms))

        def one(group: Group, context: tuple[Scalar, Float[Array, "course_context"]], effect: Effects) -> Float[Array, "patient time"]:
            return felt(model, group, context, moved, effect)

        return dict(zip(arms, jax.vmap(one)(solved.groups, context, effect), strict=True))

    def answers(self, model: Euthymia, solved: Solved, coordinates: Float[Array, "fitted"], effects: Effects) -> Seen:
        """To every question, with the same effects in every trial."""
        madrs = self.madrs(model, solved, coordinates, {trial.name: effects for trial, _, _ in self.questions})
        seen = []
        for question in self.questions:
            visits = self.visits(madrs, question)
            seen.append(statistic(model.ratings, question.observation.statistic, visits[0], visits[1] if len(visits) > 1 else None))
        return Seen(*(jnp.stack(parts) for parts in zip(*seen, strict=True)))

    def visits(self, madrs: Mapping[str, Any], question: Question) -> list[tuple[Any, Any]]:
        """MADRS before treatment and at the time of a question, in the arm and in the one it is compared with."""
        keys = [_key(question.trial, arm) for arm in (question.observation.arm, question.observation.against) if arm]
        return [(madrs[key][:, 0], madrs[key][:, self.places[key].index(question.at)]) for key in keys]


def asked(pairs: list[tuple[Trial, TrialOutcome]]) -> Asked:
    """Numbers, each with its place among :func:`.trajectories.times`."""
    at = times(trials())
    return Asked(tuple(Question(trial, each, int(np.searchsorted(at, each.at))) for trial, each in pairs))


def solve(
    numbers: Asked,
    model: Euthymia,
    patients: int,
    coordinates: Float[Array, "fitted"],
    values_of: Callable[[Float[Array, "fitted"]], Values],
    progress: Callable[[str], None] = lambda regimen: None,
) -> Solved:
    """Solve the brains of so many patients under every regimen that the numbers need.

    Parameters
    ----------
    numbers
        What is asked.
    model, patients
        Numbers where nothing is fitted, and how many.
    coordinates, values_of
        What is fitted upstream of mood, and the numbers it stands for.
    progress
        Called with the name of each regimen before it is solved.
    """
    found, arms = trials(), numbers.arms
    regimens: dict[str | None, Regimen] = {None: untreated(patients, len(times(found)), len(coordinates))}
    for regimen in needed([trial.arms[arm] for trial, arm in arms.values()]):
        progress(regimen)
        regimens[regimen] = regimen_trajectories(found, regimen, model, patients, coordinates, values_of)
    groups = [
        group(trial.arms[arm], trial.baseline_of(arm), places, found, regimens, model, patients)
        for (trial, arm), places in zip(arms.values(), numbers.places.values(), strict=True)
    ]
    stacked = jax.tree.map(lambda *each: jnp.stack(each), *groups)
    return Solved(stacked, coordinates)
