"""Functions as arithmetic on single numbers: the same values as the functions, for any shapes, and nothing computed that is not needed."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from euthymia.core.numerics.expressions import Graph, Stage
from euthymia.core.numerics.instances import Pattern, Turns, map_instances, sparse, step_instances
from euthymia.core.numerics.scalarisation import scalarised
from euthymia.core.numerics.steady_state import solve_four, steady_state

INSTANCES = 7
W = jnp.asarray(np.random.default_rng(1).normal(size=(4, 4)))


def within(A, x):
    """The steady state of x' = A tanh(x) + 1 − 2x."""
    return steady_state(lambda y: A @ jnp.tanh(y) / 4 + 1 - 2 * y, x)


FUNCTIONS = {
    "products of matrices": lambda A, x: jnp.einsum("ij,jk,k->i", A, A.T, x),
    "batches of products": lambda A, x: jnp.einsum("bi,bj->b", A * x, A),
    "parts set, added to and scaled": lambda A, x: A.at[:, 1].set(x).at[2].add(x).at[0, 3].multiply(2.5) @ x,
    "indices": lambda A, x: A[jnp.array([3, 0, 0])][:, ::-1] + x[::-1] + A[-1, 2],
    "joined, padded and turned": lambda A, x: jnp.concatenate([jnp.pad(A, ((1, 0), (0, 2)))[:, :4], jnp.stack([x, -x])]).T.reshape(2, -1),
    "sums and extremes": lambda A, x: (A.sum(0), A.max(1), (A * x).min(), jnp.prod(x), jnp.any(x < A), jnp.all(x > A, 0)),
    "choices": lambda A, x: jnp.where(x < A, jnp.exp(A), lax.cond(x[0] > 0, jnp.sin, lambda y: y**2, x)),
    "loops": lambda A, x: lax.fori_loop(0, 5, lambda k, y: jnp.tanh(A @ y + k), x),
    "what a loop collects": lambda A, x: lax.scan(lambda y, row: (y + row, y * row), x, A, reverse=True),
    "derivatives": lambda A, x: (jax.jacfwd(lambda y: jnp.sin(A @ y) * y)(x), jax.grad(lambda y: jnp.sum(y**3))(x)),
    "powers": lambda A, x: (jnp.abs(A) ** 1.7 + x**2 + jnp.abs(x) ** x, jnp.zeros(()) ** jnp.abs(x), jnp.sqrt(jnp.abs(A))),
    "an equation solved": lambda A, x: solve_four(A + 4 * jnp.eye(4), x),
    "what depends on no argument": lambda A, x: (jnp.arange(3), jnp.eye(2), jnp.asarray(True)),
}


def drawn(seed=0):
    found = np.random.default_rng(seed)
    return jnp.asarray(found.normal(size=(4, 4, INSTANCES))), jnp.asarray(found.normal(size=(4, INSTANCES)))


def same(found, expected, tolerance=1e-13):
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_all_instances_is_that_of_each(name):
    function, (A, x) = FUNCTIONS[name], drawn()
    shared = jax.jit(lambda x: map_instances(lambda B, y: function(B, y), W, x, (INSTANCES,)))(x)
    same(shared, jax.jit(jax.vmap(lambda y: function(W, y), -1, -1))(x))
    own = jax.jit(lambda A, x: map_instances(lambda _, both: function(*both), None, (A, x), (INSTANCES,)))(A, x)
    same(own, jax.jit(jax.vmap(function, -1, -1))(A, x))


def test_instances_may_have_several_axes_of_which_some_are_shared():
    (A, x), times = drawn(), jnp.linspace(0.0, 1.0, 3)

    def one(scale, both):
        return scale * both[0] @ both[1]

    found = map_instances(one, jnp.asarray(2.0), (A[:, :, None], x[:, None] * times[:, None]), (3, INSTANCES))
    same(found, 2 * jnp.einsum("ijn,jn,t->itn", A, x, times))


PRODUCTS = {
    "matrix first": (lambda C, x: jnp.einsum("ik,jkl->lij", x, C), (6, 5, 9), (3, 5)),
    "matrix last": (lambda C, x: jnp.einsum("kjl,ik->ijl", C, x), (5, 6, 9), (3, 5)),
    "surface": (lambda C, x: jnp.einsum("i,ijo,j->o", x[0], C, x[1]), (9, 9, 4), (2, 9)),
    "matrix of what is shared": (lambda C, x: jnp.exp(C) @ x[:, ::-1], (12, 10), (10, 3)),
}


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("axes", [(INSTANCES,), (2, INSTANCES)], ids=["one axis", "two axes"])
def test_a_large_product_with_what_is_shared_is_that_of_each_and_is_one(name, axes):
    function, of_matrix, of_instance = PRODUCTS[name]
    values = np.random.default_rng(3)
    C, x = jnp.asarray(values.normal(size=of_matrix)), jnp.asarray(values.normal(size=(*of_instance, *axes)))
    expected = function
    for _ in axes:
        expected = jax.vmap(expected, in_axes=(None, -1), out_axes=-1)
    same(map_instances(function, C, x, axes), expected(C, x))
    program = jax.make_jaxpr(lambda C, x: map_instances(function, C, x, axes))(C, x)
    assert sum(equation.primitive is lax.dot_general_p for equation in program.eqns) == 1


def test_derivatives_pass_through():
    A, x = drawn()

    def total(scale):
        return map_instances(lambda s, both: jnp.exp(-s * (both[0] @ both[1]) ** 2), scale, (A, x), (INSTANCES,)).sum()

    def expected(scale):
        return jnp.exp(-scale * jnp.einsum("ijn,jn->in", A, x) ** 2).sum()

    at = jnp.asarray(0.3)
    same(jax.jvp(total, (at,), (jnp.ones(()),)), jax.jvp(expected, (at,), (jnp.ones(()),)))


@pytest.mark.parametrize("function", [jnp.sort, jnp.linalg.inv, lambda A: lax.while_loop(lambda y: y.sum() < 9, lambda y: y + 1, A)])
def test_what_has_no_form_in_single_numbers_says_so(function):
    with pytest.raises(NotImplementedError, match="single numbers"):
        map_instances(lambda _, A: function(A), None, drawn()[0], (INSTANCES,))


class Swing(NamedTuple):
    """State of the steps below."""

    position: jax.Array
    idle: jax.Array
    """Nothing reads it."""
    steady: jax.Array


def swing(state, shared, own, now, own_now):
    """A linear step, and a steady state that is followed from step to step."""
    turned = own_now @ state.position + shared * now
    rest = within(own, state.steady)
    return Swing(turned, state.idle + turned.sum(), rest), {"position": state.position, "both": jnp.stack([turned.sum(), rest[0]])}


def test_steps_of_all_instances_are_those_of_each():
    A, x = drawn()
    A = A.at[0, 2].set(0).at[1].set(0)
    pattern = Pattern.of(np.asarray(jnp.any(A != 0, -1)))
    every, slots = 6, jnp.array([0, 3, 1, 3, 2, 3])
    along, start = jnp.linspace(1.0, 2.0, every), Swing(x, x[0], x)

    def at_turn(turn):
        return along[turn], sparse(A / (1 + turn), pattern)

    kept = jax.jit(lambda: step_instances(swing, start, W[0], A, at_turn, Turns(every, slots, 4)))()
    state, outputs = start, []
    one = jax.jit(jax.vmap(swing, in_axes=(-1, None, -1, None, -1), out_axes=-1))
    for turn in range(every):
        state, output = one(state, W[0], A, along[turn], A / (1 + turn))
        outputs.append(output)
    last = {0: 0, 3: 5, 1: 2, 2: 4}
    same(kept, jax.tree.map(lambda *found: jnp.stack(found), *(outputs[last[slot]] for slot in range(4))))


def test_a_number_that_leaves_zero_is_refused():
    _, x = drawn()
    start = sparse(x, Pattern.of(np.array([True, True, False, True])))
    with pytest.raises(ValueError, match="does not stay zero"):
        step_instances(lambda y, *_: (y[::-1], y), start, None, x, lambda turn: (turn * 1.0, None), Turns(2, jnp.arange(2), 2))


def test_what_is_known_costs_nothing():
    graph = Graph()
    x = graph.inputs((3,), Stage.CHANGING)
    program = jax.make_jaxpr(lambda x: (jnp.diag(jnp.array([1.0, 0.0, 2.0])) @ x + 0 * x[1], x / 2 - x * 0.5))(jnp.zeros(3))
    with jax.ensure_compile_time_eval():
        linear, same_twice = scalarised(graph, program, [x])
    assert linear[0] == x[0]
    assert graph.value(linear[1]) == 0
    # A number is divided by what does not change as its product with the inverse.
    assert [graph.expressions[number].primitive for number in same_twice] == [lax.sub_p] * 3
    assert len(graph.needed([*linear, *same_twice])) == 1 + 3 * 2
