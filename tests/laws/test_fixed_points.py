"""The undosed patient at constant stress: at rest, stable, and found from anywhere."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.brain.attractor import bistable_window
from euthymia.core.numerics.roots import find_root
from euthymia.core.numerics.steady_state import steady_state
from euthymia.links import every_link, spine_elimination
from euthymia.model.baseline import jacobian, patient
from euthymia.model.fast import brain_in_state
from euthymia.model.state import STATE_NAMES, AdaptationState, no_input, pack, unpack
from euthymia.model.vector_field import slow_rate
from euthymia.plasticity.excitotoxicity import relative_damage
from euthymia.plasticity.serotonin import autoreceptor_rate, serotonin_level
from euthymia.plasticity.spines import healthy_rates, spine_rates
from euthymia.simulation.interventions import ARMS, switches

STRESSES = {"healthy": 0.0, "mild": 0.15, "depressed": 0.3, "severe": 0.6, "full stress": 1.0}
MONTH = 28 * 24.0
FASTEST_SLOW_STATE = 30.0
NOTHING = switches(ARMS["untreated"].clamped)
"""Every way clamped, as in the part of the field that the production solver treats exactly."""


@jax.jit
def undosed_rate(p, vector, stress):
    x = unpack(vector)
    return pack(slow_rate(p, x, no_input(), brain_in_state(p, x, stress), every_link()))


@pytest.fixture(scope="module")
def patients(model):
    """Those of all stresses, solved side by side."""
    found = jax.jit(jax.vmap(lambda s: patient(model.physiology, s)))(jnp.array(list(STRESSES.values())))
    return {name: jax.tree.map(lambda leaf, i=i: leaf[i], found) for i, name in enumerate(STRESSES)}


@pytest.fixture(params=STRESSES)
def brain(request, patients):
    return patients[request.param]


linearised = jax.jit(jacobian)


def spectrum(p, brain, on):
    return np.linalg.eigvals(np.asarray(linearised(p, pack(brain.rest), brain, on)))


def test_the_undosed_patient_rests(model, brain):
    x = pack(brain.rest)
    scale = np.maximum(np.abs(x), 1e-3)
    assert np.max(np.abs(undosed_rate(model.physiology, x, brain.stress)) * MONTH / scale) < 1e-6


@pytest.mark.parametrize("side", [-1, 1])
def test_and_is_stable(model, brain, side):
    # Serotonin engages BDNF only where it rises, so the field has a corner at rest: both sides of it are looked at.
    fast = brain.fast._replace(serotonin=brain.fast.serotonin + side * jnp.asarray(1e-9))
    found = spectrum(model.physiology, brain._replace(fast=fast), every_link())
    assert found.real.max() < 0
    assert -found.real.min() < FASTEST_SLOW_STATE


def undosed_spine_rates(physiology, brain):
    damage = relative_damage(physiology.excitotoxicity, brain.rest.damage)
    p = physiology.spines
    healthy = healthy_rates(p)
    lost = spine_elimination(physiology.links, healthy.young_elimination, healthy.elimination, brain.stress, damage)
    return spine_rates(p, jnp.zeros(()), brain.stress, *lost)


def test_with_the_ways_clamped_it_has_the_eigenvalues_of_its_parts(model, brain):
    # Everything but the three spine pools then relaxes on its own, so the spectrum is known in closed form.
    physiology, x = model.physiology, brain.rest
    found = spectrum(physiology, brain, NOTHING)
    signalling = physiology.signalling
    f, d, m, e_Y, k, e = undosed_spine_rates(physiology, brain)
    spines = np.linalg.eigvals(np.array([[-f - d - m, -f, -f], [m, -e_Y - k, 0], [0, k, -e]]))
    drive = brain.fast.serotonin / serotonin_level(physiology.serotonin, jnp.ones(()), *jnp.zeros(2), jnp.zeros(()))

    def adaptation(sensitivity, drive):
        return autoreceptor_rate(
            physiology.serotonin, sensitivity, serotonin_level(physiology.serotonin, drive, *jnp.zeros(2), sensitivity)
        )

    # The drive that makes this sensitivity a rest.
    drive = find_root(lambda h: adaptation(x.autoreceptor, h), drive)
    times = (
        *(physiology.excitotoxicity.repair_time, physiology.prefrontal.glutamate_time, physiology.prefrontal.measurement_lag),
        *(signalling.bdnf_time, signalling.mtor_time, signalling.protein_lifetime, signalling.potentiation_lifetime),
        *(signalling.structural_lifetime, *[signalling.structural_delay] * 3),
        *(physiology.links.dopamine_time, 1 / physiology.receptor.habenula_release),
        *([physiology.links.adaptation_time] * len(AdaptationState._fields)),
    )
    expected = np.concatenate([[-1 / float(t) for t in times], spines, [jax.grad(adaptation)(x.autoreceptor, drive)]])
    # The triple eigenvalue of the delay chain is defective, so a numerical spectrum spreads it by the cube root of rounding.
    np.testing.assert_allclose(np.sort(found.real), np.sort(expected.real), atol=2e-5)


@jax.jit
def search(p, starts, stress):
    def from_one(start):
        def rate(vector):
            return undosed_rate(p, vector, stress)

        return find_root(rate, steady_state(rate, start))

    return jax.vmap(from_one)(starts)


def test_and_is_where_any_search_ends(model, brain):
    starts = jnp.asarray(np.random.default_rng(0).uniform(0, 1, (4, len(STATE_NAMES))))
    np.testing.assert_allclose(search(model.physiology, starts, brain.stress), jnp.tile(pack(brain.rest), (4, 1)), atol=1e-10)


def test_spines_at_rest_have_a_closed_form(model, brain):
    physiology, x = model.physiology, brain.rest
    f, d, m, e_Y, k, e = undosed_spine_rates(physiology, brain)
    young = m / (e_Y + k)
    persistent = k * young / e
    # What leaves the transient pool for good is what stays neither young nor persistent.
    transient = f * physiology.spines.sites / (f * (1 + young + persistent) + d + m)
    expected = transient * jnp.array([1, young, persistent])
    np.testing.assert_allclose(x.spines, expected, rtol=1e-10)


def test_stress_costs_spines_dopamine_and_focus(patients):
    rests = patients.values()
    for lost in ([sum(each.rest.spines) for each in rests], [each.rest.dopamine for each in rests], [each.fast.focus for each in rests]):
        assert np.all(np.diff(lost) < 0)


def test_two_states_of_the_limbic_network_coexist_in_depression_and_not_in_health(model, patients):
    window = jax.jit(bistable_window)(model.physiology.limbic.attractor, jnp.zeros(()), jnp.ones(()))
    depressed, healthy = (float(patients[name].fast.limbic_input) for name in ("depressed", "healthy"))
    assert window.lower < depressed < window.upper
    assert healthy < window.lower
