"""What made a run, so that it can be made again."""

import contextlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .. import __version__
from ..evidence.registry import evidence

LIBRARIES = ("jax", "equinox", "optimistix", "numpy", "xarray", "h5netcdf", "pydantic", "matplotlib")


@dataclass(frozen=True)
class Request:
    """What a user asked for: a command, and what it needs beside the files in its folder to be run again."""

    command: str
    options: Mapping[str, object] = field(default_factory=dict)
    seed: int | None = None
    """Of random numbers that are drawn."""


def manifest(artefacts: Mapping[str, str], request: Request) -> dict[str, object]:
    """What made the run, so that it can be made again; ``artefacts`` are hashes of its files by name."""
    seed = request.seed
    return {
        "euthymia": __version__,
        "command": request.command,
        "git_revision": git_revision(),
        "parameters_sha256": evidence().parameter_hash(),
        "options": dict(request.options),
        "seed": seed,
        "seed_note": "this run draws no random numbers" if seed is None else "of the random numbers that this run draws",
        "libraries": {name: _version(name) for name in LIBRARIES},
        "artefacts_sha256": artefacts,
    }


@cache
def git_revision() -> str | None:
    """Commit of the checkout that this code runs from, marked if it has changes; None outside a checkout."""
    here = Path(__file__).resolve().parent

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "--no-optional-locks", "-C", str(here), *words], capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()

    with contextlib.suppress(OSError, subprocess.SubprocessError):
        if Path(git("rev-parse", "--show-toplevel")) == here.parents[2]:
            return git("rev-parse", "HEAD") + (" with uncommitted changes" if git("status", "--porcelain") else "")
    return None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
