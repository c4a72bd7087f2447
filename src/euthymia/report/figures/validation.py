"""Observed against predicted concentrations, and the ratios of every molecule, route and study, with the two-fold band."""

import numpy as np

from ...evidence.registry import evidence
from ...validation.pharmacology import MOLECULES, TWO_FOLD, VERIFICATION, ObservedAndPredicted, by_molecule_route_and_study, score
from .style import COLOURS, FAINT, HUES, panels, svg

EDGES = (3e-4, 2.0)
"""µM."""
RATIOS = (0.05, 8.0)
TICKS = (0.1, 0.5, 1, 2, 5)
MARKERS = ("o", "s", "^", "D")
HUE = dict(zip(MOLECULES, HUES, strict=False))
MARKER = dict(zip(MOLECULES, MARKERS, strict=True))


def observed_and_predicted(rows: list[ObservedAndPredicted]) -> str:
    """Concentrations against predictions that have not seen their study, and the ratios by molecule, route and study, before and after."""
    shown = [row for row in rows if row.role != VERIFICATION]
    groups = {key: group for key, group in by_molecule_route_and_study(shown).items() if group}
    with panels(0.33 * len(groups) + 1.6, 1, 2) as (figure, [[plane, ratios]]):
        for molecule in MOLECULES:
            measured = np.array([pair for row in shown if row.molecule == molecule for pair in _in_micromolar(row)])
            if len(measured):
                plane.plot(*measured.T, marker=MARKER[molecule], ls="", ms=4, mfc="none", color=HUE[molecule], label=molecule)
        edges = np.array(EDGES)
        plane.fill_between(edges, edges / TWO_FOLD, edges * TWO_FOLD, color=COLOURS["drug"], alpha=0.12, lw=0)
        plane.plot(edges, edges, color=FAINT, lw=1)
        plane.set(xscale="log", yscale="log", xlim=edges, ylim=edges, xlabel="observed, µM", ylabel="predicted without the study, µM")
        plane.legend(loc="upper left")
        for number, ((molecule, _, _), group) in enumerate(groups.items()):
            spread = [row.predicted / row.observed for row in group]
            ratios.plot(spread, [-number] * len(group), marker=MARKER[molecule], ls="", ms=4, mfc="none", color=HUE[molecule])
            ratios.plot(score(group, "prior").bias, -number, marker="|", ms=11, mew=2, color=FAINT)
        ratios.axvspan(1 / TWO_FOLD, TWO_FOLD, color=COLOURS["drug"], alpha=0.12, lw=0)
        ratios.axvline(1, color=FAINT, lw=1)
        ratios.set(xscale="log", xlim=RATIOS, xlabel="predicted over observed\n(bar: mean at the priors; shaded: two-fold)")
        ratios.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
        ratios.set_xticks([], minor=True)
        ratios.set_yticks(
            [-number for number in range(len(groups))],
            [f"{study}, {route} ({len(groups[key])})" for key in groups for _, route, study in [key]],
        )
        ratios.margins(y=0.06)
        return svg(figure, "Observed and predicted pharmacology")


def _in_micromolar(row: ObservedAndPredicted) -> list[tuple[float, float]]:
    """Observed and predicted, if the row is a concentration."""
    mass = evidence().value(f"{row.molecule}.molar_mass", "g/mol")
    assert isinstance(mass, float)
    per_unit = {"umol/L": 1.0, "ng/mL": 1 / mass}.get(row.unit)
    return [] if per_unit is None else [(row.observed * per_unit, row.predicted * per_unit)]
