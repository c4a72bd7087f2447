"""What the body does with drugs, as plain linear systems that any format can be written from."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..core.types import ENANTIOMERS
from ..model.exposure import systems
from ..model.inputs import CHANNELS
from ..model.parameters import Euthymia
from ..pharmacology import comparators, esketamine
from ..pharmacology import ketamine as disposition


@dataclass(frozen=True)
class LinearSystem:
    """dx/dt = A x + input of one molecule and what is formed from it, with names.

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


def body_systems(model: Euthymia, weight: float) -> list[LinearSystem]:
    """Every system at a body weight (kg): both enantiomers, esketamine by spray or mouth, and each comparator."""
    families, ketamine, central, formed = _numbers(model, jnp.asarray(weight))
    p = model.physiology.esketamine
    sprayed = {"plasma": p.plasma_volume, "norketamine": p.norketamine_volume}
    of_parent = {drug: {"metabolite": volume} for drug, volume in zip(comparators.FORMED.values(), formed, strict=True)}
    structures = [
        *((f"{enantiomer}-ketamine", disposition, ketamine) for enantiomer in ENANTIOMERS),
        ("esketamine", esketamine, sprayed),
        *(
            (drug, comparators, {"central": volume} | of_parent.get(drug, {}))
            for drug, volume in zip(comparators.DRUGS, central, strict=True)
        ),
    ]
    numbers = [(matrix, entry) for family in families for matrix, entry in zip(*family, strict=True)]
    channels = iter(CHANNELS)
    return [
        LinearSystem(
            name,
            part.STATES,
            part.POOLS,
            np.asarray(matrix),
            dict(zip(islice(channels, entry.shape[1]), np.asarray(entry).T, strict=True)),
            {pool: float(each) for pool, each in volumes.items()},
        )
        for (name, part, volumes), (matrix, entry) in zip(structures, numbers, strict=True)
    ]


@eqx.filter_jit
def _numbers(model: Euthymia, weight):
    physiology = model.physiology
    volumes = physiology.comparators.central_volume, physiology.comparators.metabolite_volume
    return systems(physiology, weight), disposition.central_volumes(physiology.disposition, weight), *volumes
