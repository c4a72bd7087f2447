from dataclasses import fields

import jax
import jax.numpy as jnp
import numpy as np
from rescaling import ONE

from euthymia.pharmacology.esketamine import Esketamine
from euthymia.pharmacology.ketamine import Disposition, hydroxynorketamine_clearance
from euthymia.pharmacology.variability import (
    SPRAY_TRAITS,
    TRAITS,
    covariance,
    individual,
    individual_spray,
    people,
    sample_error,
    spray_people,
    spread,
)

PERSON = {field.name: field.metadata["unit"] for field in fields(Disposition) if "unit" in field.metadata}
ESKETAMINE_CHANNELS = {field.name: field.metadata["unit"] for field in fields(Esketamine)}
DRAWN = jnp.arange(3)

EQUATIONS = {
    "covariance": ("variability", covariance, [], ONE),
    "spread": ("variability", spread, [], ONE),
    "individual": (
        "physiology.disposition",
        lambda p, deviation: {name: getattr(individual(p, deviation), name) for name in PERSON},
        [(np.linspace(-0.2, 0.3, len(TRAITS)), ONE)],
        PERSON,
    ),
    "individual after a spray": (
        "physiology.esketamine",
        lambda p, deviation: {name: getattr(individual_spray(p, deviation), name) for name in ESKETAMINE_CHANNELS},
        [(np.linspace(-0.2, 0.3, len(SPRAY_TRAITS)), ONE)],
        ESKETAMINE_CHANNELS,
    ),
    "people after a spray": ("variability", lambda p: spray_people(p, jax.random.key(0), DRAWN), [], ONE),
    "error of a sample": ("variability", sample_error, [(np.array([0.0, 0.01, 2.0]), "uM")], "uM"),
    "people": ("variability", lambda p: people(p, jax.random.key(0), DRAWN), [], ONE),
}


def test_people_differ_as_the_covariance_says(model):
    drawn = people(model.variability, jax.random.key(1), jnp.arange(20_000))
    spread_of = np.sqrt(np.diag(covariance(model.variability)))
    np.testing.assert_allclose(
        np.cov(drawn.T / spread_of[:, None]), np.asarray(covariance(model.variability)) / np.outer(spread_of, spread_of), rtol=0, atol=0.03
    )
    np.testing.assert_allclose(drawn.mean(0) / spread_of, 0, atol=0.03)


def test_a_person_keeps_their_number(model):
    key = jax.random.key(2)
    np.testing.assert_array_equal(people(model.variability, key, jnp.arange(5))[3], people(model.variability, key, jnp.array([3]))[0])


def test_only_the_traits_move_and_by_their_exponential(model):
    typical = model.physiology.disposition
    sample_body = individual(typical, jnp.full(len(TRAITS), 0.5))
    for name in PERSON:
        moved = np.exp(0.5) if name in TRAITS else 1.0
        np.testing.assert_allclose(getattr(sample_body, name), getattr(typical, name) * moved, rtol=1e-14)


def test_whoever_clears_ketamine_faster_clears_its_metabolites_as_anybody(model):
    typical = model.physiology.disposition
    sample_body = individual(typical, jnp.zeros(len(TRAITS)).at[TRAITS.index("clearance")].set(0.7))
    np.testing.assert_allclose(hydroxynorketamine_clearance(sample_body), hydroxynorketamine_clearance(typical), rtol=1e-13)


def test_error_of_a_sample_is_additive_at_nothing_and_proportional_at_much(model):
    p = model.variability
    np.testing.assert_allclose(sample_error(p, jnp.zeros(1)), p.additive_error)
    np.testing.assert_allclose(sample_error(p, jnp.array([1e4])), 1e4 * p.proportional_error, rtol=1e-9)
