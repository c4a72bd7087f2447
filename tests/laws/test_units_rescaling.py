"""Nature does not know our units: measured in others, every equation must give the same answer in those others.

A hidden constant with a unit, or a slip between mg and µg, breaks this. Circuits keep the tables of their equations beside
their laws; here are the rest, and the check of all.
"""

import ast
import inspect

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
from euthymia.biophysics import gates, magnesium
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
    visit_shift,
)
from euthymia.core.types import CELL_CLASSES, SITES
from euthymia.links import (
    dopamine_tone,
    every_link,
    extrasynaptic_block,
    free_brain_blockers,
    free_brain_concentration,
    free_brain_hydroxynorketamine,
    free_brain_norketamine,
    habenula_loss,
    habenula_shift,
    limbic_input,
    limbic_loss,
    prefrontal_loss,
    recurrence,
    resting_block,
    spine_elimination,
    surge_engagement,
)
from euthymia.model import fast, state, vector_field
from euthymia.model.closures import response as closures
from euthymia.model.closures.response import HABENULA_OUTPUTS, Correction, HabenulaOutput, LockRates, habenula_output, lock_rates
from euthymia.model.exposure import BrainExposure, DrugFamilies, brain_exposure
from euthymia.model.fast import FastState, brain_in_state, fast_state
from euthymia.model.state import STATE_NAMES, Inputs, pack, unpack
from euthymia.model.vector_field import Auxiliaries, auxiliaries, elimination, growth, slow_rate, transitions, with_exact_spines
from euthymia.pharmacology import absorption, animals, comparators, esketamine, variability
from euthymia.pharmacology import covariates as people
from euthymia.pharmacology import ketamine as disposition
from euthymia.pharmacology.absorption import depot_shares, emptying, fates, membrane_share
from euthymia.pharmacology.comparators import DRUGS, MOLECULES
from euthymia.pharmacology.esketamine import concentrations
from euthymia.pharmacology.esketamine import rate_matrix as esketamine_matrix
from euthymia.pharmacology.ketamine import STATES, central_volumes, hydroxynorketamine_clearance, rate_matrix
from euthymia.plasticity import excitotoxicity, serotonin, signalling, spines
from euthymia.plasticity.excitotoxicity import calcium_load, damage_rate, damage_source, excitatory_gain, load_for_damage, relative_damage
from euthymia.plasticity.signalling import SignallingState, signalling_rate
from euthymia.plasticity.spines import SpineState, Turnover, spine_rate, spines_after, turnover
from euthymia.receptors import monoamine, nmdar
from euthymia.receptors.nmdar import LIGANDS, drive_loss, pore_block, racemate_equivalents, resting_unblock, trapping_rates

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
SHARES = (np.linspace(0.1, 0.6, len(CELL_CLASSES)), ONE)
STATE = (np.linspace(0.1, 0.9, len(STATE_NAMES)), ONE)
HABENULA = (np.linspace(0.1, 0.2, len(HABENULA_OUTPUTS)), factors(unit for _, unit in HABENULA_OUTPUTS))
PASSAGE = (np.array([0.3, -0.2]), ONE)
DRUGGED = [STATE, (0.4, "uM"), (np.linspace(0.01, 0.1, len(MOLECULES)), "uM"), (0.6, ONE), HABENULA, PASSAGE, (0.3, ONE)]
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
    turnover=Turnover(*[HOURLY] * 4),
    dopamine=ONE,
    limbic_block=ONE,
    limbic_input="nA",
    lock=LOCK,
)


def of_brain(equation):
    """An equation on (p, state, inputs, brain, switches) as one on arrays; the brain rests elsewhere than it is."""

    def on_arrays(p, vector, ketamine, others, mao, habenula, passage, stress):
        u = Inputs(ketamine, others, mao, Correction(habenula, passage))
        return equation(p, unpack(vector), u, brain_in_state(p, unpack(vector[::-1]), stress), every_link())

    return on_arrays


def spines_later(p, before, later, stress, step):
    before, later = unpack(before), unpack(later)
    return pack(with_exact_spines(p, before, later, brain_in_state(p, before, stress), every_link(), step))


def fast_state_of(p, x, inputs, brain, switches):
    return fast_state(p, x, inputs, brain.stress, switches, brain.fast.rates)


def transitions_of(p, x, inputs, brain, switches):
    return transitions(p, inputs, auxiliaries(p, x, inputs, brain, switches))


MECHANISMS = len(Mechanisms._fields)
NOW, START = np.linspace(0.5, 0.9, MECHANISMS), np.linspace(0.1, 0.3, MECHANISMS)
HEALTHY, DEPRESSED = np.linspace(1.5, 2, MECHANISMS), np.linspace(0.1, 0.4, MECHANISMS)


def shift_of(p, *states):
    return mechanism_shift(p, *(Mechanisms(*state) for state in states))


EQUATIONS = {
    "magnesium constant": ("physiology.receptor.magnesium", magnesium_constant, [(-60.0, "mV")], "mM"),
    "magnesium unblock": ("physiology.receptor.magnesium", magnesium_unblock, [(-60.0, "mV")], ONE),
    "body": ("physiology.disposition", rate_matrix, [(82.0, "kg")], BODY[:, None] / BODY[None, :] * factor(HOURLY)),
    "emptying of depots": ("physiology.disposition.absorption", emptying, [], HOURLY),
    "through a membrane": ("physiology.disposition.absorption", membrane_share, [], ONE),
    "fates": ("physiology.disposition.absorption", lambda p: jnp.stack(fates(p)), [], ONE),
    "shares of depots": ("physiology.disposition.absorption", lambda p: jnp.stack(list(depot_shares(p, "nasal").values())), [], ONE),
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
    "clearance of metabolites": ("physiology.disposition", hydroxynorketamine_clearance, [], "L/h"),
    "volumes": ("physiology.disposition", lambda p, w: list(central_volumes(p, w).values()), [(82.0, "kg")], "L"),
    "exposure of the brain": (
        "physiology",
        lambda p, *states: brain_exposure(p, DrugFamilies(*states)),
        [
            (amounts(2, STATES), BODY),
            (amounts(1, esketamine.STATES), ESKETAMINE_CHANNELS),
            (amounts(len(DRUGS), comparators.STATES), OTHERS),
        ],
        BrainExposure(*["uM"] * len(BrainExposure._fields)),
    ),
    "equivalents": ("physiology.receptor", racemate_equivalents, [(np.linspace(0.1, 0.3, len(LIGANDS)), "uM")], "uM"),
    "pore block": ("physiology.receptor", pore_block, [(0.4, "uM")], ONE),
    "drive loss": ("physiology.receptor", drive_loss, [(0.4, "uM")], ONE),
    "unblock at rest": ("physiology.receptor", resting_unblock, [], ONE),
    "trapping": (
        "physiology.receptor",
        trapping_rates,
        [(0.4, "uM"), (np.linspace(0.5, 1.5, len(SITES)), ONE), (np.linspace(0.1, 0.3, len(SITES)), ONE)],
        HOURLY,
    ),
    "free brain": ("physiology.links", free_brain_concentration, [(np.array([0.3, 0.4]), "uM")], "uM"),
    "free norketamine": ("physiology.links", free_brain_norketamine, [(np.array([0.3, 0.4]), "uM")], "uM"),
    "prefrontal loss": ("physiology.links", lambda p, loss: prefrontal_loss(loss), [SHARES], ONE),
    "recurrence": ("physiology.links", recurrence, [(0.8, ONE), (0.9, ONE)], ONE),
    "extrasynaptic block": ("physiology.links", lambda p, block: extrasynaptic_block(block), [SHARES], ONE),
    "habenula loss": ("physiology.links", lambda p, loss: habenula_loss(loss), [SHARES], ONE),
    "habenula shift": ("physiology.links", habenula_shift, [(0.3, ONE), (0.7, ONE)], "mV"),
    "dopamine tone": ("physiology.links", lambda p, *x: dopamine_tone(*x), [(0.4, ONE), (5.0, HZ), (0.5, ONE), (4.8, HZ)], ONE),
    "surge engagement": ("physiology.links", surge_engagement, [(0.3, ONE)], ONE),
    "resting block": ("physiology.links", resting_block, [SHARES], ONE),
    "limbic loss": ("physiology.links", lambda p, loss: limbic_loss(loss), [SHARES], ONE),
    "limbic input": ("physiology.links", limbic_input, [(0.8, ONE), (0.7, ONE), (1.2, ONE)], "nA"),
    "elimination": ("physiology.links", spine_elimination, [(0.002, HOURLY), (0.3, ONE), (0.2, ONE)], HOURLY),
    "calcium load": ("physiology.excitotoxicity", calcium_load, [(0.3, ONE), (0.1, ONE)], ONE),
    "damage source": ("physiology.excitotoxicity", damage_source, [(1.3, ONE)], ONE),
    "damage": ("physiology.excitotoxicity", damage_rate, [(0.2, ONE), (1.3, ONE)], HOURLY),
    "relative damage": ("physiology.excitotoxicity", relative_damage, [(0.2, ONE)], ONE),
    "gain": ("physiology.excitotoxicity", excitatory_gain, [(0.2, ONE)], ONE),
    "load for damage": ("physiology.excitotoxicity", load_for_damage, [(0.2, ONE)], ONE),
    "signalling": (
        "physiology.signalling",
        lambda p, x, *by: signalling_rate(p, SignallingState(*x), *by),
        [(STATE[0][:7], ONE), *((value, ONE) for value in (0.3, 0.4, 0.5, 0.1, 0.2))],
        HOURLY,
    ),
    "spines": (
        "physiology.spines",
        lambda p, x, *by: spine_rate(turnover(p, SpineState(*x), *by)),
        [(STATE[0][:2], ONE), (0.3, ONE), (0.3, ONE), (0.002, HOURLY)],
        HOURLY,
    ),
    "spines later": (
        "physiology.spines",
        lambda p, x, *by: spines_after(p, SpineState(*x), *by),
        [(STATE[0][:2], ONE), (0.3, ONE), (0.3, ONE), (0.002, HOURLY), (5.0, "h")],
        ONE,
    ),
    "spines of a brain later": (
        "physiology",
        spines_later,
        [STATE, (STATE[0] / 2, ONE), (0.3, ONE), (5.0, "h")],
        ONE,
    ),
    "what spines see": ("physiology", lambda p, x: growth(unpack(x), every_link()), [STATE], ONE),
    "elimination in a brain": (
        "physiology",
        lambda p, x, s: elimination(p, unpack(x), brain_in_state(p, unpack(x), s)),
        [STATE, (0.3, ONE)],
        HOURLY,
    ),
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
    "mechanism shift": ("symptoms", shift_of, [(state, ONE) for state in (NOW, START, HEALTHY, DEPRESSED)], ONE),
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
    for equation in (serotonin.raphe_rate, midbrain.raphe_rate):
        assert missing(reached - {equation}) == {equation}


def _with_hidden_shift(p, voltage):
    return magnesium_unblock(p, voltage + 40)


def _with_a_hidden_time(p, damage, load):
    return (damage_source(p, load) - damage) / 168


def _with_a_slip_of_1000(p, effect_site):
    # Read as nM: right in numbers only where a unit happens to be one thousandth of another.
    return free_brain_concentration(p, effect_site) + 1e-3


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
        ("physiology", _with_a_hidden_drive, [(0.1, ONE)], LOCK),
    ],
)
def test_a_planted_error_is_caught(model, path, equation, arguments, unit):
    with pytest.raises(AssertionError):
        check(equation, part(model, path), arguments, unit)
