"""Consoles for results and for messages, and what commands print alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from ..core.disclaimer import DISCLAIMER
from ..core.errors import printable
from .progress import Stages

errors = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
"""Standard error: errors, warnings and progress."""


def output() -> Console:
    """Standard output: results."""
    return Console(highlight=False, emoji=False)


def show_warnings(warnings: list[str]) -> None:
    """One line each, on standard error."""
    for warning in warnings:
        errors.print(f"[yellow]warning[/yellow] {escape(printable(warning))}")


def show_file(label: str, path: Path, console: Console) -> None:
    """One line with the path of a file that was written."""
    console.print(f"{label}: {escape(printable(str(path)))}", soft_wrap=True)


def show_disclaimer(console: Console) -> None:
    """The last line of a result."""
    console.print(f"[dim]{DISCLAIMER}[/dim]")


def show_report(folder: Path, console: Console) -> None:
    """The path of the report in a run folder, and the disclaimer."""
    show_file("Report", folder / "report.html", console)
    show_disclaimer(console)


def stages(opening: str = "Loading the model") -> Stages:
    """What a command does and for how long, on standard error, while the block runs.

    Parameters
    ----------
    opening
        What it does first. It is short, and shown on a terminal only, so that input which is refused meanwhile is refused in one line.
    """
    return Stages(errors, opening)


@contextmanager
def progress_bar(text: str, total: int) -> Iterator[Callable[[int], None]]:
    """One stage whose steps are counted; yields a function to call with the number done."""
    with stages() as at:
        yield at.count(text, total)
