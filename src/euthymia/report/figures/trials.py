"""Trials beside the calibrated ensemble: fitted numbers, what the fit knows, and predictions of trials it never saw."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core.normal import Z_90
from ...inference.fitted import SPREADS, Fitted
from ...inference.prediction import PosteriorPrediction
from ...validation.scores import UNITS
from ..words import number_of
from .style import COLOURS, FAINT, INK, LEAST_TEXT, legend, panels, svg

LINE = 0.24
"""Height of a line of a list, inches."""
FURTHEST = 6.0
"""SDs at which a number that is further off is drawn."""


def fitted_numbers(numbers: Sequence[Any]) -> str:
    """How far each fitted number lies from the fit, in the SD of a further such trial."""
    with panels(LINE * len(numbers) + 0.9) as (figure, [[axes]]):
        lines = -np.arange(len(numbers))
        axes.axvspan(-Z_90, Z_90, color=COLOURS["mood"], alpha=0.12, lw=0)
        axes.axvline(0, color=FAINT, lw=1)
        axes.plot(
            [np.clip(number.standardised_residual, -FURTHEST, FURTHEST) for number in numbers], lines, "o", color=COLOURS["mood"], ms=5
        )
        axes.set_yticks(lines, [f"{number.trial.name}: {number_of(number.observation)}" for number in numbers], fontsize=LEAST_TEXT)
        axes.set(xlim=(-FURTHEST, FURTHEST), xlabel="observed less fitted, SDs; shaded: 90 %")
        return svg(figure, "Fitted numbers")


def what_is_known(fitted: Fitted) -> str:
    """Where each row went and how sure of it the fit is; and how much the trials say in each independent direction."""
    with panels(LINE * len(fitted.estimates) + 0.9, 1, 2, width_ratios=[2, 1]) as (figure, [[rows, directions]]):
        lines = -np.arange(len(fitted.estimates))
        estimates = fitted.estimates.values()
        mean, sd = (np.array([getattr(estimate, name) for estimate in estimates]) for name in ("coordinate", "sd"))
        rows.errorbar(0 * mean, lines + 0.15, xerr=Z_90, fmt="none", ecolor=FAINT, lw=1.2, label="before the fit")
        rows.errorbar(mean, lines - 0.15, xerr=Z_90 * sd, fmt="o", ms=4, color=COLOURS["mood"], lw=1.6, label="after it")
        rows.set_yticks(lines, list(fitted.estimates), fontsize=LEAST_TEXT)
        rows.set(xlabel="SDs before the fit; bars: 90 %")
        informed = np.maximum(fitted.informed, 1e-3)
        directions.plot(informed, -np.arange(len(informed)), "o", color=INK, ms=4)
        directions.axvline(1, color=FAINT, lw=1)
        directions.set(xscale="log", yticks=[], xlabel="what trials say over the prior", title="Directions")
        legend(figure, [rows])
        return svg(figure, "What the fit knows")


def ridge(fitted: Fitted) -> str:
    """SDs between patients and between trials at the draws of the posterior: where they trade off, the draws lie along a line."""
    with panels(3.2, 1, 2, width_ratios=[3, 2]) as (figure, [[axes, beside]]):
        patients, trials = map(fitted.drawn_values, SPREADS)
        axes.plot(patients, trials, "o", color=COLOURS["mood"], ms=3.5, alpha=0.5)
        axes.set(xlabel="SD between patients, logits", ylabel="SD between trials, logits", xlim=0, ylim=0)
        beside.hist([patients, trials], bins=12, label=["between patients", "between trials"], color=[COLOURS["mood"], FAINT])
        beside.set(xlabel="SD, logits", ylabel="draws")
        legend(figure, [beside])
        return svg(figure, "Spread of responsiveness between patients and between trials")


def predicted_numbers(rows: Sequence[PosteriorPrediction], title: str = "Held-out trials and predictions") -> str:
    """Published numbers beside predictive intervals with a model and without, a panel for points, shares and effects."""
    groups = {unit: [row for row in rows if row.observation.statistic in kinds] for unit, kinds in UNITS.items()}
    groups = {unit: group for unit, group in groups.items() if group}
    heights = [len(group) + 1.5 for group in groups.values()]
    with panels(LINE * sum(heights) + 1.0, len(groups), 1, height_ratios=heights) as (figure, panels_):
        for (axes,), (unit, group) in zip(panels_, groups.items(), strict=True):
            for line, row in enumerate(group):
                if row.meta_analysis is not None:
                    axes.plot(row.meta_analysis, [-line - 0.18] * 2, color=FAINT, lw=1.4, label="meta-analysis, 90 %")
                axes.plot([row.low, row.high], [-line + 0.12] * 2, color=COLOURS["mood"], lw=3, alpha=0.5, label="model, 90 %")
                axes.plot(row.median, -line + 0.12, "|", color=COLOURS["mood"], ms=9, mew=2)
                axes.plot(row.observation.observed, -line, "o", color=INK, ms=4.5, label="observed")
            texts = [f"{row.trial.name}: {number_of(row.observation)}" for row in group]
            axes.set_yticks(-np.arange(len(group)), texts, fontsize=LEAST_TEXT)
            axes.set(xlabel=unit, ylim=(-len(group) + 0.4, 0.6))
        legend(figure, [axes for (axes,) in panels_])
        return svg(figure, title)
