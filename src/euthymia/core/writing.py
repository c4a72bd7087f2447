"""Files that are whole or not there."""

import os
from contextlib import suppress
from pathlib import Path

from .errors import InputError


def check_file(path: Path | None) -> None:
    """Raises ``InputError`` if a file could not be written, before the work whose outcome it is to hold."""
    if path is None:
        return
    if path.is_dir():
        raise InputError(f"out: cannot write {path}: it is a folder")
    aside = path.parent / f".{path.name}.{os.getpid()}"
    try:
        aside.touch()
    except OSError as error:
        raise InputError(f"out: cannot write {path}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write text aside, then put it in the place of ``path``; a file that exists is replaced.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    aside = path.parent / f".{path.name}.{os.getpid()}"
    try:
        aside.write_text(text, "utf-8")
        aside.replace(path)
    except OSError as error:
        raise InputError(f"out: cannot write {path}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
