"""Where the fit of the disposition began, and what it made of it: priors, and the stored fit with the predictions of studies left out."""

from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from ruamel.yaml import YAML

from .rows import Number, Provenance, Record

PRIORS, FIT = "disposition_priors.yaml", "disposition.yaml"


class Prior(Record):
    """A log-normal prior of a parameter row: its median in a unit, and the SD of the logarithm."""

    row: str
    value: Number = Field(gt=0)
    unit: str
    log_sd: Annotated[float, Field(gt=0)]
    source: str
    provenance: Provenance
    species: str = "human"
    preparation: str | None = None
    note: str | None = None


def _content(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((files("euthymia.evidence") / "data" / name).read_text("utf-8"))


@cache
def priors() -> dict[str, Prior]:
    """The prior of every row that is fitted, by row."""
    return {prior.row: prior for prior in TypeAdapter(list[Prior]).validate_python(_content(PRIORS))}


@cache
def stored_fit() -> dict[str, Any]:
    """The stored fit: ``estimates`` by row, ``errors``, ``diagnostics``, and by number the predictions at the priors' medians
    (``before``), of a fit ``without`` the number's study, and of the fit."""
    return _content(FIT)
