"""Medians of many virtual patients under the protocols that ship: computed once, and shipped with the package."""

import hashlib
import json
from functools import cache
from importlib.resources import files

from pydantic import PositiveInt, TypeAdapter, ValidationError

from ..core.errors import InputError
from ..core.yaml_data import yaml_data
from .registry import evidence
from .rows import Number, Record

FILE = "cohort_medians.yaml"


class Quantiles(Record):
    """MADRS of patients at one time, points."""

    low: Number
    """Of which 5 % are below."""
    median: Number
    high: Number
    """Of which 5 % are above."""


class CohortMedians(Record):
    """What was computed, and from which numbers."""

    inputs: str
    """Hash of the numbers that the model had."""
    patients: PositiveInt
    madrs: dict[str, dict[str, Quantiles]]
    """By protocol and checkpoint."""


def inputs_hash() -> str:
    """SHA-256 over all parameters and what the calibration has made of some."""
    return hashlib.sha256(json.dumps([evidence().parameter_hash(), evidence().calibrated]).encode()).hexdigest()


def read(text: str) -> CohortMedians:
    """The content of a file. Raises ``InputError`` if it holds something else."""
    try:
        return TypeAdapter(CohortMedians).validate_python(yaml_data(text))
    except ValidationError as error:
        raise InputError(f"medians: {FILE} holds no medians of patients: {error.errors()[0]['msg']}") from error


@cache
def shipped() -> CohortMedians | None:
    """What ships with the package; None if it is of other numbers, or not there."""
    file = files("euthymia.evidence") / "data" / FILE
    if not file.is_file():
        return None
    stored = read(file.read_text("utf-8"))
    return stored if stored.inputs == inputs_hash() else None
