"""Observed beside predicted: a table, and the figure with the two-fold band."""

import numpy as np
from rich.console import Console
from rich.table import Table

from ..experiments.validation import BARS, TWO_FOLD, Compared, score
from .figures.style import COLOURS, FAINT, panels, svg

KETAMINE = 237.73
"""g/mol."""
IN_MICROMOLAR = {"uM": 1.0, "ng/mL": 1 / KETAMINE}
"""Units of concentrations, which share a panel."""
EDGES = (0.005, 2.0)
"""µM."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
COLOUR = ("#4477aa", "#228833", "#aa3377", "#ccbb44", "#ee6677", "#66ccee", "#bbbbbb", "#000000")


def of_role(rows: list[Compared], role: str) -> list[Compared]:
    """Rows of one role."""
    return [row for row in rows if row.role == role]


def show_validation(rows: list[Compared], console: Console) -> None:
    """Print every row by role, and the score of each role beside that of the closest peer."""
    for role, title in (("verification", "Verification: the published output of a model coded here"), ("validate", "Held out")):
        table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
        table.add_column("quantity")
        for name in ("observed", "predicted", "ratio"):
            table.add_column(name, justify="right")
        table.add_column("unit")
        table.add_column("study")
        for row in of_role(rows, role):
            ratio = f"{row.predicted / row.observed:.2f}"
            table.add_row(row.quantity, f"{row.observed:.3g}", f"{row.predicted:.3g}", ratio, row.unit, row.study)
        console.print()
        console.print(table)
    for role, name in (("verification", "verification"), ("validate", "held out")):
        found = score(of_role(rows, role))
        console.print(
            f"\n{name}: {found.count} rows, median error {100 * found.median_error:.1f} %, "
            f"{100 * found.within_two_fold:.0f} % within two-fold"
        )
    console.print(
        f"the closest peer, on rows of its own: median error {100 * BARS['median error']:.1f} %, "
        f"{100 * BARS['within two-fold']:.0f} % within two-fold"
    )
    console.print(
        "The digitised course (kamp2020bja) is second-hand, and its data may be among those that the disposition was made from; "
        "its 31 points are of one mean curve and not independent."
    )


def observed_and_predicted(rows: list[Compared]) -> str:
    """Held-out concentrations against predictions, and the ratio of every held-out row by study, each with the two-fold band."""
    held_out = of_role(rows, "validate")
    studies = list(dict.fromkeys(row.study for row in held_out))
    with panels(3.8, 1, 2) as (figure, [[plane, ratios]]):
        for number, study in enumerate(studies):
            of_study = [row for row in held_out if row.study == study]
            style = {"marker": MARKERS[number], "ls": "", "ms": 5, "mfc": "none", "color": COLOUR[number]}
            measured = np.array([[row.observed, row.predicted] for row in of_study if row.unit in IN_MICROMOLAR])
            measured *= np.array([[IN_MICROMOLAR[row.unit]] for row in of_study if row.unit in IN_MICROMOLAR])
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
