"""Commands for closures: surfaces build, surfaces check."""

import sys
from pathlib import Path

from cyclopts import App

from .console import output, progress_bar, stages
from .options import Changes, Settings

surfaces = App(name="surfaces", help="The closures that stand for circuits: build them, or check them against fresh circuits.")


@surfaces.command
def build(*names: str, settings: Settings = (), out: Path | None = None) -> None:
    """Build surfaces from their circuits and write them where the model finds them; minutes of work on all cores.

    Parameters
    ----------
    names
        Of the surfaces; all if left out.
    out
        Another folder to write to; needed with --set.
    """
    from ..core.errors import InputError
    from ..core.files import check_folder

    if settings and out is None:
        raise InputError("set: the surfaces of this installation are built from the evidence; add --out FOLDER")
    if out is not None:
        check_folder(out)
    values = Changes(settings=settings).stated_values()
    console = output()
    for name in _known(names):
        import jax.numpy as jnp

        from ..model.closures.build import build as run
        from ..model.closures.build import total
        from ..model.closures.surface_file import folder, write
        from ..model.default import recipes
        from ..report.terminal.surfaces import show_built

        recipe = recipes({row: jnp.asarray(value) for row, value in values.items()})[name]
        with progress_bar(f"Building {recipe.name}", total(recipe)) as progress:
            file = run(recipe, progress)
        path = write(file, folder() if out is None else out)
        show_built(file, path, console)


@surfaces.command
def check(*names: str) -> None:
    """Compare surfaces with fresh circuits at five points; exit code 1 if one is off by more than 2 % of its range.

    Parameters
    ----------
    names
        Of the surfaces; all if left out.
    """
    console = output()
    sound = True
    for name in _known(names):
        from ..model.closures.build import CHECKED, WORST_ERROR
        from ..model.closures.build import check as run
        from ..model.closures.surface_file import load
        from ..model.default import recipes
        from ..report.terminal.surfaces import show_checked

        recipe = recipes()[name]
        file = load(recipe.name, recipe.built_from)
        with progress_bar(f"Checking {recipe.name}", CHECKED) as progress:
            deviations = run(recipe, file, progress)
        show_checked(recipe, deviations, console)
        sound = sound and all(deviation.worst <= WORST_ERROR for deviation in deviations)
    if not sound:
        sys.exit(1)


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    """These surfaces, or all by default; a name that does not exist is refused."""
    from ..core.errors import unknown
    from ..core.runtime import configure

    with stages():
        configure()
        from ..model.default import recipes

        known = recipes()
    for name in names:
        if name not in known:
            raise unknown("surface", name, known)
    return names or tuple(known)
