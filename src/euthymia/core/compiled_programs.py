"""JAX's cache of compiled programs on disk."""

import warnings
from pathlib import Path
from typing import Any, cast

from .checked_files import CheckedFiles, cache_of_this_machine


def keep_compiled_programs() -> None:
    """Let JAX keep compiled programs in ``$XDG_CACHE_HOME/euthymia/compiled``, unless this process has such a folder already."""
    import jax
    from jax._src import compilation_cache

    # Whatever a cache cannot do is done by compiling anew.
    warnings.filterwarnings("ignore", message="Error (reading|writing) persistent compilation cache entry")
    if cast(Any, jax.config).jax_compilation_cache_dir is not None:
        return
    files = cache_of_this_machine()
    if files is None:
        return
    cast(Any, compilation_cache).get_file_cache = lambda path: (CheckedFiles(Path(path)), path)
    jax.config.update("jax_compilation_cache_dir", str(files.folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
