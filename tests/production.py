"""The production solver by itself: one compiled program for every grid that is not very long."""

from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from euthymia.core.numerics.exponential import Steps
from euthymia.links import every_link
from euthymia.model.closures.response import no_correction
from euthymia.model.exposure import drugs
from euthymia.model.integrate import passive_course, slow_courses
from euthymia.model.state import Inputs, unpack
from euthymia.model.time_grid import TimeGrid
from euthymia.model.vector_field import auxiliaries
from euthymia.simulation.dosing import stress_left

STEPS = 12_288
"""To which every grid is padded with steps of length zero."""


class Solution(NamedTuple):
    """At the nodes of a grid."""

    drugs: tuple
    slow: np.ndarray
    passive: np.ndarray


def longer(grid: TimeGrid, steps: int = STEPS) -> TimeGrid:
    """The same grid with so many steps, unless it has more."""
    more = max(0, steps - len(grid.length_index))
    infusion, bolus = (np.pad(each, [(0, more), (0, 0)]) for each in (grid.infusion, grid.bolus))
    index = np.pad(grid.length_index, (0, more), constant_values=np.argmin(grid.lengths))
    return replace(grid, length_index=index, infusion=infusion, bolus=bolus)


def flat(passive):
    return jnp.concatenate([passive.bound, passive.lock], -1)


def produced(p, brain, weight, protocol, grid, switches=None, linear_at=None):
    """Drugs, slow and passive states of a protocol at all nodes of a grid."""
    switches = every_link() if switches is None else switches
    grid = longer(grid)
    left = stress_left(protocol, grid.padded_times)
    inputs = (jnp.asarray(each) for each in (left, grid.lengths, grid.length_index, grid.infusion, grid.bolus))
    solved = _solved(p, brain, weight, *inputs, switches, switches if linear_at is None else linear_at)
    return jax.tree.map(lambda leaf: np.asarray(leaf)[: grid.nodes], solved)


@eqx.filter_jit
def _solved(p, brain, weight, stress_left, lengths, length_index, infusion, bolus, switches, linear_at):
    steps = Steps(lengths, length_index)
    body = drugs(p, weight, steps, infusion, bolus)
    u = Inputs(body.brain.blockers, body.comparator_site, body.mao, stress_left, no_correction(len(length_index) + 1))
    slow = slow_courses(p, brain, steps, u, jax.tree.map(lambda switch: switch[None], switches), linear_at)[0]
    auxiliary = jax.vmap(lambda x, u: auxiliaries(p, x, u, brain, switches))(unpack(slow), u)
    return Solution((body.states, body.mao), slow, flat(passive_course(p, steps, u, auxiliary)[0]))
