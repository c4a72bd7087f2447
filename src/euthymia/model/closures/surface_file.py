"""Surfaces as files: JSON text that says what it was built from, how well it fits, and whether it is whole."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...core.errors import InputError
from ...core.files import atomic_write
from ...core.numerics.chebyshev import Surface

REBUILD = "rebuild it with `euthymia surfaces build`"


@dataclass(frozen=True)
class Axis:
    """One variable of a surface."""

    name: str
    unit: str
    lower: float
    upper: float


@dataclass(frozen=True)
class Output:
    """One value of a surface, and its largest error at points that were not fitted."""

    name: str
    unit: str
    smallest: float
    largest: float
    error: float
    """In the unit, or in log units of a logarithmic surface."""

    @property
    def error_share(self) -> float:
        """Error as a share of the range of the values."""
        return self.error / (self.largest - self.smallest)


@dataclass(frozen=True)
class SurfaceFile:
    """A surface with what is known about it."""

    name: str
    axes: tuple[Axis, Axis]
    outputs: tuple[Output, ...]
    logarithmic: bool
    coefficients: list[list[list[float]]]
    settings: dict[str, int | float]
    """Numerics of the build: grid, cells, duration, step, seed."""
    parameters_sha256: str

    @property
    def surface(self) -> Surface:
        """The function that the slow field calls."""
        return Surface(
            jnp.array([axis.lower for axis in self.axes]),
            jnp.array([axis.upper for axis in self.axes]),
            jnp.asarray(self.coefficients),
            jnp.ones(len(self.outputs)),
            self.logarithmic,
        )


def folder() -> Path:
    """Where the surfaces of this installation are."""
    return Path(str(files("euthymia.model.closures") / "surfaces"))


def parameters_hash(containers: Mapping[str, eqx.Module], settings: Mapping[str, Any]) -> str:
    """SHA-256 over every number that a surface is built from."""
    numbers = {name: [np.asarray(leaf).tolist() for leaf in jax.tree.leaves(container)] for name, container in containers.items()}
    return _sha256({"numbers": numbers, "settings": dict(settings)})


def _sha256(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def text_of(file: SurfaceFile) -> str:
    """The file as text, closed by a hash of all before it."""
    content = asdict(file)
    return json.dumps(content | {"content_sha256": _sha256(content)}, indent=1) + "\n"


def write(file: SurfaceFile, into: Path) -> Path:
    """Put a surface into a folder under its name, whole or not at all; returns its path."""
    path = into / f"{file.name}.json"
    try:
        into.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"out: cannot write {path}: {error.strerror}") from error
    atomic_write(path, text_of(file))
    return path


def read(path: Path) -> SurfaceFile:
    """A surface from its file.

    Raises
    ------
    InputError
        If the file is missing or damaged.
    """
    try:
        said = json.loads(path.read_text("utf-8"))
        stated = said.pop("content_sha256")
        found = _sha256(said)
        if stated != found:
            raise InputError(f"surface: {path} is damaged (it states hash {stated[:12]} and has {found[:12]}); {REBUILD}")
        first, second = (Axis(**each) for each in said.pop("axes"))
        outputs = tuple(Output(**each) for each in said.pop("outputs"))
        return SurfaceFile(axes=(first, second), outputs=outputs, **said)
    except OSError as error:
        raise InputError(f"surface: cannot read {path}: {error.strerror}; {REBUILD}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"surface: {path} is damaged; {REBUILD}") from error


def load(name: str, built_from: str) -> SurfaceFile:
    """A surface of this installation, if it was built from the numbers in use now.

    Parameters
    ----------
    name
        Of the surface.
    built_from
        :func:`parameters_hash` of the present numbers.

    Raises
    ------
    InputError
        If the file is missing, damaged, or was built from other numbers.
    """
    path = folder() / f"{name}.json"
    file = read(path)
    if file.parameters_sha256 != built_from:
        before, now = file.parameters_sha256[:12], built_from[:12]
        raise InputError(f"surface: {path} is stale: it was built from parameters {before}, and now they are {now}; {REBUILD}")
    return file
