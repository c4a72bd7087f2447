"""Checked fields of a protocol: each check refuses a value in one line that says what is allowed."""

from typing import Annotated, Any, Protocol, runtime_checkable

from pydantic import BaseModel, BeforeValidator, ConfigDict

from ..core.errors import InputError, short, unknown
from ..core.units import quantity
from .vocabulary import LONGEST


@runtime_checkable
class OfField(Protocol):
    """What a check reads of ``pydantic.ValidationInfo``, which has no run-time type check."""

    @property
    def field_name(self) -> str | None:
        """Name of the field that is checked."""
        ...


def with_unit(*kinds: str) -> BeforeValidator:
    """Reads text with a unit, such as "40 min", as a number in the canonical unit of one of ``kinds``."""

    def read(text: Any, info: OfField) -> Any:
        return quantity(str(info.field_name), text, *kinds)[0]

    return BeforeValidator(read)


def one_of(allowed: tuple[str, ...]) -> BeforeValidator:
    """Allows these words alone."""

    def check(text: Any, info: OfField) -> Any:
        if text not in allowed:
            raise unknown(str(info.field_name), text, allowed)
        return text

    return BeforeValidator(check)


def number_between(lowest: float, highest: float, unit: str) -> BeforeValidator:
    """Allows numbers from ``lowest`` to ``highest``; ``unit`` follows them in the error."""

    def check(number: Any, info: OfField) -> Any:
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise InputError(f"{info.field_name}: {short(number)} is not a number; allowed: {lowest:g} to {highest:g}{unit}")
        if not lowest <= number <= highest:
            raise InputError(f"{info.field_name}: {short(number)} is outside {lowest:g} to {highest:g}{unit}")
        return float(number)

    return BeforeValidator(check)


def whole_number(most: int) -> BeforeValidator:
    """Allows whole numbers from 1 to ``most``."""

    def check(number: Any, info: OfField) -> Any:
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most:
            raise InputError(f"{info.field_name}: {short(number)} is not a whole number from 1 to {most}")
        return number

    return BeforeValidator(check)


def list_like(example: str) -> BeforeValidator:
    """Allows lists; the error shows ``example``."""

    def check(items: Any, info: OfField) -> Any:
        if not isinstance(items, list | tuple):
            raise InputError(f"{info.field_name}: {short(items)} is not a list; write for example {example}")
        return items

    return BeforeValidator(check)


def one_line(text: Any, info: OfField) -> Any:
    """Refuses text with line breaks or control characters."""
    if isinstance(text, str) and not text.isprintable():
        raise InputError(f"{info.field_name}: must be one line without control characters")
    return text


Line = Annotated[str, BeforeValidator(one_line)]
Time = Annotated[float, number_between(0.0, LONGEST, " h (one year)"), with_unit("time")]


class ProtocolPart(BaseModel):
    """Base class of a part of a protocol: immutable, and without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)
