"""What made a run, so that it can be made again."""

import contextlib
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .. import __version__
from ..evidence.registry import evidence

LIBRARIES = ("jax", "equinox", "optimistix", "numpy", "xarray", "h5netcdf", "pydantic", "matplotlib")


def manifest(artefacts: dict[str, str], seed: int | None = None, options: Mapping[str, object] | None = None) -> dict[str, object]:
    """What made the run, so that it can be made again.

    ``options`` are what a user asked for beside a protocol.
    """
    return {
        "euthymia": __version__,
        "git_revision": git_revision(),
        "parameters_sha256": evidence().parameter_hash(),
        "options": dict(options or {}),
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
