"""The simulations and patients that predictions are made from."""

import equinox as eqx
import jax.numpy as jnp

from ..model.baseline import patient
from ..model.fast import Brain
from ..protocols.reading import DEFAULT, check, read
from ..simulation.interventions import ARMS, BASE
from ..simulation.simulate import Simulation, simulate
from .in_use import model_in_use, once

FEW_ARMS = (*BASE, "without regrowth", "without reuptake block", "without adaptation")
"""Arms of every run but that of the default protocol as it stands, which has all."""


@once
def reference_run(
    context: str | None = None,
    stress: float | None = None,
    protocol: str = DEFAULT,
    *,
    horizon: str | None = None,
    stress_until: str | None = None,
) -> Simulation:
    """A built-in protocol, the default one if left out, in another context, at another stress or for another time if these are given.

    ``stress_until`` is the time from which on there is none.
    """
    data = read(protocol).stated()
    of_patient = {"stress": stress, "stress_until": stress_until}
    data["patient"] = data["patient"] | {name: value for name, value in of_patient.items() if value is not None}
    data |= {name: value for name, value in {"context": context, "horizon": horizon}.items() if value is not None}
    as_it_stands = (context, stress, protocol, horizon, stress_until) == (None, None, DEFAULT, None, None)
    return simulate(check(data), model_in_use(), arms=tuple(ARMS) if as_it_stands else FEW_ARMS)


def relief(arm: str, hours: float, run: Simulation | None = None) -> float:
    """Fall in MADRS beyond that of the visit alone, in the default protocol if no run is given; points."""
    run = reference_run() if run is None else run
    return run.at(hours, "context") - run.at(hours, arm)


def dose_ends() -> float:
    """End of the first dose of the default protocol, h."""
    first = reference_run().protocol.doses[0]
    return first.start + (first.duration or 0.0)


_patient = eqx.filter_jit(patient)


@once
def undosed(stress: float | None = None) -> Brain:
    """A patient at rest at a constant stress, the typical one if left out."""
    return _patient(model_in_use().physiology, model_in_use().patient.stress if stress is None else jnp.asarray(stress, float))


def reference_value(name: str, hours: float, arm: str = "as given", protocol: str = DEFAULT) -> float:
    """A simulated quantity of a built-in protocol at a time, h."""
    return float(reference_run(protocol=protocol).data[name].sel(arm=arm).sel(time=hours, method="nearest"))
