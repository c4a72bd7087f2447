"""What every model must pass: finite, the same compiled or not, differentiable, bounded, and compiled once."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from euthymia.core.numerics.exponential import Steps
from euthymia.core.types import ENANTIOMERS
from euthymia.links import every_link
from euthymia.model.baseline import patient
from euthymia.model.closures.response import no_correction
from euthymia.model.exposure import drugs
from euthymia.model.fast import brain_in_state
from euthymia.model.inputs import Pulse
from euthymia.model.integrate import slow_courses
from euthymia.model.state import STATE_NAMES, Inputs, pack, unpack
from euthymia.model.time_grid import time_grid
from euthymia.model.vector_field import slow_rate
from euthymia.pharmacology.comparators import DRUGS, ENTRY, MOLECULES
from euthymia.protocols.reading import DEFAULT, change, check, read
from euthymia.protocols.vocabulary import CONTEXTS, ROUTES_OF
from euthymia.receptors.nmdar import Blockers
from euthymia.simulation.simulate import simulate

STRESS = jnp.asarray(0.3)


def rate(model, vector):
    x, u = (
        unpack(vector),
        Inputs(
            Blockers(jnp.asarray(0.4), jnp.array([0.2, 0.001])),
            jnp.linspace(0.01, 0.1, len(MOLECULES)),
            jnp.asarray(0.6),
            jnp.ones(()),
            no_correction(),
        ),
    )
    return pack(
        slow_rate(model.physiology, x, u, brain_in_state(model.physiology, unpack(jnp.full(len(vector), 0.5)), STRESS), every_link())
    )


def test_compiled_or_not_alone_or_in_a_batch(model):
    states = jnp.asarray(np.random.default_rng(1).uniform(0, 1, (3, len(STATE_NAMES))))
    plain = jnp.stack([rate(model, x) for x in states])
    # Where rates differ by little, rounding weighs more.
    np.testing.assert_allclose(eqx.filter_jit(rate)(model, states[0]), plain[0], rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(eqx.filter_jit(jax.vmap(lambda x: rate(model, x)))(states), plain, rtol=1e-11, atol=1e-14)


def test_gradients_agree_with_differences(model):
    # Sensitivity of spine density at 24 h to the clearance, through body, receptors, circuits, signalling and spines.
    grid = time_grid([Pulse(0.0, 2 / 3, f"{enantiomer}-ketamine", 73.0) for enantiomer in ENANTIOMERS], 24.0)
    steps = Steps(jnp.asarray(grid.lengths), jnp.asarray(grid.length_index))
    inputs = jnp.asarray(grid.infusion), jnp.asarray(grid.bolus)
    brain, switches = eqx.filter_jit(patient)(model.physiology, STRESS), jax.tree.map(lambda switch: switch[None], every_link())

    @jax.jit
    @jax.value_and_grad
    def density(clearance):
        disposition = dataclasses.replace(model.physiology.disposition, clearance=clearance)
        physiology = dataclasses.replace(model.physiology, disposition=disposition)
        body = drugs(physiology, jnp.asarray(70.0), steps, *inputs)
        u = Inputs(
            body.brain.blockers, body.comparator_site, body.mao, jnp.ones(len(grid.padded_times)), no_correction(len(grid.padded_times))
        )
        return sum(unpack(slow_courses(physiology, brain, steps, u, switches, every_link())[0, -1]).spines)

    at, step = jnp.asarray(84.0), 1e-2
    by_difference = (density(at + step)[0] - density(at - step)[0]) / (2 * step)
    assert float(density(at)[1]) == pytest.approx(float(by_difference), rel=1e-5)
    assert float(by_difference) < 0


GIVEN = [(drug, route) for drug, routes in ROUTES_OF.items() for route in routes if route != "i.p."]
SHARES = (
    *(
        "bound",
        "pore_block",
        "drive_loss",
        "lock",
        "sert_occupancy",
        "dat_occupancy",
        "mao_block",
        "surge_engagement",
        "resting_engagement",
    ),
    *("dopamine_active_share", "dopamine_burst_share", "habenula_nmda", "habenula_unblocked", "dissociation"),
)
POSITIVE = (
    *("calcium_load", "spine_density", "transient_spines", "young_spines", "persistent_spines", "fast_potentiation", "excitatory_gain"),
    *("habenula_tonic_rate", "habenula_burst_rate", "habenula_burst_rate_strict", "pyramidal_rate", "focus"),
)


# Every example takes seconds: none is shrunk.
@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@example(how=("phenelzine", "oral"), share=500.0, minutes=1.0, weight=80.0, stress=0.3, madrs=33.0, context="none")
@given(
    how=st.sampled_from(GIVEN),
    share=st.floats(1e-3, 100),
    minutes=st.floats(0.1, 600),
    weight=st.floats(30, 250),
    stress=st.floats(0, 1),
    madrs=st.floats(0, 60),
    context=st.sampled_from(CONTEXTS),
)
def test_any_protocol_gives_finite_bounded_answers(how, share, minutes, weight, stress, madrs, context):
    drug, route = how
    tablets = dict.fromkeys((drug for drug in DRUGS if ENTRY[drug] == "gut"), "20 mg")
    usual = {"midazolam": "0.045 mg/kg", "MK-801": "0.1 mg/kg"} | tablets
    # A spray per kg would need more devices than are allowed.
    number, unit = ("28 mg" if route == "nasal" else usual.get(drug, "0.5 mg/kg")).split()
    dose = {"drug": drug, "amount": f"{share * float(number)!r} {unit}", "route": route}
    protocol = check(
        {
            "name": "any",
            "title": "any",
            "context": context,
            "patient": {"weight": f"{weight!r} kg", "stress": stress, "madrs": madrs},
            "doses": [dose | {"duration": f"{minutes!r} min"} if route == "i.v. infusion" else dose],
            "horizon": "14 d",
        }
    )
    data = simulate(protocol).data
    for name in SHARES:
        assert 0 <= float(data[name].min()) <= float(data[name].max()) <= 1, name
    for name in POSITIVE:
        assert float(data[name].min()) >= -1e-9, name
    for name in ("dopamine", "serotonin", "autoreceptor"):
        assert float(data[name].min()) > 0, name
    assert float(data.spine_density.max()) <= 1.25
    assert 0 <= float(data["items"].min()) <= float(data["items"].max()) <= 6 + 1e-12


def test_another_dose_patient_or_context_compiles_nothing():
    base = read(DEFAULT)
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
