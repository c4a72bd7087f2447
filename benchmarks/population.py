"""What a population costs from dose to mood: 10,000 virtual patients over four weeks here, and the slow system in libRoadRunner.

Everyone gets the six infusions of ketamine in twelve days of the built-in protocol. Our time is all of `cohort` but compilation:
bodies, circuits by their closures, slow states, limbic lock, items and ratings. libRoadRunner integrates by CVODE what `euthymia export
--slow` writes for a sample of the same patients, from dose to spines without lock and ratings: once with circuits (their surface as a
polynomial, the prefrontal network in its own milliseconds), once with the outputs of circuits constant at their undosed values, which
is the smallest task. It is timed once loaded and compiled, the quickest of a few runs, while it integrates.

The error is the largest deviation of drive loss and of spine density, as a share of how far each moves, from libRoadRunner at tight
tolerances; its other tolerances are the quickest with which it errs no more than we do. Times are processor times of all threads.
"""

import statistics
import time
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import roadrunner

from euthymia.exchange.sbml import sbml_of
from euthymia.model.default import default_model
from euthymia.population.cohort import Cohort, cohort
from euthymia.population.course import CHUNK_SIZE
from euthymia.population.patients import individual_physiology, virtual_patient
from euthymia.protocols.reading import read
from euthymia.simulation.person import Person

PEOPLE, SAMPLE, REPEATS = 10_000, 10, 3
RELATIVE, ABSOLUTE = (1e-3, 1e-4, 1e-5, 1e-6), (1e-5, 1e-6, 1e-7, 1e-8)
MOST_STEPS = 100_000
"""Between two times: many more than a setting takes that works."""
TIGHT = (1e-10, 1e-12)
PROTOCOL = read("ketamine-iv-six")
MODEL = default_model()
COMPARED = {"drive_loss": "drive_loss__pyramidal", "spine_density": "spine_density"}
"""What both give, by our name and by that in the file."""


def here() -> tuple[Cohort, float]:
    """The cohort and its seconds."""
    cohort(PROTOCOL, CHUNK_SIZE)
    start = time.process_time()
    patients = cohort(PROTOCOL, PEOPLE)
    return patients, time.process_time() - start


def loaded(number: int, circuits: bool) -> roadrunner.RoadRunner:
    """The patient of a number in libRoadRunner."""
    person, *differences = virtual_patient(MODEL, Person.from_protocol(PROTOCOL, MODEL), jnp.asarray(number))
    model = replace(MODEL, physiology=individual_physiology(MODEL.physiology, *differences))
    runner = roadrunner.RoadRunner(sbml_of(PROTOCOL, model, slow=True, person=person, circuits=circuits))
    runner.timeCourseSelections = list(COMPARED.values())
    return runner


def there(runner: roadrunner.RoadRunner, times: np.ndarray, relative: float, absolute: float, repeats: int) -> tuple[np.ndarray, float]:
    """What is compared, at the times, and seconds of the quickest run."""
    integrator, seconds = runner.integrator, []
    integrator.relative_tolerance, integrator.absolute_tolerance, integrator.maximum_num_steps = relative, absolute, MOST_STEPS
    for _ in range(repeats):
        runner.resetToOrigin()
        start = time.process_time()
        course = np.asarray(runner.simulate(times=times.tolist()))
        seconds.append(time.process_time() - start)
    return course.copy(), min(seconds)


def error(course: np.ndarray, exact: np.ndarray) -> float:
    """Largest deviation, as a share of how far what is compared moves."""
    return float((np.abs(course - exact).max(0) / np.ptp(exact, axis=0)).max())


class Setting(NamedTuple):
    """Seconds a patient, error, and tolerances of libRoadRunner."""

    seconds: float
    error: float
    relative: float
    absolute: float


def quickest(runners: list[roadrunner.RoadRunner], times: np.ndarray, exact: list[np.ndarray], allowed: float) -> Setting:
    """The quickest setting whose error is allowed."""
    settings = []
    for tolerances in product(RELATIVE, ABSOLUTE):
        try:
            runs = [there(runner, times, *tolerances, REPEATS) for runner in runners]
        except RuntimeError:
            # Too loose: CVODE gets stuck.
            continue
        worst = max(error(course, witness) for (course, _), witness in zip(runs, exact, strict=True))
        settings.append(Setting(statistics.mean(took for _, took in runs), worst, *tolerances))
    return min(setting for setting in settings if setting.error <= allowed)


if __name__ == "__main__":
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    patients, seconds = here()
    sample, times, per_patient = patients.data.isel(patient=slice(SAMPLE)), patients.data.time.values, seconds / PEOPLE
    ours = np.stack([sample[name].values for name in COMPARED], -1)
    lines, allowed = [], np.inf
    for circuits in (True, False):
        runners = [loaded(int(number), circuits) for number in sample.patient]
        exact = [there(runner, times, *TIGHT, 1)[0] for runner in runners]
        if circuits:
            allowed = max(error(course, witness) for course, witness in zip(ours, exact, strict=True))
        took, worst, relative, absolute = quickest(runners, times, exact, allowed)
        lines.append(
            f"libRoadRunner, circuits {'acting  ' if circuits else 'constant'}  {1e3 * took:7.2f} ms a patient, error {worst:.0e} "
            f"at tolerances {relative:.0e} and {absolute:.0e} ({SAMPLE} measured), ratio {took / per_patient:.1f}"
        )
    print(f"{PEOPLE} patients, {len(PROTOCOL.doses)} infusions, {PROTOCOL.horizon / 24:.0f} d")
    print(f"euthymia, dose to ratings        {1e3 * per_patient:7.2f} ms a patient, {seconds:.0f} s for all, error {allowed:.0e}")
    print("\n".join(lines))
