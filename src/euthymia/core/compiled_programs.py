"""JAX's cache of compiled programs on disk: per user, library version and processor; checked, bounded and silent."""

import hashlib
import os
import platform
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

MOST_BYTES = 512 * 1024**2
"""Size of the cache, beyond which what was used longest ago goes."""
DIGEST = hashlib.sha256
DIGEST_BYTES = DIGEST().digest_size


class CheckedFiles:
    """Compiled programs as files that begin with a digest of their content: what JAX asks of a cache.

    A file that is damaged, or that another process is still writing, is as if it were not there and is then replaced;
    what cannot be written is left out.

    Parameters
    ----------
    folder
        Where the files are; beside it stand those of other versions and processors.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bounded = False

    def get(self, key: str) -> bytes | None:
        """The program of a key, or None."""
        path = self.folder / key
        content = b""
        with suppress(OSError):
            content = path.read_bytes()
            os.utime(path)
        digest, program = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        return program if DIGEST(program).digest() == digest else None

    def put(self, key: str, program: bytes) -> None:
        """Keep the program of a key."""
        with suppress(OSError):
            (self.folder / key).write_bytes(DIGEST(program).digest() + program)
        if not self._bounded:
            self._bounded = True
            remove_oldest(self.folder.parent, MOST_BYTES)


def keep_compiled_programs() -> None:
    """Let JAX keep compiled programs in ``$XDG_CACHE_HOME/euthymia/compiled``, unless this process has such a folder already."""
    import jax
    from jax._src import compilation_cache

    # Whatever a cache cannot do is done by compiling anew.
    warnings.filterwarnings("ignore", message="Error (reading|writing) persistent compilation cache entry")
    if cast(Any, jax.config).jax_compilation_cache_dir is not None:
        return
    machine = hashlib.sha256(f"{jax.__version__}|{platform.machine()}|{_processor()}".encode()).hexdigest()[:16]
    try:
        folder = _caches() / "euthymia" / "compiled" / machine
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return
    cast(Any, compilation_cache).get_file_cache = lambda path: (CheckedFiles(Path(path)), path)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


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


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return "|".join(sorted({line for line in lines if line.startswith(("model name", "flags"))}))
