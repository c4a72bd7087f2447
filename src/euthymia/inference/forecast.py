"""The headline: how many patients of a further trial would respond and remit under a protocol, when, and how sure the fit is of it.

A forecast has draws of the calibration's posterior, each with a trial of its own: what trials differ by is part of its interval, and how
many patients a trial has is not.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..clinic.dropout import retention
from ..clinic.outcomes import worsening
from ..clinic.trial_differences import EFFECTS
from ..core.constants import DAY, WEEK
from ..evidence.headline import CHANGE_BINS, Interval, ProtocolForecast
from ..model.default import default_model, model_at
from ..model.parameters import Euthymia
from ..population.setup import context_strength
from ..protocols.protocol import Protocol
from ..protocols.vocabulary import SWALLOWED
from ..simulation.visits import first_visit, since_visits
from ..trials.arm_statistics import remission_probability, response_probability
from ..trials.expected import ArmEnsemble, TrialEffects, true_madrs
from ..trials.published import FollowUp
from ..trials.regimens import TrialPatients, quasi_random_patients, trajectories_at
from ..trials.relapse_statistics import FollowedCourse, relapse_distribution
from .coordinates import FITTED, values_at
from .fitted import Fitted
from .likelihood import effects_at
from .sizes import SEED_OF_FORECASTS, check_draws

SHOWN = {"24 h": DAY, "7 d": WEEK, "6 weeks": 6 * WEEK}
"""Times of the headline since the first visit, h."""
RATED = np.array([0.0, 2.0, 4.0, DAY, 2 * DAY, 3 * DAY, WEEK, *(WEEK * np.arange(2, 7))])
"""Times of all ratings, h: a response is seen at one of them."""
LAST = "day after last dose"
"""Name of the time at which those are judged who are followed further."""
FOLLOWED = {"7 d": WEEK, "14 d": 2 * WEEK, "18 d": 18 * DAY, "28 d": 4 * WEEK}
"""Times after the last dose (h) at which responders of the day after it are rated again: who has a MADRS of 22 or more has
relapsed."""
LATEST = 6 * WEEK
"""The last dose after which responders are followed, h."""
DRAWS = 200
INTERVAL = (0.05, 0.5, 0.95)


def follow_up_of(protocol: Protocol) -> FollowUp | None:
    """Of the responders to the last dose, of those at a visit where there are any; None without doses, or with some after ``LATEST``."""
    doses = [dose for dose in protocol.doses if dose.route not in SWALLOWED] or protocol.doses
    last = max((dose.start - first_visit(protocol) for dose in doses), default=np.inf)
    if last > LATEST:
        return None
    return FollowUp(judged_at=f"{last + DAY} h", ratings=tuple(f"{last + after} h" for after in FOLLOWED.values()))


class _OfTrial(NamedTuple):
    """Per cent of patients of one trial at the times of ratings, the median time to response (h), and histogram by change."""

    response: Float[Array, "time"]
    remission: Float[Array, "time"]
    left: Float[Array, "time"]
    time_to_response: Float[Array, ""]
    change: Float[Array, "bin"]
    relapsed: Float[Array, "follow_up"]
    """Per cent of responders, by each rating of their follow-up."""
    judged: Float[Array, ""]
    """Per cent who respond when those are judged who are followed; not a number where nobody is."""


def _times(follow_up: FollowUp | None) -> np.ndarray:
    """Of all ratings, h since the first visit."""
    return np.unique(RATED if follow_up is None else [*RATED, follow_up.judged_at, *follow_up.ratings])


def _baseline(protocol: Protocol, model: Euthymia) -> float:
    """Mean MADRS before treatment, points."""
    return float(model.symptoms.baseline.sum()) if protocol.patient.madrs is None else protocol.patient.madrs


def _arm(protocol: Protocol, times: np.ndarray, model: Euthymia, patients: TrialPatients) -> ArmEnsemble:
    solved = trajectories_at(protocol, times, model, patients)
    return ArmEnsemble(
        jnp.asarray(times),
        patients.fluctuation,
        jnp.asarray(since_visits(protocol, times + first_visit(protocol))),
        solved.repair,
        solved.dissociation,
        jnp.array([_baseline(protocol, model), float(model.population.severity)]),
    )


@eqx.filter_jit
def _trials(
    start: Euthymia,
    patients: TrialPatients,
    arm: ArmEnsemble,
    context: str,
    follow_up: FollowUp | None,
    coordinates: Float[Array, "draw fitted"],
    z: Float[Array, "draw effect"],
) -> _OfTrial:
    """One trial for each draw of coordinates and of effects of a trial."""
    times = _times(follow_up)

    def of_trial(drawn: tuple[Float[Array, "fitted"], Float[Array, "effect"]]) -> _OfTrial:
        at, z = drawn
        model = model_at(values_at(FITTED, at), start.physiology.closures)
        p, nothing = model.ratings, TrialEffects(jnp.zeros(()), jnp.zeros(()))
        effects = jax.tree.map(lambda leaf: leaf[0], effects_at(model.trial_differences, nothing, z, jnp.ones(1)))
        whole = true_madrs(model, patients.draws, arm, context_strength(model.symptoms, context), effects)
        madrs = whole[:, np.searchsorted(times, RATED)]
        responds = response_probability(p, madrs[:, :1], madrs)
        never_before = jnp.cumprod(1 - responds[:, 1:], 1)
        reached = never_before.mean(0) <= 1 / 2
        hours = jnp.where(reached.any(), jnp.asarray(RATED[1:])[jnp.argmax(reached)], jnp.inf)
        remits = remission_probability(p, p.remission, madrs)
        left = 1 - retention(p, jnp.asarray(RATED), worsening(madrs[:, :1], madrs))
        change = jnp.clip(madrs[:, -1] - madrs[:, 0], CHANGE_BINS[0], CHANGE_BINS[-1])
        histogram = jnp.histogram(change, jnp.asarray(CHANGE_BINS))[0] / len(change)
        relapsed, judged_response = jnp.zeros(0), jnp.full((), jnp.nan)
        if follow_up is not None:
            judged, *later = np.searchsorted(times, [follow_up.judged_at, *follow_up.ratings])
            course = FollowedCourse(whole[:, 0], whole[:, judged], whole[:, np.array(later)])
            relapsed = 100 * jnp.cumsum(relapse_distribution(p, follow_up, course))
            judged_response = 100 * response_probability(p, whole[:, 0], whole[:, judged]).mean()
        return _OfTrial(100 * responds.mean(0), 100 * remits.mean(0), 100 * left.mean(0), hours, histogram, relapsed, judged_response)

    return jax.lax.map(of_trial, (coordinates, z))


def forecast(
    protocols: Sequence[Protocol],
    fitted: Fitted,
    model: Euthymia | None = None,
    patients: int = 256,
    draws: int = DRAWS,
    progress: Callable[[str], None] = lambda text: None,
) -> dict[str, ProtocolForecast]:
    """What further trials of some protocols would find, each in patients like those of the calibration's trials.

    Parameters
    ----------
    protocols
        Each with a name of its own.
    fitted
        A calibration, whose draws are taken.
    model
        Parameters that are not fitted; the evidence's if left out.
    patients, draws
        Virtual patients, and further trials.
    progress
        Called with the name of each protocol before it is solved.
    """
    check_draws(patients, draws)
    start = default_model() if model is None else model
    z = jnp.asarray(np.random.default_rng(SEED_OF_FORECASTS).standard_normal((draws, len(EFFECTS))))
    coordinates, forecasts = jnp.asarray(fitted.drawn(draws)), {}
    shown = {name: int(np.searchsorted(RATED, at)) for name, at in SHOWN.items()}
    for protocol in protocols:
        progress(protocol.name)
        # Who is never above the cut of relapse cannot relapse.
        follow_up = follow_up_of(protocol) if _baseline(protocol, start) > float(start.ratings.relapse) else None
        times = _times(follow_up)
        longer = protocol.with_canonical(horizon=max(protocol.horizon, first_visit(protocol) + float(times[-1])))
        people = quasi_random_patients(start, times, patients)
        trials = _trials(start, people, _arm(longer, times, start, people), protocol.context, follow_up, coordinates, z)
        response, remission, left, relapsed = (
            np.asarray(rate) for rate in (trials.response, trials.remission, trials.left, trials.relapsed)
        )
        forecasts[protocol.name] = ProtocolForecast(
            response={name: _interval(response[:, at]) for name, at in shown.items()}
            | ({LAST: _interval(np.asarray(trials.judged))} if follow_up else {}),
            remission={name: _interval(remission[:, at]) for name, at in shown.items()},
            left=_interval(left[:, -1]),
            hours_to_response=_interval(np.asarray(trials.time_to_response)),
            relapsed={name: _interval(by_then) for name, by_then in zip(FOLLOWED, relapsed.T, strict=False)},
            change=tuple(np.asarray(trials.change).mean(0).tolist()),
        )
    return forecasts


def _interval(values: np.ndarray) -> Interval:
    """Of rates, or of times that may be infinite; where nobody responds there is no relapse."""
    quantiles = np.quantile(values, INTERVAL, method="inverted_cdf")
    low, median, high = (float(value) if np.isfinite(value) else None for value in quantiles)
    return Interval(low=low, median=median, high=high)
