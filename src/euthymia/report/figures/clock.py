"""The one logarithmic clock that every course is drawn over: its bands, its ticks, and the doses along it."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import Formatter, FuncFormatter, Locator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory
from numpy.typing import ArrayLike

from ...core.constants import DAY, MINUTE, MONTH, WEEK, YEAR
from ...protocols.protocol import Protocol
from ...simulation.simulate import Simulation
from ...simulation.visits import first_visit
from .style import COLOURS, DOSES, LEAST_TEXT, SOFT, WASH

FASTEST = 5 * MINUTE
"""Before this the clock runs evenly, later by the logarithm of time, and between them smoothly, h."""
EARLIEST = -FASTEST / 4
"""Left edge, h; the place before the first dose reaches from here to 0."""


class Band(NamedTuple):
    """A part of the clock, from ``start`` to ``end`` (h), with its name and a shorter one."""

    start: float
    end: float
    name: str
    short: str


BANDS = (
    Band(0.0, 1.0, "first hour", "hour 1"),
    Band(1.0, DAY, "first day", "day 1"),
    Band(DAY, WEEK, "first week", "week 1"),
    Band(WEEK, 6 * WEEK, "six weeks", "6 wk"),
    Band(6 * WEEK, 3 * MONTH, "three months", "3 mo"),
    Band(3 * MONTH, YEAR, "a year", "1 y"),
)
LANDMARKS = {
    **{0.0: "before", DAY: "24 h", 6 * WEEK: "42 d", WEEK: "7 d", YEAR: "1 y", 2.0: "2 h", 1 / 6: "10 min", 2 / 3: "40 min"},
    **{3 * DAY: "3 d", 6.0: "6 h", 3 * MONTH: "90 d", 2 * WEEK: "14 d", 6 * MONTH: "180 d", 4 * WEEK: "28 d", 12.0: "12 h"},
}
"""Times that a tick may stand at, the most important first."""
APART = 5.0
"""Points between two ticks' texts, at least."""
EARLY_NODES = 40
FIRST_HOURS = 8.0
"""Until when curves have nodes that are evenly spaced on the clock, h."""


def forward(hours: ArrayLike | float) -> np.ndarray | np.floating:
    """Where a time stands on the clock, in decades after the first dose."""
    return np.log1p(np.maximum(np.asarray(hours, float), 2 * EARLIEST) / FASTEST) / np.log(10)


def inverse(decades: ArrayLike | float) -> np.ndarray | np.floating:
    """The time that stands there, h."""
    return FASTEST * np.expm1(np.log(10) * np.asarray(decades, float))


@cache
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of a text in points."""
    return text_to_path.get_text_width_height_descent(text, FontProperties(size=size, weight=weight), ismath=False)[0]


class Landmarks(Locator):
    """Ticks in the order of their importance, as many as there is room for."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes

    def __call__(self) -> list[float]:
        """Times of the ticks, h."""
        return self.tick_values(*self.axes.get_xlim())

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Times of the ticks between two times, h."""
        taken: list[tuple[float, float, float]] = []
        for hours, text in LANDMARKS.items():
            centre, half = _points(self.axes, hours), text_width(text, LEAST_TEXT) / 2
            if vmin <= hours <= vmax and all(abs(centre - other) >= half + width + APART for _, other, width in taken):
                taken.append((hours, centre, half))
        return sorted(hours for hours, *_ in taken)


class BandNames(Formatter):
    """The name of the band around a time, shorter where it is narrow, none where it is narrower still."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The text of the tick at ``x``."""
        end = self.axes.get_xlim()[1]
        band = next(band for band in BANDS if band.start <= x <= band.end)
        width = _points(self.axes, min(band.end, end)) - _points(self.axes, band.start)
        return next((text for text in (band.name, band.short) if text_width(text, LEAST_TEXT, "bold") + APART <= width), "")


class BandCentres(Locator):
    """A place in the middle of each band."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes

    def __call__(self) -> list[float]:
        """Their times, h."""
        return self.tick_values(*self.axes.get_xlim())

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Times of the centres of the bands that begin before ``vmax``, h."""
        inside = [(band.start, min(band.end, vmax)) for band in BANDS if band.start < vmax]
        return [float(inverse((forward(start) + forward(end)) / 2)) for start, end in inside]


def _points(axes: Axes, hours: float) -> float:
    """Where a time stands, in points from the left edge of the figure."""
    return float(axes.transData.transform((hours, 0))[0]) * 72 / axes.figure.dpi


def clock(axes: Axes, horizon: float) -> None:
    """The shared time axis: logarithmic, banded, with a place before the first dose at its left."""
    axes.set_xscale("function", functions=(forward, inverse))
    axes.set_xlim(EARLIEST, horizon)
    axes.xaxis.remove_overlapping_locs = False
    axes.xaxis.set_major_locator(Landmarks(axes))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda hours, _: LANDMARKS[hours]))
    axes.xaxis.set_minor_locator(BandCentres(axes))
    axes.xaxis.set_minor_formatter(BandNames(axes))
    axes.tick_params(axis="x", which="minor", length=0, pad=2 * LEAST_TEXT - 1, labelcolor=SOFT)
    for tick in axes.xaxis.get_minor_ticks():
        tick.label1.set_fontweight("bold")
        tick.label2.set_fontweight("bold")
    for band in BANDS[::2]:
        if band.start < horizon:
            axes.axvspan(band.start, min(band.end, horizon), color=WASH, lw=0, zorder=0)


def course_clock(axes: Axes | Iterable[Axes], simulation: Simulation) -> None:
    """The clock of one course in one or several panels, with the doses along their upper edge."""
    for panel in [axes] if isinstance(axes, Axes) else axes:
        clock(panel, end(simulation))
        mark_doses(panel, simulation.protocol)


def mark_doses(axes: Axes, protocol: Protocol) -> None:
    """Above a panel a bar for each infusion, a tick for any other dose, a ring for a visit without one."""
    above = ScaledTranslation(0, 5 / 72, axes.figure.dpi_scale_trans)
    where = blended_transform_factory(axes.transData, axes.transAxes) + above
    look = {"color": COLOURS["drug"], "transform": where, "clip_on": False}
    starts = np.array([dose.start for dose in protocol.doses]) - first_visit(protocol)
    for start, dose in zip(starts, protocol.doses, strict=True):
        if dose.duration is not None:
            axes.plot([start, start + dose.duration], [1, 1], lw=5, solid_capstyle="butt", **look)
    if len(starts):
        axes.plot(starts, np.ones(len(starts)), ls="", marker="|", ms=6, mew=1.2, label=DOSES, **look)
    visits = visits_without_dose(protocol)
    if len(visits):
        axes.plot(visits, np.ones(len(visits)), ls="", marker="o", mfc="none", ms=5, label="visit", **look)


def visits_without_dose(protocol: Protocol) -> np.ndarray:
    """Times of visits at which nothing is given, after the first dose or visit, h: those stated, or the one of a course without drug."""
    dosed = {dose.start for dose in protocol.doses}
    visits = protocol.visited() if protocol.visits or (not dosed and protocol.context != "none") else ()
    return np.array([visit for visit in visits if visit not in dosed]) - first_visit(protocol)


def end(simulation: Simulation) -> float:
    """Last time of a course, h after the first dose."""
    return float(simulation.data.time[-1])


def drawn(simulation: Simulation, nodes: int) -> Simulation:
    """The course on about so many of its nodes and, in the first hours, on nodes that are evenly spaced on the clock.

    Values between nodes are interpolated linearly in time, which is a curve on that clock.
    """
    simulation = simulation.thinned(nodes)
    known = simulation.data.time.values
    times = np.union1d(known, inverse(np.linspace(0, forward(min(FIRST_HOURS, known[-1])), EARLY_NODES)))
    before = np.clip(np.searchsorted(known, times, side="right") - 1, 0, len(known) - 2)
    fraction = xr.DataArray((times - known[before]) / (known[before + 1] - known[before]), coords={"time": times})

    def between(data: xr.Dataset) -> xr.Dataset:
        over_time = data[[name for name, values in data.items() if "time" in values.dims]]
        low, high = (over_time.isel(time=nodes).assign_coords(time=times) for nodes in (before, before + 1))
        return data.drop_dims("time").merge(low + fraction * (high - low))

    over = simulation.over_circuits
    return replace(simulation, data=between(simulation.data), over_circuits=None if over is None else between(over))
