"""Mood: the total score, the ten items, and who moved them."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ...analysis.attribution import attribution
from ...core.clock import clock
from ...evidence.registry import evidence
from ...protocols.reading import DEFAULT, read
from ...results.ratings import rated
from ...simulation.over_circuits import spread_over
from ...simulation.simulate import Simulation
from ...simulation.visits import course_title
from .anaesthesia import mark_anaesthesia
from .clock import course_clock
from .line_ends import LineEnd, name_ends
from .style import COLOURS, FAINT, GRID, INK, PAPER, UNTREATED, WAYS, arm_line, legend, own_data, panels, svg, way_text

OBSERVED = (
    ("murrough2013b.madrs_2h", 2.0, "D", "observed, open label (SD)"),
    ("murrough2013.madrs_24h", 24.0, "o", "observed, controlled (SD)"),
)
SHOWN_ITEMS = {"2 h": ("o", PAPER), "24 h": ("o", COLOURS["mood"]), "7 d": ("D", PAPER), "42 d": ("D", COLOURS["mood"])}
"""Marker and filling of each checkpoint."""
UNDISTURBED = "everything acts"
"""Arm with nothing removed, beside a course from which something is."""
CLOSEST = 0.07
"""Between two numerals at the right of a panel, as a share of its height."""


def mood(simulation: Simulation) -> str:
    """MADRS over the clock, against the untreated course, with what trials and the user observed."""
    data, course, name = simulation.data, simulation.madrs(), course_title("this course", simulation.protocol)
    awake = data.can_be_rated == 1
    with panels(4.3) as (figure, [[axes]]):
        axes.plot(data.time, simulation.madrs("untreated"), **UNTREATED)
        if simulation.protocol.context != "none":
            axes.plot(data.time, simulation.madrs("context"), color=COLOURS["context"], label="context of the treatment alone")
        if simulation.protocol.doses and "without way 4" in data.arm and "way 4" not in simulation.without:
            axes.plot(data.time, simulation.madrs("without way 4").where(awake), color=WAYS["way 4"], lw=1.4, ls=":", label="without way 4")
        if UNDISTURBED in data.arm:
            pale = {"color": COLOURS["mood"], "alpha": 0.5, "lw": 2.2, "ls": ":"}
            axes.plot(data.time, simulation.madrs(UNDISTURBED).where(awake), label="with everything acting", **pale)
        if simulation.over_circuits is not None:
            over = simulation.over_circuits.madrs.where(awake)
            spread = spread_over(over.sizes["circuit"])
            low, high = (over.quantile(spread.quantiles[end], "circuit") for end in (0, -1))
            axes.fill_between(data.time, low, high, color=COLOURS["mood"], alpha=0.18, lw=0, label=spread.name)
        axes.plot(data.time, course, **arm_line(0), lw=2.8, label=name)
        mark_anaesthesia(axes, {name: data}, with_key=True)
        if is_the_trial(simulation):
            for row, hours, marker, text in OBSERVED:
                observed(axes, row, hours, simulation.undosed("madrs"), 1.0, fmt=marker, label=text)
        own_data(axes, simulation.observed, "madrs", "madrs_sd")
        course_clock(axes, simulation)
        highest = max(float(data.madrs.max()), axes.dataLim.ymax)
        axes.set_ylim(0, min(60.0, max(40.0, highest + 3)) if highest > 12 else 20)
        axes.set(ylabel="MADRS, points (0–60)")
        legend(figure, [axes], 3)
        return svg(figure, "MADRS over time", _said(simulation))


def _said(simulation: Simulation) -> str:
    """The course in numbers; its time counts from the first dose."""
    course = rated(simulation.data)
    # Of the nodes that are drawn none need be at a named time.
    ratings = {name: float(np.interp(hours, course.time, course)) for name, hours in simulation.checkpoints().items() if hours}
    at = [f"{'no rating' if np.isnan(rating) else f'{rating:.1f}'} at {name}" for name, rating in ratings.items()]
    lowest = course[int(course.argmin("time"))]
    return (
        f"MADRS is {simulation.undosed('madrs'):.1f} before; {'; '.join(at)}. "
        f"It is lowest, {float(lowest):.1f}, after {clock(float(lowest.time))}."
    )


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
    axes.errorbar(time, start + scale * target.value, spread, color=COLOURS["observed"], mfc=PAPER, ms=6, lw=1, capsize=3, **look)


def symptoms(simulation: Simulation) -> str:
    """Item ratings before and at the checkpoints."""
    data = simulation.data.sel(arm="as given")
    names = [str(name).replace("_", " ") for name in data.item.values]
    checkpoints = simulation.checkpoints()
    with panels(3.7) as (figure, [[axes]]):
        rows = np.arange(len(names))[::-1]
        axes.hlines(rows, 0, data["items"].isel(time=0), color=GRID, lw=6)
        axes.plot(data["items"].isel(time=0), rows, "|", color=INK, ms=11, mew=2, label="before")
        for name, (marker, filling) in SHOWN_ITEMS.items():
            if name in checkpoints:
                ratings = rated(simulation.data, "items").sel(time=checkpoints[name], method="nearest")
                axes.plot(ratings, rows, marker, color=COLOURS["mood"], mfc=filling, ms=6, mew=1.5, label=name)
        axes.set_yticks(rows, names)
        axes.set(xlim=(0, 6), xlabel="rating (0–6)")
        legend(figure, [axes])
        return svg(figure, "Ratings of the ten MADRS items")


def attributed(simulation: Simulation) -> str:
    """Who moved what: points of MADRS by context and way."""
    with panels(3.5) as (figure, [[axes]]):
        points = attribution(simulation).attribution.where(simulation.data.can_be_rated == 1)
        axes.axhline(0, color=FAINT, lw=0.8)
        for who in points.contributor.values:
            axes.plot(points.time, points.sel(contributor=who), color=COLOURS[who], label=who)
        course_clock(axes, simulation)
        axes.set(ylabel="MADRS, points")
        labels = [LineEnd(who.removeprefix("way "), float(points.sel(contributor=who)[-1]), way_text(who)) for who in WAYS]
        name_ends(axes, labels, CLOSEST)
        legend(figure, [axes])
        return svg(figure, "Share of the mood change by context and way")
