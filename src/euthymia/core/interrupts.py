"""An interrupted program ends at once and leaves nothing: no half files, no folders, no worker processes, no traceback.

Python raises ``KeyboardInterrupt`` wherever it happens to be, and loses it in callbacks. The program therefore ends in the handler of the
signal, which undoes what is registered here. As a library, Euthymia touches no handler, and ``KeyboardInterrupt`` unwinds as ever.
"""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType

PATIENCE = 0.2
"""Seconds until a thread ends the program whose main thread, deep in compiled code, does not."""
_undoing: list[Callable[[], None]] = []
_ending = threading.RLock()
_held = 0
_late: int | None = None


def end_on_signals() -> None:
    """From now on, Ctrl-C and a request to terminate end this process with one line and exit code 128 + signal."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(reading,), daemon=True).start()


def ignore_interrupts() -> None:
    """The work is done: an interrupt no longer stops anything."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def undone(undo: Callable[[], None]) -> Iterator[None]:
    """Afterwards, however this ends, ``undo`` is called."""
    _undoing.append(undo)
    try:
        yield
    finally:
        undo()
        _undoing.remove(undo)


@contextmanager
def temporary(path: Path) -> Iterator[Path]:
    """A file or folder yet to be made, which is gone afterwards, however this ends; renamed, it stays."""
    with undone(partial(remove, path)):
        yield path


@contextmanager
def uninterrupted() -> Iterator[None]:
    """An interrupt waits until what is done here is whole."""
    global _held
    _held += 1
    try:
        yield
    finally:
        _held -= 1
        if _late is not None and not _held:
            _end(_late)


def _watch(reading: int) -> None:
    number = os.read(reading, 1)[0]
    time.sleep(PATIENCE)
    _end(number)


def _end(number: int, frame: FrameType | None = None) -> None:
    global _late
    if _held:
        _late = number
        return
    # Whoever comes second waits here for the end.
    with _ending:
        try:
            for undo in reversed(_undoing):
                undo()
            os.write(2, _last_words(number))
        finally:
            os._exit(128 + number)


def _last_words(number: int) -> bytes:
    words = b"interrupted\n" if number == signal.SIGINT else b"terminated\n"
    # A progress bar hides the cursor and leaves it on its line.
    return b"\x1b[?25h\n" + words if os.isatty(2) else words


def remove(path: Path) -> None:
    """Remove a file or folder with all in it, as far as that can be done."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
