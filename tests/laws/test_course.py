"""Whole courses: the production solver against its reference, and what any course of this model must do."""

from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.bridge.closures import no_correction
from euthymia.cascade.baseline import patient
from euthymia.cascade.course import brain_exposure, drugs, follow, slow_courses
from euthymia.cascade.reference import reference_course
from euthymia.cascade.vector_field import Inputs, drivers, transitions, unpack
from euthymia.core.exponential import occupancy_course
from euthymia.experiments.simulation import ARMS, PLAYERS, grid_of, person_of, pulses_of, simulate
from euthymia.links import Switches
from euthymia.pharmacology.comparators import site_concentration
from euthymia.protocols.reading import DEFAULT, change, check, read, written

EVERYTHING, NOTHING = Switches(), ARMS["untreated"].switches
FINER = 16
"""Refinement of the grid on which the reference of the followers is computed; its error is that of the coarse grid over 65 000."""
LEAST = 1e-6
"""Scale of a state that drugs do not move from zero."""


class Solution(NamedTuple):
    """At the nodes of a grid."""

    drugs: tuple
    slow: np.ndarray
    followers: np.ndarray


def flat(followers):
    return jnp.concatenate([followers.bound, followers.lock[:, None]], -1)


def driven(p, brain, slow, u):
    return jax.vmap(lambda x, u: drivers(p, x, u, brain, EVERYTHING))(unpack(slow), u)


@eqx.filter_jit
def produced(p, brain, weight, lengths, which, infusion, bolus):
    steps = lengths, which
    body = drugs(p, weight, steps, infusion, bolus)
    u = Inputs(body.racemate_equivalents, body.comparator_site, no_correction(len(which) + 1))
    slow = slow_courses(p, brain, steps, u, jax.tree.map(lambda switch: switch[None], EVERYTHING), NOTHING)[0]
    return Solution((body.states, body.comparator_states), slow, flat(follow(p, steps, u, driven(p, brain, slow, u))))


@eqx.filter_jit
def rates_along(p, brain, in_body, slow):
    ketamine, others = in_body
    u = Inputs(brain_exposure(p, ketamine)[2], site_concentration(others), no_correction(len(slow)))
    return jax.vmap(lambda u, by: transitions(p, u, by))(u, driven(p, brain, slow, u))


@eqx.filter_jit
def followed(rise, fall, lengths, which):
    return flat(jax.tree.map(lambda a, b: occupancy_course(a[0] / (a[0] + b[0]), a, b, (lengths, which)), rise, fall))


def reference(p, brain, weight, pulses, grids):
    """The adaptive solution of drugs and slow states; along it, followers extrapolated from two grids to fourth order."""
    coarse, middle, fine = grids
    in_body, slow = reference_course(p, brain, weight, EVERYTHING, pulses, fine.times)
    every = FINER // 2

    def on(grid, stride):
        rise, fall = rates_along(p, brain, jax.tree.map(lambda x: x[::stride], in_body), slow[::stride])
        count = grid.nodes - 1
        return followed(rise, fall, jnp.asarray(grid.lengths), jnp.asarray(grid.which[:count]))

    followers = (4 * on(fine, 1)[::FINER] - on(middle, 2)[::every]) / 3
    return Solution(jax.tree.map(lambda x: x[::FINER], in_body), slow[::FINER], followers)


def errors_against_reference(model, protocol, refinements):
    """Largest error of any slow state and of any follower, as a share of that state's scale, per refinement."""
    person, p = person_of(protocol, model), model.cascade
    weight = float(person.weight)
    pulses, grids = pulses_of(protocol, model, weight), {k: grid_of(protocol, model, weight, k) for k in (1, FINER // 2, FINER, *refinements)}
    brain = eqx.filter_jit(patient)(p, person.stress)
    wanted = reference(p, brain, person.weight, pulses, [grids[k] for k in (1, FINER // 2, FINER)])
    errors = []
    for refine in refinements:
        grid = grids[refine]
        found = produced(p, brain, person.weight, *(jnp.asarray(each) for each in (grid.lengths, grid.which, grid.infusion, grid.bolus)))
        found = jax.tree.map(lambda x, every=refine, nodes=grid.nodes: np.asarray(x)[:nodes:every], found)
        for states, expected in zip(found.drugs, wanted.drugs, strict=True):
            np.testing.assert_allclose(states, expected, rtol=0, atol=1e-7)
        errors.append([worst(one, other) for one, other in zip(found[1:], wanted[1:], strict=True)])
    return np.array(errors)


def worst(found, expected):
    scale = np.maximum(np.abs(expected).max(0), LEAST)
    return float(np.max(np.abs(found - expected) / scale))


def given(*doses, horizon):
    return check(written(read("untreated")) | {"name": "given", "doses": list(doses), "horizon": horizon})


KETAMINE = {"drug": "ketamine", "amount": "0.5 mg/kg", "route": "i.v. bolus"}


def test_production_solver_meets_the_reference_at_second_order(model, capsys):
    errors = errors_against_reference(model, read(DEFAULT), (1, 2, 4))
    orders = np.log2(errors[:-1] / errors[1:])
    with capsys.disabled():
        print(f"\nproduction solver: errors of slow states and followers {errors[0]} of scale, orders {orders.round(3).tolist()}")
    assert np.all(errors[0] < 1e-4)
    assert np.all(np.abs(orders - 2) < 0.05)


def test_and_after_two_boluses(model):
    errors = errors_against_reference(model, given(KETAMINE, KETAMINE | {"start": "3 h"}, horizon="4 d"), (1,))
    assert np.all(errors < 1e-4)


@pytest.mark.parametrize(("drug", "amount"), [("escitalopram", "10 mg"), ("phenelzine", "60 mg"), ("sertraline", "50 mg")])
def test_and_under_tablets(model, drug, amount):
    daily = {"drug": drug, "amount": amount, "route": "oral", "every": "1 d", "times": 3}
    errors = errors_against_reference(model, given(daily, horizon="4 d"), (1,))
    assert np.all(errors < 1e-4), errors


@pytest.mark.slow
def test_and_over_six_infusions(model):
    assert np.all(errors_against_reference(model, read("ketamine-iv-six"), (1,)) < 1e-4)
