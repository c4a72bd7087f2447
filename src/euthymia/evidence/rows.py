"""The schema of the evidence: fields of a parameter, a target and a source."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ..core.units import check_unit

Provenance = Literal["read", "recalled", "assumed", "calibrated"]
Role = Literal["calibrate", "validate", "context", "verification", "selected"]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Record(BaseModel):
    """An immutable record that refuses unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Record):
    """A reference. It has a DOI only if that was seen beside the title."""

    key: str
    citation: str
    doi: str | None = None


class _Row(Record):
    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    unit: str
    lower: Number | None = None
    upper: Number | None = None
    spread: str | None = None
    species: str | None = None
    preparation: str | None = None
    source: str
    provenance: Provenance
    note: str | None = None

    @field_validator("unit")
    @classmethod
    def unit_parses(cls, unit: str) -> str:
        check_unit(unit)
        return unit

    @model_validator(mode="after")
    def bounds_are_named(self):
        if (self.lower is not None or self.upper is not None) and self.spread is None:
            raise ValueError(f"{self.id}: lower and upper need `spread`, which says what they are")
        return self


class Parameter(_Row):
    """A value that equations read: a scalar, or an array whose axis is named where it is read."""

    value: Number | list[Number]
    outcome_in_view: Annotated[str, Field(min_length=1)] | None = None
    """What patients were seen to do under treatment, where the value was chosen with that in view."""
    chosen_with: tuple[str, ...] | None = None
    """Targets that were in view when the value was chosen, none of them to be kept aside; empty where it was chosen for the course of
    mood without any, and left out of what is not counted as freedom."""


class Target(_Row):
    """A published observation to compare with. Its role was fixed before any prediction was looked at."""

    value: Number
    sd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Across patients, in the same unit."""
    n: int | None = None
    quantity: str
    role: Role
