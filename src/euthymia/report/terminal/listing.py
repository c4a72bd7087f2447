"""Lists for a reader: entries wrapped to the width of a terminal, or plain columns for other programs."""

from collections.abc import Iterable
from textwrap import wrap

from rich.console import Console
from rich.text import Text

NARROWEST = 20
"""Columns of text beside an indent, at least."""


def print_entry(console: Console, head: Text, *paragraphs: str) -> None:
    """An entry of a list: its head, and paragraphs wrapped and indented below it."""
    head.overflow = "fold"
    console.print(head)
    for paragraph in paragraphs:
        print_hanging(console, " " * 4, paragraph)


def print_hanging(console: Console, label: str, text: str) -> None:
    """A label and the text beside it, wrapped within the width of a terminal with the lines below the first indented alike.

    Where nobody reads, in a file or a pipe, it is one line.
    """
    lines = wrap(text, max(console.width - len(label), NARROWEST)) if console.is_terminal else [text]
    for number, line in enumerate(lines):
        console.print((label if number == 0 else " " * len(label)) + line, markup=False, soft_wrap=True)


def print_paragraph(console: Console, markup: str) -> None:
    """A paragraph, broken at words within the width of a terminal; where nobody reads, it is one line."""
    console.print(markup, soft_wrap=not console.is_terminal)


def print_columns(console: Console, cells: Iterable[str]) -> None:
    """One line with tabs between its cells, for `grep` and `cut`."""
    # Past the console, which would make spaces of tabs.
    console.file.write("\t".join(" ".join(cell.split()) for cell in cells) + "\n")
