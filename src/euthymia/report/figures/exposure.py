"""Concentrations in blood and brain and the pore block, of one person or of many."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from ...analysis.exposure_table import LEVELS, MASS, MOLAR
from ...analysis.noncompartmental import LEAST
from ...core.constants import DAY
from ...protocols.protocol import Protocol
from ...simulation.dosing import ROUNDING
from .style import CLASS_COLOURS, COLOURS, DOSES, MOLECULE_CURVES, legend, panels, svg

LINEAR, LOGARITHMIC = 0.05, 1e-3
"""Of its peak: axes of either kind end when everything has fallen below for good."""
LOWEST = 1e-4
"""Of the highest value: where a logarithmic axis begins at the latest."""
SPAN = 1 / 30
"""Of the highest value: where it begins at the earliest."""
RISEN = 0.1
"""Of its peak: a curve that has reached it is no longer rising from nothing."""
NODES_DRAWN = 500
"""Of a course, about; doses keep theirs."""
LONG = 4 * DAY
"""Courses that are longer are shown in days, h."""
DARK = 0.16
"""Of the band from the lowest to the highest quantile."""
SITE_DASHES: dict[str, Any] = {"arterial": "-", "venous": (0, (1, 1.2)), "brain": (0, (4, 2))}
SITE_NAMES = {"arterial": "arterial", "venous": "venous", "brain": "free in brain"}


def blood(course: xr.Dataset, protocol: Protocol) -> str:
    """Every molecule in blood, on linear and on logarithmic axes, ng/mL."""
    shown = _at(course, "arterial", "venous", "plasma")
    with panels(4.0, 1, 2) as (figure, [[linear, logarithmic]]):
        for axes, least in ((linear, LINEAR), (logarithmic, LOGARITHMIC)):
            _concentrations(axes, shown, MASS, protocol, least)
        linear.set_title("Blood, total, ng/mL")
        logarithmic.set_title("The same, logarithmic")
        legend(figure, [linear, logarithmic], 4)
        return svg(figure, "Concentrations in blood, ng/mL", "On linear and on logarithmic axes")


def brain(course: xr.Dataset, protocol: Protocol) -> str | None:
    """Each molecule unbound in brain beside its total in arterial plasma, µM; None where none reaches a brain that is modelled."""
    shown = _at(course, "arterial", "brain")
    analytes = list(dict.fromkeys(shown.analyte.values[shown.site.values == "brain"]))
    if not analytes:
        return None
    with panels(6.0, 2, len(analytes)) as (figure, rows):
        for axes, least in zip(rows, (LINEAR, LOGARITHMIC), strict=True):
            for panel, analyte in zip(axes, analytes, strict=True):
                _concentrations(panel, shown.isel(series=np.flatnonzero(shown.analyte.values == analyte)), MOLAR, protocol, least)
        for panel, analyte in zip(rows[0], analytes, strict=True):
            panel.set_title(f"{analyte[:1].upper()}{analyte[1:]}, µM")
        legend(figure, rows.flat, 4)
        return svg(figure, "Concentrations in brain beside arterial blood, µM", "On linear and on logarithmic axes")


def pore_block(block: xr.DataArray, protocol: Protocol) -> str | None:
    """Loss of NMDA charge in each class of cell, %; None where nothing blocks."""
    if float(block.max()) <= LEAST:
        return None
    end = _end(block.median("patient").transpose("cell_class", "time").values, block.time.values, LINEAR)
    nodes = _drawn(block.time.values, end, protocol)
    with panels(2.9) as (figure, [[axes]]):
        for cell_class in block.cell_class.values:
            values = 100 * block.sel(cell_class=cell_class).isel(time=nodes).transpose("patient", "time").values
            _curve(axes, block.time.values[nodes] / _hours(end), values, str(cell_class), {"color": CLASS_COLOURS[str(cell_class)]})
        axes.set(title="NMDA pore block, %", ylim=(0, None))
        _clock(axes, end, protocol)
        legend(figure, [axes])
        return svg(figure, "NMDA pore block")


def _at(course: xr.Dataset, *sites: str) -> xr.Dataset:
    """The series at these sites, both enantiomers together."""
    return course.isel(series=np.flatnonzero(course.is_both.values & np.isin(course.site.values.astype(str), sites)))


def _concentrations(axes: Axes, shown: xr.Dataset, unit: str, protocol: Protocol, least: float) -> None:
    """Every series on axes that begin at nothing, or on logarithmic ones if so small a part of the peak is to be seen."""
    end = _end(shown[unit].median("patient").transpose("series", "time").values, shown.time.values, least)
    shown = shown.isel(time=_drawn(shown.time.values, end, protocol))
    lowest = np.inf
    for number in range(shown.sizes["series"]):
        one = shown.isel(series=number)
        analyte, site = one.analyte.item(), one.site.item()
        look = {"color": MOLECULE_CURVES[analyte].color, "ls": SITE_DASHES.get(site, MOLECULE_CURVES[analyte].ls)}
        label = f"{analyte}, {SITE_NAMES[site]}" if site in SITE_NAMES else analyte
        low = _curve(axes, one.time.values / _hours(end), one[unit].values, label, look)
        lowest = min(lowest, low[np.argmax(low >= RISEN * low.max()) :].min())
    highest = float(shown[unit].max())
    if least < LINEAR:
        axes.set(yscale="log", ylim=(max(LOWEST * highest, min(SPAN * highest, lowest / 2)), 2 * highest))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(bottom=0)
    _clock(axes, end, protocol)


def _curve(axes: Axes, times: np.ndarray, values: np.ndarray, label: str, look: dict[str, Any]) -> np.ndarray:
    """The course of one person, or the median and a band of many (leading axis); returns its lower edge."""
    low, median, high = np.quantile(values, LEVELS, axis=0)
    axes.plot(times, median, lw=1.6, label=label, **look)
    if len(values) > 1:
        axes.fill_between(times, low, high, color=look["color"], alpha=DARK, lw=0)
    return low


def _end(medians: np.ndarray, times: np.ndarray, least: float) -> float:
    """Last time that is shown, h: when every curve (leading axis) has fallen below so small a part of its peak for good."""
    last = np.flatnonzero((medians > least * medians.max(-1, keepdims=True)).any(0))
    return float(times[min(last[-1] + 1, len(times) - 1)] if len(last) else times[-1])


def _drawn(times: np.ndarray, end: float, protocol: Protocol) -> np.ndarray:
    """Which times of a course are drawn: about ``NODES_DRAWN`` of those that are shown, and every dose with the time before it."""
    shown = int(np.searchsorted(times, end, side="right"))
    doses = np.searchsorted(times, [dose.start - ROUNDING for dose in protocol.doses if dose.start <= end])
    return np.unique([*range(0, shown, -(-shown // NODES_DRAWN)), *doses[doses < shown], *(doses[doses > 0] - 1), shown - 1]).astype(int)


def _hours(end: float) -> float:
    """In the unit in which time is shown."""
    return DAY if end > LONG else 1.0


def _clock(axes: Axes, end: float, protocol: Protocol) -> None:
    """The linear axis of time, with doses as ticks and infusions as bars along the upper edge."""
    hours = _hours(end)
    axes.set_xlim(0, end / hours)
    axes.set_xlabel("days since the start" if hours > 1 else "hours since the start")
    figure = axes.figure
    above = ScaledTranslation(0, 5 / 72, figure.dpi_scale_trans)
    look = {"color": COLOURS["drug"], "transform": blended_transform_factory(axes.transData, axes.transAxes) + above, "clip_on": False}
    doses = [dose for dose in protocol.doses if dose.start <= end]
    for dose in doses:
        if dose.duration is not None:
            axes.plot([dose.start / hours, (dose.start + dose.duration) / hours], [1, 1], lw=5, solid_capstyle="butt", **look)
    starts = np.array([dose.start / hours for dose in doses])
    if len(starts):
        axes.plot(starts, np.ones(len(starts)), ls="", marker="|", ms=6, mew=1.2, label=DOSES, **look)
