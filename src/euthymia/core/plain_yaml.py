"""YAML that a user wrote, as plain data: no objects, no aliases, bounded in depth and number of values."""

import warnings
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import Node

from .errors import InputError, printable

LONGEST_PROBLEM = 200


@dataclass(frozen=True)
class Bounds:
    """What a file of one kind can hold at most."""

    field: str
    """With which an error begins."""
    kind: str
    """Such as "protocol"."""
    deepest: int
    """Levels of nesting."""
    most_nodes: int
    """Names and values."""


def plain_data(text: str, origin: str, bounds: Bounds) -> Any:
    """The plain data of a YAML text; ``origin`` names it in errors.

    Raises
    ------
    InputError
        If it is no YAML, or beyond the bounds.
    """
    reader = YAML(typ="safe", pure=True)
    reader.Composer = type("_Bounded", (_Plain,), {"bounds": bounds})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return reader.load(text)
    except _Trick as trick:
        raise InputError(f"{bounds.field}: {origin} {trick}") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        problem = " ".join(str(getattr(error, "problem", None) or "not readable").split())
        raise InputError(f"{bounds.field}: {origin} is not valid YAML{where}: {printable(problem[:LONGEST_PROBLEM])}") from error
    except Exception as error:  # The YAML reader fails in many ways on values such as `!!int _`.
        raise InputError(f"{bounds.field}: {origin} is not valid YAML") from error


class _Trick(Exception):
    """A YAML feature that makes a small file huge or slow."""


class _Plain(Composer):
    """Refuses aliases, deep nesting and many values before anything is built."""

    bounds: Bounds
    level = 0
    nodes = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        if self.parser.check_event(AliasEvent):
            raise _Trick("uses YAML aliases; write every value out")
        if self.level > self.bounds.deepest:
            raise _Trick(f"nests more than {self.bounds.deepest} levels deep; that is no {self.bounds.kind}")
        if self.nodes >= self.bounds.most_nodes:
            raise _Trick(f"holds more than {self.bounds.most_nodes} names and values; that is no {self.bounds.kind}")
        self.level += 1
        self.nodes += 1
        node = super().compose_node(parent, index)
        self.level -= 1
        return node
