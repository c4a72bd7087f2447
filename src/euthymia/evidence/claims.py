"""Claims as data: a statement, its observation, a tolerance fixed beforehand, and what the control changes.

``data/claims/`` has one file for each group of claims. The predictions are code and live in ``euthymia.claims``.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from math import sqrt
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, RootModel, Tag, ValidationError, model_validator

from ..core.yaml_data import yaml_data
from .registry import Registry, evidence
from .rows import Number, Record, Target

STANDARD_ERRORS = 2
"""Half-width of a tolerance around a mean."""
Text = Annotated[str, Field(min_length=1)]


def _fraction(share: object) -> object:
    """A share as a number, where it is written as a fraction such as 1/3."""
    try:
        return float(Fraction(share)) if isinstance(share, str) else share
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError(f"{share!r} is neither a number nor a fraction") from error


Share = Annotated[Number, BeforeValidator(_fraction), Field(gt=0)]


class RangeOf(Record):
    """The published range of an observation."""

    range_of: str

    def bounds(self, registry: Registry) -> tuple[float, float]:
        """Lower and upper end of the range."""
        return _range(registry.target(self.range_of))


class Around(Record):
    """An observed value, give or take a share of it."""

    around: str
    share: Share

    def bounds(self, registry: Registry) -> tuple[float, float]:
        """The value less and plus the share."""
        value = registry.target(self.around).value
        return value * (1 - self.share), value * (1 + self.share)


class MeanOf(Record):
    """An observed mean ± 2 standard errors."""

    mean_of: str

    def bounds(self, registry: Registry) -> tuple[float, float]:
        """From the mean, the SD across patients (its upper bound is mean + SD) and their number."""
        target = registry.target(self.mean_of)
        _, upper = _range(target)
        if target.n is None:
            raise ValueError(f"{target.id} has no n")
        half_width = STANDARD_ERRORS * (upper - target.value) / sqrt(target.n)
        return target.value - half_width, target.value + half_width


class UpTo(Record):
    """Anything from zero to an observed value."""

    up_to: str

    def bounds(self, registry: Registry) -> tuple[float, float]:
        """Zero and the value."""
        return 0.0, registry.target(self.up_to).value


class Between(RootModel[tuple[Number, Number]]):
    """Two numbers, written ``[low, high]``."""

    model_config = ConfigDict(frozen=True)

    def bounds(self, registry: Registry) -> tuple[float, float]:
        """The two numbers."""
        return self.root


def _range(target: Target) -> tuple[float, float]:
    if target.lower is None or target.upper is None:
        raise ValueError(f"{target.id} has no range")
    return target.lower, target.upper


FORMS = ("range_of", "around", "mean_of", "up_to")
"""Fields by which a tolerance is derived from an observation."""


def _form(data: object) -> str | None:
    """Which form of tolerance is written."""
    if isinstance(data, list):
        return "between"
    return next((form for form in FORMS if form in data), None) if isinstance(data, dict) else None


Tolerance = Annotated[
    Annotated[Between, Tag("between")]
    | Annotated[RangeOf, Tag("range_of")]
    | Annotated[Around, Tag("around")]
    | Annotated[MeanOf, Tag("mean_of")]
    | Annotated[UpTo, Tag("up_to")],
    Discriminator(
        _form,
        custom_error_type="tolerance",
        custom_error_message=f"a tolerance is [low, high] or one of {', '.join(FORMS)} with a target",
    ),
]


class ClaimRow(Record):
    """What a claim says; its observation is the id of a target, or null where it is about the model itself."""

    id: str = Field(pattern=r"^[a-z0-9]+\.[A-Za-z0-9._-]+$")
    statement: Text
    observation: str | None
    observed: Text | None = None
    """The observation in the terms of the prediction, where the target's own number is in others."""
    chosen: bool = False
    """Parameters were chosen with the claim in view, so that it tests nothing; a target of role ``selected`` says so by itself."""
    tolerance: Tolerance
    control: Text
    """What the control changes, in a few words."""
    standing: Literal["agrees", "disagrees"]
    why: Text | None = None
    """Why the model disagrees, where it does."""

    @model_validator(mode="after")
    def disagreement_says_why(self):
        """Refuse a disagreement on record without a reason."""
        if self.standing == "disagrees" and self.why is None:
            raise ValueError("a disagreement says why")
        return self


def load(folder: Traversable, registry: Registry) -> dict[str, tuple[ClaimRow, ...]]:
    """Claims of each group (a file's name without its ending) in the order of the file, checked against the targets.

    Raises
    ------
    ValueError
        Naming the file and the claim: if a field is unknown, missing or malformed, a target does not exist or lacks what the
        tolerance needs, the tolerance is crossed, or two claims have one id.
    """
    groups: dict[str, tuple[ClaimRow, ...]] = {}
    owners: dict[str, str] = {}
    for file in sorted((entry for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=lambda entry: entry.name):
        groups[file.name.removesuffix(".yaml")] = tuple(_rows(file, registry))
        for row in groups[file.name.removesuffix(".yaml")]:
            if row.id in owners:
                raise ValueError(f"{file.name}: {row.id}: a claim with this id stands in {owners[row.id]}")
            owners[row.id] = file.name
    return groups


def _rows(file: Traversable, registry: Registry) -> Iterator[ClaimRow]:
    for number, data in enumerate(yaml_data(file.read_text("utf-8")), start=1):
        name = data.get("id", f"claim {number}") if isinstance(data, dict) else f"claim {number}"
        try:
            row = ClaimRow.model_validate(data)
            _check(row, registry)
        except ValidationError as error:
            problems = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
            raise ValueError(f"{file.name}: {name}: {'; '.join(problems)}") from error
        except ValueError as error:
            raise ValueError(f"{file.name}: {name}: {error}") from error
        yield row


def _check(row: ClaimRow, registry: Registry) -> None:
    """Refuse a claim whose observation does not exist or was kept aside and yet chosen with, or whose tolerance is crossed."""
    if row.observation is not None and registry.target(row.observation).role == "validate" and row.chosen:
        raise ValueError(f"chosen: {row.observation} is kept for validation, so that nothing may be chosen with it")
    low, high = row.tolerance.bounds(registry)
    if not low < high:
        raise ValueError(f"the tolerance from {low:g} to {high:g} is crossed")


@cache
def claim_rows() -> dict[str, tuple[ClaimRow, ...]]:
    """The claims that ship with the package."""
    return load(files("euthymia.evidence") / "data" / "claims", evidence())
