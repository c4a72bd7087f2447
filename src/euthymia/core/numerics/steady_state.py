"""Steady states, cheap enough to find inside the right-hand side of another system."""

import math
from collections.abc import Callable
from itertools import combinations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# Implicit Euler steps in units of the system's own time: the first follow the trajectory, so that the steady state found is the
# one that the start leads to; the last are Newton's method, so that it is found to rounding error.
STEPS = (*[0.5] * 5, *(32.0**k for k in range(7)))
NEWTON = (math.inf,) * 6
"""Newton's method alone, where the start is close enough for it."""
NEWTON_FROM_NEARBY = (math.inf,) * 2
"""From the steady state of a stage of a step before."""
# Signs of the products of two minors in Laplace's expansion, for pairs of columns in order.
LAPLACE = (1, -1, 1, 1, -1, 1)


def steady_state(
    rate: Callable[[Float[Array, " state"]], Float[Array, " state"]],
    start: Float[Array, " state"],
    jacobian: Callable[[Float[Array, " state"]], Float[Array, "state state"]] | None = None,
    steps: tuple[float, ...] = STEPS,
) -> Float[Array, " state"]:
    """The steady state of dx/dt = rate(x) that ``start`` leads to, by pseudo-transient continuation (Kelley & Keyes 1998).

    x ← x + (1/h − J)⁻¹ rate(x) with h growing; a fixed number of ``steps`` h, so that it can be batched. J is found by differentiation
    without a ``jacobian``. Derivatives are those of the steady state itself, −J⁻¹ ∂rate (implicit differentiation), not of the iteration.
    """
    slope = jax.jacfwd(rate) if jacobian is None else jacobian
    solve = solve_four if len(start) == 4 else jnp.linalg.solve
    one = jnp.eye(len(start))

    def search(_, x: Float[Array, " state"]) -> Float[Array, " state"]:
        def step(x: Float[Array, " state"], h: Float[Array, ""]) -> tuple[Float[Array, " state"], None]:
            return x + solve(one / h - slope(x), rate(x)), None

        return jax.lax.scan(step, x, jnp.array(steps))[0]

    def invert(linear: Callable, right: Float[Array, " state"]) -> Float[Array, " state"]:
        return solve(jax.jacfwd(linear)(right), right)

    return jax.lax.custom_root(rate, start, search, invert)


# Jitted by itself, so that it is traced once for all its callers.
@jax.jit
def solve_four(matrix: Float[Array, "4 4"], right: Float[Array, "4"]) -> Float[Array, "4"]:
    """The x with A x = b for four equations by Cramer's rule: for many systems at once, a fifth of the time of a library's calls.

    It loses digits where A is nearly singular; the Newton steps around it correct for that.
    """
    rows = [[*jnp.unstack(row), last] for row, last in zip(jnp.unstack(matrix), jnp.unstack(right), strict=True)]
    upper, lower = ({(i, j): x[i] * y[j] - x[j] * y[i] for i, j in combinations(range(5), 2)} for x, y in (rows[:2], rows[2:]))

    def determinant(left_out: int) -> Float[Array, ""]:
        """Of the other columns in their order, by Laplace expansion along the first two rows."""
        columns = [column for column in range(5) if column != left_out]
        pairs = list(combinations(columns, 2))
        # The complement of a pair stands as far from the end of the list as the pair from its start.
        products = [upper[pair] * lower[rest] for pair, rest in zip(pairs, reversed(pairs), strict=True)]
        return sum((sign * product for sign, product in zip(LAPLACE[1:], products[1:], strict=True)), products[0])

    # The right-hand side is the last column; moving it to the column of unknown k takes 3 − k swaps.
    return jnp.stack([(-1) ** (3 - k) * determinant(k) for k in range(4)]) / determinant(4)
