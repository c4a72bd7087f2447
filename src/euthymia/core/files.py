"""Files that are whole or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import InputError


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """A place beside a file; whatever is left there afterwards is removed."""
    aside = path.parent / f".{path.name}.{os.getpid()}"
    try:
        yield aside
    except OSError as error:
        raise InputError(f"out: cannot write {path}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def check_file(path: Path) -> None:
    """Raises ``InputError`` if a file could not be written, before the work whose outcome it is to hold."""
    if path.is_dir():
        raise InputError(f"out: cannot write {path}: it is a folder")
    with _aside(path) as aside:
        aside.touch()


def atomic_write(path: Path, text: str) -> None:
    """Write text aside, then put it in the place of ``path``; a file that exists is replaced.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    with _aside(path) as aside:
        aside.write_text(text, "utf-8")
        aside.replace(path)
