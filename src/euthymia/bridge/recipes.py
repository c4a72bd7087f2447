"""How each surface is made from its circuit: the box, the grid, the numerics and what is computed at one point."""

from collections.abc import Callable
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..brain.escape import CELLS, LimbicLock, log_escape_rates
from ..circuits.habenula import Nucleus, NucleusActivity, Plan, nucleus
from .closures import HABENULA_OUTPUTS, LOCK_OUTPUTS
from .surface_file import Axis, parameters_hash

PLAN = Plan(cells=400, settle=1000, nodes=4000, substeps=50, step=0.02)
"""Of the habenula: a second is discarded, four count."""
SEED = 3
"""Of its cells and of the glutamate around them."""


@dataclass(frozen=True)
class Recipe:
    """One surface to be built."""

    name: str
    axes: tuple[Axis, Axis]
    points: tuple[int, int]
    degrees: tuple[int, int]
    outputs: tuple[tuple[str, str], ...]
    logarithmic: bool
    settings: dict[str, float]
    built_from: str
    """Hash of every number that enters."""
    compute: Callable[[float, float], np.ndarray]
    """The outputs at a point; their logarithms for a logarithmic surface."""


@eqx.filter_jit
def _activity(p: Nucleus, nmda: jax.Array, shift: jax.Array, plan: Plan, seed: int) -> NucleusActivity:
    return nucleus(p, nmda, shift, jax.random.key(seed), plan, jnp.zeros(plan.nodes))[0]


def nucleus_outputs(p: Nucleus, nmda: float, shift: float, plan: Plan = PLAN, seed: int = SEED) -> np.ndarray:
    """What the slow field reads of the habenula, in the order of ``HABENULA_OUTPUTS``, from a fresh run of the nucleus."""
    found = _activity(p, jnp.asarray(nmda, float), jnp.asarray(shift, float), plan, seed)
    main, strict = found.cells
    return np.array([found.tonic_rate[0], found.burst_rate[0], main[0], main[2], strict[2], *found.unblocked])


def habenula_recipe(p: Nucleus) -> Recipe:
    """Firing of the nucleus by share of NMDA conductance left and shift of resting potential."""
    settings = {**PLAN._asdict(), "seed": SEED}
    points, degrees = (13, 13), (8, 8)
    return Recipe(
        "habenula",
        (Axis("share of NMDA conductance left", "1", 0.0, 1.0), Axis("shift of resting potential", "mV", -12.0, 3.0)),
        points,
        degrees,
        HABENULA_OUTPUTS,
        False,
        settings,
        parameters_hash({"nucleus": p}, settings | {"points": points, "degrees": degrees}),
        lambda nmda, shift: nucleus_outputs(p, nmda, shift),
    )


def lock_recipe(p: LimbicLock) -> Recipe:
    """Rates into and out of the limbic lock by block of recurrent NMDA drive and limbic drive."""
    settings = {"cells": CELLS}
    points, degrees = (25, 25), (16, 16)
    return Recipe(
        "lock",
        (Axis("block of recurrent NMDA drive", "1", 0.0, 1.0), Axis("limbic drive", "nA", 0.24, 0.33)),
        points,
        degrees,
        LOCK_OUTPUTS,
        True,
        settings,
        parameters_hash({"limbic": p}, settings | {"points": points, "degrees": degrees}),
        lambda block, limbic_input: np.array(log_escape_rates(p, *map(jnp.asarray, (block, limbic_input, 1.0)))),
    )
