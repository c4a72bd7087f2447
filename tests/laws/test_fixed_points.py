import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.cascade.baseline import fixed_point, jacobian, undosed_rate
from euthymia.cascade.vector_field import STATE_NAMES, unpack
from euthymia.core.roots import find_root
from euthymia.links import spine_elimination
from euthymia.plasticity.excitotoxicity import relative_damage

STRESSES = {"healthy": 0.0, "depressed": 0.3, "full stress": 1.0}
MONTH = 28 * 24.0
FASTEST_SLOW_STATE = 30.0


@pytest.fixture(params=STRESSES.values(), ids=STRESSES.keys())
def stress(request):
    return jnp.asarray(request.param)


def test_the_undosed_patient_rests(model, stress):
    x = fixed_point(model.cascade, stress)
    scale = np.maximum(np.abs(x), 1e-3)
    assert np.max(np.abs(undosed_rate(model.cascade, x, stress)) * MONTH / scale) < 1e-6


def test_and_is_stable_with_the_eigenvalues_of_its_parts(model, stress):
    # Without drug everything but the two spine pools relaxes on its own, so the spectrum is known in closed form.
    cascade = model.cascade
    found = np.linalg.eigvals(np.asarray(jacobian(cascade, fixed_point(cascade, stress), stress)))
    receptor, signalling, p = cascade.receptor, cascade.signalling, cascade.spines
    x = unpack(fixed_point(cascade, stress))
    e = spine_elimination(cascade.links, p.elimination, stress, relative_damage(cascade.excitotoxicity, x.damage))
    f = p.formation * (1 - p.stress_on_formation * stress)
    spines = np.linalg.eigvals(np.array([[-f - p.maturation - p.loss_of_new, -f], [p.maturation, -e]]))
    expected = np.concatenate(
        [
            -receptor.open_probability * receptor.off_rate,
            [-1 / float(t) for t in (cascade.excitotoxicity.repair_time, signalling.bdnf_time, signalling.mtor_time)],
            [-1 / float(t) for t in (signalling.protein_lifetime, signalling.potentiation_lifetime)],
            np.full(3, -1 / float(signalling.structural_delay)),
            spines,
        ]
    )
    # The triple eigenvalue of the delay chain is defective, so a numerical spectrum spreads it by the cube root of rounding.
    np.testing.assert_allclose(np.sort(found.real), np.sort(expected.real), atol=2e-5)
    assert found.real.max() < 0
    assert -found.real.min() < FASTEST_SLOW_STATE


def test_and_is_where_any_search_ends(model, stress):
    x = fixed_point(model.cascade, stress)
    for seed in range(4):
        start = jnp.asarray(np.random.default_rng(seed).uniform(0, 1, len(STATE_NAMES)))
        again = find_root(lambda v: undosed_rate(model.cascade, v, stress), start)
        np.testing.assert_allclose(again, x, atol=1e-10)


def test_spines_at_rest_have_a_closed_form(model, stress):
    cascade = model.cascade
    p, x = cascade.spines, unpack(fixed_point(cascade, stress))
    e = spine_elimination(cascade.links, p.elimination, stress, relative_damage(cascade.excitotoxicity, x.damage))
    f = p.formation * (1 - p.stress_on_formation * stress)
    ratio = p.maturation / e
    transient = f * p.sites / (f * (1 + ratio) + p.maturation + p.loss_of_new)
    assert float(x.spines.transient) == pytest.approx(float(transient), rel=1e-10)
    assert float(x.spines.persistent) == pytest.approx(float(transient * ratio), rel=1e-10)


def test_stress_costs_spines_and_gain(model):
    densities = [sum(unpack(fixed_point(model.cascade, jnp.asarray(s))).spines) for s in (0.0, 0.15, 0.3, 0.6, 1.0)]
    assert np.all(np.diff(densities) < 0)
