"""The folder a run leaves behind: written aside, then renamed, so that it is whole or not there."""

import contextlib
import hashlib
import json
import shutil
import subprocess
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .. import __version__
from ..core.errors import InputError
from ..evidence.registry import evidence
from ..experiments.simulation import Simulation
from ..protocols.reading import text_of

MANIFEST = "manifest.json"
LIBRARIES = ("jax", "equinox", "optimistix", "numpy", "xarray", "h5netcdf", "pydantic", "matplotlib")


def check_destination(out: Path, overwrite: bool) -> None:
    """Refuse before any work a folder that cannot or must not be written."""
    if out.exists() or out.is_symlink():
        if not overwrite:
            raise InputError(f"out: {out} exists; add --overwrite to replace it, or choose another folder with --out")
        if not out.is_dir() or (any(out.iterdir()) and not (out / MANIFEST).is_file()):
            raise InputError(f"out: {out} is not a run folder of Euthymia, so it is not overwritten; choose another with --out")
    parent = out.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent, prefix=".euthymia-"):
            pass
    except OSError as error:
        raise InputError(f"out: cannot write in {parent}: {error.strerror}") from error


def write(simulation: Simulation, page: str, out: Path, overwrite: bool) -> None:
    """Write protocol, results, page and manifest to ``out``."""
    check_destination(out, overwrite)
    out = out.absolute()
    aside = Path(tempfile.mkdtemp(dir=out.parent, prefix=".euthymia-"))
    try:
        (aside / "protocol.yaml").write_text(text_of(simulation.protocol), "utf-8")
        simulation.data.to_netcdf(aside / "results.nc", engine="h5netcdf")
        (aside / "report.html").write_text(page, "utf-8")
        artefacts = {file.name: _hash(file) for file in sorted(aside.iterdir())}
        (aside / MANIFEST).write_text(json.dumps(manifest(artefacts), indent=2) + "\n", "utf-8")
        aside.chmod(0o755)
        _exchange(aside, out)
    except OSError as error:
        raise InputError(f"out: cannot write {out}: {error.strerror or error}; nothing was kept") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _exchange(new: Path, out: Path) -> None:
    if not out.exists():
        new.rename(out)
        return
    old = Path(tempfile.mkdtemp(dir=out.parent, prefix=".euthymia-old-"))
    out.rename(old / out.name)
    try:
        new.rename(out)
    except OSError:
        (old / out.name).rename(out)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def manifest(artefacts: dict[str, str]) -> dict[str, object]:
    """What made the run, so that it can be made again."""
    return {
        "euthymia": __version__,
        "git_revision": git_revision(),
        "parameters_sha256": evidence().parameter_hash(),
        "seed": None,
        "seed_note": "this run draws no random numbers",
        "libraries": {name: _version(name) for name in LIBRARIES},
        "artefacts_sha256": artefacts,
    }


def git_revision() -> str | None:
    """Commit of the checkout that this code runs from, marked if it has changes; None outside a checkout."""
    here = Path(__file__).resolve().parent

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", str(here), *words], capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    with contextlib.suppress(OSError, subprocess.SubprocessError):
        if Path(git("rev-parse", "--show-toplevel")) == here.parents[2]:
            return git("rev-parse", "HEAD") + (" with uncommitted changes" if git("status", "--porcelain") else "")
    return None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
