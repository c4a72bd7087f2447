"""What the body does with drugs, as plain linear systems that any format can be written from."""

from collections.abc import Mapping
from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..cascade.course import HANDS, systems
from ..cascade.timegrid import CHANNELS
from ..experiments.model import Euthymia
from ..pharmacology import comparators, disposition


@dataclass(frozen=True)
class LinearSystem:
    """dx/dt = A x + input of one molecule, with names.

    ``pools`` are amounts (µmol) that only move between each other. The other states are concentrations (µM) that follow pools or
    one another and take nothing from them. ``entries`` says, for each channel of input, which share of it enters each state, and
    ``volumes`` (L) which pools have a known concentration. ``matrix`` in 1/h, 1/(L·h) from a pool to a concentration.
    """

    name: str
    states: tuple[str, ...]
    pools: tuple[str, ...]
    matrix: np.ndarray
    entries: Mapping[str, np.ndarray]
    volumes: Mapping[str, float]


def body_of(model: Euthymia, weight: float) -> list[LinearSystem]:
    """Every molecule's system at a body weight (kg), in the order of ``CHANNELS``."""
    families, ketamine, central = _numbers(model, jnp.asarray(weight))
    structures = [(disposition, ketamine)] * HANDS + [(comparators, {"central": volume}) for volume in central]
    numbers = ((matrix, entry) for family in families for matrix, entry in zip(*family, strict=True))
    return [
        LinearSystem(
            name,
            part.STATES,
            part.POOLS,
            np.asarray(matrix),
            {name: np.asarray(entry)},
            {pool: float(each) for pool, each in volumes.items()},
        )
        for name, (part, volumes), (matrix, entry) in zip(CHANNELS, structures, numbers, strict=True)
    ]


@eqx.filter_jit
def _numbers(model: Euthymia, weight):
    cascade = model.cascade
    return systems(cascade, weight), disposition.central_volumes(cascade.disposition, weight), cascade.comparators.central_volume
