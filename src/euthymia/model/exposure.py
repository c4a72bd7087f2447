"""One patient's course: exact pharmacology, then exponential steps through the slow states."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .. import links
from ..core.numerics.exponential import exact_step, exact_steps, occupancy_course, stepped_course
from ..core.types import ENANTIOMERS, Scalar
from ..pharmacology import comparators, esketamine
from ..pharmacology import ketamine as disposition
from ..pharmacology.covariates import CovariateEffects, individualise
from ..pharmacology.ketamine import STATES, central_volumes
from ..receptors.monoamine import DESTROYING_MAO, HOLDING_MAO, Monoamine, mao_held, mao_transitions
from ..receptors.nmdar import LIGANDS, racemate_equivalents
from . import inputs as channels
from .parameters import Physiology

Steps = tuple[Float[Array, " length"], Int[Array, " step"]]
"""The distinct step lengths of a grid (h), and which of them each step has."""
S = ENANTIOMERS.index("S")
BLOCKERS = comparators.places(LIGANDS[-2:])


class DrugFamilies(NamedTuple):
    """One value for each family of linear systems; none for a family that is left out."""

    ketamine: Any = None
    """Ketamine and its metabolites, per enantiomer."""
    esketamine: Any = None
    """Esketamine from a nasal device or swallowed, by itself."""
    comparators: Any = None
    """Comparators, per drug."""


class BrainExposure(NamedTuple):
    """Free concentrations in brain, µM, but for the first."""

    effect_site: Float[Array, "*batch enantiomer"]
    """Total ketamine in blood as the brain sees it with its delay, µM."""
    ketamine: Float[Array, "*batch enantiomer"]
    norketamine: Float[Array, "*batch enantiomer"]
    hydroxynorketamine: Float[Array, "*batch enantiomer"]
    racemate_equivalents: Float[Array, "*batch"]
    """What all that blocks NMDA receptors is worth in racemic ketamine."""


class Blood(NamedTuple):
    """Concentrations per enantiomer (S, R), µM: arterial, but for venous ketamine."""

    arterial: Float[Array, "node enantiomer"]
    venous: Float[Array, "node enantiomer"]
    norketamine: Float[Array, "node enantiomer"]
    hydroxynorketamine: Float[Array, "node enantiomer"]
    dehydronorketamine: Float[Array, "node enantiomer"]


class DrugCourse(NamedTuple):
    """Concentrations at the nodes, µM, of ketamine per enantiomer (S, R) and of the comparators per molecule."""

    arterial: Float[Array, "node enantiomer"]
    venous: Float[Array, "node enantiomer"]
    norketamine: Float[Array, "node enantiomer"]
    hydroxynorketamine: Float[Array, "node enantiomer"]
    dehydronorketamine: Float[Array, "node enantiomer"]
    brain: BrainExposure
    mao: Float[Array, " node"]
    """MAO-A that no drug has destroyed, healthy = 1: an enzyme that drug alone inactivates."""
    comparator_plasma: Float[Array, "node molecule"]
    comparator_site: Float[Array, "node molecule"]
    states: DrugFamilies
    """What is behind the concentrations."""


def exposure(p: Physiology, states: DrugFamilies) -> BrainExposure:
    """What reaches the brain from the states of the bodies; what was sprayed is S and adds to S."""
    per_enantiomer, (sprayed,) = states.ketamine, jnp.moveaxis(states.esketamine, -2, 0)

    def of_both(name: str) -> Float[Array, "*batch enantiomer"]:
        return per_enantiomer[..., STATES.index(name)].at[..., S].add(sprayed[..., esketamine.STATES.index(name)])

    effect_site = of_both("effect_site")
    ketamine = links.free_brain_concentration(p.links, effect_site)
    norketamine = links.free_brain_norketamine(p.links, of_both("norketamine_effect_site"))
    hydroxynorketamine = links.free_brain_hydroxynorketamine(p.links, per_enantiomer[..., STATES.index("hydroxynorketamine_effect_site")])
    blockers = links.free_brain_blockers(p.links, comparators.site_concentration(states.comparators)[..., BLOCKERS])
    ligands = jnp.concatenate([ketamine, norketamine, hydroxynorketamine, blockers], -1)
    return BrainExposure(effect_site, ketamine, norketamine, hydroxynorketamine, racemate_equivalents(p.receptor, ligands))


def individualised(p: Physiology, body: CovariateEffects) -> Physiology:
    """The model in one body."""
    d, e = individualise(p.disposition, p.esketamine, body)
    return replace(p, disposition=d, esketamine=e)


def systems(p: Physiology, weight: Scalar) -> DrugFamilies:
    """Matrices and entries of each family of linear systems at a weight (kg)."""
    return DrugFamilies(
        (disposition.rate_matrix(p.disposition, weight), jnp.tile(disposition.entry_matrix(), (len(ENANTIOMERS), 1, 1))),
        (esketamine.rate_matrix(p.esketamine)[None], esketamine.entry_matrix()[None]),
        (comparators.rate_matrix(p.comparators), comparators.entry_matrices()),
    )


def by_family(inputs: Float[Array, "*batch channel"]) -> DrugFamilies:
    """Inputs per channel as inputs per family, system and place."""
    ketamine_input, esketamine_input, comparator_input = jnp.split(
        inputs, [len(channels.KETAMINE_CHANNELS), len(channels.KETAMINE_CHANNELS) + len(channels.ESKETAMINE_CHANNELS)], -1
    )
    batch = inputs.shape[:-1]
    return DrugFamilies(
        ketamine_input.reshape(*batch, len(ENANTIOMERS), -1), esketamine_input.reshape(*batch, 1, -1), comparator_input[..., None]
    )


def solved(
    p: Physiology,
    weight: Scalar,
    steps: Steps,
    infusion: Float[Array, "step channel"],
    bolus: Float[Array, "step channel"],
    families: Sequence[str] = DrugFamilies._fields,
) -> DrugFamilies:
    """States at the nodes of the families that are named."""
    every, (lengths, which) = systems(p, weight), steps
    system = DrugFamilies(**{family: getattr(every, family) for family in families})
    over = _of_each(system, lambda matrix, entry: exact_step(matrix, entry, lengths[:, None]))
    return stepped(system, over, which, infusion, bolus)


def propagated(system: DrugFamilies, lengths: Float[Array, " length"]) -> DrugFamilies:
    """Propagators of the linear systems of many people, over each length (leading axis)."""
    return _of_each(system, lambda matrix, entry: exact_steps(matrix, entry, lengths))


def _of_each(system: DrugFamilies, over: Callable[[Array, Array], tuple[Array, Array]]) -> DrugFamilies:
    return DrugFamilies(*(None if family is None else over(*family) for family in system))


def stepped(
    system: DrugFamilies,
    over: DrugFamilies,
    which: Int[Array, " step"],
    infusion: Float[Array, "step channel"],
    bolus: Float[Array, "step channel"],
) -> DrugFamilies:
    """States at the nodes of linear systems from their propagators, which many people find best all at once."""
    given = zip(system, over, by_family(infusion), by_family(bolus), strict=True)
    return DrugFamilies(
        *(
            None if family is None else stepped_course(through, family[1], which, steadily, at_once)
            for family, through, steadily, at_once in given
        )
    )


def in_blood(p: Physiology, weight: Scalar, states: DrugFamilies) -> Blood:
    """Concentrations from the states of the bodies; what was sprayed is S and adds to S."""
    volumes = central_volumes(p.disposition, weight)
    sprayed, its_norketamine = esketamine.concentrations(p.esketamine, states.esketamine[:, 0])

    def arterial(name: str) -> Float[Array, "node enantiomer"]:
        return states.ketamine[..., STATES.index(name)] / volumes[name]

    return Blood(
        arterial=arterial("ketamine").at[:, S].add(sprayed),
        venous=states.ketamine[..., STATES.index("venous")].at[:, S].add(sprayed),
        norketamine=arterial("norketamine").at[:, S].add(its_norketamine),
        hydroxynorketamine=arterial("hydroxynorketamine"),
        dehydronorketamine=arterial("dehydronorketamine"),
    )


def enzyme_transitions(p: Monoamine, at_site: Float[Array, "*batch molecule"]) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """Rates (1/h) at which MAO-A is made and destroyed under what is at the sites (µM)."""
    held = mao_held(p, at_site[..., comparators.places(HOLDING_MAO)])
    return mao_transitions(p, at_site[..., comparators.places(DESTROYING_MAO)], held)


def drugs(
    p: Physiology, weight: Scalar, steps: Steps, infusion: Float[Array, "step channel"], bolus: Float[Array, "step channel"]
) -> DrugCourse:
    """Drugs in blood and brain for a body weight (kg) and a time grid's inputs (µmol/h, µmol)."""
    return drug_course(p, weight, steps, solved(p, weight, steps, infusion, bolus))


def drug_course(p: Physiology, weight: Scalar, steps: Steps, states: DrugFamilies) -> DrugCourse:
    """The same from the states of the bodies."""
    at_site = comparators.site_concentration(states.comparators)
    made, lost = enzyme_transitions(p.monoamine, at_site)
    return DrugCourse(
        *in_blood(p, weight, states),
        brain=exposure(p, states),
        mao=occupancy_course(jnp.ones(()), made, lost, steps),
        comparator_plasma=comparators.plasma_concentration(p.comparators, states.comparators),
        comparator_site=at_site,
        states=states,
    )
