"""Parameters of the habenula: its neuron, and the nucleus of many neurons."""

import equinox as eqx
from jaxtyping import Array, Float

from ...biophysics.gates import TraubMiles
from ...biophysics.magnesium import Magnesium
from ...core.parameters import parameter
from ...core.types import Scalar

CHANNELS = ("leak", "sodium", "potassium", "T", "h", "NMDA", "calcium_potassium")
CRITERIA = ("main", "strict")
"""Of what counts as a burst."""

PerChannel = Float[Array, "channel"]
PerCriterion = Float[Array, "criterion"]


class HabenulaCell(eqx.Module):
    """The neuron."""

    fast: TraubMiles
    magnesium: Magnesium
    capacitance: Scalar = parameter("habenula.capacitance", "uF/cm^2", "of the membrane")
    conductance: PerChannel = parameter(tuple(f"habenula.conductance.{name}" for name in CHANNELS), "mS/cm^2", "largest, by channel")
    reversal: PerChannel = parameter(tuple(f"habenula.reversal.{name}" for name in CHANNELS), "mV", "by channel; leak: the cell at rest")
    threshold: Scalar = parameter("habenula.threshold", "mV", "zero of the Traub–Miles voltage")
    T_half: Float[Array, "gate"] = parameter("habenula.T.half", "mV", "half activation, half inactivation")
    T_width: Float[Array, "gate"] = parameter("habenula.T.width", "mV", "steepness of activation, of inactivation")
    T_time: Float[Array, "T_term"] = parameter("habenula.T.time", "ms", "inactivation: least, plateau, unit of the exponential term")
    T_time_half: Float[Array, "factor"] = parameter("habenula.T.time_half", "mV", "references of its two exponentials")
    T_time_width: Float[Array, "factor"] = parameter("habenula.T.time_width", "mV", "e-folds of its two exponentials")
    T_slowing: Scalar = parameter("habenula.T.slowing", "dimensionless", "inactivation time relative to the measured cell")
    T_warming: Scalar = parameter("habenula.T.warming", "dimensionless", "by which body temperature speeds it up")
    h_half: Scalar = parameter("habenula.h.half", "mV", "half activation of the h current")
    h_width: Scalar = parameter("habenula.h.width", "mV", "its steepness; opens with hyperpolarisation")
    h_time: Float[Array, "h_term"] = parameter("habenula.h.time", "ms", "least, and height of the bell")
    h_time_half: Float[Array, "factor"] = parameter("habenula.h.time_half", "mV", "references of the bell's two sides")
    h_time_width: Float[Array, "factor"] = parameter("habenula.h.time_width", "mV", "e-folds of the bell's two sides")
    calcium_per_charge: Scalar = parameter("habenula.calcium.per_charge", "uM*cm^2/(uA*ms)", "calcium influx per charge of the T current")
    calcium_time: Scalar = parameter("habenula.calcium.time", "ms", "time constant of its removal")
    calcium_for_half: Scalar = parameter("habenula.calcium.for_half", "uM", "constant of the Ca-activated potassium channel")
    spike_level: Scalar = parameter("habenula.spike_level", "mV", "a spike is an upward crossing of it")


class Nucleus(eqx.Module):
    """Many cells, ambient glutamate, and the criteria of a burst."""

    cell: HabenulaCell
    rest: Scalar = parameter("habenula.rest.mean", "mV", "mean leak reversal of the healthy nucleus")
    rest_spread: Scalar = parameter("habenula.rest.spread", "mV", "its standard deviation over cells")
    conductance_spread: PerChannel = parameter("habenula.conductance_spread", "dimensionless", "sd of log conductance over cells")
    ambient_sd: Scalar = parameter("habenula.ambient.sd", "dimensionless", "fluctuation of ambient glutamate, relative")
    ambient_time: Scalar = parameter("habenula.ambient.time", "ms", "its correlation time")
    burst_interval: PerCriterion = parameter("habenula.burst_interval", "ms", "longest interval inside a burst: main, strict criterion")
    silent_below: Scalar = parameter("habenula.silent_below", "Hz", "a cell that fires less is silent")
    hertz: Scalar = parameter("habenula.hertz", "dimensionless", "one spike per ms, in Hz")
