"""The standard infusion, and the typical patient who gets it, as prefrontal circuits see them."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..model.baseline import patient
from ..model.parameters import Euthymia
from ..protocols.reading import DEFAULT, read
from ..simulation.simulate import simulate
from .circuit_conditions import INFUSION_NODES, Experiment

_patient = eqx.filter_jit(patient)


def standard_infusion(model: Euthymia) -> Experiment:
    """The infusion of the default protocol, from its course."""
    protocol = read(DEFAULT)
    (dose,) = protocol.doses
    assert dose.duration is not None
    course = simulate(protocol, model).data.racemate_equivalents
    times = dose.start + np.linspace(0, dose.duration, INFUSION_NODES)
    concentration = np.interp(times, course.time, course)
    recurrence = _patient(model.physiology, model.patient.stress).fast.recurrence
    return Experiment(jnp.asarray(concentration), jnp.asarray(times[1] - times[0]), recurrence)
