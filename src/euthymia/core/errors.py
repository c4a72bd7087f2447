"""Errors that a user can act on."""

from collections.abc import Iterable
from difflib import get_close_matches
from reprlib import repr as short  # user text may be long


class InputError(ValueError):
    """Something the user gave cannot be used: one line that says what, and what is allowed."""


def unknown(field: str, name: object, allowed: Iterable[str]) -> InputError:
    """The error for a name that does not exist, with the nearest that do."""
    allowed = sorted(allowed)
    near = get_close_matches(str(name).lower(), allowed, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"allowed: {', '.join(allowed)}"
    return InputError(f"{field}: there is no {short(name)}; {hint}")
