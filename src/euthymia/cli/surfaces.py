"""Commands for closures: surfaces build, surfaces check."""

import sys
from pathlib import Path

from cyclopts import App
from rich.console import Console

from .options import progress_bar

surfaces = App(name="surfaces", help="The closures that stand for circuits: build them, or check them against fresh circuits.")


@surfaces.command
def build(*names: str, out: Path | None = None) -> None:
    """Build surfaces from their circuits and write them where the model finds them; minutes of work on all cores.

    Parameters
    ----------
    names
        Of the surfaces; all if left out.
    out
        Another folder to write to.
    """
    console = Console(highlight=False, emoji=False)
    for recipe, folder in _surfaces(names, out):
        from ..model.closures.build import build as run
        from ..model.closures.build import total
        from ..model.closures.surface_file import write
        from ..report.terminal.surfaces import show_built

        with progress_bar(f"Building {recipe.name}", total(recipe)) as progress:
            file = run(recipe, progress)
        path = write(file, folder)
        show_built(file, path, console)


@surfaces.command
def check(*names: str) -> None:
    """Compare surfaces with fresh circuits at five points; exit code 1 if one is off by more than 2 % of its range.

    Parameters
    ----------
    names
        Of the surfaces; all if left out.
    """
    console = Console(highlight=False, emoji=False)
    sound = True
    for recipe, _ in _surfaces(names, None):
        from ..model.closures.build import CHECKED, WORST_ERROR
        from ..model.closures.build import check as run
        from ..model.closures.surface_file import load
        from ..report.terminal.surfaces import show_checked

        file = load(recipe.name, recipe.built_from)
        with progress_bar(f"Checking {recipe.name}", CHECKED) as progress:
            found = run(recipe, file, progress)
        show_checked(recipe, found, console)
        sound = sound and all(each.worst <= WORST_ERROR for each in found)
    if not sound:
        sys.exit(1)


def _surfaces(names: tuple[str, ...], out: Path | None):
    """The recipes asked for, and the folder of each file."""
    from ..core.errors import unknown
    from ..core.runtime import configure

    configure()
    from ..model.closures.surface_file import folder
    from ..model.default import recipes

    known = recipes()
    for name in names:
        if name not in known:
            raise unknown("surface", name, known)
    return [(known[name], folder() if out is None else out) for name in names or known]
