"""Observed against predicted, with the two-fold band."""

import numpy as np

from ...evidence.registry import evidence
from ...validation.pharmacology import TWO_FOLD, ObservedAndPredicted, of_role
from .style import COLOURS, FAINT, HUES, panels, svg

EDGES = (0.005, 2.0)
"""µM."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def observed_and_predicted(rows: list[ObservedAndPredicted]) -> str:
    """Held-out concentrations against predictions, and the ratio of every held-out row by study, each with the two-fold band."""
    held_out = of_role(rows, "validate")
    molar_mass = evidence().value("ketamine.molar_mass", "g/mol")
    assert isinstance(molar_mass, float)
    in_micromolar = {"uM": 1.0, "ng/mL": 1 / molar_mass}
    studies = list(dict.fromkeys(row.study for row in held_out))
    with panels(3.8, 1, 2) as (figure, [[plane, ratios]]):
        for number, study in enumerate(studies):
            of_study = [row for row in held_out if row.study == study]
            style = {"marker": MARKERS[number], "ls": "", "ms": 5, "mfc": "none", "color": HUES[number % len(HUES)]}
            measured = np.array([[row.observed, row.predicted] for row in of_study if row.unit in in_micromolar])
            measured *= np.array([[in_micromolar[row.unit]] for row in of_study if row.unit in in_micromolar])
            if len(measured):
                plane.plot(*measured.T, **style)
            ratios.plot([row.predicted / row.observed for row in of_study], [-number] * len(of_study), **style)
        edges = np.array(EDGES)
        plane.fill_between(edges, edges / TWO_FOLD, edges * TWO_FOLD, color=COLOURS["drug"], alpha=0.12, lw=0)
        plane.plot(edges, edges, color=FAINT, lw=1)
        plane.set(xscale="log", yscale="log", xlim=edges, ylim=edges, xlabel="observed, µM", ylabel="predicted, µM")
        ratios.axvspan(1 / TWO_FOLD, TWO_FOLD, color=COLOURS["drug"], alpha=0.12, lw=0)
        ratios.axvline(1, color=FAINT, lw=1)
        ratios.set(xscale="log", xlim=(0.3, 3.3), xlabel="predicted over observed; shaded: two-fold")
        ratios.set_xticks([0.5, 1, 2], ["0.5", "1", "2"])
        ratios.set_xticks([], minor=True)
        ratios.set_yticks([-number for number in range(len(studies))], studies)
        ratios.margins(y=0.1)
        return svg(figure, "Observed and predicted pharmacology")
