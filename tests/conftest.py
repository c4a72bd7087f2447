"""Shared fixtures: the default model and its standard course."""

import pytest

from euthymia.core.runtime import configure

configure()

from euthymia.experiments.model import Euthymia, default_model
from euthymia.experiments.simulation import Simulation, simulate
from euthymia.protocols.reading import DEFAULT, read


@pytest.fixture(scope="session")
def model() -> Euthymia:
    return default_model()


@pytest.fixture(scope="session")
def standard() -> Simulation:
    """Ketamine 0.5 mg/kg i.v. over 40 min in the typical patient."""
    return simulate(read(DEFAULT))
