"""Parameter containers: equations name the evidence row, unit and meaning of every number they use."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, fields
from typing import Any, TypeVar

import equinox as eqx

from .device import on_device

Container = TypeVar("Container", bound=eqx.Module)
Rows = str | tuple[str, ...]


def parameter(row: Rows, unit: str, meaning: str) -> Any:
    """A field of a parameter container.

    Parameters
    ----------
    row
        The evidence row that holds the value; a tuple of rows makes a named axis, in that order.
    unit
        Canonical unit in which the equations read it.
    meaning
        What the number is, in a few words.
    """
    return eqx.field(metadata={"row": row, "unit": unit, "meaning": meaning})


def declared(container: type[eqx.Module], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """Every parameter of a container and of the containers inside it, as (dotted name, field)."""
    for field in fields(container):
        if "row" in field.metadata:
            yield f"{prefix}{field.name}", field
        elif isinstance(field.type, type) and issubclass(field.type, eqx.Module):
            yield from declared(field.type, f"{prefix}{field.name}.")


def rows_of(field: Field) -> tuple[str, ...]:
    """The evidence rows that one parameter field reads."""
    row: Rows = field.metadata["row"]
    return (row,) if isinstance(row, str) else row


def fill(container: type[Container], value: Callable[[str, str], Any], ready: Mapping[type, eqx.Module] | None = None) -> Container:
    """An instance of a parameter container with every number looked up in the evidence.

    Parameters
    ----------
    container
        A module class whose fields are parameters, or containers themselves.
    value
        Evidence lookup: (row, canonical unit) to a number or a list of numbers.
    ready
        Fields that are not made of evidence rows, by their class.
    """
    ready = ready or {}
    filled: dict[str, Any] = {}
    for field in fields(container):
        if "row" in field.metadata:
            numbers = [value(row, field.metadata["unit"]) for row in rows_of(field)]
            filled[field.name] = on_device(numbers[0] if isinstance(field.metadata["row"], str) else numbers, float)
        elif field.type in ready:
            filled[field.name] = ready[field.type]
        else:
            filled[field.name] = fill(field.type, value, ready)  # type: ignore[arg-type]
    return container(**filled)
