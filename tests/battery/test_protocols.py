"""Ten thousand protocols at random: each is read, and survives being written, or is refused by one line that names a field."""

import re

import jax
import numpy as np
import pytest
from protocols_at_random import ALL_GIVEN, PATIENT, bad_texts, good_texts

from euthymia.core.errors import InputError
from euthymia.protocols.patient import Patient
from euthymia.protocols.protocol import Protocol
from euthymia.protocols.reading import parse, text_of
from euthymia.simulation.dosing import grid_of
from euthymia.simulation.exposure import exposures

LONGEST_LINE = 600
RUN = 1000
"""Of the protocols, those that are given."""
THE_MODEL = 0.5
"""Compiling what takes longer, s, is compiling the model, and not a single operation."""
COMPILED = "backend_compile"
"""Part of the name of what jax reports when it compiles."""
NAMES_A_FIELD = re.compile(rf"(protocol|patient|doses\[\d+\])( field)?\b|{'|'.join(Protocol.model_fields)}\b")


@pytest.mark.parametrize("seed", range(3))
def test_a_protocol_that_can_be_meant_is_read_and_survives_being_written(seed):
    given = set()
    for text in good_texts(np.random.default_rng(seed), 1000):
        protocol = parse(text, "mine.yaml")
        assert parse(text_of(protocol), "mine.yaml") == protocol, text
        given |= {(dose.drug, dose.route) for dose in protocol.doses}
    assert given == set(ALL_GIVEN)


@pytest.mark.parametrize("seed", range(7))
def test_a_protocol_with_faults_is_refused_by_one_line_or_survives_being_written(seed):
    refused = 0
    for text in bad_texts(np.random.default_rng([1, seed]), 1000):
        try:
            protocol = parse(text, "mine.yaml")
        except InputError as error:
            refused += 1
            line = str(error)
            assert line.isprintable(), (line, text)
            assert len(line) < LONGEST_LINE, (line, text)
            assert NAMES_A_FIELD.match(line), (line, text)
        else:
            assert parse(text_of(protocol), "mine.yaml") == protocol, text
    assert refused > 700


def test_every_field_of_a_patient_is_drawn():
    assert set(PATIENT) == set(Patient.model_fields)


@pytest.fixture
def compiled():
    """What compiling took, s, each time."""
    took = []

    def listen(event: str, seconds: float, **_) -> None:
        if COMPILED in event:
            took.append(seconds)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield took
    jax.monitoring.unregister_event_duration_listener(listen)


@pytest.mark.long
def test_a_protocol_that_is_read_ends_in_a_result_or_one_line_and_compiles_no_shape_twice(model, compiled):
    shapes, surprises = set(), []
    for text in good_texts(np.random.default_rng(2), RUN):
        protocol = parse(text, "mine.yaml")
        compiled.clear()
        try:
            found = exposures(protocol)
        except InputError as error:
            line = str(error)
            assert NAMES_A_FIELD.match(line), (line, text)
            continue
        grid = grid_of(protocol, model, float(found.person.weight))
        shape = len(grid.length_index), len(grid.lengths)
        if max(compiled, default=0) > THE_MODEL and shape in shapes:
            surprises.append(text)
        shapes.add(shape)
        for data in (found.data, found.peak, found.area):
            for name in data:
                values = data[name].to_numpy()
                assert np.isfinite(values).all(), (name, text)
                assert values.min() > -1e-9 * max(1.0, values.max()), (name, text)
    assert surprises == []
