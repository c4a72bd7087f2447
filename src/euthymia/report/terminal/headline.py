"""The headline in the terminal: who would respond in further trials, beside what was published, and what is left of it like for like."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...analysis.comparison import Comparison
from ...evidence.headline import CHANGE_BINS
from ..headline import CONTRASTS, MEANINGS, NO_FORECAST, NOT_MODELLED, OF_CONTRASTS, OTHER, Rate, headline_table
from .listing import print_paragraph

BARS = " ▁▂▃▄▅▆▇█"
OF_BARS = " Change: patients by points of MADRS, in every arm up to its own most frequent change."


def histogram(change: tuple[float, ...]) -> str:
    """Shares of patients by their change, as bars from the largest fall to the largest rise."""
    return "".join(BARS[round((len(BARS) - 1) * share / max(change))] for share in change)


def scale_of_histogram() -> str:
    """The ends and the zero of the histogram, each above its bin."""
    low, high, zero = f"{CHANGE_BINS[0]}".replace("-", "−"), f"+{CHANGE_BINS[-1]}", CHANGE_BINS.index(0)
    return low.ljust(zero) + "0".ljust(len(CHANGE_BINS) - 1 - zero - len(high)) + high


def _table(title: str, *columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in (title, *columns):
        table.add_column(column, justify="left" if column == title else "right", no_wrap=column != title, min_width=10)
    return table


def _cells(rates: Sequence[Rate | str]) -> list[str]:
    """What was published stands below a forecast, so that four times fit a narrow terminal."""
    return [rate if isinstance(rate, str) else escape("\n".join(filter(None, rate))) for rate in rates]


def show_headline(comparison: Comparison, console: Console) -> None:
    """Print forecasts of the arms that have one, and the contrasts that ship."""
    headline = headline_table(comparison)
    if headline is None:
        console.print()
        console.print(NO_FORECAST)
        return
    response, remission = _table("Response, %", *headline.times), _table("Remission, %", *headline.times_of_remission)
    other, relapse = _table("Other", *OTHER), _table("Relapse, %", *headline.times_after)
    spread = Table("Change at 6 weeks", scale_of_histogram(), box=None, padding=(0, 2, 0, 0), header_style="bold")
    for row in headline.rows:
        label = comparison.label(row.arm)
        for table, cells in ((response, row.response), (remission, row.remission), (other, row.other), (relapse, row.relapse)):
            if cells:
                table.add_row(label, *_cells(cells))
        spread.add_row(label, histogram(comparison.forecasts[row.arm].change))
    contrasts = Table(CONTRASTS, "seen", "forecast", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for cells in headline.contrasts:
        contrasts.add_row(*cells)
    for table in (response, remission, other, relapse, spread):
        if table.row_count:
            console.print()
            console.print(table)
    print_paragraph(console, MEANINGS + OF_BARS)
    print_paragraph(console, NOT_MODELLED)
    if headline.contrasts:
        console.print()
        console.print(contrasts)
        print_paragraph(console, OF_CONTRASTS)
