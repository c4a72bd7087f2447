"""Shared fixtures. The package is imported late, so that array shapes are checked in it."""

import os
import sys
import time
from pathlib import Path

import pytest

# What rebuilds the shipped results stands beside the package.
sys.path.insert(0, str(Path(__file__).parents[1]))
# Plugins import array libraries before a session starts: see `euthymia.core.runtime`.
os.environ.update({"OPENBLAS_NUM_THREADS": "1", "NPROC": "1", "EQX_ON_ERROR": "nan"})


def pytest_sessionstart() -> None:
    from euthymia.core.runtime import configure

    configure()


MOST_MAPPINGS = 30_000
"""Each compiled function holds a few mappings of memory, and Linux allows a process 65,530: beyond them the compiler crashes."""


COUNTED_EVERY = 1.0
"""Seconds; to count mappings takes a hundredth of one."""
_counted_at = 0.0


@pytest.fixture(autouse=True)
def few_mappings():
    yield
    global _counted_at
    mappings = Path("/proc/self/maps")
    if time.monotonic() < _counted_at + COUNTED_EVERY or not mappings.exists():
        return
    _counted_at = time.monotonic()
    if mappings.read_bytes().count(b"\n") > MOST_MAPPINGS:
        import jax

        jax.clear_caches()


@pytest.fixture(scope="session")
def model():
    from euthymia.model.default import default_model

    return default_model()


@pytest.fixture(scope="session")
def reference_run():
    """Ketamine 0.5 mg/kg i.v. over 40 min in the typical patient, every arm and coalition."""
    from euthymia.protocols.reading import DEFAULT, read
    from euthymia.simulation.interventions import ARMS
    from euthymia.simulation.simulate import simulate

    return simulate(read(DEFAULT), arms=tuple(ARMS), coalitions=True)


@pytest.fixture(scope="session")
def circuits_beside(reference_run, model):
    """What the circuits say beside the reference run."""
    from euthymia.analysis.circuits import circuits

    return circuits(reference_run, model)
