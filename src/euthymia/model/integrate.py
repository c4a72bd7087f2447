"""The production solver: second-order exponential steps through the slow states, exact occupancies beside them."""

import jax
from jaxtyping import Array, Float

from ..core.numerics.exponential import Propagators, etd2rk, occupancy_course, propagators
from ..core.types import Scalar
from ..links import Switches
from .baseline import jacobian
from .exposure import Steps
from .fast import Brain
from .parameters import Physiology
from .state import Inputs, pack, unpack
from .vector_field import Auxiliaries, PassiveStates, slow_rate, spines_solved, transitions


def slow_courses(
    p: Physiology, brain: Brain, steps: Steps, inputs: Inputs, switches: Switches, linear_at: Switches
) -> Float[Array, "setting node state"]:
    """Packed slow states at the nodes, from rest, for many settings of the switches at once (leading axis of ``switches``).

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
        One setting, whose Jacobian is the part that is treated exactly. It must have every link off that is off in any of
        ``switches``, so that a clamped state stays at rest to rounding error.
    """
    start = pack(brain.rest)
    linear = jacobian(p, start, brain, linear_at)
    over = propagators(linear, steps[0])
    return jax.vmap(lambda setting: slow_course(p, brain, steps, inputs, setting, linear, over))(switches)


def slow_course(
    p: Physiology, brain: Brain, steps: Steps, inputs: Inputs, setting: Switches, linear: Float[Array, "state state"], over: Propagators
) -> Float[Array, "node state"]:
    """The same for one setting and a given linear part with its propagators over the grid's lengths, such as those of a patient
    who is alike: it only has to be near, for what it misses is integrated to second order."""

    def rate(vector: Float[Array, " state"], u: Inputs) -> Float[Array, " state"]:
        return pack(slow_rate(p, unpack(vector), u, brain, setting))

    def with_spines(before: Float[Array, "state"], later: Float[Array, "state"], step: Scalar) -> Float[Array, "state"]:
        return pack(spines_solved(p, unpack(before), unpack(later), brain, setting, step))

    return etd2rk(rate, linear, over, pack(brain.rest), steps, inputs, with_spines)


def passive_course(p: Physiology, steps: Steps, inputs: Inputs, by: Auxiliaries) -> PassiveStates:
    """Occupancies over a course of one setting, from what drives them at the nodes; they start where they rest undosed."""
    rise, fall = jax.vmap(lambda u, at: transitions(p, u, at))(inputs, by)
    # Without input nothing binds, so that only the lock rests above zero.
    return jax.tree.map(lambda a, b: occupancy_course(a[0] / (a[0] + b[0]), a, b, steps), rise, fall)
