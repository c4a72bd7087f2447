"""Where the fit of the disposition began, and what it made of it: priors, and the stored fit with the predictions of studies left out."""

import math
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from ..core.yaml_data import yaml_data
from .rows import Number, Provenance, Record

PRIORS, FIT = "disposition_priors.yaml", "disposition.yaml"


class Prior(Record):
    """The prior of a parameter row: normal on the logarithm or the logit, with its median in a unit."""

    row: str
    value: Number = Field(gt=0)
    unit: str
    scale: Literal["log", "logit"] = "log"
    sd: Annotated[float, Field(gt=0)]
    """On the scale."""
    source: str
    provenance: Provenance
    species: str = "human"
    preparation: str | None = None
    note: str | None = None

    def shifted(self, shift: float, value: float | None = None) -> float:
        """A value, the median if left out, shifted on the scale."""
        value = self.value if value is None else value
        if self.scale == "log":
            return value * math.exp(shift)
        odds = value / (1 - value) * math.exp(shift)
        return odds / (1 + odds)


def _content(name: str) -> Any:
    return yaml_data((files("euthymia.evidence") / "data" / name).read_text("utf-8"))


@cache
def priors() -> dict[str, Prior]:
    """The prior of every row that is fitted, by row."""
    return {prior.row: prior for prior in TypeAdapter(list[Prior]).validate_python(_content(PRIORS))}


@cache
def stored_fit() -> dict[str, Any]:
    """The stored fit.

    ``estimates`` by row (value and SD beside those of the prior), ``diagnostics``, ``between_people`` (SDs of the logarithms of numbers,
    observed and predicted), and of each of the ``numbers`` the predictions at the priors' medians (``prior``), of a fit ``without`` the
    number's study, and of the fit (``fit``).
    """
    return _content(FIT)
