"""What every model must pass: finite, the same compiled or not, differentiable, bounded, and compiled once."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from euthymia.cascade.baseline import fixed_point
from euthymia.cascade.course import drug, slow_courses
from euthymia.cascade.timegrid import Pulse, time_grid
from euthymia.cascade.vector_field import pack, slow_rate, unpack
from euthymia.experiments.simulation import simulate
from euthymia.links import Switches
from euthymia.protocols.protocol import Protocol
from euthymia.protocols.reading import DEFAULT, change, check, read

ALL_ON = Switches(*(jnp.ones(1) for _ in Switches._fields))


def rate(model, vector):
    return pack(slow_rate(model.cascade, unpack(vector), jnp.asarray(0.4), jnp.asarray(0.3), Switches()))


def test_compiled_or_not_alone_or_in_a_batch(model):
    states = jnp.asarray(np.random.default_rng(1).uniform(0, 1, (5, 14)))
    plain = jnp.stack([rate(model, x) for x in states])
    np.testing.assert_allclose(jax.jit(lambda x: rate(model, x))(states[0]), plain[0], rtol=1e-13)
    np.testing.assert_allclose(jax.vmap(lambda x: rate(model, x))(states), plain, rtol=1e-13)


def test_gradients_agree_with_differences(model):
    # Sensitivity of spine density at 24 h to the clearance, through body, receptor, signalling and spines.
    grid = time_grid([Pulse(0.0, 2 / 3, (73.0, 73.0))], 24.0)
    inputs = [jnp.asarray(each) for each in (grid.steps, grid.infusion, grid.bolus)]

    @eqx.filter_jit
    def density(clearance):
        disposition = dataclasses.replace(model.cascade.disposition, clearance=clearance)
        cascade = dataclasses.replace(model.cascade, disposition=disposition)
        stress = jnp.asarray(0.3)
        body = drug(cascade, jnp.asarray(70.0), *inputs)
        slow = slow_courses(cascade, fixed_point(cascade, stress), inputs[0], body.racemate_equivalents, stress, ALL_ON)
        return sum(unpack(slow[0, -1]).spines)

    at, step = jnp.asarray(84.0), 1e-2
    by_difference = (density(at + step) - density(at - step)) / (2 * step)
    assert float(jax.grad(density)(at)) == pytest.approx(float(by_difference), rel=1e-5)
    assert float(by_difference) < 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amount=st.floats(1e-3, 50),
    minutes=st.floats(0.1, 600),
    weight=st.floats(30, 250),
    stress=st.floats(0, 1),
    madrs=st.floats(0, 60),
    context=st.sampled_from(["none", "saline", "midazolam"]),
)
def test_any_protocol_gives_finite_bounded_answers(amount, minutes, weight, stress, madrs, context):
    protocol = check(
        {
            "name": "any",
            "title": "any",
            "context": context,
            "patient": {"weight": f"{weight!r} kg", "stress": stress, "madrs": madrs},
            "doses": [{"drug": "ketamine", "amount": f"{amount!r} mg/kg", "route": "i.v. infusion", "duration": f"{minutes!r} min"}],
            "horizon": "14 d",
        }
    )
    data = simulate(protocol).data
    for name in ("bound", "pore_block", "drive_loss"):
        assert 0 <= float(data[name].min()) <= float(data[name].max()) <= 1, name
    for name in ("calcium_load", "spine_density", "transient_spines", "persistent_spines", "fast_potentiation", "excitatory_gain"):
        assert float(data[name].min()) >= -1e-9, name
    assert float(data.spine_density.max()) <= 1.25
    assert 0 <= float(data["items"].min()) <= float(data["items"].max()) <= 6 + 1e-12


def test_another_dose_patient_or_context_compiles_nothing():
    base: Protocol = read(DEFAULT)
    simulate(base)
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(lambda event, *_, **__: compiled.append(event) if "compile" in event else None)
    try:
        simulate(read("ketamine-iv-low"))
        simulate(read("saline"))
        simulate(change(base, {"weight": "95 kg", "stress": 0.5, "madrs": 41.0}))
        assert [event for event in compiled if "backend_compile" in event] == []
        eqx.filter_jit(lambda x: jnp.sin(x) ** 3)(jnp.arange(7.0))
        assert any("backend_compile" in event for event in compiled), "the listener hears nothing"
    finally:
        jax.monitoring.clear_event_listeners()


def test_the_same_protocol_gives_the_same_bits():
    assert simulate(read(DEFAULT)).data.identical(simulate(read(DEFAULT)).data)
