"""The headline in the terminal: who would respond in further trials, beside what was published, and what is left of it like for like."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...analysis.comparison import Comparison
from ...evidence.headline import CHANGE_BINS
from ..headline import BESIDE, MEANINGS, NOT_MODELLED, headline_table
from .listing import print_paragraph

BARS = " ▁▂▃▄▅▆▇█"
OF_BARS = " Change: patients by points of MADRS."


def histogram(change: tuple[float, ...]) -> str:
    """Shares of patients by their change, as bars from the largest fall to the largest rise."""
    return "".join(BARS[round((len(BARS) - 1) * share / max(change))] for share in change)


def _table(title: str, *columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in (title, *columns):
        table.add_column(column, justify="left" if column == title else "right", no_wrap=column != title)
    return table


def show_headline(comparison: Comparison, console: Console) -> None:
    """Print forecasts of the arms that have one, and the contrasts that ship."""
    headline = headline_table(comparison)
    if headline is None:
        return
    response, remission = _table("Response, %", *headline.times), _table("Remission, %", *headline.times_of_remission)
    beside, relapse = _table("", *BESIDE), _table("Relapse, % of responders", *headline.times_after)
    spread = _table("Change at 6 weeks", f"{CHANGE_BINS[0]} … 0 … +{CHANGE_BINS[-1]}")
    for row in headline.rows:
        label = comparison.label(row.arm)
        for table, cells in ((response, row.response), (remission, row.remission), (beside, row.beside), (relapse, row.relapse)):
            if cells:
                table.add_row(label, *map(escape, cells))
        spread.add_row(label, histogram(comparison.forecasts[row.arm].change))
    contrasts = _table("Like for like, response of one over the other, %", "seen", "forecast")
    for cells in headline.contrasts:
        contrasts.add_row(*cells)
    for table in (response, remission, beside, relapse, spread):
        if table.row_count:
            console.print()
            console.print(table)
    print_paragraph(console, MEANINGS + OF_BARS)
    print_paragraph(console, NOT_MODELLED)
    if headline.contrasts:
        console.print()
        console.print(contrasts)
