"""The model that predictions are made at: the one that ships, or, inside :func:`at`, the same at other values of some rows."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, ParamSpec, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from ..core.errors import unknown
from ..evidence.registry import evidence
from ..model.default import Values, default_model, model_at
from ..model.parameters import Euthymia

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Rows = Mapping[str, float | list[float]]
"""Values that replace those of evidence rows, by row, in the row's own unit."""


def arrays(rows: Rows) -> Values:
    """The same values, as the model takes them."""
    return {row: jnp.asarray(value, float) for row, value in rows.items()}


@dataclass(frozen=True)
class _InUse:
    """A model, and what was computed with it."""

    rows: Rows
    results: dict[Hashable, Any] = field(default_factory=dict)

    @cached_property
    def model(self) -> Euthymia:
        """At these rows."""
        if not self.rows:
            return default_model()
        return model_at(arrays(self.rows))


_SHIPPED = _InUse({})
_IN_USE: ContextVar[_InUse] = ContextVar("in_use")


def model_in_use() -> Euthymia:
    """The model that predictions are made at."""
    return _IN_USE.get(_SHIPPED).model


@contextmanager
def at(rows: Rows) -> Iterator[None]:
    """Inside the block predictions are made with other values of some rows, on top of those of a block around it.

    What was computed is forgotten at its end, so that many models need no more memory than one.

    Raises
    ------
    InputError
        If there is no such row.
    """
    for row in rows:
        if row not in evidence().parameters:
            raise unknown("evidence", row, evidence().parameters)
    token = _IN_USE.set(_InUse({**_IN_USE.get(_SHIPPED).rows, **rows}))
    try:
        yield
    finally:
        _IN_USE.reset(token)


def once(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Compute a result once for each model and choice of arguments."""

    @wraps(function)
    def kept(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        results, key = _IN_USE.get(_SHIPPED).results, (function, arguments, tuple(sorted(named.items())))
        if key not in results:
            results[key] = function(*arguments, **named)
        return results[key]

    return kept


def once_per_numbers(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Compute a result once for each choice of arguments by the numbers in them, whatever model they come from."""
    results: dict[Hashable, Result] = {}

    @wraps(function)
    def kept(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        leaves, structure = jax.tree.flatten((arguments, named))
        key = structure, tuple(np.asarray(leaf).tobytes() for leaf in leaves)
        if key not in results:
            results[key] = function(*arguments, **named)
        return results[key]

    return kept
