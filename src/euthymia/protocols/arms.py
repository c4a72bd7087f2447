"""Protocols that are to stand side by side."""

from collections.abc import Sequence

from ..core.errors import InputError
from .protocol import Protocol

FEWEST, MOST = 2, 8


def check_arms(protocols: Sequence[Protocol]) -> None:
    """Refuse arms that cannot stand side by side.

    Raises
    ------
    InputError
        If there are too few or too many, two with one name, or arms that treat different patients.
    """
    names = [protocol.name for protocol in protocols]
    if not FEWEST <= len(names) <= MOST:
        raise InputError(f"arms: {len(names)} given; a comparison takes {FEWEST} to {MOST}")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"arms: {name} stands {names.count(name)} times; every arm needs a `name` of its own")
    for protocol in protocols[1:]:
        if protocol.patient != protocols[0].patient:
            raise InputError(
                f"arms: {names[0]} and {protocol.name} treat different patients; state one for both, for example with --patient"
            )
