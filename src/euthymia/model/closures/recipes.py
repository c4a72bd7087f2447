"""The recipe of each surface: its domain, grid and numerical settings, and the circuit's values at one point."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...brain.escape import CELLS, LimbicLock, log_passages
from ...circuits.habenula.bursts import NucleusActivity
from ...circuits.habenula.nucleus import Plan, simulate_nucleus
from ...circuits.habenula.parameters import Nucleus
from .provenance import Axis, Settings, parameters_hash
from .response import HABENULA_OUTPUTS, PASSAGE_OUTPUTS

PLAN = Plan(cells=600, settle=500, nodes=4000, substeps=40, step=0.025)
"""Of the habenula: half a second is discarded and four seconds count."""
SEED = 3
"""Of its cells and of the glutamate around them."""
LONGEST = 1e6
"""h, over a century: longer passages count as this long."""
SHEAR = 0.14
"""nA; see :class:`.response.Closures`."""


@dataclass(frozen=True)
class Recipe:
    """One surface to be built."""

    name: str
    axes: tuple[Axis, Axis]
    points: tuple[int, int]
    degrees: tuple[int, int]
    outputs: tuple[tuple[str, str], ...]
    logarithmic: bool
    settings: Settings
    built_from: str
    """Hash of every number that enters."""
    compute: Callable[[float, float], np.ndarray]
    """The outputs at a point, their logarithms for a logarithmic surface; picklable."""
    largest: float = np.inf
    """Larger values (of the logarithm for a logarithmic surface) are equivalent in a course, and do not count in the error."""


def _numerics(
    settings: Settings, axes: tuple[Axis, Axis], points: tuple[int, int], degrees: tuple[int, int], outputs: tuple[tuple[str, str], ...]
) -> dict[str, Any]:
    """Everything that a surface depends on beside the parameters of its circuit."""
    return {**settings, "axes": [asdict(axis) for axis in axes], "points": points, "degrees": degrees, "outputs": outputs}


@eqx.filter_jit
def _activity(p: Nucleus, nmda: jax.Array, shift: jax.Array, plan: Plan, seed: int) -> NucleusActivity:
    return simulate_nucleus(p, nmda, shift, jax.random.key(seed), plan, jnp.zeros(plan.nodes))[0]


def nucleus_activity(p: Nucleus, nmda: float, shift: float, plan: Plan = PLAN, seed: int = SEED) -> NucleusActivity:
    """A fresh run of the nucleus at a share of NMDA conductance left and a shift of resting potential (mV)."""
    return _activity(p, jnp.asarray(nmda, float), jnp.asarray(shift, float), plan, seed)


def nucleus_outputs(p: Nucleus, nmda: float, shift: float, plan: Plan = PLAN, seed: int = SEED) -> np.ndarray:
    """Outputs of the habenula, in the order of ``HABENULA_OUTPUTS``, from a fresh run of the nucleus."""
    firing = nucleus_activity(p, nmda, shift, plan, seed)
    main, _ = firing.cells
    return np.array([firing.tonic_rate[0], *firing.burst_rate, main @ firing.unblocked])


def habenula_recipe(p: Nucleus) -> Recipe:
    """Firing of the nucleus by share of NMDA conductance left and shift of resting potential."""
    settings: Settings = {**PLAN._asdict(), "seed": SEED}
    axes = Axis("share of NMDA conductance left", "1", 0.0, 1.0), Axis("shift of resting potential", "mV", -8.0, 1.0)
    points, degrees = (13, 9), (8, 6)
    return Recipe(
        "habenula",
        axes,
        points,
        degrees,
        HABENULA_OUTPUTS,
        False,
        settings,
        parameters_hash({"nucleus": p}, _numerics(settings, axes, points, degrees, HABENULA_OUTPUTS)),
        partial(nucleus_outputs, p),
    )


@eqx.filter_jit
def _passages(p: LimbicLock, block: jax.Array, limbic_input: jax.Array) -> jax.Array:
    return log_passages(p, block, limbic_input, jnp.ones(()))


def passages(p: LimbicLock, block: float, sheared: float) -> np.ndarray:
    """Logarithms of the mean times (h) into and out of the limbic lock, from a fresh solution of the Fokker–Planck chain.

    ``sheared`` is the limbic drive (nA) less ``SHEAR`` times the block.
    """
    return np.asarray(_passages(p, jnp.asarray(block, float), jnp.asarray(sheared + SHEAR * block, float)))


def passage_recipe(p: LimbicLock) -> Recipe:
    """Mean times into and out of the limbic lock by block of recurrent NMDA drive and sheared limbic drive."""
    settings: Settings = {"cells_limbic": CELLS[0], "cells_cognitive": CELLS[1], "longest_h": LONGEST, "shear_nA": SHEAR}
    axes = Axis("block of recurrent NMDA drive", "1", 0.0, 0.4), Axis("limbic drive less shear times block", "nA", 0.24, 0.325)
    points, degrees = (9, 25), (8, 24)
    return Recipe(
        "passage",
        axes,
        points,
        degrees,
        PASSAGE_OUTPUTS,
        True,
        settings,
        parameters_hash({"limbic": p}, _numerics(settings, axes, points, degrees, PASSAGE_OUTPUTS)),
        partial(passages, p),
        np.log(LONGEST),
    )
