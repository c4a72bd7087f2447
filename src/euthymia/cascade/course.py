"""One patient's course: exact pharmacology, then exponential steps through the slow states."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .. import links
from ..core.exponential import etd2rk, linear_course, occupancy_course, propagators
from ..core.types import ENANTIOMERS, Scalar
from ..links import Switches
from ..pharmacology import comparators, disposition
from ..pharmacology.disposition import STATES, central_volumes
from ..receptors.monoamine import mao_transitions
from ..receptors.nmdar import racemate_equivalents
from .baseline import jacobian
from .vector_field import Brain, Cascade, Drivers, Followers, Inputs, pack, slow_rate, transitions, unpack

Steps = tuple[Float[Array, " length"], Int[Array, " step"]]
"""The distinct step lengths of a grid (h), and which of them each step has."""
HANDS = len(ENANTIOMERS)
PHENELZINE = comparators.DRUGS.index("phenelzine")


class DrugCourse(NamedTuple):
    """Concentrations at the nodes, µM, of ketamine per enantiomer (S, R) and of the comparators per drug."""

    arterial: Float[Array, "node enantiomer"]
    venous: Float[Array, "node enantiomer"]
    norketamine: Float[Array, "node enantiomer"]
    hydroxynorketamine: Float[Array, "node enantiomer"]
    free_brain: Float[Array, "node enantiomer"]
    free_brain_norketamine: Float[Array, "node enantiomer"]
    racemate_equivalents: Float[Array, " node"]
    mao: Float[Array, " node"]
    """Active MAO-A, healthy = 1: an enzyme that drug alone inactivates."""
    comparator_plasma: Float[Array, "node drug"]
    comparator_site: Float[Array, "node drug"]
    states: Float[Array, "node enantiomer state"]
    """Amounts behind the concentrations of ketamine."""
    comparator_states: Float[Array, "node drug comparator_state"]


def brain_exposure(p: Cascade, states: Float[Array, "*batch enantiomer state"]) -> tuple[Array, Array, Array]:
    """Free brain ketamine and norketamine (µM) per enantiomer, and what both together are worth in racemic ketamine."""
    ketamine = links.free_brain_concentration(p.links, states[..., STATES.index("effect_site")])
    norketamine = links.free_brain_norketamine(p.links, states[..., STATES.index("norketamine_effect_site")])
    return ketamine, norketamine, racemate_equivalents(p.receptor, jnp.concatenate([ketamine, norketamine], -1))


def systems(p: Cascade, weight: Scalar) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Matrix and entry of the two families of linear systems: ketamine per enantiomer at a weight (kg), comparators per drug."""
    into_blood = jnp.broadcast_to(disposition.entry_vector(), (HANDS, len(STATES)))
    return (
        (disposition.rate_matrix(p.disposition, weight), into_blood),
        (comparators.rate_matrix(p.comparators), comparators.entry_vectors()),
    )


def drugs(
    p: Cascade, weight: Scalar, steps: Steps, infusion: Float[Array, "step channel"], bolus: Float[Array, "step channel"]
) -> DrugCourse:
    """Drugs in blood and brain for a body weight (kg) and a time grid's inputs (µmol/h, µmol)."""
    ketamine_system, comparator_system = systems(p, weight)
    states = linear_course(*ketamine_system, steps, infusion[:, :HANDS], bolus[:, :HANDS])
    others = linear_course(*comparator_system, steps, infusion[:, HANDS:], bolus[:, HANDS:])
    volumes = central_volumes(p.disposition, weight)
    ketamine, norketamine, equivalents = brain_exposure(p, states)
    at_site = comparators.site_concentration(others)
    made, lost = mao_transitions(p.monoamine, at_site[:, PHENELZINE])
    return DrugCourse(
        arterial=states[..., STATES.index("ketamine")] / volumes["ketamine"],
        venous=states[..., STATES.index("venous")],
        norketamine=states[..., STATES.index("norketamine")] / volumes["norketamine"],
        hydroxynorketamine=states[..., STATES.index("hydroxynorketamine")] / volumes["hydroxynorketamine"],
        free_brain=ketamine,
        free_brain_norketamine=norketamine,
        racemate_equivalents=equivalents,
        mao=occupancy_course(jnp.ones(()), made, lost, steps),
        comparator_plasma=comparators.plasma_concentration(p.comparators, others),
        comparator_site=at_site,
        states=states,
        comparator_states=others,
    )


def slow_courses(
    p: Cascade, brain: Brain, steps: Steps, inputs: Inputs, switches: Switches, linear_at: Switches
) -> Float[Array, "setting node state"]:
    """Packed slow states at the nodes, from rest, for many settings of the switches at once (leading axis of ``switches``).

    Parameters
    ----------
    p
        Parameters and closures.
    brain
        The patient.
    steps
        From the time grid.
    inputs
        Drugs and corrections at the nodes.
    switches
        Settings.
    linear_at
        One setting, whose Jacobian is the part that is treated exactly. It must have every link off that is off in any of
        ``switches``, so that a clamped state stays at rest to rounding error.
    """
    start = pack(brain.rest)
    linear = jacobian(p, start, brain, linear_at)
    over = propagators(linear, steps[0])

    def one(setting: Switches) -> Float[Array, "node state"]:
        def rate(vector: Float[Array, " state"], u: Inputs) -> Float[Array, " state"]:
            return pack(slow_rate(p, unpack(vector), u, brain, setting))

        return etd2rk(rate, linear, over, start, steps, inputs)

    return jax.vmap(one)(switches)


def follow(p: Cascade, steps: Steps, inputs: Inputs, by: Drivers) -> Followers:
    """Occupancies over a course of one setting, from what drives them at the nodes; they start where they rest undosed."""
    rise, fall = jax.vmap(lambda u, at: transitions(p, u, at))(inputs, by)
    # Without input nothing binds, so that only the lock rests above zero.
    return jax.tree.map(lambda a, b: occupancy_course(a[0] / (a[0] + b[0]), a, b, steps), rise, fall)
