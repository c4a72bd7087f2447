"""What a process needs before its first computation: threads, double precision, and the cache of compiled programs."""

import os
import sys
import warnings
from functools import cache

ENVIRONMENT = {
    # A solver that fails returns NaN, which is checked; raising from inside a compiled program costs time on every step.
    "EQX_ON_ERROR": "nan",
    # Small matrices gain nothing from more threads, and two processes that share the cores lose twentyfold to their waiting.
    "OPENBLAS_NUM_THREADS": "1",
    # With more threads than one, loops that solve small systems side by side can wait for each other for ever (jaxlib 0.10, CPU).
    "NPROC": "1",
    # Programs that are loaded back can alarm about what the compiler takes for features of the processor; errors reach JAX all the same.
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # Constants of modules are computed as they load.
    "JAX_ENABLE_X64": "1",
}
"""Read by array libraries as they start; what the user has set stays."""
TOO_LATE = "call euthymia.configure() before anything else uses JAX, or set it where the process starts"


@cache
def configure() -> None:
    """Set up this process for Euthymia; every function of the public interface does so before its first computation.

    Sets ``ENVIRONMENT`` where nothing is set, double precision in JAX, and JAX's compilation cache in
    ``$XDG_CACHE_HOME/euthymia/compiled``. Without a writable folder, every process compiles anew.

    Warns
    -----
    UserWarning
        If JAX or Equinox have started already with other settings.
    """
    late = _too_late()
    set_environment()
    import jax

    from .compiled_programs import keep_compiled_programs

    jax.config.update("jax_enable_x64", True)
    for line in late:
        warnings.warn(line, stacklevel=2)
    keep_compiled_programs()


def set_environment() -> None:
    """Set ``ENVIRONMENT`` where nothing is set, for a process that is Euthymia's own from its beginning."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def _too_late() -> list[str]:
    """What can no longer be set, a line each."""
    late = []
    if "equinox" in sys.modules and os.environ.get("EQX_ON_ERROR") != "nan":
        late.append(f"equinox was imported without EQX_ON_ERROR=nan: a solver that fails stops with a long error; {TOO_LATE}")
    if "jax" in sys.modules:
        import jax
        from jax._src.xla_bridge import backends_are_initialized

        if backends_are_initialized():
            if os.environ.get("NPROC") != "1":
                late.append(f"JAX has started without NPROC=1: on several threads a computation can wait for ever; {TOO_LATE}")
            if not jax.config.read("jax_enable_x64"):
                late.append("JAX ran in single precision: from now on this process computes in double precision, as Euthymia needs")
    return late
