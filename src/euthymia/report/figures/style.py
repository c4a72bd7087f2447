"""The look that all figures share: colours, type, lines of arms, chips of ways, legends."""

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from numpy.typing import ArrayLike

from ...core.types import CELL_CLASSES
from ..tokens import TOKENS

INK, SOFT, FAINT, PAPER, WASH, GRID, ACCENT = (TOKENS[name].light for name in ("ink", "soft", "faint", "paper", "wash", "grid", "accent"))
BLUE, RED, GREEN, OLIVE, PURPLE, TEAL, BROWN, ORANGE = HUES = tuple(
    TOKENS[f"curve-{name}"].light for name in ("blue", "red", "green", "olive", "purple", "teal", "brown", "orange")
)
"""For curves that share a panel and are neither ways nor arms."""
WAYS = {f"way {number}": TOKENS[f"way-{number}"].light for number in range(1, 6)}
"""Areas, bars and curves of the five ways, which can be told apart in every common form of colour blindness."""
COLOURS = WAYS | {
    "drug": SOFT,
    "receptor": FAINT,
    "serotonin": OLIVE,
    "mood": TOKENS["arm-a"].light,
    "context": TOKENS["context"].light,
    "observed": INK,
}
CLASS_COLOURS = dict(zip(CELL_CLASSES, (BLUE, RED, GREEN, OLIVE, PURPLE), strict=True))
SPIKE_COLOURS = {"tonic": FAINT, "burst": WAYS["way 3"]}
"""Of habenula spikes outside and inside bursts."""


class Curve(NamedTuple):
    """Colour and dash of a curve."""

    color: str
    ls: str = "-"


MOLECULE_CURVES = {
    **{"ketamine": Curve(INK), "norketamine": Curve(PURPLE), "hydroxynorketamine": Curve(OLIVE), "dehydronorketamine": Curve(TEAL)},
    **{"escitalopram": Curve(BLUE), "sertraline": Curve(GREEN), "phenelzine": Curve(RED), "midazolam": Curve(PURPLE)},
    **{"memantine": Curve(OLIVE), "MK-801": Curve(TEAL), "citalopram": Curve(BLUE, "--"), "fluoxetine": Curve(ORANGE)},
    **{"norfluoxetine": Curve(ORANGE, "--"), "tranylcypromine": Curve(RED, "--"), "moclobemide": Curve(BROWN)},
    **{"bupropion": Curve(TEAL, "--"), "hydroxybupropion": Curve(OLIVE, "--")},
}
LETTERS = "ABCDEFGH"
DASHES = ("-", (0, (4.5, 2)), (0, (4.5, 1.5, 1, 1.5)), (0, (1, 1.2)), (0, (2, 1)), (0, (8, 2, 2, 2)), (0, (2, 1, 1, 1, 1, 1)), (0, (1, 3)))
"""Of arms by number, in widths of the line; colours come again after four."""
LEAST_TEXT = 9.0
"""Points; as wide as a page a figure is half as large again."""
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
    "axes.titlepad": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": LEAST_TEXT,
    "ytick.labelsize": LEAST_TEXT,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "lines.linewidth": 2,
    "legend.frameon": False,
    "legend.fontsize": LEAST_TEXT,
    "figure.constrained_layout.use": True,
}
WIDTH = 8.2
"""Of every figure, inches."""
UNTREATED = {"color": FAINT, "ls": "--", "lw": 1.6, "label": "untreated"}
HEALTHY = {"color": FAINT, "lw": 1, "ls": "-.", "label": "healthy"}
DOSES = "given"
"""Label of the marks of doses."""
ROOM = 0.62
"""Half of a panel's height over the range of what is in it."""


def arm_line(number: int) -> dict[str, Any]:
    """Colour and dash of an arm."""
    return {"color": TOKENS[f"arm-{LETTERS[number % 4].lower()}"].light, "ls": DASHES[number]}


def arm_text(number: int) -> str:
    """Colour of what is written about an arm."""
    letter = LETTERS[number % 4].lower()
    return TOKENS.get(f"arm-{letter}-text", TOKENS[f"arm-{letter}"]).light


def way_text(way: str) -> str:
    """Colour of what is written about a way."""
    return TOKENS[f"{way.replace(' ', '-')}-text"].light


def way_title(axes: Axes, way: str, title: str) -> None:
    """The title of a way: its numeral in a disc of its hue, and its name in the shade of it that can be read."""
    number = way.removeprefix("way ")
    disc = {"boxstyle": "circle,pad=0.2", "fc": TOKENS[f"way-{number}-chip"].light, "ec": "none"}
    options = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False, "fontweight": "bold"}
    at = mpl.rcParams["axes.titlepad"]
    axes.annotate(
        number,
        (0, 1),
        (6, at + 4),
        color=TOKENS[f"on-way-{number}"].light,
        fontsize=LEAST_TEXT,
        ha="center",
        va="center",
        bbox=disc,
        **options,
    )
    axes.annotate(title, (0, 1), (16, at), color=way_text(way), fontsize=10.5, va="baseline", **options)


@contextmanager
def panels(height: float, rows: int = 1, columns: int = 1, **options: Any) -> Iterator[tuple[Figure, np.ndarray]]:
    """A figure of the common width with its axes."""
    with mpl.rc_context(STYLE):
        # Not by pyplot, whose backend belongs to whoever calls.
        figure = Figure(figsize=(WIDTH, height))
        FigureCanvasSVG(figure)
        yield figure, figure.subplots(rows, columns, squeeze=False, **options)


LAYOUT_DIGITS = 6
"""Of the position of axes in proportion to the figure."""


def svg(figure: Figure, title: str, description: str = "") -> str:
    """The figure as text that can stand in a page, with what a reader who does not see it is told."""
    # Not by savefig, which draws everything once more for the layout alone.
    layout = figure.get_layout_engine()
    if layout is not None:
        # Tick labels reach further than the lines that they stand at.
        for spine in (spine for axes in figure.axes for spine in axes.spines.values()):
            spine.set_in_layout(False)
        layout.execute(figure)
        figure.set_layout_engine("none")
        # The last bits of a layout differ between processes, and ids are hashes of them.
        for axes in figure.axes:
            axes.set_position(Bbox.from_bounds(*np.round(axes.get_position(original=True).bounds, LAYOUT_DIGITS)))
    for patch in (figure.patch, *(axes.patch for axes in figure.axes)):
        patch.set(facecolor="none", edgecolor="none")
    text = io.StringIO()
    FigureCanvasSVG(figure).print_svg(text, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    document = text.getvalue()
    said = f"<title>{escape(title)}</title>" + (f"<desc>{escape(description)}</desc>" if description else "")
    return re.sub("<svg ([^>]*)>", lambda tag: f'<svg role="img" {tag[1]}>{said}', document[document.index("<svg") :], count=1)


def legend(figure: Figure, axes: Iterable[Axes], columns: int = 6) -> None:
    """One legend above everything, each name once, clear of every curve; doses last."""
    handles: dict[str, Any] = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    if DOSES in handles:
        handles[DOSES] = handles.pop(DOSES)
    figure.legend(list(handles.values()), list(handles), loc="outside upper left", ncols=min(columns, len(handles)), handlelength=2.2)


def own_legend(axes: Axes, **options: Any) -> None:
    """The legend of one panel inside it, without the doses, which stand in that of the figure."""
    known = [pair for pair in zip(*axes.get_legend_handles_labels(), strict=True) if pair[1] != DOSES]
    axes.legend(*zip(*known, strict=True), **options)


def room(axes: Axes, least: float, *values: ArrayLike | float) -> None:
    """Limits around values with a margin, at least ``least`` apart, so that rounding error is not drawn as a change."""
    low, high = min(map(np.min, values)), max(map(np.max, values))
    centre, half = (low + high) / 2, max((high - low) * ROOM, least / 2)
    axes.set_ylim(centre - half, centre + half)


def own_data(axes: Axes, observed: xr.Dataset | None, name: str, spread: str | None = None, inside: str = PAPER) -> None:
    """A user's own measurements of a quantity over the time since the first dose: squares, outlined in a colour that nothing else has,
    filled as the curve that they are laid over where a panel has several."""
    if observed is None or name not in observed:
        return
    known = observed.dropna("observation", subset=[name])
    bars = known[spread].values if spread and spread in known else None
    look = {"fmt": "s", "mfc": inside, "mec": ACCENT, "ecolor": ACCENT, "mew": 1.6, "ms": 5.5, "lw": 1, "capsize": 2.5, "zorder": 6}
    axes.errorbar(known.observed_time.values, known[name].values, bars, label="your data", **look)
