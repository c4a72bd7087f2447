"""What a surface was built from: its variables, and the hash of every number that entered."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import numpy as np

Settings = dict[str, int | float]
"""Numerical settings of a build, by name."""


@dataclass(frozen=True)
class Axis:
    """One variable of a surface."""

    name: str
    unit: str
    lower: float
    upper: float


def parameters_hash(containers: Mapping[str, eqx.Module], settings: Mapping[str, Any]) -> str:
    """SHA-256 of the parameters and numerical settings that a surface is built from."""
    numbers = {name: [np.asarray(leaf).tolist() for leaf in jax.tree.leaves(container)] for name, container in containers.items()}
    return sha256({"numbers": numbers, "settings": dict(settings)})


def sha256(content: Any) -> str:
    """SHA-256 of content as JSON with sorted keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
