"""Files and folders that are written aside: gone afterwards however this ends, and swept by a later run if this one was killed."""

import ctypes
import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from glob import escape
from pathlib import Path
from secrets import token_hex

from .interrupts import remove, temporary

MARK = ".euthymia-"
"""Begins the name of what is written aside in a folder, or ends that of a file."""
YOUNG = 10.0
"""s after it was made, for which nothing is swept: its process may not hold it yet."""
_HERE = -100
"""AT_FDCWD, and RENAME_EXCHANGE, of renameat2(2)."""
_EXCHANGE = 2
_NOT_SUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}


@contextmanager
def temporary_folder(within: Path) -> Iterator[Path]:
    """A new folder in another, which is gone afterwards unless it was renamed; those of killed processes go first."""
    with _held(within / f"{MARK}{token_hex(4)}", Path.mkdir, os.O_DIRECTORY) as folder:
        yield folder


@contextmanager
def temporary_file(beside: Path) -> Iterator[Path]:
    """A new empty file in the folder of another, which is gone afterwards unless it was renamed; those of killed processes go first."""
    with _held(beside.with_name(f".{beside.name}{MARK}{token_hex(4)}"), partial(Path.touch, exist_ok=False), 0) as file:
        yield file


def exchange(one: Path, other: Path) -> None:
    """Two paths that exist change places, at once where the system can do that. Raises ``OSError``."""
    if _exchanged(one, other):
        return
    before = one.with_name(f"{one.name}-before")
    try:
        other.rename(before)
        one.rename(other)
    except BaseException:
        if before.exists() and not other.exists():
            try:
                before.rename(other)
            except OSError as error:
                raise OSError(error.errno, f"{error.strerror}; what was there is kept in {before}") from error
        raise
    before.rename(one)


def _exchanged(one: Path, other: Path) -> bool:
    """Whether the system exchanged two paths in one step; False if it cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    if libc.renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    if (number := ctypes.get_errno()) in _NOT_SUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(other))


@contextmanager
def _held(path: Path, make: Callable[[Path], None], flags: int) -> Iterator[Path]:
    """A path that is made and locked while this process lives."""
    _sweep(path)
    with temporary(path):
        make(path)
        descriptor = os.open(path, os.O_RDONLY | flags)
        try:
            with suppress(OSError):  # Some file systems have no locks.
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield path
        finally:
            os.close(descriptor)


def _sweep(path: Path) -> None:
    """Remove what killed processes left beside a path under a name of its kind."""
    beginning = path.name[: path.name.index(MARK)]
    for left in path.parent.glob(f"{escape(beginning)}{MARK}{'[0-9a-f]' * 8}"):
        with suppress(OSError):
            state = left.lstat()
            if state.st_uid == os.geteuid() and time.time() - state.st_mtime > YOUNG and _is_let_go(left):
                remove(left)


def _is_let_go(path: Path) -> bool:
    """Whether no process holds a path. Raises ``OSError`` where that cannot be known."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
