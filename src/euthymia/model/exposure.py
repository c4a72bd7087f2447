"""Drugs in one body: exact courses of its linear systems, and the concentrations in blood and brain."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .. import links
from ..core.numerics.exponential import (
    Propagator,
    Steps,
    course_integral,
    exact_step,
    exact_steps,
    propagated,
    propagated_course,
)
from ..core.numerics.occupancy import occupancy_course
from ..core.types import ENANTIOMERS, Scalar
from ..pharmacology import comparators, esketamine, ketamine
from ..pharmacology.covariates import CovariateEffects, individualise
from ..pharmacology.ketamine import STATES, central_volumes
from ..receptors.monoamine import IRREVERSIBLE_MAO_INHIBITORS, REVERSIBLE_MAO_INHIBITORS, Monoamine, mao_inhibition, mao_transitions
from ..receptors.nmdar import BLOCKERS, Blockers, racemate_equivalents
from . import inputs as channels
from .parameters import Physiology

S = ENANTIOMERS.index("S")


class DrugFamilies(NamedTuple):
    """Something of each family of linear systems; None for a family that is left out. See the four names below for what it holds."""

    ketamine: Any
    """Ketamine and its metabolites, per enantiomer."""
    esketamine: Any
    """Esketamine from a nasal device or swallowed, by itself."""
    comparators: Any
    """Comparators, per drug."""


class LinearSystems(NamedTuple):
    """dx/dt = A x + B u of the systems of one family."""

    matrix: Float[Array, "*batch system state state"]
    """A, 1/h."""
    entry: Float[Array, "*batch system state entry"]
    """B: share of each input that enters each state."""


DrugSystems = DrugFamilies
"""The equations, as :class:`LinearSystems`."""
DrugPropagators = DrugFamilies
"""Their propagators over the distinct step lengths, as :class:`.exponential.Propagator`."""
DrugInputs = DrugFamilies
"""Rates or amounts of input, arrays [..., system, entry]."""
DrugStates = DrugFamilies
"""Amounts (µmol) and concentrations (µM), arrays [..., system, state]."""


class BrainExposure(NamedTuple):
    """Free concentrations in brain, µM, but for the first."""

    effect_site: Float[Array, "*batch enantiomer"]
    """Total ketamine in blood, delayed by the equilibration with brain, µM."""
    ketamine: Float[Array, "*batch enantiomer"]
    norketamine: Float[Array, "*batch enantiomer"]
    hydroxynorketamine: Float[Array, "*batch enantiomer"]
    blockers: Blockers
    """Of NMDA receptors: ketamine and its metabolites in equivalents of racemic ketamine, and the others each."""


class Blood(NamedTuple):
    """Concentrations per enantiomer (S, R), µM: arterial, but for venous ketamine."""

    arterial: Float[Array, "*node enantiomer"]
    venous: Float[Array, "*node enantiomer"]
    norketamine: Float[Array, "*node enantiomer"]
    hydroxynorketamine: Float[Array, "*node enantiomer"]
    dehydronorketamine: Float[Array, "*node enantiomer"]


class DrugCourse(NamedTuple):
    """Concentrations at the nodes, µM, of ketamine per enantiomer (S, R) and of the comparators per molecule."""

    arterial: Float[Array, "node enantiomer"]
    venous: Float[Array, "node enantiomer"]
    norketamine: Float[Array, "node enantiomer"]
    hydroxynorketamine: Float[Array, "node enantiomer"]
    dehydronorketamine: Float[Array, "node enantiomer"]
    brain: BrainExposure
    mao: Float[Array, " node"]
    """MAO-A that no drug has inactivated irreversibly, healthy = 1."""
    comparator_plasma: Float[Array, "node molecule"]
    comparator_site: Float[Array, "node molecule"]
    states: DrugStates
    """Amounts and concentrations of the linear systems."""


def brain_exposure(p: Physiology, states: DrugStates) -> BrainExposure:
    """Concentrations in brain from the states of the linear systems; esketamine from a spray adds to S."""
    per_enantiomer, (sprayed,) = states.ketamine, jnp.moveaxis(states.esketamine, -2, 0)

    def with_spray(name: str) -> Float[Array, "*batch enantiomer"]:
        return per_enantiomer[..., STATES.index(name)].at[..., S].add(sprayed[..., esketamine.STATES.index(name)])

    effect_site = with_spray("effect_site")
    ketamine = links.free_brain_concentration(p.links, effect_site)
    norketamine = links.free_brain_norketamine(p.links, with_spray("norketamine_effect_site"))
    hydroxynorketamine = links.free_brain_hydroxynorketamine(p.links, per_enantiomer[..., STATES.index("hydroxynorketamine_effect_site")])
    at_site = comparators.site_concentration(states.comparators)
    blockers = links.free_brain_blockers(p.links, at_site[..., comparators.molecule_index(BLOCKERS)])
    equivalents = racemate_equivalents(p.receptor, jnp.concatenate([ketamine, norketamine, hydroxynorketamine], -1))
    return BrainExposure(effect_site, ketamine, norketamine, hydroxynorketamine, Blockers(equivalents, blockers))


def individualised(p: Physiology, body: CovariateEffects) -> Physiology:
    """The model with the pharmacokinetics of one body."""
    d, e = individualise(p.disposition, p.esketamine, body)
    return replace(p, disposition=d, esketamine=e)


def systems(p: Physiology, weight: Scalar) -> DrugSystems:
    """The linear systems of each family at a weight (kg)."""
    matrices = (
        ketamine.rate_matrix(p.disposition, weight),
        esketamine.rate_matrix(p.esketamine)[None],
        comparators.rate_matrix(p.comparators),
    )
    return DrugFamilies(*map(LinearSystems, matrices, entry_matrices()))


def entry_matrices() -> DrugFamilies:
    """B of each family: the state that each input enters."""
    return DrugFamilies(
        jnp.tile(ketamine.entry_matrix(), (len(ENANTIOMERS), 1, 1)), esketamine.entry_matrix()[None], comparators.entry_matrices()
    )


def by_family(inputs: Float[Array, "*batch channel"]) -> DrugInputs:
    """Inputs per channel as inputs per family [..., system, entry]."""
    ketamine_input, esketamine_input, comparator_input = jnp.split(
        inputs, [len(channels.KETAMINE_CHANNELS), len(channels.KETAMINE_CHANNELS) + len(channels.ESKETAMINE_CHANNELS)], -1
    )
    batch = inputs.shape[:-1]
    return DrugFamilies(
        ketamine_input.reshape(*batch, len(ENANTIOMERS), -1), esketamine_input.reshape(*batch, 1, -1), comparator_input[..., None]
    )


def drug_states(
    p: Physiology,
    weight: Scalar,
    steps: Steps,
    infusion: Float[Array, "step channel"],
    bolus: Float[Array, "step channel"],
    families: Sequence[str] = DrugFamilies._fields,
    start: DrugStates | None = None,
) -> DrugStates:
    """States at the nodes of the named families, from a time grid's inputs (µmol/h, µmol) and where they start, or from nothing."""
    system = systems(p, weight)._replace(**{name: None for name in DrugFamilies._fields if name not in families})
    propagator = _per_family(lambda linear: exact_step(linear.matrix, linear.entry, steps.lengths[:, None]), system)
    return propagate(system, propagator, steps.length_index, infusion, bolus, start)


def propagators(system: DrugSystems, lengths: Float[Array, " length"]) -> DrugPropagators:
    """Propagators of the linear systems of many people, over each length (leading axis)."""
    return _per_family(lambda linear: exact_steps(linear.matrix, linear.entry, lengths), system)


def _per_family(function: Callable[..., Any], *families: DrugFamilies) -> DrugFamilies:
    """The function's value for each family that the first leaves in."""
    return DrugFamilies(*(None if contents[0] is None else function(*contents) for contents in zip(*families, strict=True)))


def propagate(
    system: DrugSystems,
    propagator: DrugPropagators,
    length_index: Int[Array, " step"],
    infusion: Float[Array, "step channel"],
    bolus: Float[Array, "step channel"],
    start: DrugStates | None = None,
) -> DrugStates:
    """States at the nodes from propagators over the distinct step lengths, which are best computed for many people at once."""

    def course(linear: LinearSystems, over_lengths: Propagator, rate: Array, amount: Array, begin: Array | None) -> Array:
        return propagated_course(over_lengths, linear.entry, length_index, rate, amount, begin)

    begin = DrugStates(None, None, None) if start is None else start
    return _per_family(course, system, propagator, by_family(infusion), by_family(bolus), begin)


def advanced(
    propagator: DrugPropagators, states: DrugStates, infusion: Float[Array, "channel"], bolus: Float[Array, "channel"]
) -> DrugStates:
    """States a step later, under an infusion (µmol/h) during it, just after the bolus (µmol) at its end."""

    def step(of_length: Propagator, x: Array, B: Array, rate: Array, amount: Array) -> Array:
        return propagated(of_length, x, rate) + jnp.einsum("sip,sp->si", B, amount)

    return _per_family(step, propagator, states, entry_matrices(), by_family(infusion), by_family(bolus))


def every_family(states: DrugStates) -> DrugStates:
    """States of all families: of one that is left out, nothing."""
    nothing = DrugStates(
        jnp.zeros((len(ENANTIOMERS), len(STATES))),
        jnp.zeros((1, len(esketamine.STATES))),
        jnp.zeros((len(comparators.DRUGS), len(comparators.STATES))),
    )
    return DrugStates(*(none if amounts is None else amounts for amounts, none in zip(states, nothing, strict=True)))


def areas(system: DrugSystems, states: DrugStates, dosed: Float[Array, " channel"]) -> DrugStates:
    """Exact integrals of the states over a course from nothing, by all that was dosed (µmol); zero for pools that only collect."""

    def area(linear: LinearSystems, course: Array, amount: Array) -> Array:
        return course_integral(linear.matrix, jnp.einsum("sip,sp->si", linear.entry, amount), course[-1])

    return _per_family(area, system, states, by_family(dosed))


def in_blood(p: Physiology, weight: Scalar, states: DrugStates) -> Blood:
    """Concentrations in blood from the states of the linear systems; esketamine from a spray adds to S."""
    volumes = central_volumes(p.disposition, weight)
    sprayed, sprayed_norketamine = esketamine.concentrations(p.esketamine, states.esketamine[..., 0, :])

    def arterial(name: str) -> Float[Array, "*node enantiomer"]:
        return states.ketamine[..., STATES.index(name)] / volumes[name]

    return Blood(
        arterial=arterial("ketamine").at[..., S].add(sprayed),
        venous=states.ketamine[..., STATES.index("venous")].at[..., S].add(sprayed),
        norketamine=arterial("norketamine").at[..., S].add(sprayed_norketamine),
        hydroxynorketamine=arterial("hydroxynorketamine"),
        dehydronorketamine=arterial("dehydronorketamine"),
    )


def enzyme_transitions(p: Monoamine, at_site: Float[Array, "*batch molecule"]) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """Rates (1/h) of synthesis and irreversible inactivation of MAO-A at concentrations (µM) at the sites."""
    inhibited = mao_inhibition(p, at_site[..., comparators.molecule_index(REVERSIBLE_MAO_INHIBITORS)])
    return mao_transitions(p, at_site[..., comparators.molecule_index(IRREVERSIBLE_MAO_INHIBITORS)], inhibited)


class Body(NamedTuple):
    """What a course of drugs starts from."""

    drugs: DrugStates
    """Amounts and concentrations of the linear systems, before a bolus."""
    mao: Scalar
    """MAO-A that no drug has inactivated irreversibly, healthy = 1."""


def undosed_body() -> Body:
    """A body without any drug."""
    return Body(every_family(DrugStates(None, None, None)), jnp.ones(()))


def drugs(
    p: Physiology,
    weight: Scalar,
    steps: Steps,
    infusion: Float[Array, "step channel"],
    bolus: Float[Array, "step channel"],
    start: Body | None = None,
) -> DrugCourse:
    """Drugs in blood and brain for a body weight (kg) and a time grid's inputs (µmol/h, µmol); the body starts undosed if not stated."""
    begin = undosed_body() if start is None else start
    states = drug_states(p, weight, steps, infusion, bolus, start=begin.drugs)
    return drug_course(p, weight, steps, states, begin.mao)


def drug_course(p: Physiology, weight: Scalar, steps: Steps, states: DrugStates, mao: Scalar | None = None) -> DrugCourse:
    """Drugs in blood and brain from the states of the linear systems, and the MAO-A left at the start, if not all of it."""
    at_site = comparators.site_concentration(states.comparators)
    synthesis, inactivation = enzyme_transitions(p.monoamine, at_site)
    return DrugCourse(
        *in_blood(p, weight, states),
        brain=brain_exposure(p, states),
        mao=occupancy_course(jnp.ones(()) if mao is None else mao, synthesis, inactivation, steps),
        comparator_plasma=comparators.plasma_concentration(p.comparators, states.comparators),
        comparator_site=at_site,
        states=states,
    )
