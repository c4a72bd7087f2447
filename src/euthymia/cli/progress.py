"""What a command is doing: one line that moves on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.text import Text

QUIET = 10.0
"""s between plain lines of one stage, at least."""
FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
"""Of the spinner, ten a second."""
BAR = 20
"""Columns."""


def duration(seconds: float) -> str:
    """A duration as a person reads it on a clock."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


class Stages:
    """The stages of a command, with the time since the first began.

    On a terminal one line with a spinner, gone when all is done: print no results while it is there. Elsewhere one plain line per stage,
    except the opening one, and one every ten seconds of a stage that says how far it is.
    """

    def __init__(self, console: Console, opening: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._text, self._clock = console, opening, clock
        self._began = self._last_line = clock()
        self._total: int | None = None
        self._done, self._first = 0, (0, 0.0)
        self._live = None

    def __enter__(self) -> "Stages":
        if self._console.is_interactive and self._console.file.isatty():
            from rich.live import Live

            self._live = Live(self, console=self._console, refresh_per_second=10, transient=True, redirect_stdout=False)
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def say(self, text: str) -> None:
        """A new stage begins."""
        self._text, self._total = text, None
        self._print()

    def update(self, text: str) -> None:
        """The same stage in other words."""
        self._text = text
        self._print_if_due()

    def count(self, text: str, total: int) -> Callable[[int], None]:
        """A new stage of so many steps begins; call what is returned with the number done."""
        self.say(text)
        self._total, self._done, self._first = total, 0, (0, 0.0)
        return self._count

    def _count(self, done: int) -> None:
        self._done = done
        if self._first[0] == 0:
            self._first = (done, self._clock())
        self._print_if_due()

    def _print_if_due(self) -> None:
        if self._clock() - self._last_line >= QUIET:
            self._print()

    def _print(self) -> None:
        if self._live is None:
            self._last_line = self._clock()
            self._console.print(f"[{duration(self._last_line - self._began)}] {self._line()}", markup=False)

    def _line(self) -> str:
        if not self._total:
            return self._text
        left = self._seconds_left()
        return f"{self._text}: {self._done} of {self._total}" + ("" if left is None else f", about {duration(left)} left")

    def _seconds_left(self) -> float | None:
        """By the pace since the first steps were done, which may have waited for a compiler."""
        done, since = self._first
        if not self._total or self._done <= done:
            return None
        return (self._clock() - since) / (self._done - done) * (self._total - self._done)

    def __rich__(self) -> Text:
        """The line that moves, within the width of the terminal."""
        now = self._clock() - self._began
        done = BAR * min(self._done, self._total) // self._total if self._total else 0
        bar = (("━" * done, "green"), ("━" * (BAR - done), "dim"), "  ") if self._total else ()
        spinner = (FRAMES[int(10 * now) % len(FRAMES)], "green")
        return Text.assemble(spinner, f" {self._line()}  ", *bar, (duration(now), "cyan"), no_wrap=False, overflow="fold")
