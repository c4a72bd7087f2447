"""Whose mood can be rated."""

from ..core.errors import InputError
from .protocol import Protocol


def check_rated(protocol: Protocol) -> None:
    """Refuse a course whose patient has no rating of mood. Raises ``InputError``."""
    species = protocol.patient.species
    if species != "human":
        raise InputError(f"patient.species: the mood of a {species} cannot be rated; `euthymia exposure` gives drug levels")
