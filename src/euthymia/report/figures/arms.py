"""Several courses side by side: the picture of five ways over one clock, and who moved what."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.transforms import blended_transform_factory

from ...analysis.attribution import WAYS_THEN_CONTEXT
from ...analysis.comparison import Comparison
from ...core.constants import DAY, WEEK
from ...simulation.simulate import Simulation
from ...simulation.visits import course_title, first_visit
from .style import CLOCK, COLOURS, FAINT, FIRST_SHOWN, INK, LEAST_APART, ROOM, SERIES, clock, drawn, panels, svg

NODES_DRAWN = 600
SPANS = {"hours": (FIRST_SHOWN, DAY), "days": (DAY, WEEK), "weeks": (WEEK, np.inf)}
LONGEST_NAME = 16
"""Letters of an arm's name in the picture."""
MOVED = 0.01
"""Share of a panel's height by which a curve must leave its start to be named in it."""
CAME_BACK = 0.2
"""Share of its largest change within which a curve that ends has come back."""
CLOSEST = 0.2
"""Between two names at the right of a slim panel, as a share of its height; in the tall one half of it."""


class Panel(NamedTuple):
    """One of the five ways: what is drawn of it."""

    way: str
    title: str
    of: Callable[[xr.Dataset], xr.DataArray]
    healthy: Callable[[xr.Dataset], float] | None
    least: float
    """Height of the panel at least, so that rounding error is not drawn as a change."""


PANELS = (
    Panel("way 1", "glutamate surge in prefrontal cortex, %", lambda data: 100 * data.glutamate, None, 10.0),
    Panel("way 2", "calcium load that damages neurons, healthy = 1", lambda data: data.calcium_load, None, 0.1),
    Panel("way 3", "dopamine tone, which the habenula holds down", lambda data: data.dopamine, lambda data: data.healthy_reward, 0.1),
    Panel("way 4", "connections: spine density", lambda data: data.spine_density, lambda data: data.healthy_spine_density, 0.1),
    Panel("way 5", "limbic network locked, probability in %", lambda data: 100 * data.lock, None, 105.0),
)


def five_ways(comparison: Comparison) -> str:
    """What is given, MADRS, and one slim panel per way, all arms over one logarithmic clock."""
    courses = {name: drawn(course, NODES_DRAWN) for name, course in comparison.simulations.items()}
    colours = dict(zip(courses, SERIES, strict=False))
    horizon = max(float(course.data.time[-1]) for course in courses.values())
    ratios = (0.16 + 0.17 * len(courses), 2.7, *(1 for _ in PANELS))
    with panels(1.25 * sum(ratios) + 0.6, 2 + len(PANELS), height_ratios=ratios, sharex=True) as (figure, axes):
        doses, mood, *ways = axes[:, 0]
        for row in axes[:, 0]:
            clock(row, horizon, LEAST_APART)
            row.tick_params(axis="x", length=0, labelbottom=False)
        _doses(doses, courses, colours)
        _curves(mood, {name: course.data.madrs.sel(arm="as given") for name, course in courses.items()}, colours, 20.0)
        mood.set_title("Depression: MADRS, points")
        mood.set_ylim(0, max(40.0, mood.get_ylim()[1]))
        for axes_of, panel in zip(ways, PANELS, strict=True):
            curves = {name: panel.of(course.data.sel(arm="as given")) for name, course in courses.items()}
            level = None if panel.healthy is None else float(panel.healthy(next(iter(courses.values())).data))
            if level is not None:
                axes_of.axhline(level, color=FAINT, lw=1, ls="-.")
            _curves(axes_of, curves, colours, panel.least)
            if level is not None:
                below = level > np.mean(axes_of.get_ylim())
                axes_of.text(FIRST_SHOWN * 1.05, level, "healthy", color=FAINT, fontsize=8.5, va="top" if below else "bottom")
            axes_of.set_title(f"{panel.way.capitalize()} · {panel.title}", color=COLOURS[panel.way])
            axes_of.locator_params(axis="y", nbins=3)
        for row in (mood, *ways):
            _name(row, colours, CLOSEST / 2 if row is mood else CLOSEST)
        ways[-1].tick_params(axis="x", length=3, labelbottom=True)
        ways[-1].set_xlabel(CLOCK)
        return svg(figure, "Several treatments of one patient: mood and five ways, from minutes to weeks")


def _doses(axes: Axes, courses: dict[str, Simulation], colours: dict[str, str]) -> None:
    """One row per arm: a mark for every dose, a bar for an infusion, a ring for a stated visit."""
    for row, (name, course) in enumerate(courses.items()):
        protocol = course.protocol
        for dose in protocol.doses:
            start = max(dose.start - first_visit(protocol), FIRST_SHOWN)
            if dose.duration is None:
                axes.plot(start, row, "|", color=colours[name], ms=8, mew=1.6, clip_on=False)
            else:
                axes.plot([start, max(start, dose.start - first_visit(protocol) + dose.duration)], [row, row], color=colours[name], lw=7)
        for visit in protocol.visits:
            axes.plot(max(visit - first_visit(protocol), FIRST_SHOWN), row, "o", color=colours[name], mfc="none", ms=7, clip_on=False)
        if not protocol.doses:
            said = course_title(f" no drug, context {protocol.context}", protocol)
            axes.text(FIRST_SHOWN, row, said, color=colours[name], va="center", fontsize=9)
    axes.set_ylim(len(courses) - 0.5, -0.5)
    axes.set_yticks(range(len(courses)), [_short(name) for name in courses])
    for label, name in zip(axes.get_yticklabels(), courses, strict=True):
        label.set(color=colours[name], fontweight="bold")
    axes.grid(visible=False, axis="y")
    for name, (first, last) in SPANS.items():
        last = min(last, axes.get_xlim()[1])
        if first < last:
            at = blended_transform_factory(axes.transData, axes.transAxes)
            axes.text(np.sqrt(first * last), 1.06, name, ha="center", va="bottom", color=FAINT, style="italic", transform=at)
    axes.set_title("Given")


def _curves(axes: Axes, curves: dict[str, xr.DataArray], colours: dict[str, str], least: float) -> None:
    start = float(next(iter(curves.values()))[0])
    axes.axhline(start, color=FAINT, lw=1, ls="--")
    for name, curve in curves.items():
        still = float(np.ptp(curve.values)) < MOVED * least
        axes.plot(curve.time, curve, color=colours[name], lw=2, label=name, zorder=2 if still else 3)
        axes.plot(curve.time[-1], curve[-1], "o", color=colours[name], ms=4, clip_on=False, zorder=4)
    low, high = axes.get_ylim()
    centre, half = (low + high) / 2, max((high - low) * ROOM, least / 2)
    axes.set_ylim(centre - half, centre + half)


def _name(axes: Axes, colours: dict[str, str], closest: float) -> None:
    """Write each arm that moves: at its peak if its curve comes back, else at the right where it ends, apart from each other."""
    low, high = axes.get_ylim()
    last_points = {}
    for line in axes.get_lines():
        if line.get_label() not in colours:
            continue
        name, times, curve = str(line.get_label()), np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
        moved = np.abs(curve - curve[0])
        peak = int(np.argmax(moved))
        if moved[peak] > MOVED * (high - low):
            if moved[-1] > CAME_BACK * moved[peak]:
                last_points[name] = (times[-1], curve[-1])
            else:
                beside = {"xytext": (9, 5 if curve[peak] > curve[0] else -7), "textcoords": "offset points", "va": "center", "fontsize": 9}
                axes.annotate(_short(name), (times[peak], curve[peak]), color=colours[name], **beside)
    heights = apart([(y - low) / (high - low) for _, y in last_points.values()], closest)
    for (name, (x, y)), height in zip(last_points.items(), heights, strict=True):
        axes.annotate(
            _short(name),
            (x, y),
            (1.015, height),
            textcoords="axes fraction",
            va="center",
            color=colours[name],
            fontsize=9,
            arrowprops={"arrowstyle": "-", "color": colours[name], "lw": 0.6, "alpha": 0.6, "shrinkA": 0, "shrinkB": 2},
        )


def apart(heights: list[float], closest: float) -> np.ndarray:
    """The heights in their order, moved as little as needed to be ``closest`` apart."""
    order = np.argsort(heights)
    target = np.asarray(heights)[order] - closest * np.arange(len(heights))
    # Least-squares monotone fit: neighbours that would cross share their mean.
    blocks: list[list[float]] = []
    for value in target:
        blocks.append([value])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    fitted = np.concatenate([np.full(len(block), np.mean(block)) for block in blocks]) if blocks else np.zeros(0)
    fitted = np.clip(fitted, 0, 1 - closest * (len(heights) - 1))
    moved = np.empty(len(heights))
    moved[order] = fitted + closest * np.arange(len(heights))
    return moved


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
                    panel.text(0, row, "not reached ", ha="right", va="center", color=FAINT, fontsize=9)
            panel.set_yticks(range(len(of_arms)), [_short(arm) for arm in of_arms])
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
