"""From a name or a file to a checked protocol, or to an error of one line."""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from ..core.errors import InputError, short, unknown
from ..core.files import read_text
from ..core.plain_yaml import Bounds, plain_data
from .fields import first_fault
from .patient import Patient
from .protocol import Protocol

LARGEST_FILE = 100_000
BOUNDS = Bounds("protocol", "protocol", deepest=4, most_nodes=5000)
"""More than as many doses as are allowed have, each written out with all its fields."""
DEFAULT = "ketamine-iv"
NUMBERS = {"madrs": float, "stress": float, "age": float, "individual": int}
"""Fields of a patient that have no unit."""


def builtin_names() -> list[str]:
    """Names of the protocols that ship with the package."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _builtin().iterdir() if entry.name.endswith(".yaml"))


def _builtin() -> Traversable:
    return files("euthymia.protocols") / "builtin"


def read(name_or_file: str) -> Protocol:
    """A built-in protocol by name, or a YAML file by path (anything with a slash or ending in .yaml or .yml)."""
    if name_or_file in builtin_names():
        return parse((_builtin() / f"{name_or_file}.yaml").read_text("utf-8"), name_or_file)
    path = Path(name_or_file)
    if path.suffix not in {".yaml", ".yml"} and "/" not in name_or_file:
        raise unknown("protocol", name_or_file, builtin_names())
    text = read_text("protocol", name_or_file, LARGEST_FILE, f"is larger than {LARGEST_FILE // 1000} kB; that is no protocol")
    return parse(text, name_or_file)


def parse(text: str, origin: str) -> Protocol:
    """A protocol from YAML text; plain data only, no objects, no aliases."""
    data = plain_data(text, origin, BOUNDS)
    if not isinstance(data, dict):
        raise InputError(f"protocol: {origin} holds no fields; it needs {', '.join(Protocol.model_fields)}")
    return check(data)


def check(data: Mapping[Any, Any]) -> Protocol:
    """A protocol from plain data."""
    try:
        return Protocol.model_validate(dict(data))
    except ValidationError as error:
        raise InputError(first_fault(error, Protocol)) from error


def change(protocol: Protocol, patient: Mapping[str, Any]) -> Protocol:
    """The same protocol for another patient: fields given replace those stated."""
    data = protocol.stated()
    return check(data | {"patient": data["patient"] | dict(patient)})


def text_of(protocol: Protocol) -> str:
    """YAML text that reads back as the same protocol."""
    stream = StringIO()
    writer = YAML()
    writer.indent(mapping=2, sequence=4, offset=2)
    # A folded line loses spaces that stand beside each other.
    writer.width = LARGEST_FILE
    writer.dump(protocol.stated(), stream)
    return stream.getvalue()


def patient_fields(words: tuple[str, ...]) -> dict[str, Any]:
    """Patient fields from the command line: a condition by name, or FIELD=VALUE."""
    fields: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            fields["condition"] = word
        elif name not in Patient.model_fields:
            raise unknown("patient field", name, Patient.model_fields)
        elif name in NUMBERS:
            try:
                fields[name] = NUMBERS[name](value)
            except ValueError:
                raise InputError(f"patient.{name}: {short(value)} is not a {'whole ' if NUMBERS[name] is int else ''}number") from None
        else:
            fields[name] = value
    return fields
