"""How far patients of a cohort lie apart, from plasma to mood."""

import numpy as np
from matplotlib.axes import Axes

from ...population.cohort import Cohort
from ...population.summary import weighted_quantile
from ...simulation.visits import course_title, first_visit
from .clock import clock, mark_doses
from .style import COLOURS, FAINT, legend, panels, svg

BANDS = ((0.05, 0.95, 0.18), (0.25, 0.75, 0.35))
"""Quantiles of each band, and how dark it is."""
PANELS = (
    ("venous_ketamine_mass", "Ketamine, venous sample", "ng/mL", "drug", 1.0),
    ("drive_loss", "Loss of NMDA drive, pyramidal", "%", "receptor", 100.0),
    ("spine_density", "Spines, healthy = 100", "%", "way 4", 100.0),
    ("madrs", "MADRS", "points", "mood", 1.0),
)


def _panels(cohort: Cohort) -> tuple[tuple[str, str, str, str, float], ...]:
    """Without ketamine, the first two show the other drug and the limbic lock."""
    data = cohort.data
    if "comparator_mass" not in data or data.venous_ketamine_mass.any():
        return PANELS
    drug = ("comparator_mass", f"{data.molecule.item()} in plasma".capitalize(), "ng/mL", "drug", 1.0)
    return drug, ("lock", "Limbic network locked", "%", "way 5", 100.0), *PANELS[2:]


def spread(cohort: Cohort) -> str:
    """Median, middle half and middle nine tenths of plasma, drive loss, spines and MADRS over time; without ketamine, of the other
    drug and of the limbic lock."""
    times, weights = cohort.data.time.values - first_visit(cohort.protocol), cohort.weights
    with panels(5.9, 2, 2) as (figure, rows):
        for axes, (name, title, unit, colour, factor) in zip(rows.flat, _panels(cohort), strict=True):
            values = factor * _as_given(cohort, name)
            if name == "madrs":
                context = weighted_quantile(cohort.data.madrs.sel(arm="context").values, 0.5, weights)
                axes.plot(times, context, color=FAINT, ls="--", lw=1.6, label="context alone, median")
            _band(axes, times, values, weights, COLOURS[colour], 0.7 if name == "comparator_mass" else 2.0)
            axes.set_title(course_title(title, cohort.protocol) if name == "madrs" else title)
            axes.set_ylabel(unit)
            axes.set_ylim(bottom=0)
            clock(axes, times[-1])
            mark_doses(axes, cohort.protocol)
        legend(figure, rows.flat[-1:])
        return svg(figure, "Spread of patients from plasma to mood")


def _as_given(cohort: Cohort, name: str) -> np.ndarray:
    """A quantity by patient and time; of one cell class or molecule where it has such an axis."""
    values = cohort.data[name]
    return (values.sel(arm="as given") if "arm" in values.dims else values.squeeze(set(values.dims) - {"patient", "time"})).values


def _band(axes: Axes, times: np.ndarray, values: np.ndarray, weights: np.ndarray, colour: str, width: float) -> None:
    for low, high, dark in BANDS:
        label = f"{100 * (high - low):.0f} % of patients"
        bottom, top = (weighted_quantile(values, at, weights) for at in (low, high))
        axes.fill_between(times, bottom, top, color=colour, alpha=dark, lw=0, label=label)
    axes.plot(times, weighted_quantile(values, 0.5, weights), color=colour, lw=width, label="median")
