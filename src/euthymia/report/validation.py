"""Observed beside predicted: a table, and the figure with the two-fold band."""

import numpy as np
from rich.console import Console
from rich.table import Table

from ..experiments.validation import BARS, TWO_FOLD, Compared, score
from .figures.style import COLOURS, FAINT, panels, svg

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
    """Both on logarithmic axes, as a share of the middle of each unit, with the line of identity and the two-fold band."""
    held_out = of_role(rows, "validate")
    studies = list(dict.fromkeys(row.study for row in held_out))
    units = list(dict.fromkeys(row.unit for row in held_out))
    with panels(3.4, 1, len(units)) as (figure, axes):
        for panel, unit in zip(axes[0], units, strict=True):
            of_unit = [row for row in held_out if row.unit == unit]
            values = np.array([[row.observed, row.predicted] for row in of_unit])
            edges = np.array([values.min() / 1.6, values.max() * 1.6])
            panel.fill_between(edges, edges / TWO_FOLD, edges * TWO_FOLD, color=COLOURS["drug"], alpha=0.12, lw=0, label="two-fold")
            panel.plot(edges, edges, color=FAINT, lw=1)
            for number, study in enumerate(studies):
                points = np.array([[row.observed, row.predicted] for row in of_unit if row.study == study])
                if len(points):
                    panel.plot(*points.T, MARKERS[number], ls="", ms=5, mfc="none", color=COLOUR[number], label=study)
            panel.set(xscale="log", yscale="log", xlim=edges, ylim=edges, xlabel=f"observed, {unit}", aspect="equal")
        axes[0][0].set_ylabel("predicted")
        handles = {label: handle for panel in axes[0] for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)}
        figure.legend(list(handles.values()), list(handles), loc="outside upper left", ncols=6, handlelength=1.2)
        return svg(figure, "Observed and predicted pharmacology")
