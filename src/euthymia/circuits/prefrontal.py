"""Way 1: the prefrontal circuit of pyramidal cells and three classes of interneuron, as a mean field.

Rates follow Garcia del Molino et al. (2017); their excitation is split here into a fast (AMPA) and a slow (NMDA) part per
target class, so that a loss of NMDA drive affects each class by its NMDA share. Interneurons that lose
more of it than pyramidal cells do fire less, and pyramidal cells are disinhibited.

Classes are E (pyramidal), PV, SST, VIP, in that order. Rates Hz, time ms, current pA, voltage mV, conductance nS.

Three arguments recur:
``nmda``        share of NMDA drive left per class, 1 = undrugged;
``recurrence``  strength of excitation among pyramidal cells, 1 = healthy: spine density and potentiation enter here;
``inhibition``  strength of every inhibitory synapse, 1 = undrugged: GABA-A potentiation enters here.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from ..core.numerics.exponential import Steps, etd2rk, phi_functions
from ..core.numerics.soft_rectifier import inverse_soft_rectifier, soft_rectifier
from ..core.numerics.steady_state import NEWTON, NEWTON_FROM_NEARBY, steady_state
from ..core.parameters import parameter
from ..core.types import CORTICAL_ABBREVIATIONS, PerCellClass, Scalar

CLASSES = tuple(CORTICAL_ABBREVIATIONS.values())
"""Abbreviations of ``CORTICAL``, in its order."""
E = CLASSES.index("E")

Activity = Float[Array, "state"]
"""Rates of the four classes, then the slow NMDA drive s; all Hz."""
SLOW = len(CLASSES)


class Prefrontal(eqx.Module):
    """Weights and cells of the circuit, and its readouts."""

    weights: Float[Array, "cell_class source"] = parameter(
        tuple(f"prefrontal.weights.{name}" for name in CLASSES), "pA*s", "current per rate, onto each class from each class"
    )
    leak: PerCellClass = parameter("prefrontal.leak", "nS", "leak conductance")
    spike_time: PerCellClass = parameter("prefrontal.spike_time", "s", "time scale of the transfer function")
    rest: Scalar = parameter("prefrontal.rest", "mV", "reversal of the leak")
    threshold: Scalar = parameter("prefrontal.threshold", "mV", "spike threshold")
    reset: Scalar = parameter("prefrontal.reset", "mV", "voltage after a spike")
    softness: Scalar = parameter("prefrontal.softness", "mV", "voltage noise that rounds the threshold")
    rate_time: Scalar = parameter("prefrontal.rate_time", "ms", "time constant of rates")
    nmda_time: Scalar = parameter("prefrontal.nmda_time", "ms", "time constant of NMDA drive")
    baseline: PerCellClass = parameter("prefrontal.baseline", "Hz", "rates of the healthy, undrugged circuit")

    nmda_share: PerCellClass = parameter("prefrontal.nmda_share", "dimensionless", "NMDA part of excitation from pyramidal cells")
    tonic_share: PerCellClass = parameter("prefrontal.tonic_share", "dimensionless", "NMDA part of the background")

    glutamate_gain: Scalar = parameter("prefrontal.glutamate_gain", "dimensionless", "relative rise of release per relative rise of rate")
    glutamate_time: Scalar = parameter("prefrontal.glutamate_time", "h", "time constant of tissue glutamate")
    measurement_lag: Scalar = parameter("prefrontal.measurement_lag", "h", "lag of microdialysis or labelled glutamine")
    gamma_band: Float[Array, "edge"] = parameter("prefrontal.gamma_band", "1/ms", "edges of the gamma band")
    assembly_share: Scalar = parameter("prefrontal.assembly_share", "dimensionless", "excess of excitation within an assembly over between")
    distractor: Scalar = parameter("prefrontal.distractor", "ms", "duration of a distracting input")


def transfer(p: Prefrontal, voltage: PerCellClass) -> PerCellClass:
    """Rate (Hz) at a mean voltage (mV): φ = (V − V_th)/(τ (V_th − V_r)(1 − e^(−(V − V_th)/σ))). Source: equation 1 there."""
    return p.softness * soft_rectifier((voltage - p.threshold) / p.softness) / (p.spike_time * (p.threshold - p.reset))


def background(p: Prefrontal) -> PerCellClass:
    """Background current (pA) that makes the baseline rates an exact fixed point: g_L (φ⁻¹(r₀) − V_L) − W r₀."""
    scaled = p.baseline * p.spike_time * (p.threshold - p.reset) / p.softness
    voltage = p.threshold + p.softness * inverse_soft_rectifier(scaled)
    return p.leak * (voltage - p.rest) - p.weights @ p.baseline


def _excitation(p: Prefrontal, nmda: PerCellClass, recurrence: Scalar) -> tuple[PerCellClass, PerCellClass]:
    """Fast and slow weight (pA s) from pyramidal cells onto each class."""
    weight = p.weights[:, E].at[E].multiply(recurrence)
    return weight * (1 - p.nmda_share), weight * p.nmda_share * nmda


def _voltage(
    p: Prefrontal, rates: PerCellClass, slow: Scalar, nmda: PerCellClass, recurrence: Scalar, inhibition: Scalar, stimulus: PerCellClass
) -> PerCellClass:
    """Mean voltage (mV): V_L + I/g_L."""
    to_ampa, to_nmda = _excitation(p, nmda, recurrence)
    tonic = background(p) * (1 - p.tonic_share * (1 - nmda))
    inhibited = inhibition * (p.weights.at[:, E].set(0) @ rates)
    return p.rest + (to_ampa * rates[E] + to_nmda * slow + inhibited + tonic + stimulus) / p.leak


def activity_rate(
    p: Prefrontal, activity: Activity, nmda: PerCellClass, recurrence: Scalar, inhibition: Scalar, stimulus: PerCellClass
) -> Activity:
    """d(activity)/dt, Hz/ms: τ_r r' = −r + φ(V), τ_s s' = −s + r_E, with an extra current ``stimulus`` (pA) onto each class."""
    rates, slow = activity[:SLOW], activity[SLOW]
    V = _voltage(p, rates, slow, nmda, recurrence, inhibition, stimulus)
    return jnp.append((transfer(p, V) - rates) / p.rate_time, (rates[E] - slow) / p.nmda_time)


# Jitted by itself, so that it is traced once for all its callers.
@jax.jit
def steady_rates(
    p: Prefrontal, nmda: PerCellClass, recurrence: Scalar, inhibition: Scalar, nearby: PerCellClass | None = None
) -> PerCellClass:
    """Rates (Hz) at the fixed point that the healthy baseline leads to; s equals r_E there.

    From the rates ``nearby`` of conditions that differ little, two steps of Newton's method are enough.
    """
    silent = jnp.zeros_like(p.baseline)
    V0 = _voltage(p, silent, jnp.zeros(()), nmda, recurrence, inhibition, silent)
    to_ampa, to_nmda = _excitation(p, nmda, recurrence)
    W = (inhibition * p.weights).at[:, E].set(to_ampa + to_nmda) / p.leak[:, None]

    def rate(r: PerCellClass) -> PerCellClass:
        return transfer(p, V0 + W @ r) - r

    def slope(r: PerCellClass) -> Float[Array, "cell_class source"]:
        _, gain = jax.jvp(lambda V: transfer(p, V), (V0 + W @ r,), (jnp.ones_like(r),))
        return gain[:, None] * W - jnp.eye(len(r))

    if nearby is None:
        return steady_state(rate, p.baseline, slope, NEWTON)
    return steady_state(rate, nearby, slope, NEWTON_FROM_NEARBY)


def jacobian(p: Prefrontal, rates: PerCellClass, nmda: PerCellClass, recurrence: Scalar, inhibition: Scalar) -> Float[Array, "state state"]:
    """Linearised dynamics (1/ms) of the five states at steady rates."""
    activity = jnp.append(rates, rates[E])
    return jax.jacfwd(lambda x: activity_rate(p, x, nmda, recurrence, inhibition, jnp.zeros_like(rates)))(activity)


def entry(
    p: Prefrontal, rates: PerCellClass, nmda: PerCellClass, recurrence: Scalar, inhibition: Scalar
) -> Float[Array, "state cell_class"]:
    """Input matrix of the linearised dynamics, for current onto each class, Hz/(ms pA): φ'(V)/(g_L τ_r)."""
    activity = jnp.append(rates, rates[E])
    return jax.jacfwd(lambda current: activity_rate(p, activity, nmda, recurrence, inhibition, current))(jnp.zeros_like(rates))


def glutamate_release(p: Prefrontal, rates: PerCellClass, undosed: PerCellClass) -> Scalar:
    """Relative rise of glutamate release over the undosed circuit: a (r_E/r_E0 − 1).

    The cycle of glutamate through glutamine is proportional to neuronal activity and nil in silent cortex (Sibson et al.
    1998, Patel et al. 2005), so that a is near 1.
    """
    return p.glutamate_gain * (rates[E] / undosed[E] - 1)


def glutamate_rate(p: Prefrontal, tissue: Scalar, measured: Scalar, release: Scalar) -> tuple[Scalar, Scalar]:
    """Time derivatives (1/h) of the relative rise of tissue glutamate and of its measured value."""
    return (release - tissue) / p.glutamate_time, (tissue - measured) / p.measurement_lag


def power_spectrum(
    p: Prefrontal, rates: PerCellClass, nmda: PerCellClass, recurrence: Scalar, inhibition: Scalar, frequencies: Float[Array, "frequency"]
) -> Float[Array, "frequency"]:
    """Power of pyramidal activity, (Hz/pA)², per density of a private white noise current in every class, at frequencies (1/ms).

    Σ_X |[(iω − J)⁻¹ B]_EX|² with ω = 2πf: the linear response of the circuit at its steady rates.
    """
    J = jacobian(p, rates, nmda, recurrence, inhibition)
    B = entry(p, rates, nmda, recurrence, inhibition)

    def power(frequency: Scalar) -> Scalar:
        omega = 2 * jnp.pi * frequency
        response: Complex[Array, "state cell_class"] = jnp.linalg.solve(1j * omega * jnp.eye(len(J)) - J, B.astype(complex))
        return jnp.sum(jnp.abs(response[E]) ** 2)

    return jax.vmap(power)(frequencies)


def gamma_power(
    p: Prefrontal, rates: PerCellClass, nmda: PerCellClass, recurrence: Scalar, inhibition: Scalar, nodes: Float[Array, "node"]
) -> Scalar:
    """Mean power of pyramidal activity in the gamma band, (Hz/pA)², by the trapezoidal rule. Compare it with its undosed value.

    Parameters
    ----------
    nodes
        Frequencies at which it is evaluated, from 0 to 1 within the band.
    """
    low, high = p.gamma_band
    power = power_spectrum(p, rates, nmda, recurrence, inhibition, low + (high - low) * nodes)
    return jnp.trapezoid(power, nodes)


def _assembly(p: Prefrontal, nmda: PerCellClass, recurrence: Scalar) -> tuple[Float[Array, "2 2"], Scalar]:
    """Dynamics (1/ms) of the contrast between two assemblies and its slow drive, and the gain (Hz/pA) of its cells.

    Inhibition is shared and cancels. Cells with persistent activity fire well above threshold, where the transfer function is
    linear, so that disinhibition does not change their gain.
    """
    gain = 1 / (p.spike_time[E] * (p.threshold - p.reset) * p.leak[E])
    to_ampa, to_nmda = (gain * p.assembly_share * weight[E] for weight in _excitation(p, nmda, recurrence))
    return jnp.array([[(to_ampa - 1) / p.rate_time, to_nmda / p.rate_time], [1 / p.nmda_time, -1 / p.nmda_time]]), gain


def focus(p: Prefrontal, nmda: PerCellClass, recurrence: Scalar) -> Scalar:
    """Decay time (ms) of persistent activity: slowest time constant of the contrast between two assemblies.

    Persistent firing rests on NMDA receptors between pyramidal cells that share a preference, and ketamine abolishes it while
    other cells fire more (Wang et al. 2013). The slowest mode of the mean field cannot show this: disinhibition raises the gain
    of all cells. Infinite where recurrence makes memory self-sustaining.
    """
    A, _ = _assembly(p, nmda, recurrence)
    half_trace, determinant = jnp.trace(A) / 2, A[0, 0] * A[1, 1] - A[0, 1] * A[1, 0]
    slowest = half_trace + jnp.sqrt(half_trace**2 - determinant)
    decays = slowest < 0
    return jnp.where(decays, -1 / jnp.where(decays, slowest, -1), jnp.inf)


def impulse_control(p: Prefrontal, rates: PerCellClass, nmda: PerCellClass, recurrence: Scalar, inhibition: Scalar) -> Scalar:
    """Response to a sustained goal over that to a brief distractor: ratio of two responses of pyramidal cells to the same current.

    Numerator: steady response of an assembly's contrast. Denominator: response of the resting circuit at the end of a pulse.
    Feedforward input is fast, so that a distraction does not need NMDA receptors (Self et al. 2012).
    """
    A, gain = _assembly(p, nmda, recurrence)
    goal = jnp.linalg.solve(-A, jnp.array([gain / p.rate_time, 0]))[0]
    J = jacobian(p, rates, nmda, recurrence, inhibition)
    B = entry(p, rates, nmda, recurrence, inhibition)[:, E]
    phi1 = phi_functions(J, p.distractor[None]).phi1[0]
    return goal / (p.distractor * (phi1 @ B)[E])


def time_course(
    p: Prefrontal,
    start: Activity,
    step: Scalar,
    nmda: Float[Array, "node cell_class"],
    recurrence: Scalar,
    inhibition: Scalar,
    stimulus: Float[Array, "node cell_class"],
) -> Float[Array, "node state"]:
    """Activity (Hz) at nodes ``step`` ms apart, with NMDA shares and extra currents (pA) given at the nodes; second order."""

    def derivative(x: Activity, inputs: tuple[PerCellClass, PerCellClass]) -> Activity:
        return activity_rate(p, x, inputs[0], recurrence, inhibition, inputs[1])

    linear = jax.jacfwd(lambda x: derivative(x, (nmda[0], stimulus[0])))(start)
    steps = Steps(step[None], jnp.zeros(len(nmda) - 1, int))
    return etd2rk(derivative, linear, phi_functions(linear, steps.lengths), start, steps, (nmda, stimulus))
