"""Hashes of what a step depends on: code, rows of evidence, files."""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import grimp

from euthymia.evidence.registry import evidence
from euthymia.model.closures.provenance import sha256

from . import ROOT, SOURCE

PACKAGE = SOURCE / "euthymia"
DATA = PACKAGE / "evidence" / "data"
SHORT = 16
"""Digits of a hash that are kept."""
NUMBERS = ("value", "unit", "lower", "upper", "sd", "n", "role")
"""Fields of a row that a computation reads."""


def digest(content: Any) -> str:
    """A short hash of content that JSON can hold."""
    return sha256(content)[:SHORT]


def code(*modules: str, scripts: tuple[Path, ...] = ()) -> str:
    """Hash of modules of the package and of all that they import, and of scripts beside it.

    Comments, docstrings and layout do not count.
    """
    names = {f"euthymia.{module}" for module in modules}
    needed = names.union(*(_imports().find_upstream_modules(name) for name in names))
    paths = {name: _path(name) for name in needed} | {path.name: path for path in scripts}
    return digest({name: skeleton(ast.parse(path.read_text("utf-8"))) for name, path in sorted(paths.items())})


@cache
def _imports() -> grimp.ImportGraph:
    return grimp.build_graph("euthymia", cache_dir=None)


def _path(module: str) -> Path:
    path = PACKAGE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def skeleton(node: Any) -> Any:
    """What a piece of code computes: its syntax without docstrings, and without what only some versions of Python write down."""
    if isinstance(node, list):
        return [skeleton(entry) for entry in node if not (isinstance(entry, ast.Expr) and isinstance(entry.value, ast.Constant))]
    if not isinstance(node, ast.AST):
        return repr(node)
    return {"": type(node).__name__} | {name: skeleton(value) for name, value in ast.iter_fields(node) if value not in (None, [])}


def parameters(*, without: Iterable[str] = ()) -> str:
    """Hash of the numbers of all parameters but some."""
    rows = {name: row for name, row in sorted(evidence().parameters.items()) if name not in without}
    return digest({name: row.model_dump(mode="json", include={*NUMBERS}) for name, row in rows.items()})


def calibrated() -> str:
    """Hash of the values that the calibration puts in place of some of these."""
    return digest(evidence().calibrated)


def targets(*roles: str) -> str:
    """Hash of the numbers of the targets of some roles, of all if none is named."""
    rows = {name: row for name, row in sorted(evidence().targets.items()) if not roles or row.role in roles}
    return digest({name: row.model_dump(mode="json", include={*NUMBERS}) for name, row in rows.items()})


def content(*paths: Path) -> str:
    """Hash of files, and of all files in folders; one that is missing counts as such."""
    found = [file for path in paths for file in (sorted(path.rglob("*.*")) if path.is_dir() else [path])]
    return digest({file.relative_to(ROOT).as_posix(): _bytes(file) for file in found if "__pycache__" not in file.parts})


def _bytes(file: Path) -> str | None:
    return file.read_bytes().hex() if file.exists() else None
