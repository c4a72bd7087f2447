"""What a population costs on an accelerator, beside this machine's processor, and whether both compute the same.

Everyone gets the six infusions of the built-in protocol. The first chunk of each size compiles and is not timed. Needs the extra ``cuda``.
"""

import sys
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from euthymia.core.runtime import configure
from euthymia.model.default import default_model
from euthymia.population.course import PatientOutcome, patient_outcomes
from euthymia.population.memory import CHUNK_SIZES, patients_at_once
from euthymia.population.setup import cohort_setup
from euthymia.protocols.reading import read
from euthymia.simulation.person import Person

SOLVE = eqx.filter_jit(patient_outcomes.__wrapped__)
"""Compiled for either device."""
TOLERANCES = {"madrs": 1e-6, "spine_density": 1e-8, "lock": 1e-6, "burst_rate": 1e-6}
"""Largest deviation between the two, in the unit of each: they add up in another order, and round differently."""


def chunk(device: jax.Device, arguments: tuple, size: int) -> tuple[PatientOutcome, float]:
    """Outcomes of the first patients on a device, and seconds of the quickest of three runs on patients of later numbers."""
    arguments = jax.device_put(arguments, device)
    numbers = jax.device_put(jnp.arange(1, size + 1), device)
    start = time.perf_counter()
    first = jax.tree.map(np.asarray, SOLVE(*arguments, numbers))
    print(f"{device.platform}: {size} patients at once, first {time.perf_counter() - start:.0f} s with compiling", flush=True)
    seconds = []
    for number in range(1, 4):
        start = time.perf_counter()
        jax.block_until_ready(SOLVE(*arguments, numbers + number * size))
        seconds.append(time.perf_counter() - start)
    return first, min(seconds)


if __name__ == "__main__":
    configure()
    try:
        accelerator = jax.devices("gpu")[0]
    except RuntimeError:
        sys.exit("accelerator: there is none here; install the extra cuda on a machine that has one")
    protocol, model, small = read("ketamine-iv-six"), default_model(), CHUNK_SIZES[-1]
    typical = Person.from_protocol(protocol, model)
    arguments = model, typical, cohort_setup(protocol, model, typical)[1]
    here, on_processor = chunk(jax.devices("cpu")[0], arguments, small)
    print(f"processor    {1e3 * on_processor / small:8.3f} ms a patient, {small} at once", flush=True)
    for size in (small, patients_at_once(accelerator)):
        there, took = chunk(accelerator, arguments, size)
        ratio = on_processor / small / (took / size)
        print(f"accelerator  {1e3 * took / size:8.3f} ms a patient, {size} at once, ratio {ratio:.1f}", flush=True)
        for name, allowed in TOLERANCES.items():
            deviation = float(np.abs(getattr(there, name)[:small] - getattr(here, name)).max())
            print(
                f"  {name:14} differs by {deviation:.1e} at most ({'within' if deviation <= allowed else 'beyond'} {allowed:.0e})",
                flush=True,
            )
