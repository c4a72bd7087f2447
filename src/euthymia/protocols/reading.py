"""From a name or a file to a checked protocol, or to an error of one line."""

import warnings
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import Node

from ..core.errors import InputError, short, unknown
from ..core.files import read_text
from .fields import first_fault
from .patient import Patient
from .protocol import Protocol

LARGEST_FILE = 100_000
LONGEST_PROBLEM = 200
DEEPEST = 8
MOST_NODES = 5000
"""Names and values in a file: more than as many doses as are allowed have, each written out with all its fields."""
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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = YAML(typ="safe", pure=True)
            reader.Composer = _Plain
            data = reader.load(text)
    except _Trick as trick:
        raise InputError(f"protocol: {origin} {trick}") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not readable"
        raise InputError(f"protocol: {origin} is not valid YAML{where}: {' '.join(str(problem).split())[:LONGEST_PROBLEM]}") from error
    except Exception as error:  # The YAML reader fails in many ways on values such as `!!int _`.
        raise InputError(f"protocol: {origin} is not valid YAML") from error
    if not isinstance(data, dict):
        raise InputError(f"protocol: {origin} holds no fields; it needs {', '.join(Protocol.model_fields)}")
    return check(data)


class _Trick(Exception):
    """A YAML feature that makes a small file huge or slow."""


class _Plain(Composer):
    """Refuses aliases, deep nesting and many values before anything is built."""

    depth = 0
    nodes = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        if self.parser.check_event(AliasEvent):
            raise _Trick("uses YAML aliases; write every value out")
        if self.depth > DEEPEST:
            raise _Trick(f"nests more than {DEEPEST} levels deep; that is no protocol")
        if self.nodes >= MOST_NODES:
            raise _Trick(f"holds more than {MOST_NODES} names and values; that is no protocol")
        self.depth += 1
        self.nodes += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


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
