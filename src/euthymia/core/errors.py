"""Errors that a user can act on."""

from collections.abc import Iterable
from difflib import get_close_matches
from reprlib import repr as _short

MOST_LISTED = 12
LONGEST_NAME = 100


def short(value: object) -> str:
    """A value as a user wrote it, cut to a readable length."""
    try:
        return _short(value)
    except ValueError:
        return "a number of thousands of digits"


def printable(text: str) -> str:
    """The same text with what a terminal would obey or hide written out, such as ``\\x1b`` for the beginning of a control sequence."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


class InputError(ValueError):
    """Something the user gave cannot be used: one line that says what, and what is allowed."""


class NoFiniteAnswer(InputError):
    """What the user gave is allowed, and the equations have no finite answer there."""


def unknown(field: str, name: object, allowed: Iterable[str]) -> InputError:
    """The error for a name that does not exist, with the nearest that do."""
    allowed = sorted(allowed)
    query = str(name).lower()[:LONGEST_NAME]
    completions = [candidate for candidate in allowed if query and candidate.lower().startswith(query)]
    near = completions[:3] or get_close_matches(query, allowed, n=3, cutoff=0.5)
    listed = ", ".join(allowed[:MOST_LISTED]) + (f" and {len(allowed) - MOST_LISTED} more" if len(allowed) > MOST_LISTED else "")
    hint = f"did you mean {' or '.join(near)}?" if near else f"allowed: {listed}"
    return InputError(f"{field}: there is no {short(name)}; {hint}")
