"""The headline in the terminal: who would respond in further trials, beside what was published, and what is left of it like for like."""

from rich.console import Console
from rich.table import Table

from ...analysis.comparison import Comparison
from ...core.constants import DAY
from ...evidence.headline import CHANGE_BINS, Interval, shipped
from ...evidence.registry import evidence
from ...trials.published import published_trials
from .listing import print_paragraph

BARS = " ▁▂▃▄▅▆▇█"
MEANINGS = (
    "Median and 90 % of further trials, which differ; in square brackets what was published. Response is half of MADRS off, remission 12 "
    "or less. Left: by six weeks. Dissociation (of the most there can be) and systolic pressure: peaks in the typical patient. Relapse is "
    "22 or more, after the last dose at a visit, of those who responded a day after it. Change: patients by points of MADRS."
)
NOT_MODELLED = (
    "Not modelled among side effects: headache, nausea, sedation, harm to the bladder, misuse and dependence; and of other drugs than "
    "ketamine all side effects."
)


def of_interval(rate: Interval) -> str:
    """Median and 90 % of a rate, per cent."""
    if rate.low is None or rate.median is None or rate.high is None:
        return "–"
    return f"{rate.median:.0f} ({rate.low:.0f}…{rate.high:.0f})"


def of_hours(hours: float | None) -> str:
    """A time to response in words."""
    if hours is None:
        return "not by 6 weeks"
    return f"{hours:.0f} h" if hours <= DAY else f"{hours / DAY:.0f} d"


def histogram(change: tuple[float, ...]) -> str:
    """Shares of patients by their change, as bars from the largest fall to the largest rise."""
    return "".join(BARS[round((len(BARS) - 1) * share / max(change))] for share in change)


def _published(arm: str, at: str) -> str:
    rows = published_trials().published_rates.get(arm, {}).get(at, ())
    return f" \\[{', '.join(f'{evidence().target(row).value:.0f}' for row in rows)}]" if rows else ""


def _table(title: str, *columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in (title, *columns):
        table.add_column(column, justify="left" if column == title else "right", no_wrap=column != title)
    return table


def show_headline(comparison: Comparison, console: Console) -> None:
    """Print forecasts of the arms that have one, and the contrasts that ship."""
    forecasts = comparison.forecasts
    if not forecasts:
        return
    times = list(next(iter(forecasts.values())).response)
    response, remission = (_table(f"{what}, %", *times) for what in ("Response", "Remission"))
    beside = _table("", "half respond by", "left, %", "dissociation, %", "systolic, mmHg")
    times_after = list(next((of_trials.relapsed for of_trials in forecasts.values() if of_trials.relapsed), {}))
    relapse = _table("Relapse, % of responders", *times_after)
    spread = _table("Change at 6 weeks", f"{CHANGE_BINS[0]} … 0 … +{CHANGE_BINS[-1]}")
    for arm, of_trials in forecasts.items():
        label = comparison.label(arm)
        response.add_row(label, *(of_interval(rate) + _published(arm, at) for at, rate in of_trials.response.items()))
        remission.add_row(label, *map(of_interval, of_trials.remission.values()))
        dissociation, pressure = 100 * comparison.peak(arm, "dissociation"), comparison.peak(arm, "systolic_rise")
        leave, first = of_interval(of_trials.left), of_hours(of_trials.hours_to_response.median)
        beside.add_row(label, first, leave, f"{dissociation:.0f}", f"{pressure:.0f}")
        if of_trials.relapsed:
            relapse.add_row(label, *(of_interval(rate) + _published(arm, f"relapse {at}") for at, rate in of_trials.relapsed.items()))
        spread.add_row(label, histogram(of_trials.change))
    for table in (response, remission, beside, *([relapse] if times_after else []), spread):
        console.print()
        console.print(table)
    print_paragraph(console, MEANINGS)
    print_paragraph(console, NOT_MODELLED)
    _show_contrasts(console)


def _show_contrasts(console: Console) -> None:
    stored = shipped()
    if stored is None:
        return
    table = _table("Like for like, response of one over the other, %", "seen", "forecast")
    for contrast in stored.contrasts:
        table.add_row(contrast.what, f"{contrast.observed:+.0f}", of_interval(contrast.predicted))
    console.print()
    console.print(table)
