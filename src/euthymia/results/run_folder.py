"""The folder a run leaves behind: written aside, then renamed, so that it is whole or not there."""

import errno
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ..core.errors import InputError
from ..core.files import read_text
from ..core.interrupts import uninterrupted
from ..core.temporary_files import exchange, temporary_folder
from .manifest import Request, manifest

MANIFEST = "manifest.json"
MOST_BYTES = 1_000_000
"""Of a manifest."""
TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}
"""What the system says of a folder that is renamed onto another, or onto a file."""


def check_destination(out: Path, overwrite: bool, option: str = "out") -> None:
    """Refuse before any work a folder that cannot or must not be written; ``option`` is that by which it was chosen."""
    try:
        exists = out.exists() or out.is_symlink()
        if exists and (foreign := _foreign(out)):
            raise InputError(f"{option}: {out} exists and {foreign}, so it is not overwritten; choose another folder with --{option}")
        if exists and not overwrite:
            raise InputError(f"{option}: {out} exists; add --overwrite to replace it, or choose another folder with --{option}")
        with temporary_folder(_standing(out)):
            pass
    except OSError as error:
        raise InputError(f"{option}: cannot write {out}: {error.strerror}") from error


def manifest_text(folder: Path) -> str:
    """The text of a manifest, no more of which is read than one may hold. Raises ``InputError``."""
    return read_text("run", folder / MANIFEST, MOST_BYTES, f"is larger than {MOST_BYTES // 1000} kB; that is no manifest")


def _foreign(folder: Path) -> str | None:
    """Why a folder is not an earlier run that may go, or None if it is."""
    if folder.is_symlink() or not folder.is_dir():
        return "is not a run folder of Euthymia"
    present = {file.name for file in folder.iterdir()}
    try:
        manifest_read = json.loads(manifest_text(folder)) if present else {"euthymia": None, "artefacts_sha256": {}}
        written = {MANIFEST, *manifest_read["artefacts_sha256"]} if "euthymia" in manifest_read else set()
    except (ValueError, TypeError, KeyError, RecursionError):
        written = set()
    if not written:
        return "is not a run folder of Euthymia"
    if strange := sorted(present - written):
        return f"holds {strange[0]}, which no run of Euthymia wrote"
    return None


def _standing(out: Path) -> Path:
    """The nearest folder above ``out`` that exists."""
    return next(folder for folder in out.absolute().parents if folder.exists())


def write_files(contents: Mapping[str, bytes], out: Path, overwrite: bool, request: Request) -> None:
    """Write files and the manifest of what made them to ``out``: all of it, or nothing."""
    check_destination(out, overwrite)
    out = out.absolute()
    new_folders = [folder for folder in out.parents if not folder.exists()]
    try:
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
        made = (json.dumps(manifest(hashes, request), indent=2) + "\n").encode()
        with temporary_folder(_standing(out)) as aside:
            for name, content in {**contents, MANIFEST: made}.items():
                (aside / name).write_bytes(content)
            with uninterrupted():
                out.parent.mkdir(parents=True, exist_ok=True)
                _put(aside, out, overwrite)
    except OSError as error:
        raise InputError(f"out: cannot write {out}: {error.strerror or error}; nothing was kept") from error
    finally:
        if not out.exists():
            for folder in new_folders:
                with suppress(OSError):
                    folder.rmdir()


def _put(new: Path, out: Path, overwrite: bool) -> None:
    """Put ``new`` in the place of ``out``, in one step; an earlier run then stands where ``new`` was."""
    if not overwrite or not out.exists():
        try:
            new.rename(out)
        except OSError as error:
            if error.errno not in TAKEN:
                raise
            raise InputError(f"out: {out} exists by now; add --overwrite to replace it, or choose another folder with --out") from error
        return
    exchange(new, out)
    if foreign := _foreign(new):
        exchange(new, out)
        raise InputError(f"out: {out} {foreign} by now, so it is not overwritten; choose another folder with --out")
