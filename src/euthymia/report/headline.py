"""The headline in words and numbers: what the terminal and the page say of who would respond in further trials."""

from typing import NamedTuple

from ..analysis.cohort_medians import ships
from ..analysis.comparison import Comparison
from ..core.constants import DAY
from ..evidence.headline import Interval, ProtocolForecast, shipped
from ..protocols.vocabulary import OF_KETAMINE
from ..trials.published import published_trials
from .words import NONE

MEANINGS = (
    "Median and 90 % of large further trials, in adults under 65 whom two antidepressants have failed; trials differ by more than their "
    "size. In square brackets what was published, of trials that are only near the arm: the six infusions were open, tablets were given "
    "in primary care, responders were followed from the third day or from four hours. Response is half of MADRS off, remission 12 or less, "
    "both as if everybody stayed. Half have once been rated as responders by the time that is shown. Left: by six weeks. Relapse is 22 "
    "or more, among those who responded a day after the last dose: of the doses at visits where there are any, of the tablets where "
    "not. Dissociation (of the most there can be) and the rise of systolic pressure: peaks in the typical patient."
)
NOT_MODELLED = (
    "Not modelled among side effects: headache, nausea, sedation, harm to the bladder, misuse and dependence; and of other drugs than "
    "ketamine all side effects. Drugs are not ranked: what those other than ketamine do rests on assumed clearances."
)
NO_FORECAST = "No forecast of trials ships for these arms as they are; `euthymia compare --people 256` makes one."
OTHER = ("half respond once", "left, %", "dissociation, %", "pressure, mmHg")
CONTRASTS = "Response of one arm less that of the other, percentage points"
OF_CONTRASTS = "Seen and forecast in trials of the published sizes. All but the fourth were fitted, or one of their two arms was."


def of_interval(rate: Interval) -> str:
    """Median and 90 % of a rate, per cent."""
    if rate.low is None or rate.median is None or rate.high is None:
        return NONE
    return f"{rate.median:.0f} ({rate.low:.0f}…{rate.high:.0f})".replace("-", "−")


def of_hours(hours: float | None) -> str:
    """A time to response in words."""
    if hours is None:
        return "never"
    return f"{hours:.0f} h" if hours <= DAY else f"{hours / DAY:.0f} d"


def of_times(times: Interval) -> str:
    """Median and 90 % of a time to response."""
    if times.low is None:
        return of_hours(None)
    return f"{of_hours(times.median)} ({of_hours(times.low)}…{of_hours(times.high)})"


def published(comparison: Comparison, arm: str) -> dict[str, list[float]]:
    """Rates that were published of an arm, by time; none of one that differs from the protocol that ships."""
    return published_trials().rates_of(arm) if ships(comparison.simulations[arm].protocol) else {}


class Rate(NamedTuple):
    """A forecast, and what was published beside it."""

    forecast: str
    published: str
    """In square brackets; empty where nothing was."""

    def __str__(self) -> str:
        return f"{self.forecast} {self.published}".strip()


class HeadlineRow(NamedTuple):
    """What is said of an arm."""

    arm: str
    response: list[Rate]
    remission: list[Rate]
    other: list[str]
    """In the order of ``OTHER``."""
    relapse: list[Rate]
    """Of responders; empty where there is no dose."""


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
    of_arm = published(comparison, arm)

    def rate(forecast: Interval | None, at: str) -> Rate:
        rates = of_arm.get(at, ())
        return Rate(
            NONE if forecast is None else of_interval(forecast), f"[{', '.join(f'{value:.0f}' for value in rates)}]" if rates else ""
        )

    has_ketamine = any(dose.drug in OF_KETAMINE for dose in comparison.simulations[arm].protocol.doses)
    peaks = {"dissociation": 100, "systolic_rise": 1}
    return HeadlineRow(
        arm,
        [rate(forecast.response.get(at), at) for at in times],
        [rate(one, "") for one in forecast.remission.values()],
        [
            of_times(forecast.hours_to_response),
            of_interval(forecast.left),
            *(f"{scale * comparison.peak(arm, name):.0f}" if has_ketamine else NONE for name, scale in peaks.items()),
        ],
        [rate(one, f"relapse {at}") for at, one in forecast.relapsed.items()],
    )
