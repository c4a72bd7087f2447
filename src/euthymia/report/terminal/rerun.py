"""What became of a run folder, and of its run when it was made again."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...core.errors import printable
from ...results.integrity import Manifest, difference
from ...results.manifest import Request, manifest

CLOSE = 1e-6
"""Of the largest number beside: how far numbers of another version or machine may be apart."""


def show_files(folder: Path, written: Manifest, damaged: list[str], console: Console) -> None:
    """Whether every file is as it was written."""
    said = f"{folder}: {written.command} by Euthymia {written.euthymia}, {len(written.artefacts_sha256)} files"
    console.print(escape(printable(said)), soft_wrap=True)
    for phrase in damaged:
        console.print(f"[bold red]damaged[/bold red] {escape(printable(phrase))}", soft_wrap=True)
    if not damaged:
        console.print("Every file is as it was written.")


def show_not_run(reason: str, console: Console) -> None:
    """Why a run was not made again."""
    console.print(f"Not run again: {escape(printable(reason))}.", soft_wrap=True)


def show_differences(folder: Path, again: Path, written: Manifest, console: Console) -> bool:
    """Every file beside that of the run made again; returns whether they agree."""
    apart = {name: difference(folder / name, again / name) for name in written.artefacts_sha256 if (again / name).is_file()}
    missing = [name for name in written.artefacts_sha256 if name not in apart]
    reasons = _other(written)
    if not missing and not any(apart.values()):
        console.print("Run again: every file is the same, byte for byte.")
        return True
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for name in written.artefacts_sha256:
        table.add_row(escape(name), _said(apart.get(name)))
    console.print("Run again:")
    console.print(table)
    if reasons:
        console.print(f"Made with another {', another '.join(reasons)}.", soft_wrap=True)
    numbers = [far for name, far in apart.items() if Path(name).suffix in {".nc", ".csv"}]
    close = bool(numbers) and not missing and max(numbers) <= CLOSE
    if close and reasons:
        console.print(f"Numbers agree within {CLOSE:g} of the largest beside them.")
    return close and bool(reasons)


def _said(far: float | None) -> str:
    if far is None:
        return "[bold red]not written again[/bold red]"
    if far == 0:
        return "the same"
    return "differs" if far == float("inf") else f"numbers differ by up to {far:.1g} of the largest beside them"


def _other(written: Manifest) -> list[str]:
    """What made the run that is another here."""
    here = manifest({}, Request(""))
    others = [
        name
        for name, key in (("version", "euthymia"), ("revision", "git_revision"), ("set of parameters", "parameters_sha256"))
        if getattr(written, key) != here[key]
    ]
    libraries = here["libraries"]
    assert isinstance(libraries, dict)
    return others + [f"{name} ({was}, here {libraries.get(name)})" for name, was in written.libraries.items() if was != libraries.get(name)]
