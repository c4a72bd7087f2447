"""Shared fixtures, and the order of tests. The package is imported late, so that array shapes are checked in it."""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

# What rebuilds the shipped results stands beside the package.
sys.path.insert(0, str(Path(__file__).parents[1]))
# Plugins import array libraries before a session starts: see `euthymia.core.runtime`.
os.environ.update({"OPENBLAS_NUM_THREADS": "1", "NPROC": "1", "EQX_ON_ERROR": "nan"})


DURATIONS = Path(__file__).with_name("durations.txt")
"""Seconds that each file of tests takes, a line each; `make durations` records them anew."""
_taken: Counter[str] = Counter()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-durations", action="store_true", help=f"rewrite {DURATIONS.name}")


def pytest_sessionstart(session: pytest.Session) -> None:
    from euthymia.core.runtime import configure

    configure()
    config = session.config
    starts_workers = not hasattr(config, "workerinput") and config.getoption("numprocesses", None)
    if starts_workers and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        subprocess.run([sys.executable, Path(__file__).with_name("first_programs.py")], check=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take longest begin, so that no worker is left alone with one."""
    seconds = {path: float(taken) for taken, path in map(str.split, DURATIONS.read_text().splitlines())}
    items.sort(key=lambda item: -seconds.get(_file(item.nodeid), 0.0))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _taken[_file(report.nodeid)] += report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption("record_durations") and not hasattr(session.config, "workerinput"):
        DURATIONS.write_text("".join(f"{seconds:.1f} {path}\n" for path, seconds in _taken.most_common()))


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


MOST_MAPPINGS = 50_000
"""Each compiled function holds a few mappings of memory, and Linux allows a process 65,530: beyond them the compiler crashes. Most are of
large programs, which by themselves stay within 30,000."""
COUNTED_EVERY = 1.0
"""Seconds; to count mappings takes a hundredth of one."""
_counted_at = 0.0


@pytest.fixture(autouse=True)
def few_mappings():
    yield
    global _counted_at
    if time.monotonic() < _counted_at + COUNTED_EVERY:
        return
    _counted_at = time.monotonic()
    from euthymia.core.exported_programs import forget_programs, mappings

    if mappings() > MOST_MAPPINGS:
        import jax

        forget_programs()
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
