"""Medians of many virtual patients under the protocols that ship: computed once, and shipped with the package."""

from functools import cache

from pydantic import PositiveInt

from .computed import Computed, model_hash, of_package
from .rows import Number, Record

FILE = "cohort_medians.yaml"


class Quantiles(Record):
    """MADRS of patients at one time, points."""

    low: Number
    """Of which 5 % are below."""
    median: Number
    high: Number
    """Of which 5 % are above."""


class CohortMedians(Computed):
    """Medians and what most patients lie between."""

    patients: PositiveInt
    madrs: dict[str, dict[str, Quantiles]]
    """By protocol and checkpoint."""


@cache
def shipped() -> CohortMedians | None:
    """What ships with the package; None if it is of other numbers, or not there. Raises ``InputError`` if the file is damaged."""
    return of_package(CohortMedians, FILE, "medians", model_hash())
