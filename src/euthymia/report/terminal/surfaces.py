"""Surfaces and bridged runs in the terminal."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from ...model.closures.build import WORST_ERROR, Disagreement
from ...model.closures.recipes import Recipe
from ...model.closures.surface_file import SurfaceFile
from ...simulation.bridged import Bridged
from ..words import clock, percent, points


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def show_built(file: SurfaceFile, path: Path, console: Console) -> None:
    """What was built, and its error at points that were not fitted."""
    table = _table(f"Surface {file.name}", "smallest", "largest", "largest error", "of the range")
    kind = "log " if file.logarithmic else ""
    for output in file.outputs:
        numbers = (f"{value:.3g}" for value in (output.smallest, output.largest, output.error))
        table.add_row(f"{kind}{output.name} ({output.unit})", *numbers, percent(output.error_share))
    console.print(table)
    console.print(f"Written to {path}\n", soft_wrap=True)


def show_checked(recipe: Recipe, disagreements: list[Disagreement], console: Console) -> None:
    """Each point, and the output that is furthest off there."""
    table = _table(
        f"Surface {recipe.name}: " + ", ".join(f"{axis.name} ({axis.unit})" for axis in recipe.axes), "off most", "of its range", ""
    )
    for point in disagreements:
        name = max(point.range_fractions, key=point.range_fractions.__getitem__)
        sound = "[green]sound[/green]" if point.worst <= WORST_ERROR else "[red]off[/red]"
        table.add_row(", ".join(f"{value:.3g}" for value in point.point), name, percent(point.worst), sound)
    console.print(table)
    console.print()


def show_bridged(bridged: Bridged, console: Console) -> None:
    """Each closure where it is furthest from a fresh circuit, and MADRS by closures and by fresh circuits."""
    circuits = _table("Furthest apart", "at", "closure", "fresh circuit")
    for name in bridged.checkpoints[0].closure:
        worst = max(bridged.checkpoints, key=lambda checkpoint: abs(checkpoint.fresh[name] / checkpoint.closure[name] - 1))
        circuits.add_row(name.replace("_", " "), worst.name, _number(worst.closure[name]), _number(worst.fresh[name]))
    console.print()
    console.print(circuits)
    mood = _table("MADRS", *bridged.madrs)
    mood.add_row("by closures", *(f"{closure:.2f}" for closure, _ in bridged.madrs.values()))
    mood.add_row("by fresh circuits", *(f"{fresh:.2f}" for _, fresh in bridged.madrs.values()))
    mood.add_row("difference", *(points(fresh - closure) for closure, fresh in bridged.madrs.values()))
    console.print()
    console.print(mood)
    console.print(f"\nLargest difference {bridged.worst:.2f} points. Peak of the drug: {_peak(bridged)}.")


def _peak(bridged: Bridged) -> str:
    return next((clock(checkpoint.hours) for checkpoint in bridged.checkpoints if checkpoint.name == "peak of the drug"), "no drug")


def _number(value: float) -> str:
    return f"{value:.0e}" if value >= 1e4 or 0 < value < 1e-2 else f"{value:.3g}"
