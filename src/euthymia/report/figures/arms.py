"""Several courses side by side: the picture of five ways over one clock, and who moved what."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from ...analysis.attribution import WAYS_THEN_CONTEXT
from ...analysis.comparison import Comparison
from ...simulation.simulate import Simulation
from ...simulation.visits import course_title, first_visit
from .anaesthesia import mark_anaesthesia
from .clock import EARLIEST, clock, drawn, visits_without_dose
from .line_ends import LineEnd, name_ends
from .style import COLOURS, FAINT, INK, LEAST_TEXT, LETTERS, SOFT, arm_line, arm_text, panels, room, svg, way_title

NODES_DRAWN = 600
LONGEST_NAME = 16
"""Letters of an arm's name in the picture."""
MOVED = 0.02
"""Share of a panel's height by which a curve must leave its start to be lettered in it."""
CLOSEST = 0.16
"""Between two letters at the right of a slim panel, as a share of its height; in the tall one half of it."""


class Panel(NamedTuple):
    """One of the five ways: what is drawn of it."""

    way: str
    title: str
    of: Callable[[xr.Dataset], xr.DataArray]
    healthy: Callable[[xr.Dataset], float] | None
    least: float
    """Height of the panel at least, so that rounding error is not drawn as a change."""


PANELS = (
    Panel("way 1", "Glutamate surge in prefrontal cortex, %", lambda data: 100 * data.glutamate, None, 10.0),
    Panel("way 2", "Calcium load that damages neurons, healthy = 1", lambda data: data.calcium_load, None, 0.1),
    Panel(
        "way 3", "Dopamine tone, which the habenula holds down", lambda data: data.dopamine, lambda data: float(data.healthy_reward), 0.1
    ),
    Panel("way 4", "Connections: spine density", lambda data: data.spine_density, lambda data: float(data.healthy_spine_density), 0.1),
    Panel("way 5", "Limbic network locked, share in %", lambda data: 100 * data.lock, None, 105.0),
)


def five_ways(comparison: Comparison) -> str:
    """What is given, MADRS, and one slim panel per way, all arms over one clock; areas are the first arm's."""
    courses = {name: drawn(course, NODES_DRAWN) for name, course in comparison.simulations.items()}
    horizon = max(float(course.data.time[-1]) for course in courses.values())
    ratios = (0.16 + 0.17 * len(courses), 2.7, *(1 for _ in PANELS))
    with panels(1.25 * sum(ratios) + 0.8, 2 + len(PANELS), height_ratios=ratios) as (figure, axes):
        doses, mood, *ways = axes[:, 0]
        for row in axes[:, 0]:
            clock(row, horizon)
            row.tick_params(axis="x", which="both", labelbottom=row is ways[-1])
            row.tick_params(axis="x", which="major", length=3 if row is ways[-1] else 0)
        _doses(doses, courses)
        _curves(mood, [course.data.madrs.sel(arm="as given") for course in courses.values()], 20.0)
        mark_anaesthesia(mood, dict(zip(LETTERS, (course.data for course in courses.values()), strict=False)))
        mood.set_title("Depression: MADRS, points")
        mood.set_ylim(0, max(40.0, mood.get_ylim()[1]))
        _letter(mood, CLOSEST / 2)
        for row, panel in zip(ways, PANELS, strict=True):
            _way(row, panel, courses)
        return svg(figure, "Several treatments of one patient: mood and five ways, from minutes to weeks", _said(comparison))


def _said(comparison: Comparison) -> str:
    """The arms and their MADRS in words."""
    said = []
    for letter, arm in zip(LETTERS, comparison.arms, strict=False):
        at = [f"{points:.1f} at {name}" for name, points in comparison.madrs(arm).items() if points is not None and name != "0"]
        said.append(f"{letter}, {comparison.label(arm)}: MADRS {', '.join(at)}.")
    return " ".join(said)


def _doses(axes: Axes, courses: dict[str, Simulation]) -> None:
    """One row per arm: a mark for every dose, a bar for an infusion, a ring for a stated visit."""
    for row, course in enumerate(courses.values()):
        protocol, colour = course.protocol, arm_line(row)["color"]
        starts = np.array([dose.start for dose in protocol.doses]) - first_visit(protocol)
        for start, dose in zip(starts, protocol.doses, strict=True):
            if dose.duration is not None:
                axes.plot([start, start + dose.duration], [row, row], color=colour, lw=7, solid_capstyle="butt")
        visits = visits_without_dose(protocol)
        marks: tuple[dict[str, Any], ...] = ({"marker": "|", "ms": 8, "mew": 1.6}, {"marker": "o", "mfc": "none", "ms": 7})
        for times, look in zip((starts, visits), marks, strict=True):
            # An empty line would be laid out at the corner of the figure.
            if len(times):
                axes.plot(times, np.full(len(times), row), ls="", color=colour, clip_on=False, **look)
        if not protocol.doses:
            said = course_title(f"no drug, context {protocol.context}", protocol)
            axes.annotate(said, (0, row), (8, 0), textcoords="offset points", color=arm_text(row), va="center", fontsize=LEAST_TEXT)
    axes.set_ylim(len(courses) - 0.5, -0.5)
    axes.set_yticks(range(len(courses)), [f"{LETTERS[row]}  {_short(name)}" for row, name in enumerate(courses)])
    for row, label in enumerate(axes.get_yticklabels()):
        label.set(color=arm_text(row), fontweight="bold")
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="x", which="minor", labeltop=True, pad=4)
    axes.set_title("Given", y=1.0)


def _curves(axes: Axes, curves: list[xr.DataArray], least: float) -> None:
    """A line for each arm in its dash, over limits that all of them share; the first arm on top."""
    axes.axhline(float(curves[0][0]), color=FAINT, lw=1, ls="--")
    for number, curve in enumerate(curves):
        axes.plot(curve.time, curve, **arm_line(number), label=LETTERS[number], zorder=3 - 0.1 * number)
    room(axes, least, *curves)


def _way(axes: Axes, panel: Panel, courses: dict[str, Simulation]) -> None:
    """One way: a line for each arm, and as an area how far the first arm takes it from where it was."""
    curves = [panel.of(course.data.sel(arm="as given")) for course in courses.values()]
    _curves(axes, curves, panel.least)
    axes.fill_between(curves[0].time, float(curves[0][0]), curves[0], color=COLOURS[panel.way], alpha=0.3, lw=0, zorder=1.5)
    if panel.healthy is not None:
        level = panel.healthy(next(iter(courses.values())).data)
        axes.axhline(level, color=FAINT, lw=1, ls="-.")
        room(axes, panel.least, level, *curves)
        below = level > np.mean(axes.get_ylim())
        at = {"xytext": (4, -3 if below else 3), "textcoords": "offset points", "va": "top" if below else "bottom"}
        axes.annotate("healthy", (EARLIEST, level), color=SOFT, fontsize=LEAST_TEXT, **at)
    way_title(axes, panel.way, panel.title)
    axes.locator_params(axis="y", nbins=3)
    _letter(axes, CLOSEST)


def _letter(axes: Axes, closest: float) -> None:
    """The letter of each arm that moves, where its curve ends."""
    low, high = axes.get_ylim()
    labels = []
    for line in axes.get_lines():
        if (letter := str(line.get_label())) in LETTERS:
            curve = np.asarray(line.get_ydata())
            if np.nanmax(np.abs(curve - curve[0])) > MOVED * (high - low):
                labels.append(LineEnd(letter, float(curve[-1]), arm_text(LETTERS.index(letter))))
    name_ends(axes, labels, closest)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def attributed(comparison: Comparison) -> str:
    """Points of MADRS by way and context, one bar per arm, one panel per checkpoint."""
    of_arms = {arm: comparison.attribution(arm) for arm in comparison.arms}
    names = list(dict.fromkeys(name for by_time in of_arms.values() for name in by_time))
    with panels(0.9 + 0.32 * len(of_arms) * -(-len(names) // 2), -(-len(names) // 2), 2, sharex=True, sharey=True) as (figure, axes):
        for panel, name in zip(axes.flat, names, strict=False):
            for row, by_time in enumerate(of_arms.values()):
                left = right = 0.0
                for who in WAYS_THEN_CONTEXT:
                    part = by_time[name][who] if name in by_time else 0.0
                    panel.barh(
                        row, part, left=left if part < 0 else right, color=COLOURS[who], height=0.66, label=who if row == 0 else None
                    )
                    left, right = left + min(part, 0), right + max(part, 0)
                if name not in by_time:
                    panel.text(0, row, "no rating ", ha="right", va="center", color=SOFT, fontsize=LEAST_TEXT)
            panel.set_yticks(range(len(of_arms)), [f"{LETTERS[row]}  {_short(arm)}" for row, arm in enumerate(of_arms)])
            panel.set_title(f"at {name}")
            panel.axvline(0, color=INK, lw=0.8)
            panel.grid(visible=False, axis="y")
        axes[0, 0].invert_yaxis()
        for panel in axes.flat[len(names) :]:
            panel.set_visible(False)
        for panel in axes[-1]:
            panel.set_xlabel("MADRS points")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=6, handlelength=1.0)
        return svg(figure, "Who moved mood, by arm and time")
