"""Pharmacokinetics as plain linear systems, from which any format can be written."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.types import ENANTIOMERS, Scalar
from ..model.exposure import DrugSystems, systems
from ..model.inputs import CHANNELS
from ..model.parameters import Euthymia
from ..pharmacology import comparators, esketamine, ketamine


@dataclass(frozen=True)
class LinearSystem:
    """dx/dt = A x + input of one molecule and its metabolites, with names.

    ``pools`` are amounts (µmol) that only move between each other. The other states are concentrations (µM) that follow pools or
    one another with a lag. ``entries`` says, for each channel of input, which share of it enters each state, and
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
    families, central_volumes, comparator_volumes, metabolite_volumes = _numbers(model, jnp.asarray(weight))
    p = model.physiology.esketamine
    sprayed = {"plasma": p.plasma_volume, "norketamine": p.norketamine_volume}
    of_parent = {drug: {"metabolite": volume} for drug, volume in zip(comparators.FORMED.values(), metabolite_volumes, strict=True)}
    structures = [
        *((f"{enantiomer}-ketamine", ketamine, central_volumes) for enantiomer in ENANTIOMERS),
        ("esketamine", esketamine, sprayed),
        *(
            (drug, comparators, {"central": volume} | of_parent.get(drug, {}))
            for drug, volume in zip(comparators.DRUGS, comparator_volumes, strict=True)
        ),
    ]
    numbers = [(matrix, entry) for family in families for matrix, entry in zip(*family, strict=True)]
    channels = iter(CHANNELS)
    return [
        LinearSystem(
            name,
            module.STATES,
            module.POOLS,
            np.asarray(matrix),
            dict(zip(islice(channels, entry.shape[1]), np.asarray(entry).T, strict=True)),
            {pool: float(volume) for pool, volume in volumes.items()},
        )
        for (name, module, volumes), (matrix, entry) in zip(structures, numbers, strict=True)
    ]


class Numbers(NamedTuple):
    """Matrices and volumes (L) of every system."""

    families: DrugSystems
    central_volumes: dict[str, Scalar]
    """Of ketamine and its metabolites."""
    comparator_volumes: Float[Array, "drug"]
    metabolite_volumes: Float[Array, "metabolite"]


@eqx.filter_jit
def _numbers(model: Euthymia, weight: Scalar) -> Numbers:
    p = model.physiology
    central = ketamine.central_volumes(p.disposition, weight)
    return Numbers(systems(p, weight), central, p.comparators.central_volume, p.comparators.metabolite_volume)
