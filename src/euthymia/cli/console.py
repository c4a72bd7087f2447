"""Consoles for results and for messages, and what commands print alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape

DISCLAIMER = "Research and teaching software. It gives no medical advice."
errors = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
"""Standard error: errors, warnings and progress."""


def output() -> Console:
    """Standard output: results."""
    return Console(highlight=False, emoji=False)


def show_warnings(warnings: list[str]) -> None:
    """One line each, on standard error."""
    for warning in warnings:
        errors.print(f"[yellow]warning[/yellow] {escape(warning)}")


def show_file(label: str, path: Path, console: Console) -> None:
    """One line with the path of a file that was written."""
    console.print(f"{label}: {escape(str(path))}", soft_wrap=True)


def show_disclaimer(console: Console) -> None:
    """The last line of a result."""
    console.print(f"[dim]{DISCLAIMER}[/dim]")


def show_report(folder: Path, console: Console) -> None:
    """The path of the report in a run folder, and the disclaimer."""
    show_file("Report", folder / "report.html", console)
    show_disclaimer(console)


@contextmanager
def progress_bar(text: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error; yields a function to call with the number done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeRemainingColumn(), console=errors) as bar:
        task = bar.add_task(text, total=total)
        yield lambda done: bar.update(task, completed=done)
