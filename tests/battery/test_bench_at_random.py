"""Arms of protocols at random are what single runs say, within the stated error."""

import numpy as np
import pytest
from protocols_at_random import good_texts

import euthymia as eu
from euthymia.core.constants import DAY
from euthymia.core.errors import InputError
from euthymia.protocols.reading import parse
from euthymia.simulation.bench import ERRORS
from euthymia.simulation.simulate import simulate

PROTOCOLS, LEAST_RATED = 150, 10
LONGEST = 60 * DAY
"""h; longer courses take more steps, which compiles anew."""


@pytest.mark.long
def test_arms_at_random_are_what_single_runs_say(model):
    rated = 0
    for text in good_texts(np.random.default_rng(5), PROTOCOLS):
        protocol = parse(text, "mine.yaml")
        if protocol.patient.species != "human" or protocol.horizon > LONGEST:
            continue
        try:
            arm = eu.Bench(protocol).course().isel(arm=0)
        except InputError:
            continue
        single = simulate(protocol, model).data.sel(arm="as given")
        for name, most in ERRORS.items():
            for one, other in ((arm, single), (single, arm)):
                assert np.abs(one[name] - np.interp(one.time, other.time, other[name])).max() <= most, (name, text)
        rated += 1
    assert rated >= LEAST_RATED
