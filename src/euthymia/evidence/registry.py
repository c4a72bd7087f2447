"""Load and check the evidence; look rows up by id."""

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

from pydantic import TypeAdapter
from ruamel.yaml import YAML

from ..core.errors import unknown
from ..core.units import factor
from .rows import Parameter, Record, Source, Target

AnyRecord = TypeVar("AnyRecord", bound=Record)


class Registry:
    """Parameters, targets and sources, each by its id."""

    def __init__(self, parameters: dict[str, Parameter], targets: dict[str, Target], sources: dict[str, Source]) -> None:
        self.parameters, self.targets, self.sources = parameters, targets, sources
        for row in [*parameters.values(), *targets.values()]:
            if row.source not in sources:
                raise ValueError(f"{row.id}: source {row.source!r} is not in sources.yaml")
        for row in parameters.values():
            for name in row.chosen_with or ():
                if name not in targets:
                    raise ValueError(f"{row.id}: it was chosen with {name!r}, which is no target")
                if targets[name].role == "validate":
                    raise ValueError(f"{row.id}: it was chosen with {name}, which is kept for validation")

    def value(self, row: str, unit: str) -> float | list[float]:
        """The value of a parameter row, converted to ``unit``."""
        if row not in self.parameters:
            raise unknown("evidence", row, self.parameters)
        parameter = self.parameters[row]
        scale = factor(parameter.unit, unit)
        return [number * scale for number in parameter.value] if isinstance(parameter.value, list) else parameter.value * scale

    def target(self, row: str) -> Target:
        """A target by id."""
        if row not in self.targets:
            raise unknown("evidence", row, self.targets)
        return self.targets[row]

    def rows(self) -> dict[str, Parameter | Target]:
        """Every parameter and every target, by id."""
        return {**self.parameters, **self.targets}

    def parameter_hash(self) -> str:
        """SHA-256 over ids, values and units of all parameters."""
        content = {key: [row.value, row.unit] for key, row in sorted(self.parameters.items())}
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _read(folder: Traversable, kind: type[AnyRecord], key: str) -> Iterator[tuple[str, AnyRecord]]:
    adapter = TypeAdapter(list[kind])
    for file in sorted((entry for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=lambda entry: entry.name):
        for record in adapter.validate_python(YAML(typ="safe", pure=True).load(file.read_text("utf-8"))):
            yield getattr(record, key), record


def _unique(records: Iterator[tuple[str, AnyRecord]]) -> dict[str, AnyRecord]:
    unique: dict[str, AnyRecord] = {}
    for key, record in records:
        if key in unique:
            raise ValueError(f"{key}: two rows with this id")
        unique[key] = record
    return unique


def load(data: Traversable) -> Registry:
    """Read and check a folder of evidence: ``parameters/``, ``targets/`` and ``sources/``."""
    return Registry(
        _unique(_read(data / "parameters", Parameter, "id")),
        _unique(_read(data / "targets", Target, "id")),
        _unique(_read(data / "sources", Source, "key")),
    )


@cache
def evidence() -> Registry:
    """The evidence that ships with the package."""
    return load(files("euthymia.evidence") / "data")
