"""Reading of short texts, and atomic writing of files: whole, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import InputError
from .temporary_files import temporary_file, temporary_folder


def read_text(field: str, path: str | Path, most_bytes: int, too_large: str) -> str:
    """The UTF-8 text of a file, no more of which is read than is allowed.

    Parameters
    ----------
    field
        With which an error begins.
    path
        The file; an error names it as it is written here.
    too_large
        What an error says of a larger file, such as "is larger than 1 MB".

    Raises
    ------
    InputError
        If it cannot be read, is no such text, or is too large.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(most_bytes + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{field}: cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{field}: {path} is not UTF-8 text") from error
    if len(content) > most_bytes:
        raise InputError(f"{field}: {path} {too_large}")
    return text


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """A temporary path beside a file; whatever is left there afterwards is removed."""
    try:
        with temporary_file(path) as aside:
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
    with _aside(path):
        pass


def check_folder(path: Path) -> None:
    """Check that files can be written into a folder, which is made for them if it is missing.

    Raises
    ------
    InputError
        If they cannot.
    """
    standing = next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
    try:
        with temporary_folder(standing):
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


def new_file(path: Path, text: str) -> None:
    """Write text to a file that does not exist yet, whole or not at all; its folder is made if it is missing.

    Raises
    ------
    InputError
        If there is one, or it cannot be written.
    """
    if path.exists() or path.is_symlink():
        raise InputError(f"out: {path} exists; choose another file with --out")
    check_folder(path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"out: cannot write {path}: {error.strerror}") from error
    with _aside(path) as aside:
        aside.write_text(text, "utf-8")
        try:
            # A link, unlike a rename, never takes the place of a file that came in between.
            os.link(aside, path)
        except FileExistsError as error:
            raise InputError(f"out: {path} exists; choose another file with --out") from error
