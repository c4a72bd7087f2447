"""One patient's course: exact pharmacology, then exponential steps through the slow states."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .. import links
from ..core.exponential import etd2rk, propagators
from ..core.types import Scalar
from ..links import Switches
from ..pharmacology.disposition import STATES, central_volumes, drug_course, rate_matrix
from ..receptors.nmdar import racemate_equivalents
from .baseline import jacobian
from .vector_field import Cascade, pack, slow_rate, unpack


class DrugCourse(NamedTuple):
    """Concentrations at the nodes, µM, per enantiomer (S, R), and the amounts behind them."""

    arterial: Float[Array, "node enantiomer"]
    venous: Float[Array, "node enantiomer"]
    norketamine: Float[Array, "node enantiomer"]
    hydroxynorketamine: Float[Array, "node enantiomer"]
    free_brain: Float[Array, "node enantiomer"]
    free_brain_norketamine: Float[Array, "node enantiomer"]
    racemate_equivalents: Float[Array, " node"]
    states: Float[Array, "node enantiomer state"]


def brain_exposure(p: Cascade, states: Float[Array, "*batch enantiomer state"]) -> tuple[Array, Array, Array]:
    """Free brain ketamine and norketamine (µM) per enantiomer, and what both together are worth in racemic ketamine."""
    ketamine = links.free_brain_concentration(p.links, states[..., STATES.index("effect_site")])
    norketamine = links.free_brain_norketamine(p.links, states[..., STATES.index("norketamine_effect_site")])
    return ketamine, norketamine, racemate_equivalents(p.receptor, jnp.concatenate([ketamine, norketamine], -1))


def drug(
    p: Cascade,
    weight: Scalar,
    steps: Float[Array, " step"],
    infusion: Float[Array, "step enantiomer"],
    bolus: Float[Array, "step enantiomer"],
) -> DrugCourse:
    """Drug in blood and brain for a body weight (kg) and a time grid's inputs (µmol/h, µmol)."""
    states = drug_course(rate_matrix(p.disposition, weight), steps, infusion, bolus)
    volumes = central_volumes(p.disposition, weight)
    ketamine, norketamine, equivalents = brain_exposure(p, states)
    return DrugCourse(
        arterial=states[..., STATES.index("ketamine")] / volumes["ketamine"],
        venous=states[..., STATES.index("venous")],
        norketamine=states[..., STATES.index("norketamine")] / volumes["norketamine"],
        hydroxynorketamine=states[..., STATES.index("hydroxynorketamine")] / volumes["hydroxynorketamine"],
        free_brain=ketamine,
        free_brain_norketamine=norketamine,
        racemate_equivalents=equivalents,
        states=states,
    )


def slow_courses(
    p: Cascade,
    start: Float[Array, " state"],
    steps: Float[Array, " step"],
    concentration: Float[Array, " node"],
    stress: Scalar,
    switches: Switches,
) -> Float[Array, "setting node state"]:
    """Packed slow states at the nodes for many settings of the switches at once (leading axis of ``switches``).

    From a packed start, under a concentration (µM of racemic ketamine) given at the nodes, at constant stress. The exact
    linear part is that of the first setting, so settings that remove a link inside way 4 belong in calls of their own.
    """
    linear = jacobian(p, start, stress, jax.tree.map(lambda switch: switch[0], switches))
    over = propagators(linear, steps)

    def one(setting: Switches) -> Float[Array, "node state"]:
        def rate(vector: Float[Array, " state"], concentration: Scalar) -> Float[Array, " state"]:
            return pack(slow_rate(p, unpack(vector), concentration, stress, setting))

        return etd2rk(rate, linear, over, start, steps, concentration)

    return jax.vmap(one)(switches)
