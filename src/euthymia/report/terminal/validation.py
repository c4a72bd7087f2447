"""Observed beside predicted, as a table."""

from rich.console import Console
from rich.table import Table

from ...validation.pharmacology import BARS, ObservedAndPredicted, of_role, score


def show_validation(rows: list[ObservedAndPredicted], console: Console) -> None:
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
        total = score(of_role(rows, role))
        console.print(
            f"\n{name}: {total.count} rows, median error {100 * total.median_error:.1f} %, "
            f"{100 * total.within_two_fold:.0f} % within two-fold"
        )
    console.print(
        f"the closest peer, on rows of its own: median error {100 * BARS['median error']:.1f} %, "
        f"{100 * BARS['within two-fold']:.0f} % within two-fold"
    )
    console.print(
        "The digitised course (kamp2020bja) is second-hand, and its data may be among those that the disposition was made from; "
        "its 31 points are of one mean curve and not independent."
    )
