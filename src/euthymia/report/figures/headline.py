"""Who would respond in further trials, when they relapse, and how far patients move: intervals beside what was published."""

import numpy as np
from matplotlib.axes import Axes

from ...analysis.comparison import Comparison
from ...evidence.headline import CHANGE_BINS, Interval
from ..headline import published
from .style import INK, LETTERS, arm_line, panels, svg

APART = 0.8
"""Width that the arms of one time share."""
LOWEST_SHARE = 0.002
"""Of patients: bins that hold less at the ends of the histogram are not drawn."""


def headline(comparison: Comparison) -> str:
    """Response and relapse by time, and the distribution of change at six weeks, of the arms that have a forecast."""
    forecasts = comparison.forecasts
    numbers = {arm: list(comparison.arms).index(arm) for arm in forecasts}
    with panels(3.4, 1, 3, width_ratios=[4, 3, 4]) as (figure, [[response, relapse, change]]):
        _by_time(response, comparison, {arm: forecast.response for arm, forecast in forecasts.items()}, numbers, "{}")
        response.set(title="Response, % of patients", xlabel="after the first dose")
        followed = {arm: forecast.relapsed for arm, forecast in forecasts.items() if forecast.relapsed}
        _by_time(relapse, comparison, followed, numbers, "relapse {}")
        relapse.set(title="Relapse, % of responders", xlabel="after the last dose")
        edges = np.array(CHANGE_BINS)
        for arm, forecast in forecasts.items():
            change.stairs(100 * np.array(forecast.change), edges, lw=1.8, **arm_line(numbers[arm]))
        proportions = np.array([forecast.change for forecast in forecasts.values()]).max(0)
        seen = np.flatnonzero(proportions > LOWEST_SHARE)
        change.set(title="Patients by change at 6 weeks, %", xlabel="points of MADRS", xlim=(edges[seen[0]], edges[seen[-1] + 1]), ylim=0)
        change.axvline(0, color=INK, lw=0.6)
        return svg(figure, "Who would respond in further trials", _said(comparison))


def _by_time(axes: Axes, comparison: Comparison, rates: dict[str, dict[str, Interval]], numbers: dict[str, int], key: str) -> None:
    """Intervals of several arms side by side at each time; dots are published."""
    times = list(dict.fromkeys(at for of_arm in rates.values() for at in of_arm))
    for position, (arm, of_arm) in enumerate(rates.items()):
        colour, observed = arm_line(numbers[arm])["color"], published(comparison, arm)
        for name, rate in of_arm.items():
            if rate.low is None or rate.median is None or rate.high is None:
                continue
            at = times.index(name)
            x = at + APART * ((position + 0.5) / len(rates) - 0.5)
            axes.plot([x, x], [rate.low, rate.high], color=colour, lw=3, alpha=0.45, solid_capstyle="butt")
            axes.plot(x, rate.median, "_", color=colour, ms=9, mew=2)
            dots = observed.get(key.format(name), ())
            axes.plot([x] * len(dots), dots, "o", color=INK, ms=4)
            if at == 0:
                axes.annotate(LETTERS[numbers[arm]], (x, rate.high), (0, 3), textcoords="offset points", ha="center", color=colour)
    axes.set_xticks(range(len(times)), [name.replace("day after ", "after\n") for name in times])
    axes.set(ylim=(0, 105), xlim=(-0.6, len(times) - 0.4))


def _said(comparison: Comparison) -> str:
    """Response in words."""
    return " ".join(
        f"{comparison.label(arm)}: " + ", ".join(f"{rate.median:.0f} % respond, {at}" for at, rate in forecast.response.items()) + "."
        for arm, forecast in comparison.forecasts.items()
    )
