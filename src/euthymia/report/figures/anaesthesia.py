"""Anaesthesia in a drawing of ratings: there is none while it lasts, and what follows is extrapolation."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from ...analysis.anaesthesia import Anaesthesia, anaesthesia_spans
from ...results.ratings import rated
from .style import FAINT, INK, LEAST_TEXT, PAPER

BEYOND = {"alpha": 0.55, "ls": ":"}
"""How ratings look after anaesthesia."""
HATCH = 0.45
"""How dark the hatching is."""
TEXT = {"fontsize": LEAST_TEXT, "color": INK, "zorder": 6}
BEYOND_TEXT = "extrapolation"


def mark_anaesthesia(axes: Axes, courses: dict[str, xr.Dataset], with_key: bool = False) -> None:
    """Take ratings under anaesthesia out of a drawing of MADRS, hatch its times, and set apart what follows.

    Parameters
    ----------
    axes
        Holds a line of MADRS as given, labelled, for each course.
    courses
        By the label of the line.
    with_key
        Whether the key tells extrapolation apart; the label stays with the line before it. Otherwise it stays with the line to the end,
        and the extrapolation is named in the panel.
    """
    hatched: dict[str, list[Anaesthesia]] = {}
    for label, data in courses.items():
        spans = anaesthesia_spans(data)
        if not spans:
            continue
        line = next(line for line in axes.get_lines() if line.get_label() == label)
        values, later = rated(data).to_numpy(), data.time.to_numpy() > spans[0].start
        (within,) = axes.plot(data.time, values)
        within.update_from(line)
        within.set(ydata=np.where(later, np.nan, values), label=label if with_key else "_")
        # A single point draws nothing, and tells where the course began.
        later[0] = True
        line.set(ydata=np.where(later, values, np.nan), label=BEYOND_TEXT if with_key else label, **BEYOND)
        hatched[label] = spans
        awake = np.flatnonzero(np.isfinite(values) & (data.time.to_numpy() >= spans[-1].end))
        if not with_key and awake.size:
            beside = {"xytext": (4, 4), "textcoords": "offset points"}
            axes.annotate(f"{label}: {BEYOND_TEXT}", (spans[-1].end, values[awake[0]]), **beside, **TEXT)
    for start, end in dict.fromkeys(span for spans in hatched.values() for span in spans):
        axes.axvspan(start, end, facecolor="none", edgecolor=FAINT, hatch="////", alpha=HATCH, lw=0, zorder=1)
    if hatched:
        who = "" if with_key else f"{', '.join(hatched)} "
        first = min(spans[0].start for spans in hatched.values())
        corner = {"xycoords": ("data", "axes fraction"), "xytext": (4, 4), "textcoords": "offset points"}
        ground = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}
        axes.annotate(f"{who}anaesthetised: no rating", (first, 0), bbox=ground, **corner, **TEXT)
