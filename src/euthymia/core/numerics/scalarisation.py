"""Scalar replacement: a function of arrays as arithmetic on their single numbers.

What JAX traced of a function is carried out on arrays of expressions: shapes are undone, products of matrices written out, loops of a
known length unrolled, and what is known beforehand is left out. What is left acts on one number at a time, so that it can be evaluated
for many instances at once, as arrays in which instances come last.
"""

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal

from .expressions import Graph, Stage

Numbers = Any
"""Expressions of a graph, in an array (of NumPy) of the shape of what they stand for."""


def scalarised(graph: Graph, program: ClosedJaxpr, arguments: Sequence[Numbers]) -> list[Numbers]:
    """Expressions of the results of a traced function, from those of its arguments.

    Raises
    ------
    NotImplementedError
        If the function does what has no such form: solves with a library, sorts, draws random numbers, or loops until something holds.
    """
    return _run(graph, program.jaxpr, [graph.constants(np.asarray(constant)) for constant in program.consts], arguments)


def _run(graph: Graph, program: Jaxpr, constants: Sequence[Numbers], arguments: Sequence[Numbers]) -> list[Numbers]:
    values = dict(zip((*program.constvars, *program.invars), (*constants, *arguments), strict=True))

    def read(variable: Any) -> Numbers:
        return graph.constants(np.asarray(variable.val, _dtype(variable))) if isinstance(variable, Literal) else values[variable]

    for equation in program.eqns:
        results = _carried_out(graph, equation, [read(variable) for variable in equation.invars])
        values.update(zip(equation.outvars, map(np.asarray, results), strict=True))
    return [read(variable) for variable in program.outvars]


def _carried_out(graph: Graph, equation: JaxprEqn, operands: list[Numbers]) -> list[Numbers]:
    primitive, parameters = SAME.get(equation.primitive.name, equation.primitive), equation.params
    name = primitive.name
    if name in WITHIN:
        within = parameters[WITHIN[name]]
        if isinstance(within, ClosedJaxpr):
            return scalarised(graph, within, operands)
        return _run(graph, within, [], operands)
    if name in BY_NAME:
        return BY_NAME[name](graph, equation, operands)
    if name in REDUCTIONS:
        return [_reduced(graph, REDUCTIONS[name], operands[0], parameters["axes"])]
    if name in MOVING:
        return [np.asarray(MOVING[name](operands, parameters), int)]
    if all(graph.value(number) is not None for operand in operands for number in operand.ravel().tolist()):
        return _known(graph, equation, operands)
    if name not in ELEMENTWISE:
        raise NotImplementedError(f"{name}: has no form in single numbers")
    return [_elementwise(graph, primitive, operands, parameters)]


def _elementwise(graph: Graph, primitive: Any, operands: Sequence[Numbers], parameters: dict[str, Any]) -> Numbers:
    """An operation on every element of arrays of one shape, or of arrays that broadcast."""
    broadcast = np.broadcast_arrays(*operands)
    flat = [
        graph.operation(primitive, element, parameters) for element in zip(*(array.ravel().tolist() for array in broadcast), strict=True)
    ]
    return np.array(flat, int).reshape(broadcast[0].shape)


def _dtype(variable: Any) -> np.dtype:
    return variable.aval.dtype


def _values(graph: Graph, operand: Numbers, dtype: Any) -> np.ndarray:
    """What is known of an array of known numbers."""
    return np.array([graph.value(number) for number in operand.ravel().tolist()], dtype).reshape(operand.shape)


def _known(graph: Graph, equation: JaxprEqn, operands: Sequence[Numbers]) -> list[Numbers]:
    """What depends on known numbers alone."""
    values = [_values(graph, operand, _dtype(variable)) for operand, variable in zip(operands, equation.invars, strict=True)]
    results = equation.primitive.bind(*map(jnp.asarray, values), **equation.params)
    return [graph.constants(result) for result in (results if equation.primitive.multiple_results else [results])]


def _gathered(graph: Graph, equation: JaxprEqn, operands: list[Numbers]) -> list[Numbers]:
    """Elements at indices; outside they would be the fill of other numbers, so that the expression of NaN stands there."""
    numbers, indices = operands
    where = _values(graph, indices, _dtype(equation.invars[1]))
    parameters = equation.params | {"fill_value": graph.constant(np.float64(np.nan))}
    return [np.asarray(equation.primitive.bind(jnp.asarray(numbers), jnp.asarray(where), **parameters))]


def _sliced(graph: Graph, equation: JaxprEqn, operands: list[Numbers]) -> list[Numbers]:
    """A slice that begins at known indices, within the array."""
    numbers, *begin = operands
    sizes = equation.params["slice_sizes"]
    starts = [int(np.clip(graph.value(int(at)), 0, whole - size)) for at, whole, size in zip(begin, numbers.shape, sizes, strict=True)]
    return [numbers[tuple(slice(start, start + size) for start, size in zip(starts, sizes, strict=True))]]


def _updated_slice(graph: Graph, equation: JaxprEqn, operands: list[Numbers]) -> list[Numbers]:
    numbers, update, *begin = operands
    result = numbers.copy()
    starts = [int(np.clip(graph.value(int(at)), 0, n - m)) for at, n, m in zip(begin, numbers.shape, update.shape, strict=True)]
    result[tuple(slice(start, start + size) for start, size in zip(starts, update.shape, strict=True))] = update
    return [result]


def _scattered(graph: Graph, equation: JaxprEqn, operands: list[Numbers]) -> list[Numbers]:
    """Elements replaced by updates, or joined with them by an operation; each by one update."""
    numbers, indices, updates = operands
    where = _values(graph, indices, _dtype(equation.invars[1]))
    # Where each element is to find its update.
    position = np.arange(updates.size).reshape(updates.shape)
    parameters = equation.params | {"update_jaxpr": None, "update_consts": ()}
    of_update = np.asarray(lax.scatter_p.bind(jnp.full(numbers.shape, -1), jnp.asarray(where), jnp.asarray(position), **parameters))
    result, at = numbers.copy(), of_update >= 0
    if np.unique(of_update[at]).size != updates.size:
        raise NotImplementedError(f"{equation.primitive.name}: several updates of one number")
    new = updates.ravel()[of_update[at]]
    combine = SCATTERED[equation.primitive.name]
    result[at] = new if combine is None else _elementwise(graph, combine, [numbers[at], new], {})
    return [result]


def _padded(graph: Graph, equation: JaxprEqn, operands: list[Numbers]) -> list[Numbers]:
    numbers, filling = operands
    return [np.asarray(lax.pad_p.bind(jnp.asarray(numbers), jnp.asarray(filling), **equation.params))]


def _broadcast(numbers: Numbers, shape: tuple[int, ...], axes: Sequence[int | np.integer]) -> Numbers:
    aligned = [1] * len(shape)
    for axis, size in zip(axes, numbers.shape, strict=True):
        aligned[axis] = size
    return np.broadcast_to(numbers.reshape(aligned), shape)


def _reduced(graph: Graph, primitive: Any, numbers: Numbers, axes: Sequence[int]) -> Numbers:
    last = np.moveaxis(numbers, axes, range(-len(axes), 0)) if axes else numbers
    kept = last.shape[: numbers.ndim - len(axes)]
    flat = last.reshape(*kept, -1)
    return reduce(lambda done, more: _elementwise(graph, primitive, [done, more], {}), np.moveaxis(flat, -1, 0))


def _product(graph: Graph, equation: JaxprEqn, operands: list[Numbers]) -> list[Numbers]:
    """Product of matrices or a batch of them, written out unless it is a large one with what is shared by all instances."""
    dimension_numbers = contracted, batch = equation.params["dimension_numbers"]
    if _better_whole(graph, operands, dimension_numbers):
        left, right = operands
        return [graph.product(left, right, dimension_numbers)]
    sides = []
    for numbers, over, of_batch in zip(operands, contracted, batch, strict=True):
        free = [axis for axis in range(numbers.ndim) if axis not in (*over, *of_batch)]
        sides.append((np.transpose(numbers, (*of_batch, *free, *over)), len(of_batch), len(free)))
    (left, n, m), (right, _, k) = sides
    over = left.shape[n + m :]
    left = left.reshape(*left.shape[: n + m], *[1] * k, -1)
    right = right.reshape(*right.shape[:n], *[1] * m, *right.shape[n : n + k], -1)
    if not over:
        return [_elementwise(graph, lax.mul_p, [left[..., 0], right[..., 0]], {})]
    products = _elementwise(graph, lax.mul_p, [left, right], {})
    return [_reduced(graph, lax.add_p, products, [products.ndim - 1])]


WHOLE_FROM = 100
"""Products of numbers, from which a product of arrays is faster as one."""


def _better_whole(graph: Graph, operands: Sequence[Numbers], dimension_numbers: tuple) -> bool:
    """Whether a product is a large one of a full array that is shared with one of instances."""
    (contracted, _), (batch, _) = dimension_numbers
    stages = [max(graph.expressions[number].stage for number in numbers.ravel().tolist()) for numbers in operands]
    products = operands[0].size * operands[1].size // math.prod(operands[0].shape[axis] for axis in contracted)
    full = all(graph.value(number) != 0 for numbers in operands for number in numbers.ravel().tolist())
    return full and not batch and products >= WHOLE_FROM and Stage.SHARED in stages and max(stages) in (Stage.OF_INSTANCE, Stage.CHANGING)


def _scanned(graph: Graph, equation: JaxprEqn, operands: list[Numbers]) -> list[Numbers]:
    """A loop over known steps, unrolled."""
    p = equation.params
    fixed, carried = p["num_consts"], p["num_carry"]
    constants, state, along = operands[:fixed], operands[fixed : fixed + carried], operands[fixed + carried :]
    outputs: dict[int, list[Numbers]] = {}
    order = reversed(range(p["length"])) if p["reverse"] else range(p["length"])
    for turn in order:
        results = scalarised(graph, p["jaxpr"], [*constants, *state, *(array[turn] for array in along)])
        state, outputs[turn] = results[:carried], results[carried:]
    return [*state, *(np.stack(of_turn) for of_turn in zip(*(outputs[turn] for turn in sorted(outputs)), strict=True))]


def _branched(graph: Graph, equation: JaxprEqn, operands: list[Numbers]) -> list[Numbers]:
    which, *rest = operands
    chosen, branches = graph.value(int(which)), equation.params["branches"]
    if chosen is not None:
        return scalarised(graph, branches[int(np.clip(chosen, 0, len(branches) - 1))], rest)
    results = [scalarised(graph, branch, rest) for branch in branches]
    if len(branches) > 2:
        raise NotImplementedError("cond: of more than two branches")
    # Read as a number, which chooses between two.
    second = graph.operation(lax.ne_p, [int(which), graph.constant(np.int32(0))], {})
    return [_elementwise(graph, lax.select_n_p, [np.asarray(second), *cases], {}) for cases in zip(*results, strict=True)]


def _split(graph: Graph, equation: JaxprEqn, operands: list[Numbers]) -> list[Numbers]:
    return np.split(operands[0], np.cumsum(equation.params["sizes"])[:-1], equation.params["axis"])


def _unstacked(graph: Graph, equation: JaxprEqn, operands: list[Numbers]) -> list[Numbers]:
    return list(np.moveaxis(operands[0], equation.params["axis"], 0))


def _squared(graph: Graph, equation: JaxprEqn, operands: list[Numbers]) -> list[Numbers]:
    return [_elementwise(graph, lax.mul_p, [operands[0], operands[0]], {})]


WITHIN = {"jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr"}
"""Calls, and where each has what it calls."""
MOVING: dict[str, Callable[[list[Numbers], dict[str, Any]], Numbers]] = {
    "reshape": lambda operands, p: operands[0].reshape(p["new_sizes"]),
    "transpose": lambda operands, p: operands[0].transpose(p["permutation"]),
    "squeeze": lambda operands, p: operands[0].squeeze(p["dimensions"]),
    "rev": lambda operands, p: np.flip(operands[0], p["dimensions"]),
    "concatenate": lambda operands, p: np.concatenate(operands, p["dimension"]),
    "stack": lambda operands, p: np.stack(operands, p["axis"]),
    "broadcast_in_dim": lambda operands, p: _broadcast(operands[0], p["shape"], p["broadcast_dimensions"]),
    "slice": lambda operands, p: operands[0][
        tuple(map(slice, p["start_indices"], p["limit_indices"], p["strides"] or (None,) * operands[0].ndim))
    ],
    "copy": lambda operands, p: operands[0],
    "stop_gradient": lambda operands, p: operands[0],
}
"""What only moves elements."""
REDUCTIONS = {
    "reduce_sum": lax.add_p,
    "reduce_max": lax.max_p,
    "reduce_min": lax.min_p,
    "reduce_and": lax.and_p,
    "reduce_or": lax.or_p,
    "reduce_prod": lax.mul_p,
}
SCATTERED = {"scatter": None, "scatter-add": lax.add_p, "scatter-mul": lax.mul_p, "scatter_add": lax.add_p, "scatter_mul": lax.mul_p}
"""What joins an element with its update; nothing where the update replaces it."""
BY_NAME: dict[str, Callable[[Graph, JaxprEqn, list[Numbers]], list[Numbers]]] = {
    "gather": _gathered,
    "dynamic_update_slice": _updated_slice,
    "pad": _padded,
    "dot_general": _product,
    "scan": _scanned,
    "cond": _branched,
    "dynamic_slice": _sliced,
    "split": _split,
    "unstack": _unstacked,
    "square": _squared,
    **dict.fromkeys(SCATTERED, _scattered),
}
SAME = {"add_any": lax.add_p}
"""Other names of operations."""
ELEMENTWISE = {
    *("add", "sub", "mul", "div", "rem", "neg", "abs", "sign", "max", "min", "floor", "ceil", "round"),
    *("exp", "exp2", "expm1", "log", "log1p", "pow", "integer_pow", "sqrt", "rsqrt", "cbrt", "tanh", "logistic", "sin", "cos", "erf"),
    *(
        "erf_inv",
        "erfc",
        "sinh",
        "cosh",
        "asinh",
        "acosh",
        "atanh",
        "lt",
        "le",
        "gt",
        "ge",
        "eq",
        "ne",
        "and",
        "or",
        "not",
        "xor",
        "select_n",
        "is_finite",
        "convert_element_type",
    ),
}
