"""The production solver: second-order exponential steps for the slow states, exact occupancies for the passive ones."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core.numerics.exponential import Corrector, PhiFunctions, Steps, etd2rk, etd2rk_step, phi_functions
from ..core.numerics.occupancy import Occupancy, at_first, curved_course
from ..core.types import Scalar
from ..links import Switches
from .baseline import jacobian
from .fast import Brain
from .parameters import Physiology
from .state import Inputs, SlowState, pack, unpack
from .vector_field import Auxiliaries, PassiveStates, slow_rate, transitions, with_exact_occupancies

Exactly = Callable[..., SlowState]
"""The slow states after a step with some of them exact, as :func:`.vector_field.with_exact_occupancies`."""


def slow_courses(
    p: Physiology,
    brain: Brain,
    steps: Steps,
    inputs: Inputs,
    switches: Switches,
    linear_at: Switches,
    start: Float[Array, "brain state"] | None = None,
) -> Float[Array, "brain node state"]:
    """Packed slow states at the nodes for many settings of the switches at once (leading axis).

    Parameters
    ----------
    p
        Parameters and closures.
    brain
        The patient.
    steps
        From the time grid.
    inputs
        Drugs and corrections at the nodes.
    switches
        Settings.
    linear_at
        The setting whose Jacobian is the linear part. It must clamp every link that any of ``switches`` clamps, so that a clamped
        state stays undosed to rounding error.
    start
        States at the first node; undosed if left out.
    """
    rest = pack(brain.rest)
    linear = jacobian(p, rest, brain, linear_at)
    phi = phi_functions(linear, steps.lengths)
    begin = jnp.broadcast_to(rest, (len(switches[0]), len(rest))) if start is None else start

    def of_setting(setting: Switches, begin: Float[Array, "state"]) -> Float[Array, "node state"]:
        return slow_course(p, brain, steps, inputs, setting, (linear, phi), begin)

    return jax.vmap(of_setting)(switches, begin)


def slow_course(
    p: Physiology,
    brain: Brain,
    steps: Steps,
    inputs: Inputs,
    setting: Switches,
    linear: tuple[Float[Array, "state state"], PhiFunctions],
    start: Float[Array, "state"],
    exactly: Exactly = with_exact_occupancies,
) -> Float[Array, "node state"]:
    """Packed slow states at the nodes under one setting, from a linear part, its φ-functions over the grid's lengths, and a start.

    They may be those of a similar patient: what the linear part misses is integrated to second order. ``exactly`` says which states are
    exact once the others are known.
    """
    derivative, correct = _scheme(p, brain, setting, exactly)
    return etd2rk(derivative, *linear, start, steps, inputs, correct)


def slow_step(
    p: Physiology,
    brain: Brain,
    setting: Switches,
    linear: tuple[Float[Array, "state state"], PhiFunctions],
    x: SlowState,
    step: Scalar,
    inputs: tuple[Inputs, Inputs],
) -> SlowState:
    """One step of :func:`slow_course`, of a length h, from the φ-functions of that length and the inputs at both ends."""
    derivative, correct = _scheme(p, brain, setting)
    return unpack(etd2rk_step(derivative, *linear, pack(x), step, inputs, correct))


def _scheme(
    p: Physiology, brain: Brain, setting: Switches, exactly: Exactly = with_exact_occupancies
) -> tuple[Callable[[Float[Array, " state"], Inputs], Float[Array, " state"]], Corrector]:
    """The vector field of packed states, and what corrects a stage."""

    def rate(vector: Float[Array, " state"], at_node: Inputs) -> Float[Array, " state"]:
        return pack(slow_rate(p, unpack(vector), at_node, brain, setting))

    def with_occupancies(
        before: Float[Array, "state"], later: Float[Array, "state"], at_ends: tuple[Inputs, Inputs], step: Scalar
    ) -> Float[Array, "state"]:
        return pack(exactly(p, unpack(before), unpack(later), at_ends, brain, setting, step))

    return rate, with_occupancies


def passive_course(
    p: Physiology, steps: Steps, inputs: Inputs, auxiliary: Auxiliaries, start: tuple[Occupancy, ...] | None = None
) -> tuple[PassiveStates, tuple[Occupancy, ...]]:
    """Occupancies over a course of one setting, from inputs and auxiliaries at the nodes, and those at the first; and where they end.

    Without a start, or where it is not a number, they begin at the steady state of the first node: undosed, only the lock is above zero.
    """
    rise, fall = jax.vmap(lambda u, at_node: transitions(p, u, at_node))(inputs, auxiliary)
    steady = jax.tree.map(lambda a, b: a[0] / (a[0] + b[0]), rise, fall)
    begin = tuple(map(at_first, steady)) if start is None else start
    begin = [x._replace(y=jnp.where(jnp.isnan(x.y), at_rest, x.y)) for x, at_rest in zip(begin, steady, strict=True)]
    courses, reached = zip(*(curved_course(*of_kind, steps) for of_kind in zip(begin, rise, fall, strict=True)), strict=True)
    return PassiveStates(*courses), reached
