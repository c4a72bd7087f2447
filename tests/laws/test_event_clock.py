"""Resets and steady states of an event table on the clock of a course: what is left of a drug, and what a long series leads to."""

import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.inference.pk_design import padded_designs, subject_design
from euthymia.inference.pk_likelihood import concentrations
from euthymia.model.exposure import systems
from euthymia.pharmacology.comparators import DRUGS
from euthymia.pharmacology.variability import TRAITS
from euthymia.protocols.nonmem_table import parse_table
from euthymia.protocols.vocabulary import ELIMINATED, ROUTES_OF

HEADER = "ID,TIME,AMT,RATE,EVID,CMT,ADDL,II,SS,DV"
LEFT = 1e-6
"""Of a drug that counts as eliminated."""


def slowest(matrix):
    """Half-life of the slowest decay in a linear system, h."""
    rates = -np.linalg.eigvals(np.asarray(matrix)).real
    return np.log(2) / rates[rates > 1e-9].min()


def test_a_drug_that_counts_as_eliminated_is(model):
    system = systems(model.physiology, jnp.asarray(70.0))
    of_ketamine = max(*map(slowest, system.ketamine.matrix), slowest(system.esketamine.matrix[0]))
    half_lives = dict(zip(DRUGS, map(slowest, system.comparators.matrix), strict=True))
    for drug in ROUTES_OF:
        half_life = half_lives.get(drug, of_ketamine)
        assert 0.5 ** (ELIMINATED[drug] / half_life) < LEFT, drug
    # The bound is not met by much less, so that it says something.
    assert 0.5 ** (ELIMINATED["fluoxetine"] / 2 / half_lives["fluoxetine"]) > LEFT


def predicted(model, *rows):
    """Concentrations at the observations of the table, µM, in its order."""
    (subject,) = parse_table("\n".join([HEADER, *rows]), "table")
    (design,) = padded_designs([subject_design(subject, model)])
    return np.asarray(concentrations(model, design, jnp.zeros(len(TRAITS))))[: len(subject.observations)]


def seen(*times):
    return [f"1,{time},.,.,0,101,.,.,.,1" for time in times]


@pytest.mark.parametrize("rate", [".", "60"])
@pytest.mark.parametrize("interval", [8, 24])
def test_steady_state_is_where_a_long_series_leads(model, rate, interval):
    times = np.array([0.5, 3, 7])
    many = 40
    begins = (many - 1) * interval
    series = predicted(model, f"1,0,40,{rate},1,1,{many - 1},{interval},0,.", *seen(*(begins + times)))
    steady = predicted(model, f"1,0,40,{rate},1,1,0,{interval},1,.", *seen(*times))
    np.testing.assert_allclose(steady, series, rtol=1e-5)
    single = predicted(model, f"1,0,40,{rate},1,1,0,0,0,.", *seen(*times))
    assert (steady > single * 1.001).all()


def test_steady_state_goes_on_with_further_doses_and_forgets_earlier_ones(model):
    times = [48.5, 49, 55]
    steady = predicted(model, "1,48,40,60,1,1,0,24,1,.", *seen(*times))
    on_and_on = predicted(model, "1,0,40,60,1,1,2,24,1,.", *seen(*times))
    after_others = predicted(model, "1,0,500,.,1,1,0,0,0,.", "1,48,40,60,1,1,0,24,1,.", *seen(*times))
    np.testing.assert_allclose(on_and_on, steady, rtol=1e-5)
    np.testing.assert_allclose(after_others, steady, rtol=1e-5)


def test_a_trough_before_the_first_row_of_a_steady_state_is_that_of_the_series(model):
    before, after = predicted(model, *seen(0), "1,0,40,.,1,1,0,24,1,.", *seen(24))
    assert before == pytest.approx(after, rel=1e-5)
    assert before > 0


def test_after_a_reset_only_later_doses_count(model):
    alone = predicted(model, "1,0,40,60,1,1,0,0,0,.", *seen(1, 2, 5))
    at_once = predicted(model, "1,0,400,.,1,1,3,5,0,.", "1,1,40,60,4,1,0,0,0,.", *seen(2, 3, 6))
    again = predicted(model, "1,0,400,.,1,1,0,0,0,.", "1,0,40,60,4,1,0,0,0,.", *seen(1, 2, 5))
    apart = predicted(model, "1,0,400,.,1,1,0,0,0,.", "1,9,.,.,3,.,.,.,.,.", *seen(10), "1,20,40,60,1,1,0,0,0,.", *seen(21, 22, 25))
    np.testing.assert_allclose(at_once, alone, rtol=1e-5)
    np.testing.assert_allclose(again, alone, rtol=1e-5)
    np.testing.assert_allclose(apart[1:], alone, rtol=1e-5)
    assert 0 <= apart[0] < LEFT * alone.max()


def test_an_infusion_stops_at_a_reset(model):
    stopped = predicted(model, "1,0,40,20,1,1,0,0,0,.", *seen(0.5, 1))
    whole = predicted(model, "1,0,40,20,1,1,0,0,0,.", *seen(0.5, 1), "1,1,.,.,3,.,.,.,.,.", *seen(1.5))
    np.testing.assert_allclose(whole[:2], stopped, rtol=1e-9)
    assert whole[2] < LEFT * stopped.max()
