"""The look that all figures share: colours, type, the logarithmic clock."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import matplotlib as mpl
import numpy as np
import xarray as xr

mpl.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator
from numpy.typing import ArrayLike

from ...core.constants import DAY
from ...core.types import CELL_CLASSES
from ...simulation.simulate import Simulation
from ...simulation.visits import first_visit

INK, FAINT, GRID = "#1b2733", "#7b8794", "#e6eaee"
COLOURS = {
    "drug": "#4f6272",
    "receptor": "#8494a3",
    "serotonin": "#6b7a1e",
    "way 1": "#cf8a00",
    "way 2": "#a8341c",
    "way 3": "#2f86d6",
    "way 4": "#0b6b50",
    "way 5": "#55308f",
    "mood": "#b5446e",
    "context": "#a0a8b0",
    "observed": INK,
}
"""Those of the five ways can be told apart in every common form of colour blindness."""
BLUE, RED, GREEN, YELLOW, PURPLE, CYAN = "#4477aa", "#ee6677", "#228833", "#ccbb44", "#aa3377", "#66ccee"
"""For curves that share a panel."""
CLASS_COLOURS = dict(zip(CELL_CLASSES, (BLUE, RED, GREEN, YELLOW, PURPLE), strict=True))
SPIKE_COLOURS = {"tonic": BLUE, "burst": PURPLE}
"""Of habenula spikes outside and inside bursts."""
CHECKPOINT_COLOURS = {"before": FAINT, "at the peak loss": "#cf8a00", "24 h": "#0b6b50"}
MOLECULE_COLOURS = {
    "ketamine": COLOURS["drug"],
    "norketamine": PURPLE,
    "hydroxynorketamine": YELLOW,
    "dehydronorketamine": CYAN,
    "escitalopram": BLUE,
    "sertraline": GREEN,
    "phenelzine": RED,
    "midazolam": PURPLE,
    "memantine": YELLOW,
    "MK-801": CYAN,
    "citalopram": "#0077bb",
    "fluoxetine": "#ee7733",
    "norfluoxetine": "#cc3311",
    "tranylcypromine": "#ee3377",
    "moclobemide": "#332288",
    "bupropion": "#009988",
    "hydroxybupropion": "#999933",
}
SERIES = ("#b5446e", "#2b6cb0", "#c98500", "#8793a0", "#0a5c44", "#9b7fe0", "#6b3e1a", "#1b2733")
"""Of arms or studies by number; they differ in lightness too, for the colour-blind."""
SHORT_CLASS = {"parvalbumin": "PV", "somatostatin": "SST", "vip": "VIP"}
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "euthymia",
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica Neue", "Arial", "DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "lines.linewidth": 2,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.constrained_layout.use": True,
}
WIDTH = 8.2
"""Of every figure, inches."""
FIRST_SHOWN = 1 / 12
"""Left edge of the logarithmic clock, h."""
TICKS = {
    1 / 6: "10 min",
    2 / 3: "40 min",
    2: "2 h",
    6: "6 h",
    24: "1 d",
    72: "3 d",
    168: "7 d",
    336: "14 d",
    1008: "42 d",
    2160: "90 d",
    8760: "1 y",
}
CLOCK = "time since the first dose (logarithmic)"
UNTREATED = {"color": FAINT, "ls": "--", "lw": 1.6, "label": "untreated"}
HEALTHY = {"color": FAINT, "lw": 1, "ls": "-.", "label": "healthy"}
EARLY_NODES = 40
ROOM = 0.62
"""Half of a panel's height over the range of what is in it."""
FIRST_HOURS = 8.0
"""What a panel on a linear clock shows of a single dose, h."""


@contextmanager
def panels(height: float, rows: int = 1, columns: int = 1, **options: Any) -> Iterator[tuple[Figure, np.ndarray]]:
    """A figure of the common width with its axes."""
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, height), squeeze=False, **options)
        try:
            yield figure, axes
        finally:
            plt.close(figure)


def svg(figure: Figure, description: str) -> str:
    """The figure as text that can stand in a page."""
    text = io.StringIO()
    figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Title": description, "Creator": None})
    document = text.getvalue()
    return document[document.index("<svg") :].replace("<svg ", '<svg role="img" ', 1)


def drawn(simulation: Simulation, nodes: int) -> Simulation:
    """The course on about so many of its nodes and, in the first hours, on nodes that are evenly spaced on the logarithmic clock.

    Values between nodes are interpolated linearly in time, which is a curve on that clock.
    """
    simulation = simulation.thinned(nodes)
    data = simulation.data
    known = data.time.values
    times = np.union1d(known, np.geomspace(FIRST_SHOWN, min(FIRST_HOURS, known[-1]), EARLY_NODES))
    before = np.clip(np.searchsorted(known, times, side="right") - 1, 0, len(known) - 2)
    fraction = xr.DataArray((times - known[before]) / (known[before + 1] - known[before]), coords={"time": times})
    over_time = data[[name for name, values in data.items() if "time" in values.dims]]
    low, high = (over_time.isel(time=nodes).assign_coords(time=times) for nodes in (before, before + 1))
    return replace(simulation, data=data.drop_dims("time").merge(low + fraction * (high - low)))


def end(simulation: Simulation) -> float:
    """Last time of a course, h after the first dose."""
    return float(simulation.data.time[-1])


def clock(axes: Axes, horizon: float, least: float = 0.0) -> None:
    """The shared logarithmic time axis; ticks closer than a share ``least`` of its length are left out."""
    axes.set_xscale("log")
    axes.set_xlim(FIRST_SHOWN, horizon)
    shown: dict[float, str] = {}
    for hours, text in TICKS.items():
        apart = np.log(hours / list(shown)[-1]) / np.log(horizon / FIRST_SHOWN) if shown else np.inf
        if FIRST_SHOWN <= hours <= horizon and apart >= least:
            shown[hours] = text
    axes.xaxis.set_major_locator(FixedLocator(list(shown)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(list(shown), list(shown.values()))


def course_clock(axes: Axes, simulation: Simulation, columns: int = 1) -> None:
    """The logarithmic clock of one course in one of so many columns, with its infusions shaded."""
    clock(axes, end(simulation), columns * LEAST_APART)
    for dose in simulation.protocol.doses:
        if dose.duration is not None:
            start = dose.start - first_visit(simulation.protocol)
            axes.axvspan(max(start, FIRST_SHOWN), max(start + dose.duration, FIRST_SHOWN), color=COLOURS["drug"], alpha=0.12, lw=0)


LEAST_APART = 0.062
"""Share of the figure's width that a label of the clock takes."""


def hours_or_days(axes: Axes, simulation: Simulation) -> float:
    """A linear clock: the first hours after a single dose, or all days of a course with several; gives its unit, h."""
    repeated = len(simulation.protocol.doses) > 1
    unit = DAY if repeated else 1.0
    last = end(simulation) if repeated else min(end(simulation), FIRST_HOURS)
    axes.set(xlim=(0, last / unit), xlabel="days" if repeated else "hours")
    return unit


def legend(figure: Figure, axes: Iterable[Axes], columns: int = 6) -> None:
    """One legend above everything, each name once, clear of every curve."""
    handles: dict[str, Any] = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    figure.legend(list(handles.values()), list(handles), loc="outside upper left", ncols=min(columns, len(handles)), handlelength=1.6)


def room(axes: Axes, least: float, *values: ArrayLike | float) -> None:
    """Limits around values with a margin, at least ``least`` apart, so that rounding error is not drawn as a change."""
    low, high = min(map(np.min, values)), max(map(np.max, values))
    centre, half = (low + high) / 2, max((high - low) * ROOM, least / 2)
    axes.set_ylim(centre - half, centre + half)
