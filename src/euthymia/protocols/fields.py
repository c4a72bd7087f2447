"""Checked fields of a protocol: each check refuses a value in one line that says what is allowed."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Protocol, TypeVar, cast, runtime_checkable

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

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


Part = TypeVar("Part", bound="ProtocolPart")


class ProtocolPart(BaseModel):
    """Base class of a part of a protocol: immutable, checked, and without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def __init__(self, *stated: Any, **fields: Any) -> None:
        """Fields by name, or the first of them in their order; a fault is an ``InputError`` of one line."""
        names = self.fields_inside(())
        if len(stated) > len(names):
            raise InputError(f"{type(self).__name__.lower()}: {len(stated)} values given; its fields are {', '.join(names)}")
        for name, value in zip(names, stated, strict=False):
            if name in fields:
                raise InputError(f"{name}: given twice, {short(value)} and {short(fields[name])}")
            fields[name] = value
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise InputError(first_fault(error, type(self))) from None

    # The library then checks a part inside another by its fields and without this method, so that a fault has its whole path.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def fields_inside(cls, parts: tuple[str, ...]) -> tuple[str, ...]:
        """Names of the fields that a user may state, of this part or of one inside it."""
        return tuple(cls.model_fields)

    def stated(self) -> dict[str, Any]:
        """The fields as plain data with units in the text, such that reading them gives the same part."""
        return self.model_dump(exclude_none=True)

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        return ((name, value) for name, value in self.stated().items() if value not in ("", [], {}))

    def changed(self: Part, **fields: Any) -> Part:
        """A copy with other values of some fields, checked like a new one; None takes a field out.

        Raises
        ------
        InputError
            If a field does not exist or a value is not allowed.
        """
        known = {name: value for name, value in self.stated().items() if name not in fields}
        return type(self)(**known, **{name: value for name, value in fields.items() if value is not None})

    def model_copy(self: Part, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Part:
        """:meth:`changed`, by the name that the library has for it."""
        return self.changed(**update or {})

    def with_canonical(self: Part, **fields: Any) -> Part:
        """A copy with other values of some fields, which are in canonical units and known to be allowed."""
        return cast(Part, BaseModel.model_copy(self, update=fields))


def first_fault(error: ValidationError, part: type[ProtocolPart]) -> str:
    """The first fault, as one line that names the field, its value and what is allowed."""
    first = error.errors(include_url=False)[0]
    whole = part.__name__.lower()
    *parents, last = first["loc"] or (whole,)
    parent, here = _path(*parents), _path(*first["loc"])
    fields = part.fields_inside(tuple(name for name in parents if isinstance(name, str)))
    reason = first.get("ctx", {}).get("error")
    if isinstance(reason, InputError):
        # Checks of one field, or of an item in it, begin with the name of the field; checks of a whole part do not.
        field = next((name for name in reversed(first["loc"]) if isinstance(name, str)), "")
        if field and str(reason).startswith(f"{field}:"):
            return f"{here}{str(reason).removeprefix(field)}"
        return f"{here}.{reason}" if here else str(reason)
    if first["type"] == "extra_forbidden":
        return str(unknown(f"{parent or whole} field", last, fields))
    if first["type"] == "invalid_key":
        return f"{parent or whole} field: {short(last)} is not text; allowed fields are {', '.join(fields)}"
    if first["type"] == "missing":
        return f"{here}: missing; allowed fields are {', '.join(fields)}"
    message = first["msg"].replace("Tuple", "list").replace("tuple", "list")
    return f"{here or f'{whole} field'}: {message[0].lower()}{message[1:]}; given: {short(first['input'])}"


def _path(*parts: str | int) -> str:
    """Path of a field in the file, items counted from one: ``doses[1].amount``."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")
