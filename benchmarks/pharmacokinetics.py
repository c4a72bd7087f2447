"""What a population costs: the pharmacokinetics of 10,000 people, here and in libRoadRunner on the exported SBML.

Everyone gets eight infusions of ketamine in four weeks; clearances and volumes vary between people. Both give every state of both
enantiomers at the same times. libRoadRunner's tolerances are the fastest that reach the error below; it is timed on a sample of
people whose models it has loaded and compiled, the quickest of a few runs of each, and only while it integrates. Our time is all of
it but compilation. Times are processor times of all threads, so that neither gains from more cores.
"""

import statistics
import time
from dataclasses import fields, replace
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import roadrunner

from euthymia.core.numerics.exponential import exact_step
from euthymia.core.types import ENANTIOMERS
from euthymia.exchange.linear_systems import body_systems
from euthymia.exchange.sbml import identifier, sbml_of
from euthymia.model.default import default_model
from euthymia.model.inputs import channel
from euthymia.pharmacology.ketamine import ENTRIES, Disposition, entry_matrix, rate_matrix
from euthymia.protocols.reading import check
from euthymia.simulation.dosing import pulses_from_doses

PEOPLE, SAMPLE, AT_ONCE, REPEATS = 10_000, 20, 40, 3
SPREAD = 0.25
"""Standard deviation of the logarithm of every clearance and volume."""
WEIGHT = 70.0
"""kg."""
UNIT = 1 / 6
"""All steps are whole multiples of it, h."""
DOSES, EVERY, HORIZON = 8, 84.0, 672.0
AFTER_DOSE = np.array([1 / 6, 1 / 3, 2 / 3, 5 / 6, 1, 1.5, 2, 3, 4, 6, 8, 12])
"""Samples after each infusion starts, h; there is one a day besides."""
ERROR = 1e-6
"""Share of a state's largest value that libRoadRunner may be off."""
RELATIVE, ABSOLUTE = (1e-6, 1e-7, 1e-8, 1e-9), (1e-5, 1e-6, 1e-7, 1e-8)
TIGHT = (1e-12, 1e-14)
VARIED = [field.name for field in fields(Disposition) if field.name.endswith(("volume", "clearance", "clearance_s"))]
PROTOCOL = check(
    {
        "name": "eight-infusions",
        "title": "Ketamine 0.5 mg/kg i.v. twice a week for four weeks",
        "patient": {"weight": f"{WEIGHT} kg"},
        "doses": [
            {
                "drug": "ketamine",
                "amount": "0.5 mg/kg",
                "route": "i.v. infusion",
                "duration": "40 min",
                "every": f"{EVERY} h",
                "times": DOSES,
            }
        ],
        "horizon": f"{HORIZON} h",
    }
)
MODEL = default_model()
BLOOD = [channel(enantiomer, "ketamine") for enantiomer in ENANTIOMERS]
STARTS = EVERY * np.arange(DOSES)
UNITS = np.unique(np.rint(np.concatenate([STARTS, *(STARTS + after for after in AFTER_DOSE), np.arange(0, HORIZON + 1, 24)]) / UNIT))
TIMES = UNITS * UNIT
LENGTHS, WHICH = np.unique(np.diff(UNITS).astype(int), return_inverse=True)


def infusion() -> np.ndarray:
    """µmol/h of each enantiomer [step, enantiomer]."""
    midpoints = (TIMES[1:] + TIMES[:-1]) / 2
    rates = np.zeros((len(midpoints), len(ENANTIOMERS)))
    for pulse in pulses_from_doses(PROTOCOL, MODEL, WEIGHT):
        running = (midpoints > pulse.start) & (midpoints < pulse.start + pulse.duration)
        rates[:, BLOOD.index(pulse.channel)] += running * pulse.amount / pulse.duration
    return rates


def person(factors) -> Disposition:
    """The disposition of a person whose clearances and volumes are these multiples of the typical ones."""
    typical = MODEL.physiology.disposition
    return replace(typical, **{name: getattr(typical, name) * factor for name, factor in zip(VARIED, factors, strict=True)})


def powers(one: jax.Array, exponents: np.ndarray) -> jax.Array:
    """Powers of a matrix, each as the product of two that are needed anyway."""
    known = {1: one}

    def power(exponent: int) -> jax.Array:
        if exponent not in known:
            known[exponent] = power(exponent // 2) @ power(exponent - exponent // 2)
        return known[exponent]

    return jnp.stack([power(int(exponent)) for exponent in exponents])


def courses(factors: jax.Array, rates: jax.Array) -> jax.Array:
    """States of people [person, time, enantiomer, state], exactly; the input is a further state that each step sets."""
    matrices = jax.vmap(lambda of_person: rate_matrix(person(of_person), jnp.asarray(WEIGHT)))(factors)
    into_blood = entry_matrix()[:, [ENTRIES.index("ketamine")]]
    propagate, gain = exact_step(matrices, into_blood, jnp.asarray(UNIT))
    n = gain.shape[-2]
    one = jnp.zeros((*gain.shape[:-2], n + 1, n + 1)).at[..., :n, :n].set(propagate).at[..., :n, n:].set(gain).at[..., n, n].set(1)
    return jax.vmap(states, in_axes=(0, None))(one, rates)


def states(one: jax.Array, rates: jax.Array) -> jax.Array:
    """One person's states [time, enantiomer, state] from the propagator of a unit of time."""
    propagators = powers(one, LENGTHS)
    n = one.shape[-1] - 1

    def advance(x: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        length, rate = step
        x = jnp.einsum("sij,sj->si", propagators[length], x.at[:, n].set(rate))
        return x, x[:, :n]

    start = jnp.zeros(one.shape[:-1])
    return jnp.concatenate([start[None, :, :n], jax.lax.scan(advance, start, (jnp.asarray(WHICH), rates))[1]])


def here(factors: np.ndarray, rates: jax.Array, seen: int) -> tuple[np.ndarray, float]:
    """States of the first people, and seconds for all; results of a chunk are handed over as an array and dropped."""
    chunk = jax.jit(courses)
    kept = np.asarray(chunk(factors[:AT_ONCE], rates))[:seen]
    start = time.process_time()
    for first in range(0, len(factors), AT_ONCE):
        np.asarray(chunk(factors[first : first + AT_ONCE], rates))
    return kept, time.process_time() - start


def loaded(factors: np.ndarray) -> roadrunner.RoadRunner:
    """A person's model in libRoadRunner."""
    model = replace(MODEL, physiology=replace(MODEL.physiology, disposition=person(factors)))
    runner = roadrunner.RoadRunner(sbml_of(PROTOCOL, model))
    systems = body_systems(model, WEIGHT)[: len(ENANTIOMERS)]
    runner.timeCourseSelections = [identifier(system.name, state) for system in systems for state in system.states]
    return runner


def there(runner: roadrunner.RoadRunner, relative: float, absolute: float) -> tuple[np.ndarray, float]:
    """States at the times, and seconds of the quickest run."""
    integrator, seconds = runner.integrator, []
    integrator.relative_tolerance, integrator.absolute_tolerance, integrator.maximum_num_steps = relative, absolute, 10**6
    for _ in range(REPEATS):
        runner.resetToOrigin()
        start = time.process_time()
        course = np.asarray(runner.simulate(times=TIMES.tolist()))
        seconds.append(time.process_time() - start)
    return course.copy(), min(seconds)


def error(course: np.ndarray, exact: np.ndarray) -> float:
    """Largest deviation of any state that holds drug at all, as a share of its largest value."""
    present = exact.max(0) > 1e-9
    return float((np.abs(course - exact).max(0)[present] / exact.max(0)[present]).max())


if __name__ == "__main__":
    factors = np.exp(SPREAD * np.random.default_rng(0).standard_normal((PEOPLE, len(VARIED))))
    ours, seconds = here(factors, jnp.asarray(infusion()), SAMPLE)
    runners = [loaded(of_person) for of_person in factors[:SAMPLE]]
    exact = [there(runner, *TIGHT)[0] for runner in runners]
    our_error = max(error(course.reshape(len(TIMES), -1), witness) for course, witness in zip(ours, exact, strict=True))
    settings = {}
    for tolerances in product(RELATIVE, ABSOLUTE):
        runs = [there(runner, *tolerances) for runner in runners]
        settings[tolerances] = (
            statistics.mean(took for _, took in runs),
            max(error(course, witness) for (course, _), witness in zip(runs, exact, strict=True)),
        )
    relative, absolute = min((pair for pair in settings if settings[pair][1] <= ERROR), key=lambda pair: settings[pair][0])
    their_seconds, their_error = settings[relative, absolute]
    per_person = seconds / PEOPLE
    print(f"{PEOPLE} people, {DOSES} infusions, {HORIZON / 24:.0f} d, {len(TIMES)} times, {ours.shape[2] * ours.shape[3]} states")
    print(f"euthymia       {1e6 * per_person:9.1f} µs a person, {seconds:8.2f} s for all, error {our_error:.0e}")
    print(
        f"libRoadRunner  {1e6 * their_seconds:9.1f} µs a person, {PEOPLE * their_seconds:8.2f} s for all ({SAMPLE} measured), "
        f"error {their_error:.0e} at tolerances {relative:.0e} and {absolute:.0e}"
    )
    print(f"ratio {their_seconds / per_person:.0f}")
