"""What a population costs from dose to mood: 10,000 virtual patients over four weeks here, and the slow system in libRoadRunner.

Everyone gets the six infusions of ketamine in twelve days of the built-in protocol. Our time is all of `cohort` but compilation: bodies,
circuits by their closures, slow states, limbic lock, items and ratings. libRoadRunner integrates by CVODE what `euthymia export --slow`
writes for a sample of the same patients, from dose to spines without lock and ratings: once with circuits (their surface as a polynomial,
the prefrontal network in its own milliseconds), once with the outputs of circuits constant at their undosed values, which is the smallest
task. It is timed once loaded and compiled, the quickest of a few runs, while it integrates.

The error is the largest deviation of MADRS, spine density and bursts of the habenula, over patients and nodes, as a share of how far each
moves, from libRoadRunner at the tightest tolerances at which it ends; its other tolerances are the quickest with which it errs no more
than twice as much as we do. From its slow states MADRS and bursts are read by our equations, at the nodes of our grid. Times are processor
times of all threads.
"""

import resource
import statistics
import time
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import roadrunner

from euthymia.clinic.symptoms import repaired
from euthymia.core.numerics.exponential import Steps
from euthymia.exchange.sbml import sbml_of
from euthymia.exchange.sbml_slow_system import state_identifiers
from euthymia.model.baseline import patient
from euthymia.model.closures.response import no_correction
from euthymia.model.default import default_model
from euthymia.model.exposure import drugs, individualised
from euthymia.model.integrate import passive_course
from euthymia.model.state import Inputs, unpack
from euthymia.model.vector_field import auxiliaries, locked_share
from euthymia.population.cohort import Cohort, cohort
from euthymia.population.course import madrs_course
from euthymia.population.memory import CHUNK_SIZES
from euthymia.population.patients import individual_physiology, virtual_patient
from euthymia.population.setup import cohort_setup
from euthymia.protocols.reading import read
from euthymia.simulation.course import at_rest, mechanisms
from euthymia.simulation.person import Person

PEOPLE, FEWER, SAMPLE, REPEATS = 10_000, 1_000, 10, 3
RELATIVE, ABSOLUTE = (1e-3, 1e-4, 1e-5, 1e-6), (1e-5, 1e-6, 1e-7, 1e-8)
MOST_STEPS = 100_000
"""Between two times: many more than a setting takes that works."""
TIGHT = (1e-10, 1e-9, 1e-8, 1e-7)
"""Relative tolerances of the witness, a hundredth of them absolute: where circuits act, the tightest can halt CVODE."""
PROTOCOL = read("ketamine-iv-six")
MODEL = default_model()
TYPICAL = Person.from_protocol(PROTOCOL, MODEL)
KEPT_TIMES, SETUP = cohort_setup(PROTOCOL, MODEL, TYPICAL)
NODES = int(SETUP.nodes)
TIMES = np.concatenate([[0.0], np.cumsum(np.asarray(SETUP.steps.lengths)[np.asarray(SETUP.steps.length_index)[: NODES - 1]])])
"""Of all nodes, h."""
COMPARED = ("madrs", "spine_density", "habenula_burst_rate")


class Costs(NamedTuple):
    """Of a cohort."""

    seconds: float
    megabytes: float
    """Largest of the process so far."""


def here(people: int) -> tuple[Cohort, Costs]:
    """A cohort and what it costs."""
    start = time.process_time()
    patients = cohort(PROTOCOL, people)
    return patients, Costs(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


def loaded(number: int, circuits: bool) -> roadrunner.RoadRunner:
    """The patient of a number in libRoadRunner."""
    person, *differences = virtual_patient(MODEL, TYPICAL, jnp.asarray(number))
    model = replace(MODEL, physiology=individual_physiology(MODEL.physiology, *differences))
    runner = roadrunner.RoadRunner(sbml_of(PROTOCOL, model, slow=True, person=person, circuits=circuits))
    runner.timeCourseSelections = state_identifiers()
    return runner


@eqx.filter_jit
def read_out(number: jax.Array, states: jax.Array) -> jax.Array:
    """MADRS, spine density and bursts of a patient at the nodes, from the slow states there."""
    person, effects, split = virtual_patient(MODEL, TYPICAL, number)
    p = individual_physiology(individualised(MODEL.physiology, person.body), effects, split)
    brain, steps = patient(p, person.stress), Steps(SETUP.steps.lengths, SETUP.steps.length_index[: NODES - 1])
    infusion, bolus = (dosed.at_weight(person.weight)[: NODES - 1] for dosed in (SETUP.infusion, SETUP.bolus))
    drug = drugs(p, person.weight, steps, infusion, bolus)
    inputs = Inputs(drug.brain.blockers, drug.comparator_site, drug.mao, SETUP.stress_left[:NODES], no_correction(NODES))
    state = unpack(states)
    auxiliary = jax.vmap(lambda x, u: auxiliaries(p, x, u, brain, SETUP.acting))(state, inputs)
    now = mechanisms(p, state, auxiliary, locked_share(passive_course(p, steps, inputs, auxiliary)[0].lock))
    shift = repaired(MODEL.symptoms, now, at_rest(p, brain), SETUP.healthy, SETUP.depressed)
    elapsed = jax.tree.map(lambda times: times[..., :NODES], SETUP.elapsed)
    madrs = madrs_course(MODEL.symptoms, effects, person.madrs, SETUP.context, elapsed, shift, jnp.zeros(NODES))
    return jnp.stack([madrs, now.spine_density, auxiliary.fast.habenula.burst_rate], -1)


def there(runner: roadrunner.RoadRunner, number: int, relative: float, absolute: float, repeats: int) -> tuple[np.ndarray, float]:
    """What is compared, at the kept nodes, and seconds of the quickest run."""
    integrator, seconds, states = runner.integrator, [], np.empty(0)
    integrator.relative_tolerance, integrator.absolute_tolerance, integrator.maximum_num_steps = relative, absolute, MOST_STEPS
    for _ in range(repeats):
        runner.resetToOrigin()
        start = time.process_time()
        states = np.array(runner.simulate(times=TIMES.tolist()))
        seconds.append(time.process_time() - start)
    course = np.asarray(read_out(jnp.asarray(number), jnp.asarray(states)))
    return course[np.searchsorted(TIMES, KEPT_TIMES - 1e-9)], min(seconds)


def witness(runner: roadrunner.RoadRunner, number: int) -> np.ndarray:
    """What is compared, at the kept nodes, by the tightest tolerances at which CVODE ends."""
    for relative in TIGHT:
        try:
            return there(runner, number, relative, relative / 100, 1)[0]
        except RuntimeError:
            continue
    raise RuntimeError(f"libRoadRunner does not solve patient {number}")


def error(course: np.ndarray, exact: np.ndarray) -> float:
    """Largest deviation, as a share of how far what is compared moves."""
    return float((np.abs(course - exact).max(0) / np.ptp(exact, axis=0)).max())


class Setting(NamedTuple):
    """Seconds a patient, error, and tolerances of libRoadRunner."""

    seconds: float
    error: float
    relative: float
    absolute: float


def quickest(runners: dict[int, roadrunner.RoadRunner], exact: list[np.ndarray], allowed: float) -> Setting:
    """The quickest setting whose error is allowed."""
    settings = []
    for tolerances in product(RELATIVE, ABSOLUTE):
        try:
            runs = [there(runner, number, *tolerances, REPEATS) for number, runner in runners.items()]
        except RuntimeError:
            # Too loose: CVODE gets stuck.
            continue
        worst = max(error(course, true) for (course, _), true in zip(runs, exact, strict=True))
        settings.append(Setting(statistics.mean(took for _, took in runs), worst, *tolerances))
    return min(setting for setting in settings if setting.error <= allowed)


if __name__ == "__main__":
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    cohort(PROTOCOL, CHUNK_SIZES[-1])
    fewer = here(FEWER)[1]
    patients, all_of_them = here(PEOPLE)
    sample, per_patient = patients.data.isel(patient=slice(SAMPLE)), all_of_them.seconds / PEOPLE
    grown = (all_of_them.megabytes - fewer.megabytes) / (PEOPLE - FEWER)
    print(f"{PEOPLE} patients, {len(PROTOCOL.doses)} infusions, {PROTOCOL.horizon / 24:.0f} d: {all_of_them.seconds:.0f} s for all")
    print(
        f"{PEOPLE} cost {per_patient / (fewer.seconds / FEWER):.2f} times as much each as {FEWER}; "
        f"memory {fewer.megabytes:.0f} MB for {FEWER}, and {1e3 * grown:.0f} kB for each more",
        flush=True,
    )
    ours = np.stack([sample[name].sel(arm="as given") if name == "madrs" else sample[name] for name in COMPARED], -1)
    lines, allowed = [], np.inf
    for circuits in (True, False):
        runners = {int(number): loaded(int(number), circuits) for number in sample.patient}
        exact = [witness(runner, number) for number, runner in runners.items()]
        if circuits:
            allowed = max(error(course, true) for course, true in zip(ours, exact, strict=True))
        took, worst, relative, absolute = quickest(runners, exact, 2 * allowed)
        lines.append(
            f"libRoadRunner, circuits {'acting  ' if circuits else 'constant'}  {1e3 * took:7.2f} ms a patient, error {worst:.0e} "
            f"at tolerances {relative:.0e} and {absolute:.0e} ({SAMPLE} measured), ratio {took / per_patient:.1f}"
        )
    print(f"euthymia, dose to ratings        {1e3 * per_patient:7.2f} ms a patient, error {allowed:.0e}")
    print("\n".join(lines))
