"""Samples against what is predicted for the person, for a typical person, and for people drawn from the population."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatterMathtext, LogLocator

from ...inference.pharmacokinetics import PharmacokineticFit
from ...inference.pk_design import MOLECULES
from ...inference.pk_failures import LEAST_PEOPLE
from .style import FAINT, INK, MOLECULE_CURVES, PAPER, SOFT, legend, panels, svg

MARKER = {"S": "^", "R": "v"}
LOWEST = 0.1
"""Concentrations below are drawn here on a logarithmic axis, ng/mL."""
USUAL = 2.0
"""Weighted residuals that about one sample in twenty exceeds."""
COLUMNS = 3
"""Panels of people beside each other."""
BELOW = 0.5
"""Of the lowest concentration in a sample: the lower end of the axis of curves."""
ROW_HEIGHT = 2.3
"""Inches."""
LONGEST_NAME = 24
"""Letters of a subject in the title of a panel."""
PLAIN_DECADES = 4
"""Over more, ticks of a logarithmic axis are powers of ten."""


def _color(molecule: str) -> str:
    return MOLECULE_CURVES[MOLECULES[molecule][0]].color


def _markers(axes: Axes, samples: xr.Dataset, horizontal: str, vertical: str, lowest: float = -np.inf) -> None:
    """Samples of each molecule: filled, and open at the limit where that is all that is known."""
    for molecule in np.unique(samples.molecule):
        for censored in (False, True):
            here = samples.isel(sample=((samples.molecule == molecule) & (samples.censored == censored)).values)
            if here.sizes["sample"]:
                x, y = (np.maximum(here[name], lowest) for name in (horizontal, vertical))
                color = _color(molecule)
                look: dict[str, Any] = {"mfc": PAPER, "mec": color, "mew": 1.2} if censored else {"color": color, "alpha": 0.6, "mew": 0}
                label = f"{molecule}, at its limit" if censored else molecule
                axes.plot(x, y, MARKER.get(molecule[0], "o"), ms=4.5, ls="", label=label, **look)


def _logarithmic(axes: Axes, *names: str) -> None:
    """Axes whose ticks are whole powers of ten."""
    for name in names:
        axis = getattr(axes, f"{name}axis")
        axes.set(**{f"{name}scale": "log"})
        low, high = axis.get_view_interval()
        axis.set_major_locator(LogLocator(numticks=8))
        plain = math.log10(high / low) <= PLAIN_DECADES
        axis.set_major_formatter("{x:g}" if plain else LogFormatterMathtext())
        axis.minorticks_off()


def agreement(fit: PharmacokineticFit) -> str:
    """Observed against predicted, for the person and for a typical person of their weight and covariates."""
    with panels(4.0, 1, 2, sharex=True, sharey=True) as (figure, [axes]):
        for panel, name in zip(axes, ("individual", "population"), strict=True):
            _markers(panel, fit.samples, name, "observed", LOWEST)
            panel.axline((1, 1), (10, 10), color=FAINT, lw=1)
            panel.set(title=f"Against the {name} prediction", xlabel="predicted, ng/mL")
        for panel in axes:
            _logarithmic(panel, "x", "y")
        axes[0].set_ylabel("observed, ng/mL")
        legend(figure, axes)
        return svg(figure, "Observed against predicted concentrations")


def residuals(fit: PharmacokineticFit) -> str:
    """Weighted residuals of the individual predictions over time since the latest dose."""
    with panels(2.8) as (figure, [[axes]]):
        _markers(axes, fit.samples.isel(sample=~fit.samples.censored.values), "time_after_dose", "weighted_residual")
        axes.axhline(0, color=FAINT, lw=1)
        for limit in (-USUAL, USUAL):
            axes.axhline(limit, color=FAINT, lw=1, ls="--")
        axes.set(ylabel="weighted residual, SD", xlabel="hours since the latest dose")
        if fit.samples.sizes["sample"] > int(fit.samples.censored.sum()):
            legend(figure, [axes])
        return svg(figure, "Weighted residuals over time")


def individuals(fit: PharmacokineticFit) -> str:
    """Samples of the first people, and curves predicted for each and for the typical person of their weight and covariates."""
    names = list(dict.fromkeys(fit.curves.subject.values.tolist()))
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    with panels(ROW_HEIGHT * rows + 0.6, rows, columns, sharey=True) as (figure, axes):
        for panel, name in zip(axes.flat, names, strict=False):
            points = fit.curves.isel(point=(fit.curves.subject == name).values)
            _curves(panel, points)
            _markers(panel, fit.samples.isel(sample=(fit.samples.subject == name).values), "time", "observed", LOWEST)
            panel.set_title(name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…")
        for panel in axes.flat[len(names) :]:
            panel.set_axis_off()
        drawn = fit.samples.isel(sample=np.isin(fit.samples.subject, names))
        lowest = max(LOWEST, BELOW * float(min(drawn.observed.min(), drawn.individual.min(), drawn.population.min())))
        for panel in axes.flat[: len(names)]:
            panel.set_ylim(bottom=lowest)
            _logarithmic(panel, "y")
        for panel in axes.flat[max(0, len(names) - columns) : len(names)]:
            panel.set_xlabel("hours, of the table")
        for panel in axes[:, 0]:
            panel.set_ylabel("ng/mL")
        legend(figure, axes.flat[: len(names)], columns=4)
        return svg(figure, "Concentrations of people over time, observed and predicted")


def _curves(axes: Axes, points: xr.Dataset) -> None:
    """Predictions of one person; a curve is broken where the clock of the table goes back."""
    for molecule, sampling in dict.fromkeys(zip(points.molecule.values, points.sampling.values, strict=True)):
        here = points.isel(point=((points.molecule == molecule) & (points.sampling == sampling)).values)
        time = here.time.values
        stretches = [0, *(np.flatnonzero(np.diff(time) < 0) + 1), len(time)]
        for start, stop in pairwise(stretches):
            over = slice(start, stop)
            axes.plot(time[over], _drawn(here.population[over]), color=SOFT, lw=1, ls=(0, (3, 2)), label="typical person")
            axes.plot(time[over], _drawn(here.individual[over]), color=_color(molecule), lw=1.6, label="this person")


def _drawn(values: xr.DataArray) -> np.ndarray:
    """Concentrations as far as a logarithmic axis shows them."""
    return np.where(values.values >= LOWEST, values.values, np.nan)


def predictive(fit: PharmacokineticFit) -> str | None:
    """Percentiles of what was observed over bands of studies simulated from the population, a panel for each molecule; None for few."""
    if fit.individuals.sizes["subject"] < LEAST_PEOPLE:
        return None
    molecules = np.unique(fit.check.molecule)
    with panels(3.2, 1, len(molecules), sharey=True) as (figure, [axes]):
        for panel, molecule in zip(axes, molecules, strict=True):
            _percentiles(panel, fit.check.isel(bin=(fit.check.molecule == molecule).values), molecule)
        for panel in axes:
            _logarithmic(panel, "y")
        axes[0].set_ylabel("ng/mL")
        legend(figure, axes[:1])
        return svg(figure, "Visual predictive check")


def _percentiles(panel: Axes, here: xr.Dataset, molecule: str) -> None:
    """One molecule: bands of simulated studies and lines of observed percentiles."""
    for percentile in here.percentile.values:
        samples = here.sel(percentile=percentile)
        is_median = percentile == np.median(here.percentile)
        low, high = (np.maximum(samples.simulated.sel(level=level), LOWEST) for level in (here.level[0], here.level[-1]))
        band = {"color": _color(molecule), "alpha": 0.4 if is_median else 0.2, "lw": 0}
        # A single bin is drawn with a little width.
        if here.sizes["bin"] > 1:
            panel.fill_between(samples.time, low, high, **band)
        else:
            panel.bar(samples.time, high - low, 0.1, low, **band)
        style = {"color": INK, "lw": 1.4, "ls": "-" if is_median else "--", "marker": "o", "ms": 3}
        label = "median observed" if is_median else "5th and 95th percentile"
        panel.plot(samples.time, np.maximum(samples.observed, LOWEST), **style, label=label)
    panel.set(title=molecule, xlabel="hours since the latest dose")
