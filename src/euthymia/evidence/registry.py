"""Load and check the evidence; look rows up by id."""

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

from pydantic import TypeAdapter

from ..core.errors import unknown
from ..core.units import factor
from ..core.yaml_data import yaml_data
from .rows import Parameter, Record, Source, Target

AnyRecord = TypeVar("AnyRecord", bound=Record)


class Registry:
    """Parameters, targets and sources, each by its id, and what a calibration has made of some parameters."""

    def __init__(
        self,
        parameters: dict[str, Parameter],
        targets: dict[str, Target],
        sources: dict[str, Source],
        calibrated: dict[str, float] | None = None,
    ) -> None:
        self.parameters, self.targets, self.sources = parameters, targets, sources
        self.calibrated = {} if calibrated is None else calibrated
        """Values of the calibration that ships, by row, in its unit; the value of such a row is where the fit began."""
        for row in [*parameters.values(), *targets.values()]:
            if row.source not in sources:
                raise ValueError(f"{row.id}: source {row.source!r} is not in sources.yaml")

    def value(self, row: str, unit: str) -> float | list[float]:
        """The value of a parameter row, calibrated where it was, converted to ``unit``."""
        if row not in self.parameters:
            raise unknown("evidence", row, self.parameters)
        value, scale = self.calibrated.get(row, self.parameters[row].value), factor(self.parameters[row].unit, unit)
        return [number * scale for number in value] if isinstance(value, list) else value * scale

    @property
    def uncalibrated(self) -> dict[str, float | list[float]]:
        """Values at which the fit began, of the rows that were fitted."""
        return {row: float(self.parameters[row].value) for row in self.calibrated}  # type: ignore[arg-type]

    def target(self, row: str) -> Target:
        """A target by id."""
        if row not in self.targets:
            raise unknown("evidence", row, self.targets)
        return self.targets[row]

    def check_choices(self) -> None:
        """Raises ``ValueError`` if a value was chosen with a target in view that is not there, or is kept for validation."""
        for row in self.parameters.values():
            for name in row.chosen_with or ():
                if name not in self.targets:
                    raise ValueError(f"{row.id}: it was chosen with {name!r}, which is no target")
                if self.targets[name].role == "validate":
                    raise ValueError(f"{row.id}: it was chosen with {name}, which is kept for validation")

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
        for record in adapter.validate_python(yaml_data(file.read_text("utf-8"))):
            yield getattr(record, key), record


def _unique(records: Iterator[tuple[str, AnyRecord]]) -> dict[str, AnyRecord]:
    unique: dict[str, AnyRecord] = {}
    for key, record in records:
        if key in unique:
            raise ValueError(f"{key}: two rows with this id")
        unique[key] = record
    return unique


def load(data: Traversable) -> Registry:
    """Read and check a folder of evidence: ``parameters/``, ``targets/``, ``sources/``, and ``fitted.yaml`` where it is there."""
    fitted = data / "fitted.yaml"
    estimates = yaml_data(fitted.read_text("utf-8"))["estimates"] if fitted.is_file() else {}
    registry = Registry(
        _unique(_read(data / "parameters", Parameter, "id")),
        _unique(_read(data / "targets", Target, "id")),
        _unique(_read(data / "sources", Source, "key")),
        {row: float(estimate["value"]) for row, estimate in estimates.items()},
    )
    registry.check_choices()
    return registry


@cache
def evidence() -> Registry:
    """The evidence that ships with the package."""
    return load(files("euthymia.evidence") / "data")
