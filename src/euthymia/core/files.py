"""Atomic writing of files: whole, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from .errors import InputError
from .interrupts import temporary


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """A temporary path beside a file; whatever is left there afterwards is removed."""
    try:
        with temporary(path.parent / f".{path.name}.{os.getpid()}") as aside:
            yield aside
    except OSError as error:
        raise InputError(f"out: cannot write {path}: {error.strerror}") from error


def check_file(path: Path) -> None:
    """Check that a file can be written, before the work whose results it is to hold.

    Raises
    ------
    InputError
        If it cannot.
    """
    if path.is_dir():
        raise InputError(f"out: cannot write {path}: it is a folder")
    with _aside(path) as aside:
        aside.touch()


def check_folder(path: Path) -> None:
    """Check that files can be written into a folder, which is made for them if it is missing.

    Raises
    ------
    InputError
        If they cannot.
    """
    standing = next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
    try:
        with TemporaryDirectory(dir=standing):
            pass
    except OSError as error:
        raise InputError(f"out: cannot write {path}: {error.strerror}") from error


def atomic_write(path: Path, text: str) -> None:
    """Write text to a temporary file and rename it to ``path``; a file that exists is replaced.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    with _aside(path) as aside:
        aside.write_text(text, "utf-8")
        aside.replace(path)
