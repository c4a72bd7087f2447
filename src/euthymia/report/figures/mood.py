"""Mood: the total score, the ten items, and who moved them."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ...analysis.attribution import attribution
from ...core.constants import DAY
from ...evidence.registry import evidence
from ...protocols.reading import DEFAULT, read
from ...simulation.simulate import Simulation
from ...simulation.visits import course_title, first_visit
from .style import CLOCK, COLOURS, FAINT, GRID, INK, UNTREATED, course_clock, end, legend, panels, svg

OBSERVED = (
    ("murrough2013b.madrs_2h", 2.0, "D", "observed at 2 h, open label (SD)"),
    ("murrough2013.madrs_24h", 24.0, "o", "observed at 24 h, controlled (SD)"),
)
SHOWN_ITEMS = {"2 h": "#e7b3c6", "24 h": COLOURS["mood"], "7 d": "#7a2b49", "42 d": INK}
MANY = 6
"""Doses beyond which their times are not marked one by one."""


def mood(simulation: Simulation) -> str:
    """MADRS over days, against the untreated course, with what trials observed."""
    data, doses = simulation.data, simulation.protocol.doses
    days = data.time / DAY
    with panels(4.1) as (figure, [[axes]]):
        axes.plot(days, data.madrs.sel(arm="untreated"), **UNTREATED)
        if simulation.protocol.context != "none":
            axes.plot(days, data.madrs.sel(arm="context"), color=COLOURS["context"], label="context of the treatment alone")
        if doses:
            axes.plot(days, data.madrs.sel(arm="without way 4"), color=COLOURS["way 4"], lw=1.4, ls=":", label="without way 4")
        axes.plot(
            days, data.madrs.sel(arm="as given"), color=COLOURS["mood"], lw=2.8, label=course_title("this course", simulation.protocol)
        )
        if is_the_trial(simulation):
            for row, hours, marker, text in OBSERVED:
                observed(axes, row, hours / DAY, float(data.madrs.sel(arm="untreated")[0]), 1.0, fmt=marker, label=text)
        for dose in doses if len(doses) <= MANY else ():
            axes.axvline((dose.start - first_visit(simulation.protocol)) / DAY, color=COLOURS["drug"], lw=1, alpha=0.5)
        axes.set_xlim(-0.01 * end(simulation) / DAY if doses else 0, end(simulation) / DAY)
        axes.set_ylim(0, max(45.0, float(data.madrs.max()) + 5) if float(data.madrs.max()) > 12 else 20)
        axes.set(xlabel="days since the first dose" if doses else "days", ylabel="MADRS (0–60)")
        legend(figure, [axes], 3)
        return svg(figure, "MADRS over time")


def is_the_trial(simulation: Simulation) -> bool:
    """Whether the course is the one that the observed points come from: the doses of the default protocol."""
    protocol = simulation.protocol
    return protocol.patient.condition == "depressed" and protocol.doses == read(DEFAULT).doses


def observed(axes: Axes, row: str, time: float, start: float, scale: float, **look: Any) -> None:
    """A change that was observed, with its spread, counted from ``start`` and times ``scale``."""
    target = evidence().target(row)
    assert target.lower is not None
    assert target.upper is not None
    spread = [[scale * (target.value - target.lower)], [scale * (target.upper - target.value)]]
    axes.errorbar(time, start + scale * target.value, spread, color=COLOURS["observed"], mfc="white", ms=6, lw=1, capsize=3, **look)


def symptoms(simulation: Simulation) -> str:
    """Item ratings before and at the checkpoints."""
    data = simulation.data.sel(arm="as given")
    names = [str(name).replace("_", " ") for name in data.item.values]
    checkpoints = simulation.checkpoints()
    with panels(3.9) as (figure, [[axes]]):
        rows = np.arange(len(names))[::-1]
        axes.hlines(rows, 0, data["items"].isel(time=0), color=GRID, lw=6)
        axes.plot(data["items"].isel(time=0), rows, "|", color=INK, ms=11, mew=2, label="before")
        for name, shade in SHOWN_ITEMS.items():
            if name in checkpoints:
                axes.plot(data["items"].sel(time=checkpoints[name], method="nearest"), rows, "o", color=shade, ms=6, label=name)
        axes.set_yticks(rows, names)
        axes.set(xlim=(0, 6), xlabel="rating (0–6)")
        legend(figure, [axes])
        return svg(figure, "Ratings of the ten MADRS items")


def attributed(simulation: Simulation) -> str:
    """Who moved what: points of MADRS by context and way."""
    with panels(3.4) as (figure, [[axes]]):
        points = attribution(simulation).attribution
        for who in points.contributor.values:
            axes.plot(points.time, points.sel(contributor=who), color=COLOURS[who], label=who)
        axes.axhline(0, color=FAINT, lw=0.8)
        course_clock(axes, simulation)
        axes.set(ylabel="MADRS points", xlabel=CLOCK)
        legend(figure, [axes])
        return svg(figure, "Share of the mood change by context and way")
