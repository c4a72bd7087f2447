"""The simulations and patients that predictions are made from."""

from functools import cache

import equinox as eqx
import jax.numpy as jnp

from ..model.baseline import patient
from ..model.default import default_model
from ..model.fast import Brain
from ..protocols.reading import DEFAULT, check, read
from ..simulation.interventions import ARMS
from ..simulation.simulate import Simulation, simulate


@cache
def reference_run(context: str | None = None, stress: float | None = None, protocol: str = DEFAULT) -> Simulation:
    """A built-in protocol, the default one if left out, in another context or at another stress if these are given."""
    data = read(protocol).stated()
    if context is not None:
        data["context"] = context
    if stress is not None:
        data["patient"] = data["patient"] | {"stress": stress}
    return simulate(check(data), arms=tuple(ARMS))


def relief(arm: str, hours: float) -> float:
    """Fall in MADRS beyond that of the visit alone in the default protocol, points."""
    return reference_run().at(hours, "context") - reference_run().at(hours, arm)


def dose_ends() -> float:
    """End of the first dose of the default protocol, h."""
    first = reference_run().protocol.doses[0]
    return first.start + (first.duration or 0.0)


_patient = eqx.filter_jit(patient)


@cache
def undosed(stress: float | None = None) -> Brain:
    """A patient at rest at a constant stress, the typical one if left out."""
    model = default_model()
    return _patient(model.physiology, model.patient.stress if stress is None else jnp.asarray(stress, float))


def reference_value(name: str, hours: float, arm: str = "as given", protocol: str = DEFAULT) -> float:
    """A simulated quantity of a built-in protocol at a time, h."""
    return float(reference_run(protocol=protocol).data[name].sel(arm=arm).sel(time=hours, method="nearest"))
