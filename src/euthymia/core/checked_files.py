"""Files of a cache: per user, library version and processor; checked, bounded and silent."""

import hashlib
import os
import platform
import shutil
import stat
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

MOST_BYTES = 512 * 1024**2
"""Size of the cache, beyond which what was used longest ago goes."""
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
DIGEST = hashlib.sha256
DIGEST_BYTES = DIGEST().digest_size


class CheckedFiles:
    """Contents by key, as files that begin with a digest of their key and content.

    A file that is damaged, that was put in the place of another, or that another process is still writing, is as if it were not there
    and is then replaced; what cannot be written is left out.

    Parameters
    ----------
    folder
        Where the files are; beside it stand those of other versions and processors.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bounded = False

    def get(self, key: str) -> bytes | None:
        """The content of a key, or None."""
        path = self.folder / key
        kept = b""
        with suppress(OSError):
            kept = path.read_bytes()
            os.utime(path)
        digest, content = kept[:DIGEST_BYTES], kept[DIGEST_BYTES:]
        return content if _digest(key, content) == digest else None

    def put(self, key: str, content: bytes) -> None:
        """Keep the content of a key."""
        with suppress(OSError):
            (self.folder / key).write_bytes(_digest(key, content) + content)
        if not self._bounded:
            self._bounded = True
            remove_oldest(self.folder.parent, MOST_BYTES)


def cache_of_this_machine() -> CheckedFiles | None:
    """The cache in ``$XDG_CACHE_HOME/euthymia/compiled`` for this version of JAX on this processor; None where there can be none.

    Programs in it are run as they are, so it is never in a folder of another user.
    """
    machine = hashlib.sha256(f"{version('jax')}|{platform.machine()}|{_processor()}".encode()).hexdigest()[:16]
    try:
        ours = _caches() / "euthymia"
        ours.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_trusted(ours):
            return None
        folder = ours / "compiled" / machine
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return CheckedFiles(folder)


def _is_trusted(folder: Path) -> bool:
    """Whether a folder is this user's. What is in it goes if others could have put it there, and they no longer can."""
    state = folder.stat()
    if state.st_uid != os.geteuid():
        return False
    if state.st_mode & OTHERS_WRITE:
        folder.chmod(0o700)
        shutil.rmtree(folder / "compiled", ignore_errors=True)
    return True


def _digest(key: str, content: bytes) -> bytes:
    return DIGEST(key.encode() + b"\0" + content).digest()


def remove_oldest(folder: Path, most_bytes: int) -> None:
    """Remove the files below a folder that were used longest ago, until the rest take no more than ``most_bytes``."""
    files = []
    for path in folder.glob("*/*"):
        with suppress(OSError):
            state = path.stat()
            files.append((state.st_mtime, state.st_size, path))
    size = sum(size for _, size, _ in files)
    for _, of_file, path in sorted(files):
        if size <= most_bytes:
            break
        with suppress(OSError):
            path.unlink()
            size -= of_file


def _caches() -> Path:
    """The user's folder of caches; a relative one is to be ignored (XDG)."""
    stated = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return stated if stated.is_absolute() else Path.home() / ".cache"


@cache
def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return "|".join(sorted({line for line in lines if line.startswith(("model name", "flags"))}))
