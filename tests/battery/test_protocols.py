"""Ten thousand protocols at random: each is read, and survives being written, or is refused by one line that names a field."""

import re

import numpy as np
import pytest
from protocols_at_random import GIVEN, PATIENT, bad_texts, good_texts

from euthymia.core.errors import InputError
from euthymia.protocols.protocol import Patient, Protocol
from euthymia.protocols.reading import parse, text_of

LONGEST_LINE = 600
NAMES_A_FIELD = re.compile(rf"(protocol|patient|doses\[\d+\])( field)?\b|{'|'.join(Protocol.model_fields)}\b")


@pytest.mark.parametrize("seed", range(3))
def test_a_protocol_that_can_be_meant_is_read_and_survives_being_written(seed):
    given = set()
    for text in good_texts(np.random.default_rng(seed), 1000):
        protocol = parse(text, "mine.yaml")
        assert parse(text_of(protocol), "mine.yaml") == protocol, text
        given |= {(dose.drug, dose.route) for dose in protocol.doses}
    assert given == set(GIVEN)


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
