"""Results that were computed from the evidence and ship with it, each with a hash of the numbers that they are of."""

import hashlib
import json
from importlib.resources import files
from typing import TypeVar

from pydantic import ValidationError

from ..core.errors import InputError
from ..core.yaml_data import yaml_data
from .registry import evidence
from .rows import Record


class Computed(Record):
    """What was computed, and from which numbers."""

    inputs: str
    """Hash of the numbers."""


Kind = TypeVar("Kind", bound=Computed)


def model_hash() -> str:
    """SHA-256 over all parameters and what the calibration has made of some."""
    return hashlib.sha256(json.dumps([evidence().parameter_hash(), evidence().calibrated]).encode()).hexdigest()


def parsed(kind: type[Kind], text: str, file: str, what: str) -> Kind:
    """The content of a file. Raises ``InputError`` if it holds something else."""
    try:
        return kind.model_validate(yaml_data(text))
    except ValidationError as error:
        raise InputError(f"{what}: {file} holds no {what}: {error.errors()[0]['msg']}") from error


def of_package(kind: type[Kind], file: str, what: str, inputs: str) -> Kind | None:
    """What ships with the package; None if it is of other numbers, or not there."""
    path = files("euthymia.evidence") / "data" / file
    if not path.is_file():
        return None
    computed = parsed(kind, path.read_text("utf-8"), file, what)
    return computed if computed.inputs == inputs else None
