"""Statistics of a trial's table: from ratings of a sample of patients, and as expectations that are smooth in every parameter.

In the expectations rater error is not drawn but integrated over: each patient counts by the probability of being rated a responder.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm
from jaxtyping import Array, Float

from ..clinic.outcomes import remits, responds
from ..clinic.ratings import Ratings, hamd
from ..core.normal import Z_95
from ..core.types import Scalar
from .published import RemissionCut


class MadrsPair(NamedTuple):
    """MADRS (points) of the patients of an arm before treatment and at a visit."""

    baseline: Float[Array, "patient"]
    visit: Float[Array, "patient"]


class RatedPair(NamedTuple):
    """Ratings of a sample of patients before treatment and at a visit, points."""

    baseline: np.ndarray
    visit: np.ndarray


class ExpectedStatistic(NamedTuple):
    """A statistic, and the SD of the change across patients; NaN where there is none."""

    value: Scalar
    sd: Scalar


def response_probability(p: Ratings, baseline: Float[Array, "..."], visit: Float[Array, "..."]) -> Float[Array, "..."]:
    """Probability that ratings at two visits make each patient a responder.

    Totals are whole points: over an even first rating the second may be half a point above the cut, over an odd one it may not.
    """
    remaining = 1 - p.response
    return norm.cdf((remaining * baseline + p.step / 4 - visit) / (p.rater_sd * jnp.sqrt(1 + remaining**2)))


def remission_probability(p: Ratings, cut: Scalar, visit: Float[Array, "..."]) -> Float[Array, "..."]:
    """Probability that a rating is at most the cut of remission; totals are whole points, so that half a point above it still is."""
    return norm.cdf((cut + p.step / 2 - visit) / p.rater_sd)


def expected_statistic(
    p: Ratings, kind: str, active: MadrsPair, control: MadrsPair | None, cut: RemissionCut | None = None, sizes: Sequence[int] = ()
) -> ExpectedStatistic:
    """Expectation of one of :data:`.published.Statistic` over raters, in an arm and in the one it is compared with.

    ``cut`` is that of remission, and ``sizes`` are those of the arms, where a statistic needs them.
    """
    on_hamd = kind.startswith("HAM-D")

    def score(madrs: Float[Array, "patient"]) -> Float[Array, "patient"]:
        return hamd(p, madrs) if on_hamd else madrs

    def rater_variance(madrs: Float[Array, "patient"]) -> Scalar:
        """On the scale of the score; raters err in points of MADRS."""
        return jnp.mean(((score(madrs + p.rater_sd) - score(madrs - p.rater_sd)) / 2) ** 2)

    def change(arm: MadrsPair) -> tuple[Scalar, Scalar]:
        fall = score(arm.visit) - score(arm.baseline)
        return fall.mean(), fall.var() + rater_variance(arm.baseline) + rater_variance(arm.visit)

    def response(arm: MadrsPair) -> Scalar:
        return response_probability(p, *arm).mean()

    def remission(arm: MadrsPair) -> Scalar:
        return remission_probability(p, cut_on_madrs(p, cut), arm.visit).mean()

    mean, variance = change(active)
    none = jnp.full((), jnp.nan)
    if control is None:
        match kind:
            case "change" | "HAM-D change":
                return ExpectedStatistic(mean, jnp.sqrt(variance))
            case "score":
                return ExpectedStatistic(active.visit.mean(), jnp.sqrt(active.visit.var() + rater_variance(active.visit)))
            case "response":
                return ExpectedStatistic(100 * response(active), none)
            case "remission":
                return ExpectedStatistic(100 * remission(active), none)
    else:
        control_mean, control_variance = change(control)
        effect = (mean - control_mean) / jnp.sqrt((variance + control_variance) / 2)
        match kind:
            case "difference" | "HAM-D difference":
                return ExpectedStatistic(mean - control_mean, none)
            case "significant difference":
                t = (mean - control_mean) / jnp.sqrt(variance / sizes[0] + control_variance / sizes[1])
                return ExpectedStatistic(norm.cdf(-Z_95 - t) + norm.cdf(t - Z_95), none)
            case "remission difference":
                return ExpectedStatistic(100 * (remission(active) - remission(control)), none)
            case "effect" | "effect once lost":
                return ExpectedStatistic(effect, none)
            case "benefit":
                return ExpectedStatistic(-effect, none)
            case "response difference":
                return ExpectedStatistic(100 * (response(active) - response(control)), none)
            case "response odds ratio":
                odds = [rate / (1 - rate) for rate in (response(active), response(control))]
                return ExpectedStatistic(odds[0] / odds[1], none)
    raise ValueError(f"{kind}: no such statistic")


def sample_statistic(p: Ratings, kind: str, active: RatedPair, control: RatedPair | None, cut: RemissionCut | None = None) -> float:
    """One of :data:`.published.Statistic` of rated patients, as a trial's table has it; ``cut`` is that of remission."""
    if kind.startswith("HAM-D"):
        active, control = _on_hamd(p, active), None if control is None else _on_hamd(p, control)

    def response(arm: RatedPair) -> float:
        return 100 * float(np.mean(np.asarray(responds(p, jnp.asarray(arm.baseline), jnp.asarray(arm.visit)))))

    def remission(arm: RatedPair) -> float:
        return 100 * float(np.mean(np.asarray(remits(cut_on_madrs(p, cut), jnp.asarray(arm.visit)))))

    change = active.visit - active.baseline
    if control is None:
        match kind:
            case "change" | "HAM-D change":
                return float(change.mean())
            case "score":
                return float(active.visit.mean())
            case "response":
                return response(active)
            case "remission":
                return remission(active)
    else:
        control_change = control.visit - control.baseline
        match kind:
            case "difference" | "HAM-D difference":
                return float(change.mean() - control_change.mean())
            case "significant difference":
                error = sqrt(change.var(ddof=1) / len(change) + control_change.var(ddof=1) / len(control_change))
                return float(abs(change.mean() - control_change.mean()) >= Z_95 * error)
            case "remission difference":
                return remission(active) - remission(control)
            case "effect" | "benefit" | "effect once lost":
                effect = (change.mean() - control_change.mean()) / sqrt((change.var(ddof=1) + control_change.var(ddof=1)) / 2)
                return float(-effect if kind == "benefit" else effect)
            case "response difference":
                return response(active) - response(control)
            case "response odds ratio":
                # Haldane–Anscombe correction: half a patient more in every cell, against division by zero.
                odds = []
                for arm in (active, control):
                    n = len(arm.baseline)
                    responders = response(arm) / 100 * n + 0.5
                    odds.append(responders / (n + 1 - responders))
                return odds[0] / odds[1]
    raise ValueError(f"{kind}: no such statistic")


def cut_on_madrs(p: Ratings, cut: RemissionCut | None) -> Scalar:
    """The highest total of MADRS that counts as remission; totals of the Hamilton scale are linked to it."""
    if cut is None:
        raise ValueError("remission: the cut is stated with the number")
    return jnp.asarray(cut.highest) if cut.scale == "MADRS" else jnp.interp(cut.highest, p.linked_hamd, p.linked_madrs)


def _on_hamd(p: Ratings, arm: RatedPair) -> RatedPair:
    return RatedPair(*(np.asarray(hamd(p, jnp.asarray(madrs))) for madrs in arm))
