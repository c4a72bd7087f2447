"""Functions of one instance, evaluated and stepped for many at once, in arrays in which instances come last.

A function is written for one instance, with arrays of any shape. Here it becomes arithmetic on single numbers (:mod:`.scalarisation`), each
of which is an array over instances: what a processor does fast, whatever the shapes were. What does not change from step to step, or is
the same for all instances, is computed no oftener than it has to be.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from .expressions import Graph, Number, Stage
from .scalarisation import Numbers, scalarised

WORTH_KEEPING = 30.0
"""Operations that have to be spared for a number to be kept rather than computed anew: keeping one costs as much."""
FIXED = Stage.SHARED, Stage.OF_INSTANCE
"""Stages at which nothing changes from step to step."""


class Pattern(NamedTuple):
    """Where an array may differ from zero; hashable."""

    shape: tuple[int, ...]
    places: tuple[int, ...]
    """In the flat array."""

    @classmethod
    def of(cls, mask: np.ndarray) -> "Pattern":
        """From a mask of what may differ from zero."""
        return cls(mask.shape, tuple(np.flatnonzero(mask).tolist()))

    def known_zero(self) -> np.ndarray:
        """A mask of what is zero."""
        mask = np.ones(self.shape, bool)
        mask.ravel()[list(self.places)] = False
        return mask


class Sparse(eqx.Module):
    """An array that is zero beside a pattern, given by what it has there, in a row along its first axis."""

    numbers: Array
    pattern: Pattern = eqx.field(static=True)


def sparse(array: Array, pattern: Pattern, leading: int = 0) -> Any:
    """A :class:`Sparse` array in the place of the full one, whose first ``leading`` axes are not the pattern's and stay in front."""
    before, within = array.shape[:leading], len(pattern.shape)
    flat = array.reshape(*before, -1, *array.shape[leading + within :])
    return Sparse(jnp.take(flat, np.array(pattern.places, int), axis=leading), pattern)


def _is_sparse(leaf: Any) -> bool:
    return isinstance(leaf, Sparse)


class _Leaf(NamedTuple):
    """A leaf of the arguments: its expressions, and the array over instances that stands for it."""

    numbers: Numbers
    array: Array
    pattern: Pattern | None

    def known(self, needed: set[Number]) -> dict[Number, Array]:
        """Arrays of those of its numbers that are needed."""
        flat = self.numbers.ravel()
        positions = range(flat.size) if self.pattern is None else self.pattern.places
        axes = self.numbers.ndim if self.pattern is None else 1
        rows = self.array.reshape(-1, *self.array.shape[axes:])
        return {int(flat[position]): rows[row] for row, position in enumerate(positions) if int(flat[position]) in needed}


class _Arguments:
    """Arguments of a function, as expressions and as what it is traced with."""

    def __init__(self, graph: Graph, tree: Any, stage: Stage, axes: int) -> None:
        leaves, self.structure = jax.tree.flatten(tree, is_leaf=_is_sparse)
        self.leaves, self.traced_with = [], []
        for leaf in leaves:
            sparse = isinstance(leaf, Sparse)
            array = leaf.numbers if sparse else jnp.asarray(leaf)
            shape = leaf.pattern.shape if sparse else array.shape[: array.ndim - axes]
            numbers = graph.inputs(shape, stage, leaf.pattern.known_zero() if sparse else None)
            self.leaves.append(_Leaf(numbers, array, leaf.pattern if sparse else None))
            self.traced_with.append(jax.ShapeDtypeStruct(shape, array.dtype))

    def with_arrays(self, tree: Any) -> list[_Leaf]:
        """The same arguments at another time: other arrays of the same shapes."""
        leaves = jax.tree.leaves(tree, is_leaf=_is_sparse)
        arrays = [leaf.numbers if isinstance(leaf, Sparse) else jnp.asarray(leaf) for leaf in leaves]
        return [leaf._replace(array=array) for leaf, array in zip(self.leaves, arrays, strict=True)]


class _Traced(NamedTuple):
    """A function of arguments as expressions: its results, flat, and how they were put together."""

    graph: Graph
    arguments: list[_Arguments]
    results: list[Numbers]
    structure: Any


def _trace(function: Callable[..., Any], trees: Sequence[Any], stages: Sequence[Stage], axes: int) -> _Traced:
    graph = Graph()
    arguments = [
        _Arguments(graph, tree, stage, 0 if stage in (Stage.SHARED, Stage.AT_STEP) else axes)
        for tree, stage in zip(trees, stages, strict=True)
    ]

    def flat(*leaves: Array) -> list[Array]:
        whole, unread = [], iter(leaves)
        for argument in arguments:
            whole.append(jax.tree.unflatten(argument.structure, [next(unread) for _ in argument.leaves]))
        results, structure = jax.tree.flatten(function(*whole))
        structures.append(structure)
        return [jnp.asarray(result) for result in results]

    structures: list[Any] = []
    program = jax.make_jaxpr(flat)(*(leaf for argument in arguments for leaf in argument.traced_with))
    numbers = [leaf.numbers for argument in arguments for leaf in argument.leaves]
    with jax.ensure_compile_time_eval():
        results = scalarised(graph, program, numbers)
    return _Traced(graph, arguments, results, structures[-1])


def _flat(results: Iterable[Numbers]) -> list[Number]:
    return [number for result in results for number in result.ravel().tolist()]


def _known(leaves: Iterable[_Leaf], needed: set[Number]) -> dict[Number, Array]:
    return {number: array for leaf in leaves for number, array in leaf.known(needed).items()}


def _stacks(leaves: Iterable[_Leaf]) -> dict[tuple[Number, ...], Array]:
    """Leaves that are full arrays, flat, by their numbers."""
    full = [leaf for leaf in leaves if leaf.pattern is None]
    return {tuple(leaf.numbers.ravel().tolist()): leaf.array.reshape(-1, *leaf.array.shape[leaf.numbers.ndim :]) for leaf in full}


def _inputs_of(graph: Graph, results: Iterable[Number], known: Iterable[Number] = ()) -> set[Number]:
    """What has to be known for results beyond what is known: inputs that they read, themselves among them."""
    known, results = set(known), list(results)
    operations = graph.needed(results, known)
    read = {operand for number in operations for operand in graph.expressions[number].operands} | set(results)
    return {number for number in read - known if graph.expressions[number].primitive is None and graph.value(number) is None}


def _assembled(results: Sequence[Numbers], values: dict[Number, Any], shape: tuple[int, ...]) -> list[Array]:
    """Results as arrays, instances last."""
    return [
        jnp.stack([jnp.broadcast_to(values[number], shape) for number in numbers.ravel().tolist()]).reshape(*numbers.shape, *shape)
        if numbers.size
        else jnp.zeros((*numbers.shape, *shape))
        for numbers in results
    ]


def map_instances(function: Callable[[Any, Any], Any], shared: Any, instances: Any, shape: tuple[int, ...]) -> Any:
    """Values of a function of one instance for all of them.

    Parameters
    ----------
    function
        Of what is shared and of what an instance has.
    shared, instances
        Trees of arrays; those of instances end in the axes of instances, each as long as in ``shape`` or 1.
    shape
        Of the axes of instances; results end in them.
    """
    traced = _trace(function, (shared, instances), (Stage.SHARED, Stage.OF_INSTANCE), len(shape))
    graph, numbers = traced.graph, _flat(traced.results)
    leaves = [leaf for argument in traced.arguments for leaf in argument.leaves]
    values = graph.evaluate(numbers, _known(leaves, _inputs_of(graph, numbers)), _stacks(leaves))
    return jax.tree.unflatten(traced.structure, _assembled(traced.results, values, shape))


class Turns(NamedTuple):
    """How often a step is taken, and where what it returns is kept."""

    count: Any
    """Of steps; may be traced."""
    slot: Array
    """For each step, the row of its outputs in what is kept; rows are overwritten."""
    slots: int


def step_instances(
    step: Callable[[Any, Any, Any, Any, Any], tuple[Any, Any]],
    start: Any,
    shared: Any,
    instances: Any,
    at_turn: Callable[[Array], tuple[Any, Any]],
    turns: Turns,
) -> Any:
    """Outputs of all instances at the steps that are kept, with an axis of slots in front.

    Parameters
    ----------
    step
        From the state of an instance, what is shared, what the instance has, and what is shared and what it has at this step, to its state
        after the step and outputs.
    start
        States at the start. A number that is zero by its pattern must stay zero.
    shared, instances
        What does not change.
    at_turn
        From the number of a step to what is shared and what instances have at that step.
    turns
        How many steps, and which outputs are kept.
    """
    first = jax.eval_shape(at_turn, jax.ShapeDtypeStruct((), int))
    now = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), first)
    stages = Stage.CHANGING, Stage.SHARED, Stage.OF_INSTANCE, Stage.AT_STEP, Stage.CHANGING
    traced = _trace(step, (start, shared, instances, *now), stages, 1)
    graph, (state, *fixed, of_all, of_each) = traced.graph, traced.arguments
    after, outputs = traced.results[: len(state.leaves)], _flat(traced.results[len(state.leaves) :])
    following = _following(graph, state, after)
    live = _live(graph, following, outputs)
    results = [*(following[number] for number in live), *outputs]
    before = _before_the_loop(graph, results)
    lasting = [leaf for argument in fixed for leaf in argument.leaves]
    hoisted = graph.evaluate(before, _known(lasting, _inputs_of(graph, before)), _stacks(lasting))
    needed = _inputs_of(graph, results, before)
    begin = _known(state.leaves, set(live))
    shape = begin[live[0]].shape

    def body(turn: Array, carried: tuple[list[Array], list[Array]]) -> tuple[list[Array], list[Array]]:
        rows, kept = carried
        now = [leaf for argument, tree in zip((of_all, of_each), at_turn(turn), strict=True) for leaf in argument.with_arrays(tree)]
        known = hoisted | dict(zip(live, rows, strict=True)) | _known([*lasting, *now], needed)
        values = graph.evaluate(results, known, cheaper_than=WORTH_KEEPING)
        row = turns.slot[turn]
        kept = [_with_row(array, values[number], row) for array, number in zip(kept, outputs, strict=True)]
        return [jnp.broadcast_to(values[following[number]], shape) for number in live], kept

    empty = [jnp.zeros((turns.slots, *shape)) for _ in outputs]
    _, kept = jax.lax.fori_loop(0, turns.count, body, ([begin[number] for number in live], empty))
    every = iter(kept)
    arrays = [
        jnp.stack([next(every) for _ in range(numbers.size)], 1).reshape(turns.slots, *numbers.shape, *shape)
        for numbers in traced.results[len(state.leaves) :]
    ]
    _, structure = traced.structure.children()
    return jax.tree.unflatten(structure, arrays)


def _with_row(array: Array, values: Any, row: Array) -> Array:
    return jax.lax.dynamic_update_index_in_dim(array, jnp.broadcast_to(values, array.shape[1:]), row, 0)


def _following(graph: Graph, state: _Arguments, after: Sequence[Numbers]) -> dict[Number, Number]:
    """For each number of a state, its expression after a step."""
    following: dict[Number, Number] = {}
    for leaf, numbers in zip(state.leaves, after, strict=True):
        for before, later in zip(leaf.numbers.ravel().tolist(), numbers.ravel().tolist(), strict=True):
            if graph.value(before) is None:
                following[before] = later
            elif graph.value(later) != 0:
                raise ValueError("state: a number that is zero by its pattern does not stay zero")
    return following


def _live(graph: Graph, following: dict[Number, Number], outputs: Iterable[Number]) -> list[Number]:
    """Numbers of the state on which outputs depend, now or later."""
    live: set[Number] = set()
    read = _inputs_of(graph, outputs) & following.keys()
    while read - live:
        live |= read
        read = _inputs_of(graph, [following[number] for number in live]) & following.keys()
    return sorted(live)


def _before_the_loop(graph: Graph, results: Iterable[Number]) -> list[Number]:
    """Operations that steps read and that do not change from one to the next."""
    results = list(results)
    read = set(results)
    for number in graph.needed(results):
        if graph.expressions[number].stage not in FIXED:
            read |= set(graph.expressions[number].operands)
    fixed = (number for number in read if graph.expressions[number].stage in FIXED)
    return sorted(number for number in fixed if graph.expressions[number].primitive is not None)
