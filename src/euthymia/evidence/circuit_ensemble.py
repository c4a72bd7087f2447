"""The prefrontal circuits that evidence leaves, and what conditioning made of their priors."""

import csv
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from ..core.errors import InputError
from ..core.yaml_data import yaml_data

MEMBERS, CONDITIONING = "circuits.csv", "circuits.yaml"
NUMBERS = ("nmda_share", "tonic_share", "drive_ic50")
"""Of each class of cell; the last in µM."""


def columns(classes: tuple[str, ...]) -> list[str]:
    """Headings of the file: the weight, and every number of every class."""
    return ["weight", *(f"{number} {name}" for number in NUMBERS for name in classes)]


def content_hash(text: str) -> str:
    """SHA-256 of the members' file, which stands in the file on conditioning."""
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def members(classes: tuple[str, ...]) -> dict[str, list[list[float]]]:
    """Every number of the circuits that ship, by circuit and class. All have the same weight.

    Raises
    ------
    InputError
        If the file is damaged, or another than the one that conditioning left.
    """
    text = (files("euthymia.evidence") / "data" / MEMBERS).read_text("utf-8")
    if content_hash(text) != conditioning()["members"]["hash"]:
        raise InputError(f"circuits: {MEMBERS} is not the file that {CONDITIONING} was written with; run `make rebuild`")
    rows = list(csv.DictReader(text.splitlines()))
    return {number: [[float(row[f"{number} {name}"]) for name in classes] for row in rows] for number in NUMBERS}


@cache
def conditioning() -> dict[str, Any]:
    """What ``make rebuild`` found.

    ``members`` (``count``, ``draws``, ``seed``, ``hash``, and the ``middle`` one, from 0), ``conditions`` (each with its target, the share
    of the draws that meet it and those before it, and the share of the others' that meets it), ``numbers`` (of each class, quantiles before
    and after, and their distance), ``results`` (quantiles over the circuits), ``variants``, and ``controls``.
    """
    return yaml_data((files("euthymia.evidence") / "data" / CONDITIONING).read_text("utf-8"))
