"""Build a surface from its recipe, measure its error, and check a file against fresh runs."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import cpu_count
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from ...core.numerics.chebyshev import Surface, fit, nodes
from ...core.runtime import configure
from .recipes import Recipe
from .surface_file import Output, SurfaceFile

HELD_OUT = 24
"""Held-out points that measure the error of a new surface."""
CHECKED = 5
"""Held-out points that a check computes again."""
WORST_ERROR = 0.02
"""Largest error at any point, as a share of the range of the output."""
SEED = 20
Progress = Callable[[int], None]


def _compute(recipe: Recipe, points: np.ndarray, progress: Progress) -> np.ndarray:
    """The circuit's values at points, one process per core; ``progress`` is called with the number done."""
    values = []
    with ProcessPoolExecutor(cpu_count(), get_context("spawn"), configure) as pool:
        for value in pool.map(recipe.compute, *points.T):
            values.append(value)
            progress(len(values))
    return np.stack(values)


def held_out(recipe: Recipe, count: int) -> np.ndarray:
    """Random points of the domain; the first of them are the same for any count."""
    low, high = (np.array([getattr(axis, side) for axis in recipe.axes]) for side in ("lower", "upper"))
    return low + (high - low) * np.random.default_rng(SEED).uniform(size=(count, len(recipe.axes)))


def total(recipe: Recipe) -> int:
    """Points that :func:`build` computes."""
    return int(np.prod(recipe.points)) + HELD_OUT


def build(recipe: Recipe, progress: Progress = lambda done: None) -> SurfaceFile:
    """Compute the grid, fit, and measure the error at held-out points.

    Parameters
    ----------
    recipe
        What to build.
    progress
        Called with the number of points done, of :func:`total`.
    """
    grid = [nodes(axis.lower, axis.upper, count) for axis, count in zip(recipe.axes, recipe.points, strict=True)]
    points = np.stack(np.meshgrid(*grid, indexing="ij"), -1).reshape(-1, len(grid))
    test_points = held_out(recipe, HELD_OUT)
    values = _compute(recipe, np.concatenate([points, test_points]), progress)
    coefficients = fit(values[: len(points)].reshape(*recipe.points, -1), recipe.degrees)
    low, high = (jnp.array([getattr(axis, side) for axis in recipe.axes]) for side in ("lower", "upper"))
    polynomial = Surface(low, high, jnp.asarray(coefficients), jnp.ones(len(recipe.outputs)), logarithmic=False)
    clipped = np.minimum(values, recipe.largest)
    error = np.abs(np.minimum(polynomial(*jnp.asarray(test_points.T)), recipe.largest) - clipped[len(points) :]).max(0)
    summaries = zip(recipe.outputs, clipped.min(0), clipped.max(0), error, strict=True)
    return SurfaceFile(
        recipe.name,
        recipe.axes,
        tuple(Output(name, unit, float(smallest), float(largest), float(worst)) for (name, unit), smallest, largest, worst in summaries),
        recipe.logarithmic,
        coefficients.tolist(),
        recipe.settings,
        recipe.built_from,
    )


class Disagreement(NamedTuple):
    """Difference between a file and a fresh run at one point."""

    point: tuple[float, ...]
    range_fractions: dict[str, float]
    """Of each output, as a share of its range."""

    @property
    def worst(self) -> float:
        """Largest of all outputs."""
        return max(self.range_fractions.values())


def check(recipe: Recipe, file: SurfaceFile, progress: Progress = lambda done: None) -> list[Disagreement]:
    """Compute ``CHECKED`` points afresh and compare; a surface is sound if none is off by more than ``WORST_ERROR``."""
    points = held_out(recipe, CHECKED)
    fresh = _compute(recipe, points, progress)
    stored = np.asarray(file.surface(*jnp.asarray(points.T)))
    stored = np.log(stored) if file.logarithmic else stored
    error = np.abs(np.minimum(stored, recipe.largest) - np.minimum(fresh, recipe.largest))
    return [
        Disagreement(
            tuple(map(float, point)),
            {output.name: float(value) / (output.largest - output.smallest) for output, value in zip(file.outputs, row, strict=True)},
        )
        for point, row in zip(points, error, strict=True)
    ]
