"""Whether the files of a run folder are those that were written, and how two folders of one run differ."""

import csv
import hashlib
import json
import math
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..core.errors import InputError, short
from .run_folder import MANIFEST, manifest_text

NAME = r"^[^./\\\x00-\x1f][^/\\\x00-\x1f]*$"
TEXT, SAME = math.inf, 0.0


class Manifest(BaseModel):
    """What a manifest says; further fields are left unread."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    euthymia: str
    command: str
    options: dict[str, Any]
    parameters_sha256: str
    git_revision: str | None = None
    libraries: dict[str, str | None]
    artefacts_sha256: dict[Annotated[str, Field(pattern=NAME, max_length=200)], Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a run folder.

    Raises
    ------
    InputError
        If there is none, or it is damaged or of another version.
    """
    if not folder.is_dir():
        raise InputError(f"run: {folder} is no folder; name the folder of a run, such as runs/ketamine-iv")
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(f"run: {folder} holds no {MANIFEST}, so it is no run of Euthymia")
    text = manifest_text(folder)
    try:
        return Manifest.model_validate(json.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"run: {path} is damaged, or of another version: {short(where)}: {first['msg']}") from None
    except (ValueError, RecursionError):
        raise InputError(f"run: {path} is damaged: it is no JSON") from None


def damage(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What is not as it was written, a phrase for every file."""
    for name, written in manifest.artefacts_sha256.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            yield f"{name} is missing"
        elif _sha256(path) != written:
            yield f"{name} was changed since it was written"
    for strange in sorted({path.name for path in folder.iterdir()} - {MANIFEST, *manifest.artefacts_sha256}):
        yield f"{strange} is not of this run"


def difference(one: Path, other: Path) -> float:
    """How far two files of one kind are apart: 0 for the same bytes, else the largest difference of numbers over the largest number beside
    them; infinite where anything but numbers differs."""
    if _sha256(one) == _sha256(other):
        return SAME
    try:
        if one.suffix == ".nc":
            return _of_datasets(one, other)
        if one.suffix == ".csv":
            return _of_tables(one, other)
    except (OSError, ValueError, KeyError):
        return TEXT
    return TEXT


def _of_datasets(one: Path, other: Path) -> float:
    with xr.open_datatree(one, engine="h5netcdf") as first, xr.open_datatree(other, engine="h5netcdf") as second:
        groups = [{node.path: node.to_dataset(inherit=False) for node in tree.subtree} for tree in (first, second)]
        names = [{(path, name) for path, group in of.items() for name in group.variables} for of in groups]
        if names[0] != names[1]:
            return TEXT
        return max((_of_arrays(*(of[path][name].values for of in groups)) for path, name in names[0]), default=SAME)


def _of_tables(one: Path, other: Path) -> float:
    tables = [list(csv.reader(StringIO(path.read_text("utf-8")))) for path in (one, other)]
    if [len(row) for row in tables[0]] != [len(row) for row in tables[1]]:
        return TEXT
    largest = SAME
    for of_one, of_other in zip(zip(*tables[0], strict=False), zip(*tables[1], strict=False), strict=True):
        numbers = [np.array([_number(cell) for cell in column]) for column in (of_one, of_other)]
        words = [[cell for cell in column if math.isnan(_number(cell))] for column in (of_one, of_other)]
        largest = max(largest, TEXT if words[0] != words[1] else _of_arrays(*numbers))
    return largest


def _of_arrays(one: np.ndarray, other: np.ndarray) -> float:
    """Largest difference over the largest number; infinite where shapes, texts or what is no number differ."""
    if one.shape != other.shape:
        return TEXT
    if one.dtype.kind not in "fiu" or other.dtype.kind not in "fiu":
        return SAME if np.array_equal(one, other) else TEXT
    if not np.array_equal(np.isfinite(one), np.isfinite(other)):
        return TEXT
    known = np.isfinite(one)
    if not known.any():
        return SAME
    return float(np.abs(one[known] - other[known]).max() / max(np.abs(one[known]).max(), np.finfo(float).tiny))


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
