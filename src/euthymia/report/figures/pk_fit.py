"""Samples against what is predicted for the person, for a typical person, and for people drawn from the population."""

import numpy as np
from matplotlib.axes import Axes

from ...inference.pharmacokinetics import PharmacokineticFit
from ...inference.pk_design import MOLECULES
from .style import FAINT, INK, MOLECULE_CURVES, legend, panels, svg

MARKER = {"S": "^", "R": "v"}
LOWEST = 0.1
"""Concentrations below are drawn here on a logarithmic axis, ng/mL."""
USUAL = 2.0
"""Weighted residuals that about one sample in twenty exceeds."""


def _by_molecule(axes: Axes, fit: PharmacokineticFit, horizontal: str, vertical: str, lowest: float = -np.inf) -> None:
    for molecule in np.unique(fit.samples.molecule):
        here = fit.samples.isel(sample=(fit.samples.molecule == molecule).values)
        x, y = (np.maximum(here[name], lowest) for name in (horizontal, vertical))
        axes.plot(
            x,
            y,
            MARKER.get(molecule[0], "o"),
            color=MOLECULE_CURVES[MOLECULES[molecule][0]].color,
            ms=3.5,
            alpha=0.6,
            mew=0,
            label=molecule,
        )


def agreement(fit: PharmacokineticFit) -> str:
    """Observed against predicted, for the person and for a typical person of their weight."""
    with panels(4.0, 1, 2, sharex=True, sharey=True) as (figure, [axes]):
        for panel, name in zip(axes, ("individual", "population"), strict=True):
            _by_molecule(panel, fit, name, "observed", LOWEST)
            panel.axline((1, 1), (10, 10), color=FAINT, lw=1)
            panel.set(xscale="log", yscale="log", title=f"Against the {name} prediction", xlabel="predicted, ng/mL")
            for axis in (panel.xaxis, panel.yaxis):
                axis.set_major_formatter("{x:g}")
        axes[0].set_ylabel("observed, ng/mL")
        legend(figure, axes)
        return svg(figure, "Observed against predicted concentrations")


def residuals(fit: PharmacokineticFit) -> str:
    """Weighted residuals of the individual predictions over time since the latest dose."""
    with panels(2.8) as (figure, [[axes]]):
        _by_molecule(axes, fit, "time_after_dose", "weighted_residual")
        axes.axhline(0, color=FAINT, lw=1)
        for limit in (-USUAL, USUAL):
            axes.axhline(limit, color=FAINT, lw=1, ls="--")
        axes.set(ylabel="weighted residual, SD", xlabel="hours since the latest dose")
        legend(figure, [axes])
        return svg(figure, "Weighted residuals over time")


def predictive(fit: PharmacokineticFit) -> str:
    """Percentiles of what was observed over bands of studies simulated from the population, a panel for each molecule."""
    molecules = np.unique(fit.check.molecule)
    with panels(3.2, 1, len(molecules), sharey=True) as (figure, [axes]):
        for panel, molecule in zip(axes, molecules, strict=True):
            here = fit.check.isel(bin=(fit.check.molecule == molecule).values)
            for percentile in here.percentile.values:
                samples = here.sel(percentile=percentile)
                is_median = percentile == np.median(here.percentile)
                low, high = (np.maximum(samples.simulated.sel(level=level), LOWEST) for level in (here.level[0], here.level[-1]))
                band = {"color": MOLECULE_CURVES[MOLECULES[molecule][0]].color, "alpha": 0.4 if is_median else 0.2, "lw": 0}
                # A single bin is drawn with a little width.
                if here.sizes["bin"] > 1:
                    panel.fill_between(samples.time, low, high, **band)
                else:
                    panel.bar(samples.time, high - low, 0.1, low, **band)
                style = {"color": INK, "lw": 1.4, "ls": "-" if is_median else "--", "marker": "o", "ms": 3}
                panel.plot(
                    samples.time,
                    np.maximum(samples.observed, LOWEST),
                    **style,
                    label="median observed" if is_median else "5th and 95th percentile",
                )
            panel.set(yscale="log", title=molecule, xlabel="hours since the latest dose")
            panel.yaxis.set_major_formatter("{x:g}")
        axes[0].set_ylabel("ng/mL")
        legend(figure, axes[:1])
        return svg(figure, "Visual predictive check")
