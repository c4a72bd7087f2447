"""A nonlinear mixed-effects model of any course: log-normal parameters of people, and normal error of samples.

A parameter of a person is its typical value times exp(η). Between people η is normal with mean zero and covariance Ω, in blocks;
the SD of a sample around its expectation f is √(a² + (b f)²).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from ..core.types import Scalar
from .pk_estimate import JointDensity
from .population_likelihood import MixedModel

RESIDUALS = ("additive", "proportional")
"""The terms a and b of the residual error."""


class Samples(NamedTuple):
    """A person's samples with whatever their course depends on; those that are not counted are padding."""

    design: Any
    measured: Float[Array, "*subject sample"]
    counted: Bool[Array, "*subject sample"]


class PopulationParameters(NamedTuple):
    """Typical values, root L of Ω = L Lᵀ, and the terms of the residual error."""

    typical: Float[Array, "parameter"]
    root: Float[Array, "effect effect"]
    additive: Scalar
    proportional: Scalar


@dataclass(frozen=True)
class Structure:
    """What is estimated: typical values, a block of Ω for effects that go together, and terms of the residual error.

    Coordinates are logarithms of typical values, of the diagonal of each block's root and of error terms, and the root's other entries.
    """

    typical: tuple[str, ...]
    blocks: tuple[tuple[str, ...], ...]
    residual: tuple[str, ...] = RESIDUALS

    @property
    def effects(self) -> tuple[str, ...]:
        """Parameters with a random effect, in the order of the blocks."""
        return tuple(chain.from_iterable(self.blocks))

    def entries(self) -> list[tuple[int, int]]:
        """Row and column in the root of each of its coordinates."""
        starts = accumulate(map(len, self.blocks), initial=0)
        lower = [(start, i, j) for start, block in zip(starts, self.blocks, strict=False) for i in range(len(block)) for j in range(i + 1)]
        return [(start + i, start + j) for start, i, j in lower]

    def parameters(self, coordinates: Float[Array, " estimated"]) -> PopulationParameters:
        """The population at coordinates."""
        entries = self.entries()
        typical, of_root, errors = jnp.split(coordinates, np.cumsum([len(self.typical), len(entries)]))
        root = jnp.zeros((len(self.effects),) * 2)
        for (i, j), value in zip(entries, of_root, strict=True):
            root = root.at[i, j].set(jnp.exp(value) if i == j else value)
        named = dict(zip(self.residual, jnp.exp(errors), strict=True))
        additive, proportional = (named.get(name, jnp.zeros(())) for name in RESIDUALS)
        return PopulationParameters(jnp.exp(typical), root, additive, proportional)

    def coordinates(self, parameters: PopulationParameters) -> np.ndarray:
        """Coordinates of a population."""
        of_root = [np.log(parameters.root[i, j]) if i == j else parameters.root[i, j] for i, j in self.entries()]
        errors = [np.log(getattr(parameters, name)) for name in self.residual]
        return np.array([*np.log(parameters.typical), *of_root, *errors], float)

    def reported(self, coordinates: Float[Array, " estimated"]) -> Float[Array, " estimated"]:
        """Typical values, entries of Ω and variances of the error terms, as NONMEM reports them."""
        p = self.parameters(coordinates)
        covariance = p.root @ p.root.T
        rows, columns = np.array(self.entries()).T
        errors = [getattr(p, name) ** 2 for name in self.residual]
        return jnp.concatenate([p.typical, covariance[rows, columns], jnp.stack(errors)])

    def names(self) -> list[str]:
        """Names of what is reported."""
        covariances = [f"omega({self.effects[i]},{self.effects[j]})" for i, j in self.entries()]
        return [*self.typical, *covariances, *(f"sigma({name})" for name in self.residual)]


def normal_density(
    expected: Callable[[Float[Array, " effect"]], Float[Array, " sample"]],
    variance: Callable[[Float[Array, " sample"]], Float[Array, " sample"]],
    samples: Samples,
    z: Float[Array, " effect"],
) -> JointDensity:
    """−log p of normal samples and a person's effects z, without the constant n/2 log 2π.

    ``variance`` is that of a sample as a function of its own expectation.
    """

    def with_value(z: Array) -> tuple[Array, Array]:
        f = expected(z)
        return f, f

    J, f = jax.jacfwd(with_value, has_aux=True)(z)
    V, dV = jax.jvp(variance, (f,), (jnp.ones_like(f),))
    residual = samples.measured - f
    value = (residual**2 / V + jnp.log(V)) / 2
    slope = -residual / V + dV / V * (1 - residual**2 / V) / 2
    information = 1 / V + (dV / V) ** 2 / 2

    def counted(of_samples: Array) -> Array:
        return jnp.where(samples.counted, of_samples, 0)

    return JointDensity(
        jnp.sum(counted(value)) + z @ z / 2,
        J.T @ counted(slope) + z,
        J.T @ (counted(information)[:, None] * J) + jnp.eye(len(z)),
    )


def mixed_model(course: Callable[[Float[Array, " parameter"], Any], Float[Array, " sample"]], structure: Structure) -> MixedModel:
    """The model of a course: expected samples from a person's parameters, in the order of the structure, and their design."""
    positions = np.array([structure.typical.index(name) for name in structure.effects])

    def density(p: PopulationParameters, samples: Samples, z: Array) -> JointDensity:
        def expected(z: Array) -> Array:
            deviation = jnp.zeros_like(p.typical).at[positions].set(p.root @ z)
            return course(p.typical * jnp.exp(deviation), samples.design)

        return normal_density(expected, lambda f: p.additive**2 + (p.proportional * f) ** 2, samples, z)

    return MixedModel(eqx.Partial(structure.parameters), density, len(structure.effects))
