"""A cohort is solved by arithmetic that is made of what the model declares: what a patient gains is solved too, and nobody else changes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.core.numerics.instances import Sparse, Turns, step_instances
from euthymia.population import course
from euthymia.population.setup import cohort_setup
from euthymia.population.steps import patient_step
from euthymia.protocols.reading import check
from euthymia.simulation.person import Person

FIRST, TURNS = 40, 2
PATIENTS = 3
REGIONS = jnp.array([1.0, 0.5, 2.0])
MIXED = {
    "name": "mixed",
    "title": "Mixed",
    "doses": [
        {"drug": "ketamine", "amount": "1 mg/kg", "route": "i.v. bolus"},
        {"drug": "esketamine", "amount": "56 mg", "route": "nasal"},
        {"drug": "midazolam", "amount": "0.03 mg/kg", "route": "i.v. infusion", "duration": "40 min"},
        {"drug": "phenelzine", "amount": "30 mg", "route": "oral"},
    ],
    "horizon": "1 d",
}


def with_more(state, shared, patient, now, propagators):
    """A patient who has one more state, that follows one more output of the habenula, and is read in several regions."""
    known, follower = state
    later, recorded = patient_step(known, shared, patient, now, propagators)
    strict = recorded.burst_rate**2
    return (later, follower + now.length * (strict - follower)), (recorded, strict, follower * REGIONS)


@pytest.fixture(scope="module")
def captured(model):
    """What the steps of a cohort are taken with, as the production code hands it over."""
    protocol = check(MIXED)
    typical = Person.from_protocol(protocol, model)
    _, setup = cohort_setup(protocol, model, typical)
    patch = pytest.MonkeyPatch()

    @jax.jit
    def handed_over(numbers):
        handed = {}

        def capture(step, start, shared, instances, at_turn, turns):
            handed.update(start=start, shared=shared, instances=instances, at_turns=[at_turn(FIRST + turn) for turn in range(TURNS)])
            raise InterruptedError

        with patch.context() as within:
            within.setattr(course, "step_instances", capture)
            with pytest.raises(InterruptedError):
                course.trajectories(model, setup, course.drawn(model, typical, numbers))
        return handed

    return handed_over(jnp.arange(1, PATIENTS + 1))


def dense(tree):
    """The same arguments without patterns."""

    def whole(leaf):
        if not isinstance(leaf, Sparse):
            return leaf
        shape, places = leaf.pattern
        flat = jnp.zeros((int(np.prod(shape)), *leaf.numbers.shape[1:])).at[jnp.array(places, int)].set(leaf.numbers)
        return flat.reshape(*shape, *leaf.numbers.shape[1:])

    return jax.tree.map(whole, tree, is_leaf=lambda leaf: isinstance(leaf, Sparse))


@pytest.mark.long
def test_the_ensemble_follows_what_a_patient_gains(captured):
    start, shared, instances, at_turns = (captured[name] for name in ("start", "shared", "instances", "at_turns"))
    more = start, jnp.zeros(PATIENTS)
    turns = Turns(TURNS, jnp.arange(TURNS), TURNS)

    def at_turn(turn):
        return at_turns[0 if isinstance(turn, jax.core.Tracer) else int(turn)]

    # Not compiled: for a few steps that would take longer.
    with jax.disable_jit():
        found = step_instances(with_more, more, shared, instances, at_turn, turns)
    one = jax.jit(jax.vmap(with_more, in_axes=(-1, None, -1, None, -1), out_axes=-1))
    state, expected = dense(more), []
    for turn in range(TURNS):
        of_all, of_each = dense(at_turns[turn])
        state, output = one(state, dense(shared), instances, of_all, of_each)
        expected.append(output)
    expected = jax.tree.map(lambda *outputs: jnp.stack(outputs), *expected)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    assert np.ptp(np.asarray(found[2])[-1], axis=0).min() > 0
