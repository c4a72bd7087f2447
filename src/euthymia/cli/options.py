"""What commands share: protocols by name, warnings, progress, and the closing line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from ..core.errors import InputError
from .console import DISCLAIMER, errors


def chosen_protocols(names: tuple[str, ...], patient: tuple[str, ...], weight: str | None, subject: str | None = None):
    """Protocols by name or file, for the patient of the command line."""
    from ..protocols import reading

    changes = reading.patient_fields(patient) | ({} if weight is None else {"weight": weight})
    found = [_of_table(name, subject) if name.endswith(".csv") else reading.read(name) for name in names]
    return [reading.change(each, changes) for each in found] if changes else found


def _of_table(path: str, subject: str | None):
    """The protocol of one subject of an event table."""
    from ..core.errors import unknown
    from ..protocols.nonmem import read_events
    from ..protocols.subjects import subject_protocol

    table = read_events(path)
    show_warnings([table.note] if table.note else [])
    names = [each.name for each in table]
    if subject is None and len(names) > 1:
        raise InputError(f"subject: {path} holds {len(names)} subjects; choose one with --subject, for example --subject {names[0]}")
    if subject is not None and subject not in names:
        raise unknown("subject", subject, names)
    return subject_protocol(table[0 if subject is None else names.index(subject)])


def show_warnings(warnings: list[str]) -> None:
    """One line each, on standard error."""
    for warning in warnings:
        errors.print(f"[yellow]warning[/yellow] {escape(warning)}")


def show_report(folder: Path, console: Console) -> None:
    """Where the report is, and the disclaimer."""
    console.print(f"Report: {escape(str(folder / 'report.html'))}", soft_wrap=True)
    console.print(f"[dim]{DISCLAIMER}[/dim]")


@contextmanager
def progress_bar(text: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error; what it gives is called with the number done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeRemainingColumn(), console=errors) as bar:
        task = bar.add_task(text, total=total)
        yield lambda done: bar.update(task, completed=done)
