"""The headline in words and numbers: what the terminal and the page say of who would respond in further trials."""

from typing import NamedTuple

from ..analysis.comparison import Comparison
from ..core.constants import DAY
from ..evidence.headline import Interval, ProtocolForecast, shipped
from ..trials.published import published_trials
from .words import NONE

MEANINGS = (
    "Median and 90 % of further trials, which differ; in square brackets what was published. Response is half of MADRS off, remission 12 "
    "or less. Left: by six weeks. Dissociation (of the most there can be) and systolic pressure: peaks in the typical patient. Relapse is "
    "22 or more, of those who responded a day after the last dose: the last at a visit where there are visits, the last tablet where not; "
    "the attention of a treatment goes on."
)
NOT_MODELLED = (
    "Not modelled among side effects: headache, nausea, sedation, harm to the bladder, misuse and dependence; and of other drugs than "
    "ketamine all side effects."
)


def of_interval(rate: Interval) -> str:
    """Median and 90 % of a rate, per cent."""
    if rate.low is None or rate.median is None or rate.high is None:
        return NONE
    return f"{rate.median:.0f} ({rate.low:.0f}…{rate.high:.0f})"


def of_hours(hours: float | None) -> str:
    """A time to response in words."""
    if hours is None:
        return "not by 6 weeks"
    return f"{hours:.0f} h" if hours <= DAY else f"{hours / DAY:.0f} d"


def published(arm: str, at: str) -> list[float]:
    """Response rates that were published of a protocol that ships at a time, per cent; of relapse where the time begins with it."""
    known = {observation.target: observation for trial in published_trials().trials for observation in trial.observations}
    return [float(known[row].observed) for row in published_trials().published_rates.get(arm, {}).get(at, ())]


def with_published(rate: Interval, arm: str, at: str) -> str:
    """A rate with what was published in square brackets."""
    rates = published(arm, at)
    return of_interval(rate) + (f" [{', '.join(f'{value:.0f}' for value in rates)}]" if rates else "")


class HeadlineRow(NamedTuple):
    """What is said of an arm."""

    arm: str
    response: list[str]
    remission: list[str]
    beside: list[str]
    """When half have responded, how many have left, and the peaks of dissociation and pressure."""
    relapse: list[str]
    """Of responders; empty where nothing is given at a visit."""


BESIDE = ("half respond by", "left, %", "dissociation, %", "systolic, mmHg")


class HeadlineTable(NamedTuple):
    """The headline of all arms that have a forecast."""

    times: list[str]
    times_of_remission: list[str]
    times_after: list[str]
    """Of the last dose."""
    rows: list[HeadlineRow]
    contrasts: list[tuple[str, str, str]]
    """What is compared, what was seen, and the forecast."""


def headline_table(comparison: Comparison) -> HeadlineTable | None:
    """The headline of a comparison; None where none of its arms has a forecast."""
    forecasts = comparison.forecasts
    if not forecasts:
        return None
    stored, times = shipped(), list(dict.fromkeys(at for forecast in forecasts.values() for at in forecast.response))
    contrasts = [] if stored is None else [(one.what, f"{one.observed:+.0f}", of_interval(one.predicted)) for one in stored.contrasts]
    return HeadlineTable(
        times,
        list(next(iter(forecasts.values())).remission),
        list(next((forecast.relapsed for forecast in forecasts.values() if forecast.relapsed), {})),
        [_row(comparison, arm, forecast, times) for arm, forecast in forecasts.items()],
        contrasts,
    )


def _row(comparison: Comparison, arm: str, forecast: ProtocolForecast, times: list[str]) -> HeadlineRow:
    dissociation, pressure = 100 * comparison.peak(arm, "dissociation"), comparison.peak(arm, "systolic_rise")
    return HeadlineRow(
        arm,
        [with_published(forecast.response[at], arm, at) if at in forecast.response else NONE for at in times],
        list(map(of_interval, forecast.remission.values())),
        [of_hours(forecast.hours_to_response.median), of_interval(forecast.left), f"{dissociation:.0f}", f"{pressure:.0f}"],
        [with_published(rate, arm, f"relapse {at}") for at, rate in forecast.relapsed.items()],
    )
