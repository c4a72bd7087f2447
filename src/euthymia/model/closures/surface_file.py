"""Surfaces as JSON files, with what they were built from, their error, and a hash of the content."""

import json
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

import jax.numpy as jnp

from ...core.errors import InputError
from ...core.files import atomic_write, read_text
from ...core.numerics.chebyshev import Surface
from .provenance import Axis, Settings, sha256

MOST_BYTES = 10_000_000
REBUILD = "rebuild it with `euthymia surfaces build`"


@dataclass(frozen=True)
class Output:
    """One value of a surface, and its largest error at held-out points."""

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
    """A surface with its variables, errors and provenance."""

    name: str
    axes: tuple[Axis, Axis]
    outputs: tuple[Output, ...]
    logarithmic: bool
    coefficients: list[list[list[float]]]
    settings: Settings
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


def text_of(file: SurfaceFile) -> str:
    """The file as text, closed by a hash of all before it."""
    content = asdict(file)
    return json.dumps(content | {"content_sha256": sha256(content)}, indent=1) + "\n"


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
        text = read_text("surface", path, MOST_BYTES, f"is larger than {MOST_BYTES // 1_000_000} MB")
    except InputError as error:
        raise InputError(f"{error}; {REBUILD}") from error
    try:
        content = json.loads(text)
        stated = content.pop("content_sha256")
        actual = sha256(content)
        if stated != actual:
            raise InputError(f"surface: {path} is damaged (it states hash {stated[:12]} and has {actual[:12]}); {REBUILD}")
        first, second = (Axis(**axis) for axis in content.pop("axes"))
        outputs = tuple(Output(**output) for output in content.pop("outputs"))
        return SurfaceFile(axes=(first, second), outputs=outputs, **content)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"surface: {path} is damaged; {REBUILD}") from error


def load(name: str, built_from: str, stored_in: Path | None = None) -> SurfaceFile:
    """A surface, if it was built from the numbers in use now.

    Parameters
    ----------
    name
        Of the surface.
    built_from
        :func:`parameters_hash` of the present numbers.
    stored_in
        Folder of the surface; that of this installation if left out.

    Raises
    ------
    InputError
        If the file is missing, damaged, or was built from other numbers.
    """
    path = (folder() if stored_in is None else stored_in) / f"{name}.json"
    file = read(path)
    if file.parameters_sha256 != built_from:
        before, now = file.parameters_sha256[:12], built_from[:12]
        raise InputError(f"surface: {path} is stale: it was built from parameters {before}, and now they are {now}; {REBUILD}")
    return file
