"""Arithmetic on single numbers as a graph, in which equal expressions are one and what is known is worked out."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum, IntEnum
from types import MappingProxyType
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend.core import Primitive
from jax.typing import ArrayLike
from jaxtyping import Array

Number = int | np.integer
"""An expression, by its place in the graph."""


class Stage(IntEnum):
    """When an expression can be evaluated: what is read at a stage may be computed from it and from all before it."""

    CONSTANT = 0
    SHARED = 1
    """Once for all instances."""
    OF_INSTANCE = 2
    """Once for each instance."""
    AT_STEP = 3
    """At every step, for all instances."""
    CHANGING = 4
    """At every step, for each instance."""


class Whole(Enum):
    """Operations that take or return an array of numbers; in it, the numbers' axis comes first."""

    STACK = "numbers to an array"
    PRODUCT = "product of two arrays"
    ELEMENT = "a number of an array"


class Expression(NamedTuple):
    """A constant, an input, or an operation on other expressions."""

    stage: Stage
    primitive: Primitive | Whole | None = None
    operands: tuple[Number, ...] = ()
    parameters: tuple[tuple[str, Any], ...] = ()
    value: Any = None
    """Of a constant."""


def _bits(value: np.generic) -> tuple[str, bytes]:
    return value.dtype.str, value.tobytes()


class Graph:
    """Expressions in an order in which each comes after those that it reads."""

    def __init__(self) -> None:
        self.expressions: list[Expression] = []
        self._constants: dict[tuple[str, bytes], Number] = {}
        self._operations: dict[tuple, Number] = {}

    def _add(self, expression: Expression) -> Number:
        self.expressions.append(expression)
        return len(self.expressions) - 1

    def constant(self, value: np.generic) -> Number:
        """The expression of a known number."""
        key = _bits(value)
        if key not in self._constants:
            self._constants[key] = self._add(Expression(Stage.CONSTANT, value=value))
        return self._constants[key]

    def constants(self, values: ArrayLike) -> np.ndarray:
        """Expressions of known numbers, in an array of their shape."""
        array = np.asarray(values)
        return np.array([self.constant(value) for value in array.ravel()], int).reshape(array.shape)

    def inputs(self, shape: tuple[int, ...], stage: Stage, known_zero: np.ndarray | None = None) -> np.ndarray:
        """New expressions that are read at a stage; those that are known to be zero are constants."""
        zero = self.constant(np.float64(0))
        unknown = np.ones(shape, bool) if known_zero is None else ~np.broadcast_to(known_zero, shape)
        return np.array([self._add(Expression(stage)) if read else zero for read in unknown.ravel()], int).reshape(shape)

    def value(self, number: Number) -> Any:
        """The value of a constant; None of anything else."""
        return self.expressions[number].value

    def operation(self, primitive: Primitive, operands: Sequence[Number], parameters: Mapping[str, Any]) -> Number:
        """The expression of an operation; one that leaves an operand as it is, or is known, is not added."""
        # Said or not, it is the same operation.
        parameters = {name: value for name, value in parameters.items() if (name, value) != ("out_dtype", None)}
        simple = SIMPLER.get(primitive, _as_it_is)(self, *operands)
        if simple is not None:
            return simple
        values = [self.value(operand) for operand in operands]
        if all(value is not None for value in values):
            return int(self.constants(evaluated(primitive, values, parameters))[()])
        return self._operation(primitive, sorted(operands) if primitive in COMMUTATIVE else operands, parameters)

    def product(self, left: np.ndarray, right: np.ndarray, dimension_numbers: tuple) -> np.ndarray:
        """Expressions of a product of arrays of expressions (as of :func:`jax.lax.dot_general`, without batch) that is evaluated as one."""
        sides = [self._operation(Whole.STACK, side.ravel().tolist(), {}) for side in (left, right)]
        parameters = {"shapes": (left.shape, right.shape), "dimension_numbers": dimension_numbers}
        (over_left, over_right), _ = dimension_numbers
        shape = *np.delete(left.shape, over_left).tolist(), *np.delete(right.shape, over_right).tolist()
        product = self._operation(Whole.PRODUCT, sides, parameters)
        elements = [self._operation(Whole.ELEMENT, [product], {"index": index}) for index in range(math.prod(shape))]
        return np.array(elements, int).reshape(shape)

    def _operation(self, primitive: Primitive | Whole, operands: Sequence[Number], parameters: Mapping[str, Any]) -> Number:
        key = primitive, tuple(operands), tuple(sorted(parameters.items(), key=lambda item: item[0]))
        if key not in self._operations:
            stage = max(self.expressions[operand].stage for operand in operands)
            # What is computed at every step of what each instance has is computed at every step for each.
            mixed = {self.expressions[operand].stage for operand in operands} >= {Stage.OF_INSTANCE, Stage.AT_STEP}
            self._operations[key] = self._add(Expression(Stage.CHANGING if mixed else stage, *key))
        return self._operations[key]

    def needed(self, results: Iterable[Number], known: Iterable[Number] = ()) -> list[Number]:
        """Operations that results need beyond those that are known, in order."""
        seen, waiting, known = set(), list(results), set(known)
        while waiting:
            number = waiting.pop()
            if number not in seen and number not in known:
                seen.add(number)
                waiting.extend(self.expressions[number].operands)
        return sorted(number for number in seen if self.expressions[number].primitive is not None)

    def evaluate(
        self,
        results: Iterable[Number],
        known: Mapping[Number, Any],
        stacks: Mapping[tuple[Number, ...], Any] = MappingProxyType({}),
        cheaper_than: float = math.inf,
    ) -> dict[Number, Any]:
        """Values of results, from arrays that stand for what is known; arrays broadcast against each other.

        Where known numbers are one array already, it is in ``stacks``. What several others read is kept where that spares more than
        ``cheaper_than`` operations.
        """
        values, operations = dict(known), self.needed(results, known)
        kept = self._worth_keeping(operations, cheaper_than)
        for number in operations:
            _, primitive, operands, parameters, _ = self.expressions[number]
            assert primitive is not None
            if primitive is Whole.STACK and operands in stacks:
                values[number] = stacks[operands]
                continue
            read = [values[operand] if self.value(operand) is None else self.value(operand) for operand in operands]
            value = evaluated(primitive, read, dict(parameters))
            values[number] = computed_once(value) if number in kept else value
        return {number: values[number] if self.value(number) is None else self.value(number) for number in results}

    def _worth_keeping(self, operations: Sequence[Number], cheaper_than: float) -> set[Number]:
        """Operations whose value is kept: without that, they would cost more than that by being computed for each that reads them."""
        readers = Counter(operand for number in operations for operand in self.expressions[number].operands)
        costs: dict[Number, float] = {}
        kept = set()
        for number in operations:
            expression = self.expressions[number]
            costs[number] = 1 + sum(costs.get(operand, 0) for operand in expression.operands)
            if isinstance(expression.primitive, Whole) or (readers[number] > 1 and expression.primitive in NEVER_REPEATED):
                costs[number] = 0
            elif expression.stage is Stage.CHANGING and costs[number] * (readers[number] - 1) > cheaper_than:
                kept.add(number)
                costs[number] = 0
        return kept


def computed_once(value: Array) -> Array:
    """The same values, by a sum with zero that XLA does not look through.

    Otherwise it works out what is cheap for each that reads it, and for each of those what they read, and so on.
    """
    if value.ndim == 0 or not jnp.issubdtype(value.dtype, jnp.floating):
        return value
    return jnp.sum(jnp.pad(value[None], ((0, 1), *[(0, 0)] * value.ndim)), 0)


def evaluated(primitive: Primitive | Whole, operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
    """An operation on numbers or arrays that broadcast against each other; on numbers alone by numpy."""
    if isinstance(primitive, Whole):
        return WHOLE[primitive](*operands, **parameters)
    if all(isinstance(operand, np.generic) for operand in operands) and primitive in BY_NUMPY:
        with np.errstate(all="ignore"):
            return BY_NUMPY[primitive](*operands, **parameters)
    return primitive.bind(*jnp.broadcast_arrays(*operands), **parameters)


def _stacked(*numbers: Any) -> Array:
    return jnp.stack(jnp.broadcast_arrays(*numbers))


def _multiplied(left: Array, right: Array, shapes: tuple, dimension_numbers: tuple) -> Array:
    """The product, flat; only one side may have axes of instances, and they stay last."""
    x, y = (side.reshape(*shape, *side.shape[1:]) for side, shape in zip((left, right), shapes, strict=True))
    product = lax.dot_general(x, y, dimension_numbers)
    if (of_instances := left.ndim - 1) > 0:
        (over, _), _ = dimension_numbers
        free = len(shapes[0]) - len(over)
        product = jnp.moveaxis(product, range(free, free + of_instances), range(-of_instances, 0))
    return product.reshape(-1, *left.shape[1:], *right.shape[1:])


def _element(array: Array, index: int) -> Array:
    return array[index]


WHOLE: dict[Whole, Callable[..., Array]] = {Whole.STACK: _stacked, Whole.PRODUCT: _multiplied, Whole.ELEMENT: _element}


def _as_it_is(graph: Graph, *operands: Number) -> None:
    return None


def _sum(graph: Graph, x: Number, y: Number) -> Number | None:
    return y if graph.value(x) == 0 else x if graph.value(y) == 0 else None


def _difference(graph: Graph, x: Number, y: Number) -> Number | None:
    if graph.value(y) == 0:
        return x
    return graph.operation(lax.neg_p, [y], {}) if graph.value(x) == 0 else None


def _product(graph: Graph, x: Number, y: Number) -> Number | None:
    for one, other in ((x, y), (y, x)):
        if graph.value(one) == 0:
            return one
        if graph.value(one) == 1:
            return other
    return None


def _quotient(graph: Graph, x: Number, y: Number) -> Number | None:
    if graph.value(x) == 0 or graph.value(y) == 1:
        return x
    # What does not change is inverted once: a product is many times as fast as a quotient.
    if graph.expressions[y].stage <= Stage.OF_INSTANCE < graph.expressions[x].stage:
        inverse = graph.operation(lax.div_p, [graph.constant(np.float64(1)), y], {})
        return graph.operation(lax.mul_p, [x, inverse], {})
    return None


def _power(graph: Graph, x: Number, y: Number) -> Number | None:
    """e^{y ln x}, in a part of the time: of numbers that are not negative, as all are here that are raised to a power."""
    if graph.expressions[x].stage <= Stage.OF_INSTANCE:
        return None
    return graph.operation(lax.exp_p, [graph.operation(lax.mul_p, [graph.operation(lax.log_p, [x], PRECISE), y], {})], PRECISE)


def _choice(graph: Graph, which: Number, *cases: Number) -> Number | None:
    chosen = graph.value(which)
    if chosen is not None:
        return cases[int(chosen)]
    return cases[0] if len(set(cases)) == 1 else None


PRECISE = {"accuracy": None}
"""Of exponentials and logarithms."""

SIMPLER: dict[Primitive, Callable[..., Number | None]] = {
    lax.add_p: _sum,
    lax.sub_p: _difference,
    lax.mul_p: _product,
    lax.div_p: _quotient,
    lax.pow_p: _power,
    lax.select_n_p: _choice,
}
"""For an operation, what it is where an operand is 0 or 1 or a choice is made already; None where it is no less."""

NEVER_REPEATED = {lax.exp_p, lax.expm1_p, lax.log_p, lax.log1p_p, lax.pow_p, lax.sqrt_p, lax.tanh_p, lax.logistic_p}
"""Operations that XLA holds to be too dear to be computed for each that reads them."""

COMMUTATIVE = {lax.add_p, lax.mul_p, lax.max_p, lax.min_p}

BY_NUMPY: dict[Primitive, Callable[..., Any]] = {
    lax.add_p: np.add,
    lax.sub_p: np.subtract,
    lax.mul_p: np.multiply,
    lax.div_p: lambda x, y: np.divide(x, y) if x.dtype.kind == "f" else x // y,
    lax.neg_p: np.negative,
    lax.max_p: np.maximum,
    lax.min_p: np.minimum,
    lax.lt_p: np.less,
    lax.le_p: np.less_equal,
    lax.gt_p: np.greater,
    lax.ge_p: np.greater_equal,
    lax.eq_p: np.equal,
    lax.ne_p: np.not_equal,
    lax.and_p: np.bitwise_and,
    lax.or_p: np.bitwise_or,
    lax.not_p: np.bitwise_not,
    lax.convert_element_type_p: lambda x, new_dtype, **_: x.astype(new_dtype),
}
"""Operations on known numbers that need no compiler."""
