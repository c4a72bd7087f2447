"""Nature does not know our units: measured in others, every equation must give the same answer in those others.

A hidden constant with a unit, or a slip between mg and µg, breaks this. Circuits keep the tables of their equations beside
their laws; here are the rest, and the check of all.
"""

import ast
import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import test_attractor
import test_comparators
import test_escape
import test_habenula
import test_midbrain
import test_people
import test_population
import test_prefrontal
import test_ratings
import test_serotonin
import test_variability
from rescaling import HOURLY, HZ, ONE, check, factor, factors, part

from euthymia import links
from euthymia.biophysics import autoreceptors, gates, magnesium
from euthymia.biophysics.autoreceptors import cooperatively_self_inhibited, self_inhibited
from euthymia.biophysics.magnesium import magnesium_constant, magnesium_unblock
from euthymia.brain import attractor, escape
from euthymia.circuits import midbrain, prefrontal
from euthymia.circuits.habenula import bursts, cell, nucleus
from euthymia.circuits.midbrain import DopamineState
from euthymia.clinic import dropout, outcomes, ratings, safety, symptoms, unblinding
from euthymia.clinic import patients as population
from euthymia.clinic.safety import SafetyReadouts, readouts
from euthymia.clinic.symptoms import (
    ITEMS,
    Mechanisms,
    baseline_items,
    course_shift,
    full_normalisation,
    item_ratings,
    join,
    mechanism_shift,
    remaining,
    repaired,
    visit_shift,
)
from euthymia.core.types import DRIVES, SITES
from euthymia.links import (
    SUBNETWORKS,
    cooperative,
    dopamine_drive,
    every_link,
    extrasynaptic_block,
    free_brain_blockers,
    free_brain_concentration,
    free_brain_hydroxynorketamine,
    free_brain_norketamine,
    habenula_loss,
    habenula_shift,
    limbic_input,
    limbic_inputs,
    limbic_loss,
    prefrontal_loss,
    recurrence,
    resting_block,
    spine_elimination,
    surge_engagement,
    unadapted,
)
from euthymia.model import fast, state, vector_field
from euthymia.model.closures import response as closures
from euthymia.model.closures.response import HABENULA_OUTPUTS, Correction, HabenulaOutput, LockRates, habenula_output, lock_rates
from euthymia.model.exposure import DrugFamilies, brain_exposure
from euthymia.model.fast import FastState, HabenulaState, adaptation, brain_in_state, fast_state, felt_loss, habenula_state
from euthymia.model.state import STATE_NAMES, Inputs, unpack
from euthymia.model.vector_field import (
    Auxiliaries,
    adaptation_rate,
    auxiliaries,
    growth,
    habenula_trapping,
    locked_share,
    slow_rate,
    transitions,
    turnover_rates,
    with_exact_occupancies,
    with_exact_trapping,
)
from euthymia.pharmacology import absorption, animals, comparators, esketamine, variability
from euthymia.pharmacology import covariates as people
from euthymia.pharmacology import ketamine as disposition
from euthymia.pharmacology.absorption import depot_shares, emptying, fates, membrane_share
from euthymia.pharmacology.comparators import DRUGS, MOLECULES
from euthymia.pharmacology.esketamine import concentrations
from euthymia.pharmacology.esketamine import rate_matrix as esketamine_matrix
from euthymia.pharmacology.ketamine import STATES, central_volumes, hydroxynorketamine_clearance, norketamine_clearance, rate_matrix
from euthymia.plasticity import excitotoxicity, serotonin, signalling, spines
from euthymia.plasticity.excitotoxicity import calcium_load, damage_rate, damage_source, excitatory_gain, load_for_damage, relative_damage
from euthymia.plasticity.signalling import SignallingState, signalling_rate
from euthymia.plasticity.spines import (
    SpineRates,
    SpineState,
    Turnover,
    density,
    healthy_rates,
    lasting,
    spine_rate,
    spine_rates,
    spines_after,
    turnover,
)
from euthymia.receptors import monoamine, nmdar
from euthymia.receptors.nmdar import (
    LIGANDS,
    Blockers,
    drive_loss,
    drive_losses,
    only_ketamine,
    pore_block,
    racemate_equivalents,
    resting_unblock,
    trapping_rates,
)

OF_CIRCUITS = (
    test_habenula,
    test_prefrontal,
    test_midbrain,
    test_people,
    test_population,
    test_attractor,
    test_escape,
    test_comparators,
    test_serotonin,
    test_variability,
    test_ratings,
)


def of_body(module):
    """Factors of a body's states: amounts in its pools, concentrations in what follows them."""
    return np.array([factor("umol")] * len(module.POOLS) + [factor("uM")] * (len(module.STATES) - len(module.POOLS)))


def amounts(systems, states):
    return np.linspace(1, 2, systems * len(states)).reshape(systems, -1)


BODY, ESKETAMINE_CHANNELS, OTHERS = (of_body(module) for module in (disposition, esketamine, comparators))
SHARES = (np.linspace(0.1, 0.6, len(DRIVES)), ONE)
# Of adaptation there is less than drug, so that something is felt.
STATE = (
    np.linspace(0.1, 0.9, len(STATE_NAMES)) * [0.1 if name.startswith("adaptation") else 1 for name in STATE_NAMES],
    ONE,
)
SPINES = ([0.07, 0.1, 0.65], ONE)
BLOCKERS = [(0.4, "uM"), (np.array([0.05, 0.002]), "uM")]
HABENULA = (np.linspace(0.1, 0.2, len(HABENULA_OUTPUTS)), factors(unit for _, unit in HABENULA_OUTPUTS))
PASSAGE = (np.array([0.3, -0.2]), ONE)
OTHER_DRUGS = [(np.linspace(0.01, 0.1, len(MOLECULES)), "uM"), (0.6, ONE)]
DRUGGED = [STATE, *BLOCKERS, *OTHER_DRUGS, (0.8, ONE), HABENULA, PASSAGE, (0.3, ONE)]
"""A state, what reaches the brain, and the stress of the patient."""

OUTPUT = HabenulaOutput(tonic_rate=HZ, burst_rate=HZ, burst_rate_strict=HZ, unblocked=ONE)
FAST = FastState(
    recurrence=ONE,
    nmda=ONE,
    inhibition=ONE,
    rates=HZ,
    undrugged_rates=HZ,
    focus="ms",
    habenula_nmda=ONE,
    habenula_shift="mV",
    habenula=OUTPUT,
    midbrain=DopamineState(active_share=ONE, rate=HZ, burst_share=ONE),
    dopamine=ONE,
    sert=ONE,
    dat=ONE,
    mao_block=ONE,
    serotonin=ONE,
    limbic_input="nA",
)
LOCK = LockRates(into=HOURLY, out_of=HOURLY, passages="h")
AUXILIARIES = Auxiliaries(
    fast=FAST,
    load=ONE,
    release=ONE,
    surge=ONE,
    resting=ONE,
    serotonin_rise=ONE,
    to_mtor=ONE,
    to_potentiation=ONE,
    turnover=Turnover(*[HOURLY] * len(Turnover._fields)),
    dopamine=ONE,
    limbic_block=ONE,
    limbic_input="nA",
    lock=LOCK,
)


def of_brain(equation):
    """An equation on (p, state, inputs, brain, switches) as one on arrays; the brain rests elsewhere than it is."""

    def on_arrays(p, vector, ketamine, blockers, others, mao, stress_left, habenula, passage, stress):
        u = Inputs(Blockers(ketamine, blockers), others, mao, stress_left, Correction(habenula, passage))
        return equation(p, unpack(vector), u, brain_in_state(p, unpack(vector[::-1]), stress), every_link())

    return on_arrays


def of_blockers(equation):
    """An equation on (p, blockers, …) as one on arrays."""
    return lambda p, ketamine, others, *more: equation(p, Blockers(ketamine, others), *more)


def state_later(exactly):
    """The slow states a step later, some of them exact, as a function of arrays."""

    def on_arrays(p, later, step, *drugged):
        def equation(p, x, u, brain, switches):
            at_ends = u, jax.tree.map(lambda leaf: leaf / 2, u)
            return exactly(p, x, unpack(later), at_ends, brain, switches, step)

        return of_brain(equation)(p, *drugged)

    return on_arrays


def fast_state_of(p, x, inputs, brain, switches):
    return fast_state(p, x, inputs, brain.stress, switches, brain.fast.rates)


def transitions_of(p, x, inputs, brain, switches):
    return transitions(p, inputs, auxiliaries(p, x, inputs, brain, switches))


MECHANISMS = len(Mechanisms._fields)
NOW, START = np.linspace(0.5, 0.9, MECHANISMS), np.linspace(0.1, 0.3, MECHANISMS)
HEALTHY, DEPRESSED = np.linspace(1.5, 2, MECHANISMS), np.linspace(0.1, 0.4, MECHANISMS)


def repair_of(p, *states):
    return repaired(p, *(Mechanisms(*state) for state in states))


EQUATIONS = {
    "magnesium constant": ("physiology.receptor.magnesium", magnesium_constant, [(-60.0, "mV")], "mM"),
    "magnesium unblock": ("physiology.receptor.magnesium", magnesium_unblock, [(-60.0, "mV")], ONE),
    "body": ("physiology.disposition", rate_matrix, [(82.0, "kg")], BODY[:, None] / BODY[None, :] * factor(HOURLY)),
    "emptying of depots": ("physiology.disposition.absorption", emptying, [], HOURLY),
    "through the nose": ("physiology.disposition.absorption", lambda p, dose: membrane_share(p, "nasal", dose), [(30.0, "mg")], ONE),
    "under the tongue": ("physiology.disposition.absorption", lambda p, dose: membrane_share(p, "sublingual", dose), [(30.0, "mg")], ONE),
    "fates": ("physiology.disposition.absorption", lambda p: jnp.stack(fates(p)), [], ONE),
    "shares of depots": (
        "physiology.disposition.absorption",
        lambda p, dose: jnp.stack([*depot_shares(p, "nasal", dose).values()]),
        [(30.0, "mg")],
        ONE,
    ),
    "esketamine": (
        "physiology.esketamine",
        esketamine_matrix,
        [],
        ESKETAMINE_CHANNELS[:, None] / ESKETAMINE_CHANNELS[None, :] * factor(HOURLY),
    ),
    "esketamine in plasma": (
        "physiology.esketamine",
        lambda p, x: jnp.stack(concentrations(p, x)),
        [(amounts(1, esketamine.STATES)[0], ESKETAMINE_CHANNELS)],
        "uM",
    ),
    "safety": ("safety", lambda p, c: readouts(p, c), [(np.array([0.3, 0.5]), "uM")], SafetyReadouts(ONE, "mmHg", "mmHg", ONE)),
    "free hydroxynorketamine": ("physiology.links", free_brain_hydroxynorketamine, [(np.array([0.3, 0.4]), "uM")], "uM"),
    "free blockers": ("physiology.links", free_brain_blockers, [(np.array([0.3, 0.4]), "uM")], "uM"),
    "clearance of norketamine": ("physiology.disposition", norketamine_clearance, [], "L/h"),
    "clearance of hydroxynorketamine": ("physiology.disposition", hydroxynorketamine_clearance, [], "L/h"),
    "volumes": ("physiology.disposition", lambda p, w: list(central_volumes(p, w).values()), [(82.0, "kg")], "L"),
    "exposure of the brain": (
        "physiology",
        lambda p, *states: brain_exposure(p, DrugFamilies(*states)),
        [
            (amounts(2, STATES), BODY),
            (amounts(1, esketamine.STATES), ESKETAMINE_CHANNELS),
            (amounts(len(DRUGS), comparators.STATES), OTHERS),
        ],
        "uM",
    ),
    "equivalents": ("physiology.receptor", racemate_equivalents, [(np.linspace(0.1, 0.3, len(LIGANDS)), "uM")], "uM"),
    "pore block": ("physiology.receptor", of_blockers(pore_block), BLOCKERS, ONE),
    "drive loss": ("physiology.receptor", of_blockers(drive_loss), BLOCKERS, ONE),
    "drive loss by ketamine alone": ("physiology.receptor", lambda p, c: drive_loss(p, only_ketamine(c)), [(0.4, "uM")], ONE),
    "losses of drives": ("physiology.receptor", of_blockers(drive_losses), BLOCKERS, ONE),
    "unblock at rest": ("physiology.receptor", resting_unblock, [], ONE),
    "trapping": (
        "physiology.receptor",
        of_blockers(trapping_rates),
        [*BLOCKERS, (np.linspace(0.5, 1.5, len(SITES)), ONE), (np.linspace(0.1, 0.3, len(SITES)), ONE)],
        HOURLY,
    ),
    "free brain": ("physiology.links", free_brain_concentration, [(np.array([0.3, 0.4]), "uM")], "uM"),
    "free norketamine": ("physiology.links", free_brain_norketamine, [(np.array([0.3, 0.4]), "uM")], "uM"),
    "prefrontal loss": ("physiology.links", lambda p, loss: prefrontal_loss(loss), [SHARES], ONE),
    "recurrence": ("physiology.links", recurrence, [(0.8, ONE), (0.9, ONE)], ONE),
    "extrasynaptic block": ("physiology.links", lambda p, block: extrasynaptic_block(block), [SHARES], ONE),
    "what adaptation leaves": ("physiology.links", lambda p, *x: unadapted(*x), [SHARES, (SHARES[0] / 2, ONE)], ONE),
    "habenula loss": ("physiology.links", habenula_loss, [SHARES, (0.4, ONE)], ONE),
    "habenula shift": ("physiology.links", habenula_shift, [(0.3, ONE), (0.7, ONE)], "mV"),
    "spikes that release dopamine": (
        "physiology.links",
        lambda p, *x: dopamine_drive(*x),
        [(0.4, ONE), (5.0, HZ), (0.5, ONE), (4.8, HZ)],
        ONE,
    ),
    "release": ("physiology.serotonin", lambda p, h, q: self_inhibited(h, q, p.feedback), [(0.5, ONE), (2.0, ONE)], ONE),
    "cooperative release": (
        "physiology.serotonin",
        lambda p, h, q: cooperatively_self_inhibited(h, q, p.dopamine_feedback),
        [(0.5, ONE), (2.0, ONE)],
        ONE,
    ),
    "engagement": ("physiology.links", cooperative, [(0.3, ONE), (0.2, ONE)], ONE),
    "surge engagement": ("physiology.links", surge_engagement, [(0.3, ONE)], ONE),
    "resting block": ("physiology.links", resting_block, [SHARES], ONE),
    "limbic loss": ("physiology.links", lambda p, loss: limbic_loss(loss), [SHARES], ONE),
    "limbic input": ("physiology.links", limbic_input, [(0.8, ONE), (0.7, ONE), (1.2, ONE)], "nA"),
    "limbic inputs": ("physiology.links", limbic_inputs, [(0.29, "nA")], "nA"),
    "healthy spines": ("physiology.spines", healthy_rates, [], SpineRates(*[HOURLY] * len(SpineRates._fields))),
    "elimination": ("physiology.links", spine_elimination, [(0.002, HOURLY), (0.0001, HOURLY), (0.3, ONE), (0.2, ONE)], HOURLY),
    "calcium load": ("physiology.excitotoxicity", calcium_load, [(0.3, ONE), (0.1, ONE)], ONE),
    "damage source": ("physiology.excitotoxicity", damage_source, [(1.3, ONE)], ONE),
    "damage": ("physiology.excitotoxicity", damage_rate, [(0.2, ONE), (1.3, ONE)], HOURLY),
    "relative damage": ("physiology.excitotoxicity", relative_damage, [(0.2, ONE)], ONE),
    "gain": ("physiology.excitotoxicity", excitatory_gain, [(0.2, ONE)], ONE),
    "load for damage": ("physiology.excitotoxicity", load_for_damage, [(0.2, ONE)], ONE),
    "signalling": (
        "physiology.signalling",
        lambda p, x, *by: signalling_rate(p, SignallingState(*x), *by),
        [(STATE[0][: len(SignallingState._fields)], ONE), *((value, ONE) for value in (0.3, 0.4, 0.5, 0.1, 0.2))],
        HOURLY,
    ),
    "spines": (
        "physiology.spines",
        lambda p, x, *by: spine_rate(turnover(p, SpineState(*x), spine_rates(p, *by))),
        [SPINES, (0.3, ONE), (0.3, ONE), (0.002, HOURLY), (0.0001, HOURLY)],
        HOURLY,
    ),
    "spines later": (
        "physiology.spines",
        lambda p, x, rates, step: spines_after(p, SpineState(*x), SpineRates(*rates), step),
        [SPINES, (np.linspace(0.001, 0.01, len(SpineRates._fields)), HOURLY), (5.0, "h")],
        ONE,
    ),
    "spine density": ("physiology.spines", lambda p, x: (density(SpineState(*x)), lasting(SpineState(*x))), [SPINES], ONE),
    "occupancies later": ("physiology", state_later(with_exact_occupancies), [(STATE[0] / 2, ONE), (5.0, "h"), *DRUGGED], ONE),
    "trapped drug later": ("physiology", state_later(with_exact_trapping), [(STATE[0] / 2, ONE), (5.0, "h"), *DRUGGED], ONE),
    "what spines see": ("physiology", lambda p, x: growth(unpack(x), every_link()), [STATE], ONE),
    "rates of spines in a brain": ("physiology", of_brain(turnover_rates), DRUGGED, HOURLY),
    "adaptation": ("physiology", lambda p, x: adaptation(unpack(x), every_link()), [STATE], ONE),
    "adaptation later": ("physiology", of_brain(lambda p, x, u, *_: adaptation_rate(p, x, u)), DRUGGED, HOURLY),
    "felt loss": ("physiology", of_brain(lambda p, x, u, _, switches: felt_loss(p, x, u, switches)), DRUGGED, ONE),
    "habenula in a brain": (
        "physiology",
        of_brain(lambda p, x, u, brain, switches: habenula_state(p, x, u, brain.stress, switches)),
        DRUGGED,
        HabenulaState(nmda=ONE, shift="mV", output=OUTPUT),
    ),
    "trapping in the habenula": (
        "physiology",
        of_brain(lambda p, x, u, brain, _: habenula_trapping(p, u, brain.fast.habenula.unblocked)),
        DRUGGED,
        HOURLY,
    ),
    "locked share": ("physiology", lambda p, lock: locked_share(lock), [(np.linspace(0.1, 0.6, SUBNETWORKS), ONE)], ONE),
    "habenula output": (
        "physiology.closures",
        lambda p, nmda, shift, *added: habenula_output(p, nmda, shift, Correction(*added)),
        [(0.7, ONE), (-4.0, "mV"), HABENULA, PASSAGE],
        OUTPUT,
    ),
    "lock rates": (
        "physiology",
        lambda p, block, drive, *added: lock_rates(p.closures, p.limbic, block, drive, Correction(*added)),
        [(0.1, ONE), (0.29, "nA"), HABENULA, PASSAGE],
        LOCK,
    ),
    "fast subsystem": ("physiology", of_brain(fast_state_of), DRUGGED, FAST),
    "auxiliaries": ("physiology", of_brain(auxiliaries), DRUGGED, AUXILIARIES),
    "the whole slow field": ("physiology", of_brain(slow_rate), DRUGGED, HOURLY),
    "transitions": ("physiology", of_brain(transitions_of), DRUGGED, HOURLY),
    "remaining": ("symptoms", remaining, [(0.7, ONE)], ONE),
    "baseline items": ("symptoms", baseline_items, [(41.0, "madrs_point")], "madrs_point"),
    "full normalisation": ("symptoms", full_normalisation, [], ONE),
    "repair": ("symptoms", repair_of, [(state, ONE) for state in (NOW, START, HEALTHY, DEPRESSED)], ONE),
    "mechanism shift": ("symptoms", mechanism_shift, [(0.9, ONE), (np.linspace(-0.5, 1.1, len(ITEMS)), ONE)], ONE),
    "visits": ("symptoms", visit_shift, [(1.2, ONE), (np.array([[90.0, 95.0], [5.0, 10.0]]), "h")], ONE),
    "weeks": ("symptoms", course_shift, [(np.array([1.2, 0.5, 0.1]), ONE), (np.array([5.0, 90.0]), "h")], ONE),
    "join": ("symptoms", join, [(0.4, ONE), (0.9, ONE)], ONE),
    "ratings": (
        "symptoms",
        item_ratings,
        [(np.full(len(ITEMS), 3.0), "madrs_point"), (np.linspace(-0.5, 1.1, len(ITEMS)), ONE)],
        "madrs_point",
    ),
}
TABLES = {"": EQUATIONS, **{module.__name__.removeprefix("test_"): module.EQUATIONS for module in OF_CIRCUITS}}
CASES = [pytest.param(*row, id=f"{table} {name}") for table, rows in TABLES.items() for name, row in rows.items()]


@pytest.mark.parametrize(("path", "equation", "arguments", "unit"), CASES)
def test_equations_hold_in_other_units(model, path, equation, arguments, unit):
    check(equation, part(model, path), arguments, unit)


SAFETY_READOUTS = (
    *(
        autoreceptors,
        gates,
        magnesium,
        absorption,
        disposition,
        esketamine,
        people,
        animals,
        variability,
        comparators,
        monoamine,
        nmdar,
        excitotoxicity,
        signalling,
        spines,
        serotonin,
    ),
    *(cell, nucleus, bursts, midbrain, prefrontal, attractor, escape, links, closures, state, fast, vector_field),
    *(population, safety, symptoms, ratings, outcomes, dropout, unblinding),
)
STRUCTURE = {
    *(
        "molecule_index",
        "clamp",
        "every_link",
        "typical_body",
        "centres",
        "solve_without_differences",
        "entry_matrix",
        "entry_matrices",
        "context_strengths",
    ),
    *("pack", "no_input", "no_correction", "random_stream"),
}
"""Functions without a number that could carry a unit."""


def rescaled_in(module):
    """Functions that the table of a test module reaches, directly or through helpers beside it."""
    defined = {}
    for node in ast.parse(inspect.getsource(module)).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        named = [node.name] if isinstance(node, ast.FunctionDef) else [each.id for each in targets if isinstance(each, ast.Name)]
        defined |= dict.fromkeys(named, node)
    reached, ahead = set(), ["EQUATIONS"]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += [each.id for each in ast.walk(defined.get(name, ast.Pass())) if isinstance(each, ast.Name)]
    return {function for name in reached if inspect.isfunction(function := getattr(module, name, None))}


def missing(reached):
    """Equations of the watched modules that no table reaches."""
    equations = (
        function
        for module in SAFETY_READOUTS
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_") and name not in STRUCTURE
    )
    return {function for function in equations if function not in reached}


def test_no_equation_is_missing():
    here = inspect.getmodule(test_no_equation_is_missing)
    reached = set().union(*(rescaled_in(module) for module in (here, *OF_CIRCUITS)))
    assert missing(reached) == set()
    # Two modules have a function of this name: each is looked for by itself.
    for equation in (disposition.rate_matrix, esketamine.rate_matrix):
        assert missing(reached - {equation}) == {equation}


def _with_hidden_shift(p, voltage):
    return magnesium_unblock(p, voltage + 40)


def _with_a_hidden_time(p, damage, load):
    return (damage_source(p, load) - damage) / 168


def _with_a_slip_of_1000(p, effect_site):
    # Read as nM: right in numbers only where a unit happens to be one thousandth of another.
    return free_brain_concentration(p, effect_site) + 1e-3


def _with_a_hidden_release(p, ketamine, trapped):
    binding, _ = trapping_rates(p, only_ketamine(ketamine), jnp.ones(len(SITES)), jnp.ones(len(SITES)))
    return binding * (1 - trapped) - 0.029 * trapped


def _with_a_hidden_drive(p, block):
    return lock_rates(
        p.closures, p.limbic, block, jnp.asarray(0.29), Correction(*(jnp.zeros(len(each[0])) for each in (HABENULA, PASSAGE)))
    )


@pytest.mark.parametrize(
    ("path", "equation", "arguments", "unit"),
    [
        ("physiology.receptor.magnesium", _with_hidden_shift, [(-60.0, "mV")], ONE),
        ("physiology.excitotoxicity", _with_a_hidden_time, [(0.2, ONE), (1.3, ONE)], HOURLY),
        ("physiology.links", _with_a_slip_of_1000, [(np.array([0.3, 0.4]), "uM")], "uM"),
        ("physiology.receptor", _with_a_hidden_release, [(0.4, "uM"), (0.3, ONE)], HOURLY),
        ("physiology", _with_a_hidden_drive, [(0.1, ONE)], LOCK),
    ],
)
def test_a_planted_error_is_caught(model, path, equation, arguments, unit):
    with pytest.raises(AssertionError):
        check(equation, part(model, path), arguments, unit)
