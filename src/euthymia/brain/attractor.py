"""Way 5, milliseconds: a limbic and a cognitive network that excite themselves and inhibit each other.

Each network is a reduced Wong–Wang pool (Wong & Wang 2006; one pool per area as in Deco et al. 2013); two areas that
inhibit each other, one of them stuck, follow Ramirez-Mahaluf et al. (2017). The limbic network has a quiet state and,
if its recurrent NMDA drive is strong enough, a *locked* one that holds the cognitive network silent. ``block`` is the share
of recurrent NMDA drive that is lost (0 to 1), ``limbic_input`` a current, ``opposition`` scales the inhibition that
the limbic network receives (healthy = 1). Time ms, currents nA, rates Hz; S, the share of open NMDA channels, is 0 to 1.
"""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ..core.numerics.roots import find_root
from ..core.numerics.soft_rectifier import inverse_soft_rectifier, soft_rectifier
from ..core.parameters import parameter
from ..core.types import Scalar

NETWORKS = ("limbic", "cognitive")
PerNetwork = Float[Array, "*batch network"]
Batch = Float[Array, "*batch"]

# Currents at which a curve is scanned for zeros and turning points before Newton's method refines them.
SCAN = 1024
# Iterations of Newton's method, and of the fixed-point iteration for the critical block; each gains two digits or more.
ITERATIONS = 10


class Attractor(eqx.Module):
    """Two pools that differ only in recurrence and input."""

    gain: Scalar = parameter("limbic.gain", "Hz/nA", "a, slope of firing rate in current")
    threshold: Scalar = parameter("limbic.threshold", "Hz", "b, offset of the firing rate")
    curvature: Scalar = parameter("limbic.curvature", "1/Hz", "d, sharpness of the bend at threshold")
    saturation: Scalar = parameter("limbic.saturation", "1/(Hz*ms)", "γ, channels opened per spike")
    time_constant: Scalar = parameter("limbic.time_constant", "ms", "τ, closing of NMDA channels")
    coupling: Scalar = parameter("limbic.coupling", "nA", "J, NMDA current with every channel open")
    limbic_recurrence: Scalar = parameter("limbic.recurrence.limbic", "dimensionless", "w_L, self-excitation")
    cognitive_recurrence: Scalar = parameter("limbic.recurrence.cognitive", "dimensionless", "w_P, self-excitation")
    inhibition: Scalar = parameter("limbic.inhibition", "nA", "j, inhibition of each by the other")
    cognitive_input: Scalar = parameter("limbic.input.cognitive", "nA", "I_P, background current")
    block_of_recurrence: Scalar = parameter("limbic.block_of_recurrence", "dimensionless", "β, loss of self-excitation per loss of drive")
    block_of_inhibition: Scalar = parameter("limbic.block_of_inhibition", "dimensionless", "β_I, loss of inhibition per loss of drive")
    noise: Scalar = parameter("limbic.noise", "dimensionless", "σ, spread of S that noise alone gives a silent pool")


def firing_rate(p: Attractor, current: Batch) -> Batch:
    """Rate (Hz) of a pool at a current (nA): H = u/(1 − e^{−d u}) with u = a x − b. Source: Wong & Wang (2006)."""
    return soft_rectifier(p.curvature * (p.gain * current - p.threshold)) / p.curvature


def activation(p: Attractor, current: Batch) -> Batch:
    """Steady state S of a pool at a constant current (nA): γτH/(1 + γτH)."""
    opened = p.saturation * p.time_constant * firing_rate(p, current)
    return opened / (1 + opened)


def current_at(p: Attractor, S: Batch) -> Batch:
    """Current (nA) at which S is the steady state of a pool: the inverse of :func:`activation`."""
    rate = S / (1 - S) / (p.saturation * p.time_constant)
    return (inverse_soft_rectifier(p.curvature * rate) / p.curvature + p.threshold) / p.gain


def currents(p: Attractor, S: PerNetwork, block: Scalar, limbic_input: Scalar, opposition: Scalar) -> PerNetwork:
    """Input x (nA) to each network.

    x_L = (1 − βb) w_L J S_L + I_L − (1 − β_I b) j o S_P,  x_P = (1 − βb) w_P J S_P + I_P − (1 − β_I b) j S_L.
    """
    S_L, S_P = S[..., 0], S[..., 1]
    J = (1 - p.block_of_recurrence * block) * p.coupling
    j = (1 - p.block_of_inhibition * block) * p.inhibition
    x_L = p.limbic_recurrence * J * S_L + limbic_input - j * opposition * S_P
    x_P = p.cognitive_recurrence * J * S_P + p.cognitive_input - j * S_L
    return jnp.stack([x_L, x_P], -1)


def drift(p: Attractor, S: PerNetwork, block: Scalar, limbic_input: Scalar, opposition: Scalar) -> PerNetwork:
    """dS/dt (1/ms) without noise: −S/τ + (1 − S) γ H(x)."""
    H = firing_rate(p, currents(p, S, block, limbic_input, opposition))
    return -S / p.time_constant + (1 - S) * p.saturation * H


def diffusion(p: Attractor) -> Scalar:
    """D = σ²/τ (1/ms) of dS = drift dt + √(2D) dW, so that −S/τ alone spreads S by σ."""
    return p.noise**2 / p.time_constant


def jacobian(p: Attractor, S: Float[Array, "network"], block: Scalar, limbic_input: Scalar, opposition: Scalar) -> Float[Array, "to of"]:
    """∂(dS/dt)/∂S, 1/ms."""
    return jax.jacfwd(lambda state: drift(p, state, block, limbic_input, opposition))(S)


def is_stable(p: Attractor, S: Float[Array, "network"], block: Scalar, limbic_input: Scalar, opposition: Scalar) -> Array:
    """Linear stability of a fixed point: negative trace and positive determinant."""
    A = jacobian(p, S, block, limbic_input, opposition)
    return (jnp.trace(A) < 0) & (jnp.linalg.det(A) > 0)


def quiet_cognition(p: Attractor, limbic: Batch, block: Scalar) -> Batch:
    """Lowest steady state S_P of the cognitive network at constant S_L.

    Newton's method on its current, from the current without recurrence: below the steepest point of :func:`activation` the function
    is concave, so that the iteration never passes the first solution.
    """
    silent = jnp.stack([limbic, jnp.zeros_like(limbic)], -1)
    background = currents(p, silent, block, jnp.zeros(()), jnp.zeros(()))[..., 1]
    J = (1 - p.block_of_recurrence * block) * p.coupling * p.cognitive_recurrence

    def improved(_, x: Batch) -> Batch:
        S, slope = jax.jvp(lambda current: activation(p, current), (x,), (jnp.ones_like(x),))
        return x - (x - J * S - background) / (1 - J * slope)

    return activation(p, jax.lax.fori_loop(0, ITERATIONS, improved, background))


def holding_input(p: Attractor, current: Batch, block: Scalar, opposition: Scalar) -> Batch:
    """Limbic input I_L (nA) that makes a limbic current x_L (nA) a fixed point, with the cognitive network in steady state.

    I_L(x) = x − (1 − βb) w_L J S(x) + (1 − β_I b) j o S_P(S(x)). States exist where this curve crosses the input, and appear or
    vanish (saddle-node) where it turns.
    """
    S = activation(p, current)
    both = jnp.stack([S, quiet_cognition(p, S, block)], -1)
    return current - currents(p, both, block, jnp.zeros(()), opposition)[..., 0]


def needed_recurrence(p: Attractor, current: Batch, block: Scalar, limbic_input: Scalar, opposition: Scalar) -> Batch:
    """Recurrence (1 − βb) w_L that makes a limbic current x_L (nA) a fixed point: :func:`holding_input` solved for w."""
    missing = holding_input(p, current, block, opposition) - limbic_input
    left = (1 - p.block_of_recurrence * block) * p.limbic_recurrence
    return left + missing / (p.coupling * activation(p, current))


def _scan(p: Attractor) -> Float[Array, "point"]:
    """Currents (nA) from zero to full recurrence on top of the threshold."""
    return jnp.linspace(jnp.zeros(()), p.threshold / p.gain + p.limbic_recurrence * p.coupling, SCAN)


def _first(condition: Array, x: Array) -> Scalar:
    """The first x at which the condition holds, or NaN."""
    return jnp.where(jnp.any(condition), x[jnp.argmax(condition)], jnp.nan)


def _last(condition: Array, x: Array) -> Scalar:
    return _first(condition[::-1], x[::-1])


def _slope(function: Callable[[Batch], Batch]) -> Callable[[Batch], Batch]:
    return lambda x: jax.jvp(function, (x,), (jnp.ones_like(x),))[1]


class FixedPoints(NamedTuple):
    """S of both networks in each state; NaN where there is none."""

    rest: Float[Array, "network"]
    saddle: Float[Array, "network"]
    locked: Float[Array, "network"]


def fixed_points(p: Attractor, block: Scalar, limbic_input: Scalar, opposition: Scalar) -> FixedPoints:
    """The quiet state, the locked state, and the saddle between them; works under jit and vmap.

    A state is locked if its limbic S lies beyond the steepest point of :func:`activation`.
    """
    x = _scan(p)

    def excess(current: Batch) -> Batch:
        return holding_input(p, current, block, opposition) - limbic_input

    e = excess(x)
    between = (x[:-1] * e[1:] - x[1:] * e[:-1]) / (e[1:] - e[:-1])
    rising, falling = (e[:-1] < 0) & (e[1:] >= 0), (e[:-1] >= 0) & (e[1:] < 0)
    beyond = jnp.arange(SCAN - 1) >= jnp.argmax(jnp.diff(activation(p, x)))

    def state(guess: Scalar) -> Float[Array, "network"]:
        S_L = activation(p, find_root(excess, guess))
        return jnp.stack([S_L, quiet_cognition(p, S_L, block)])

    return FixedPoints(
        rest=state(_first(rising & ~beyond, between)),
        saddle=state(_first(falling, between)),
        locked=state(_last(rising & beyond, between)),
    )


def critical_recurrence(p: Attractor, block: Scalar, limbic_input: Scalar, opposition: Scalar) -> Scalar:
    """w*: the weakest recurrence (1 − βb) w_L that keeps a locked state; NaN if that state never vanishes.

    The minimum of :func:`needed_recurrence` over the upper branch, where the determinant of :func:`jacobian` is zero:
    w* J S'(x_L) = 1 − j_b² o S'(x_L) S'(x_P)/(1 − (1 − βb) w_P J S'(x_P)) with j_b = (1 − β_I b) j and S' the slope of
    :func:`activation`. It is free of w_L.
    """

    def needed(current: Batch) -> Batch:
        return needed_recurrence(p, current, block, limbic_input, opposition)

    x = _scan(p)[1:]
    w = needed(x)
    turns = (w[1:-1] < w[:-2]) & (w[1:-1] <= w[2:])
    return needed(find_root(_slope(needed), _last(turns, x[1:-1])))


def critical_block(p: Attractor, limbic_input: Scalar, opposition: Scalar) -> Scalar:
    """b_crit = (1 − w*/w_L)/β: the loss of drive at which the locked state vanishes; NaN if there is no locked state.

    w* is taken at b_crit itself, because block also weakens the cognitive network and the inhibition.
    """

    def improved(_, block: Scalar) -> Scalar:
        w = critical_recurrence(p, block, limbic_input, opposition)
        return (1 - w / p.limbic_recurrence) / p.block_of_recurrence

    block = jax.lax.fori_loop(0, ITERATIONS, improved, jnp.zeros(()))
    return jnp.where(block >= 0, block, jnp.nan)


class Window(NamedTuple):
    """Limbic inputs (nA) between which the quiet and the locked state coexist."""

    lower: Scalar
    upper: Scalar


def bistable_window(p: Attractor, block: Scalar, opposition: Scalar) -> Window:
    """Where :func:`holding_input` turns: the locked state exists above ``lower``, the quiet one below ``upper``; NaN if monostable."""

    def holding(current: Batch) -> Batch:
        return holding_input(p, current, block, opposition)

    x = _scan(p)
    I_L = holding(x)
    step = jnp.diff(I_L)
    top, bottom = (step[:-1] > 0) & (step[1:] <= 0), (step[:-1] <= 0) & (step[1:] > 0)
    turn = _slope(holding)
    return Window(
        lower=holding(find_root(turn, _last(bottom, x[1:-1]))),
        upper=holding(find_root(turn, _first(top, x[1:-1]))),
    )


def present_state(p: Attractor, block: Scalar, limbic_input: Scalar, opposition: Scalar) -> Float[Array, "network"]:
    """State of a locked brain under block: the locked state while it exists, else the quiet one."""
    points = fixed_points(p, block, limbic_input, opposition)
    return jnp.where(jnp.isnan(points.locked), points.rest, points.locked)


def network_rates(p: Attractor, S: PerNetwork, block: Scalar, limbic_input: Scalar, opposition: Scalar) -> PerNetwork:
    """Firing rate (Hz) of each network."""
    return firing_rate(p, currents(p, S, block, limbic_input, opposition))


def communication(p: Attractor, S: Float[Array, "network"], block: Scalar, limbic_input: Scalar, opposition: Scalar) -> Scalar:
    """Linear response of one network's S to a small, slow fluctuation of the other's: geometric mean of both directions.

    With A the :func:`jacobian` at a stable fixed point, a constant deviation of S_L moves S_P by −A_PL/A_PP of it. Zero for a silent or
    an uncoupled network.
    """
    A = p.time_constant * jacobian(p, S, block, limbic_input, opposition)
    return jnp.sqrt(A[0, 1] * A[1, 0] / (A[0, 0] * A[1, 1]))


class Drive(NamedTuple):
    """Inputs of the networks."""

    block: Scalar
    limbic_input: Scalar
    """nA."""
    opposition: Scalar


def sample_path(
    p: Attractor, key: Key[Array, ""], start: PerNetwork, step: Scalar, count: int, drive: Drive
) -> Float[Array, "time *batch network"]:
    """S after each of ``count`` Euler–Maruyama steps (ms) of dS = drift dt + √(2D) dW, reflected at 0 and 1.

    Parameters
    ----------
    p
        The two networks.
    key
        Of the noise.
    start
        S at time 0, one row per copy.
    step, count
        Length (ms) and number of steps.
    drive
        Constant.
    """
    spread = jnp.sqrt(2 * diffusion(p) * step)

    def advance(S: PerNetwork, index: Array) -> tuple[Array, Array]:
        kick = jax.random.normal(jax.random.fold_in(key, index), S.shape)
        S = jnp.abs(S + step * drift(p, S, *drive) + spread * kick)
        S = 1 - jnp.abs(1 - S)
        return S, S

    return jax.lax.scan(advance, start, jnp.arange(count))[1]
