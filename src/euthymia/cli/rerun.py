"""The command check: whether a run folder is as it was written, and whether its run gives the same again."""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from .console import output
from .options import Changes, Flag, Table


def check(run: Path, *, files_only: Flag = False) -> None:
    """Check that a run folder is as it was written, and run it again from the folder alone.

    Exit code 1 if a file was changed, or the run gives something else.

    Parameters
    ----------
    run
        The folder, such as runs/ketamine-iv.
    files_only
        Check the files alone; run nothing.
    """
    from ..core.errors import InputError
    from ..core.temporary_files import temporary_folder
    from ..report.terminal.rerun import show_differences, show_files, show_not_run
    from ..results.integrity import damage, read_manifest

    manifest, console = read_manifest(run), output()
    damaged = list(damage(run, manifest))
    show_files(run, manifest, damaged, console)
    if damaged:
        sys.exit(1)
    if files_only:
        return
    if reason := _not_run(manifest.command, manifest.options):
        show_not_run(reason, console)
        return
    with temporary_folder(Path(gettempdir())) as within:
        again = within / run.name
        try:
            # What it prints was printed when it was run.
            with redirect_stdout(StringIO()), suppress(SystemExit):
                RUN_AGAIN[manifest.command](run, manifest.options, again)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"run: {run} cannot be run again from what its manifest says") from error
        same = show_differences(run, again, manifest, console)
    if not same:
        sys.exit(1)


def _not_run(command: str, options: dict[str, Any]) -> str:
    """Why a run is not made again; empty if it is."""
    if command not in RUN_AGAIN:
        return f"{command} leaves what another program reads"
    if options.get("surfaces"):
        return "it used surfaces of its own, which the folder does not hold"
    return ""


def _changes(options: dict[str, Any]) -> Changes:
    """What was to differ from the model as it ships."""
    return Changes(
        without=tuple(options.get("without", ())),
        settings=tuple(_setting(row, value) for row, value in options.get("set", {}).items()),
        beyond_evidence=bool(options.get("beyond_evidence")),
        uncalibrated=bool(options.get("uncalibrated")),
    )


def _setting(row: str, value: float | list[float]) -> str:
    """A value for an evidence row as on a command line, to the last bit."""
    from ..evidence.registry import evidence

    numbers = ", ".join(repr(float(number)) for number in (value if isinstance(value, list) else [value]))
    unit = evidence().parameters[row].unit if row in evidence().parameters else ""
    return f"{row}={numbers}" + ("" if unit == "dimensionless" else f" {unit}")


def _simulate(folder: Path, options: dict[str, Any], out: Path) -> None:
    from ..results.observed import OBSERVED_FILE
    from .options import Beside
    from .run import simulate

    observed = folder / OBSERVED_FILE
    beside = Beside(observed=observed if observed.is_file() else None, circuits=options.get("circuits"))
    simulate(str(folder / "protocol.yaml"), changes=_changes(options), beside=beside, out=out)


def _compare(folder: Path, options: dict[str, Any], out: Path) -> None:
    from ..results.integrity import read_manifest
    from .run import compare

    names = read_manifest(folder).artefacts_sha256
    arms = [str(folder / name) for name in names if name.endswith(".protocol.yaml")]
    compare(*arms, people=options.get("people"), changes=_changes(options), out=out)


def _exposure(folder: Path, options: dict[str, Any], out: Path) -> None:
    from .run import OtherNumbers, exposure

    changes = _changes(options)
    numbers = OtherNumbers(changes.settings, changes.beyond_evidence)
    exposure(str(folder / "protocol.yaml"), people=options.get("people"), changes=numbers, out=out)


def _population(folder: Path, options: dict[str, Any], out: Path) -> None:
    from ..inference.fitted import FITTED_FILE
    from .patients import Drawn, population

    fitted = folder / FITTED_FILE
    drawn = Drawn(tuple(options.get("like", ())), fitted if fitted.is_file() else None)
    population(str(folder / "protocol.yaml"), people=options["people"], drawn=drawn, changes=_changes(options), out=out)


def _calibrate(folder: Path, options: dict[str, Any], out: Path) -> None:
    from .fit import calibrate

    calibrate(*options["rows"], patients=options["patients"], draws=options["draws"], sample=options["sample"], out=out)


def _fit_pk(folder: Path, options: dict[str, Any], out: Path) -> None:
    from ..protocols.nonmem import EVENTS_FILE
    from .fit import fit_pk

    stated: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in options["table"].items()}
    fit_pk(folder / EVENTS_FILE, table=Table(**stated), population=bool(options["population"]), out=out)


def _import(folder: Path, options: dict[str, Any], out: Path) -> None:
    from ..exchange.sbml_reading import SBML_FILE
    from .imported import import_

    import_(folder / SBML_FILE, until=options["until"], out=out)


RUN_AGAIN: dict[str, Callable[[Path, dict[str, Any], Path], None]] = {
    "simulate": _simulate,
    "compare": _compare,
    "exposure": _exposure,
    "population": _population,
    "calibrate": _calibrate,
    "fit-pk": _fit_pk,
    "import": _import,
}
"""How the run of a folder is made again, by its command."""
