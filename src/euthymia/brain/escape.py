"""Way 5, hours: rates at which noise moves the limbic network into its locked state and out of it.

The density of (S_L, S_P) obeys the Fokker–Planck equation of the noisy networks. On cells it becomes a Markov chain with
the fluxes of Scharfetter & Gummel (1969), whose hops are positive and conserve probability. Mean first passage times between
a quiet and a locked region of that chain give the two rates of a slow state p, the probability of being locked. Networks live in
milliseconds, p in hours: the rows are the same, read in both units.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.numerics.soft_rectifier import soft_rectifier
from ..core.parameters import parameter
from ..core.types import Scalar
from .attractor import Attractor, diffusion, drift, quiet_cognition

# Cells along S_L and S_P; log rates are then within 0.1 of their limit.
CELLS = (200, 100)

Level = Float[Array, "cognitive"]


class LimbicLock(eqx.Module):
    """The two networks, the regions of their states, and the bound of the rates."""

    attractor: Attractor
    slow_time_constant: Scalar = parameter("limbic.time_constant", "h", "τ on the slow clock")
    quiet_below: Scalar = parameter("limbic.quiet_below", "dimensionless", "limbic S that counts as quiet")
    locked_above: Scalar = parameter("limbic.locked_above", "dimensionless", "limbic S that counts as locked")
    fastest: Scalar = parameter("limbic.fastest", "1/h", "bound of both rates")


class Hops(NamedTuple):
    """Rates (1/ms) of leaving each cell of (S_L, S_P) towards larger and smaller S_L, and larger and smaller S_P; 0 at borders."""

    limbic_up: Float[Array, "limbic cognitive"]
    limbic_down: Float[Array, "limbic cognitive"]
    cognitive_up: Float[Array, "limbic cognitive"]
    cognitive_down: Float[Array, "limbic cognitive"]


def centres(cells: int) -> Float[Array, "cell"]:
    """Centre of each of the equal cells of S between 0 and 1."""
    return (jnp.arange(cells) + 1 / 2) / cells


def hops(p: Attractor, block: Scalar, limbic_input: Scalar, opposition: Scalar, cells: tuple[int, int] = CELLS) -> Hops:
    """The Fokker–Planck equation as a Markov chain on cells, with reflecting borders.

    Between neighbours h apart the rates are (D/h²) r(±v h/D), with v the drift on their common face and r(x) = x/(1 − e^{−x}).
    Without circulation of probability its stationary distribution is Boltzmann's. Source: Scharfetter & Gummel (1969).
    """
    D = diffusion(p)

    def along(network: int) -> tuple[Array, Array]:
        """Rates up and down across the inner faces, with a border of zeros."""
        h = 1 / cells[network]
        points = [jnp.arange(1, n) / n if axis == network else centres(n) for axis, n in enumerate(cells)]
        v = drift(p, jnp.stack(jnp.meshgrid(*points, indexing="ij"), -1), block, limbic_input, opposition)[..., network]
        up, down = (D / h**2 * soft_rectifier(sign * v * h / D) for sign in (1, -1))
        last, first = ([(int(axis == network) * side, int(axis == network) * (1 - side)) for axis in range(2)] for side in (0, 1))
        return jnp.pad(up, last), jnp.pad(down, first)

    return Hops(*along(0), *along(1))


def solve_without_differences(
    diagonal: Float[Array, "state state"], off: Float[Array, "state"], right: Float[Array, "state side"]
) -> Float[Array, "state side"]:
    """x of (diag(out) − on) x = right, where ``on`` has rates between states, ``off`` rates of leaving them all, and out = Σ on + off.

    Gauss–Jordan elimination in which each pivot is a sum of positive rates instead of a difference, so that every entry of x keeps
    its digits, however small. Source: Grassmann, Taksar & Heyman (1985).
    """
    n = len(off)

    def eliminate(k: Array, table: tuple[Array, Array]) -> tuple[Array, Array]:
        rates, out = table
        row = rates[k].at[k].set(0)
        pivot = jnp.sum(row[: n + 1])
        column = rates[:, k].at[k].set(0)
        rates = rates.at[k].set(row) + column[:, None] * row / pivot
        return rates.at[:, k].set(0), out.at[k].set(pivot)

    table = jnp.concatenate([diagonal, off[:, None], right], 1)
    table, out = jax.lax.fori_loop(0, n, eliminate, (table, jnp.zeros(n)))
    return table[:, n + 1 :] / out[:, None]


def mean_passage(chain: Hops, line: Scalar) -> Float[Array, "limbic cognitive"]:
    """Mean time (ms) from each cell to the cells whose S_L is at least ``line``.

    S_L moves by one level at a time. Level k is left upwards after a mean τ_k, to arrive at S_P as the rows of G_k say:
    M G_k = diag(up),  M τ_k = 1 + down·τ_{k−1},  M = diag(out) − across − down·G_{k−1},  and then T_k = τ_k + G_k T_{k+1}.
    """

    def climb(below: tuple[Array, Array], level: Hops) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        tau, G = below
        diagonal = jnp.diag(level.cognitive_up[:-1], 1) + jnp.diag(level.cognitive_down[1:], -1) + level.limbic_down[:, None] * G
        right = jnp.concatenate([(1 + level.limbic_down * tau)[:, None], jnp.diag(level.limbic_up)], 1)
        solved = solve_without_differences(diagonal, level.limbic_up, right)
        tau_and_G = solved[:, 0], solved[:, 1:]
        return tau_and_G, tau_and_G

    def add(above: Level, level: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        tau, G, below_line = level
        T = jnp.where(below_line, tau + G @ above, 0)
        return T, T

    levels, n = chain.limbic_up.shape
    _, (tau, G) = jax.lax.scan(climb, (jnp.zeros(n), jnp.zeros((n, n))), jax.tree.map(lambda rate: rate[:-1], chain))
    at_line = jnp.zeros(n)
    _, T = jax.lax.scan(add, at_line, (tau, G, centres(levels)[:-1] < line), reverse=True)
    return jnp.concatenate([T, at_line[None]])


def mirrored(chain: Hops) -> Hops:
    """The chain of 1 − S_L."""
    up, down, *across = (rate[::-1] for rate in chain)
    return Hops(down, up, *across)


def log_passages(
    p: LimbicLock, block: Scalar, limbic_input: Scalar, opposition: Scalar, cells: tuple[int, int] = CELLS
) -> Float[Array, "passage"]:
    """Logarithms of the mean times (h) from the quiet to the locked line and back, each from a steady state of the cognitive network.

    The lines are fixed in S_L, so that both stay defined and smooth where a state has vanished, beyond the bistable window.
    """
    chain = hops(p.attractor, block, limbic_input, opposition, cells)
    S_L, S_P = (centres(n) for n in cells)

    def log_time(chain: Hops, begin: Scalar, line: Scalar, cognitive: Scalar) -> Scalar:
        from_level = jax.vmap(lambda row: jnp.interp(cognitive, S_P, row))(mean_passage(chain, line))
        return jnp.log(jnp.interp(begin, S_L, from_level) / p.attractor.time_constant * p.slow_time_constant)

    quiet, locked = p.quiet_below, p.locked_above
    there = log_time(chain, quiet, locked, quiet_cognition(p.attractor, quiet, block))
    back = log_time(mirrored(chain), 1 - locked, 1 - quiet, quiet_cognition(p.attractor, locked, block))
    return jnp.stack([there, back])


class PassageRates(NamedTuple):
    """Rates (1/h) into and out of the locked state."""

    into: Float[Array, "*batch"]
    out_of: Float[Array, "*batch"]


def bounded(p: LimbicLock, passages: Float[Array, "*batch passage"]) -> PassageRates:
    """Rates from mean passage times T (h), bounded: k = 1/(T + 1/fastest)."""
    rates = 1 / (passages + 1 / p.fastest)
    return PassageRates(rates[..., 0], rates[..., 1])
