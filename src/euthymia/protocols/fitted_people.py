"""People of a fit as patients: a file in the folder that the fit leaves behind."""

import json
from pathlib import Path
from typing import Any

from ..core.errors import InputError, short, unknown
from ..core.files import read_text
from .patient import Patient

PEOPLE_FILE = "people.json"
LARGEST_FILE = 50_000_000
"""Bytes."""
EXAMPLE = "runs/fit-pk:3"


def fitted_person(person: str) -> dict[str, Any]:
    """Weight, covariates and disposition of one person of a fit, as fields of a patient.

    Parameters
    ----------
    person
        RUN:SUBJECT, the folder of a fit and the ID in its table; either may have a colon.

    Raises
    ------
    InputError
        If there is no such folder or subject, or the file in it is damaged.
    """
    folder, subject = _split(person)
    path = folder / PEOPLE_FILE
    if not path.is_file():
        raise InputError(f"person: {folder} holds no {PEOPLE_FILE}; name the folder of a fit and a subject, such as {EXAMPLE}")
    text = read_text("person", path, LARGEST_FILE, f"is larger than {LARGEST_FILE // 1_000_000} MB; that is no fit")
    try:
        people = json.loads(text)
    except (ValueError, RecursionError):
        people = None
    if not isinstance(people, dict):
        raise InputError(f"person: {path} is damaged; fit again")
    if subject not in people:
        raise unknown("person", subject, people)
    try:
        Patient(**people[subject])
    except (InputError, TypeError) as error:
        raise InputError(f"person: {path} is damaged at subject {short(subject)}: {error}") from None
    return people[subject]


def _split(person: str) -> tuple[Path, str]:
    """The folder, up to a colon behind which there is a name, and the name."""
    colons = [at for at, letter in enumerate(person) if letter == ":"]
    for at in colons:
        if Path(person[:at]).is_dir() and person[at + 1 :]:
            return Path(person[:at]), person[at + 1 :]
    if not colons or Path(person[: colons[-1]]).is_dir():
        raise InputError(f"person: {short(person)} names no subject; write the folder of a fit and a subject, such as {EXAMPLE}")
    raise InputError(f"person: there is no folder {person[: colons[-1]]}; write the folder of a fit and a subject, such as {EXAMPLE}")
