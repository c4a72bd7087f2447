"""What prefrontal circuits do in the experiments that they are held against, and how far each condition is met.

Experiments in slice and in rats see a healthy circuit. Labelled glutamine is read as the cascade reads it: rates follow the standard
infusion and the adaptation to it, and release passes through tissue and the lag of measurement.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..circuits.prefrontal import CLASSES, E, activity_rate, glutamate_release, steady_rates
from ..core.numerics.lag import lagged
from ..core.types import Scalar
from ..evidence.registry import evidence
from ..links import unadapted
from ..model.parameters import Physiology, Splits

PV, SST = CLASSES.index("PV"), CLASSES.index("SST")
LOW, HIGH = 1.0, 10.0
"""µM in the bath of a slice."""
DOSES = np.concatenate([[0.0], np.geomspace(0.03, HIGH, 26)])
"""µM; along which classes are watched for the first to change."""
CHANGE = 0.1
"""Share of a rate that counts as its fall or rise."""
INFUSION_NODES = 17
CHUNK = 500
"""Circuits solved together."""
GLUTAMINE, UP, DOWN, ORDER = "abdallah2018.glutamine", "gerhard2020.excitation_1uM", "gerhard2020.excitation_10uM", "homayoun2007.order"
"""Targets."""


class Experiment(NamedTuple):
    """The standard infusion, and whom it is given to."""

    concentration: Float[Array, "node"]
    """Free in brain, in equivalents of racemic ketamine, at evenly spaced nodes from its start to its end; µM."""
    step: Scalar
    """h."""
    recurrence: Scalar
    """Of the patient, healthy = 1."""


class Readouts(NamedTuple):
    """Of circuits, each along the first axis. Changes are shares of the rate without drug."""

    low: Float[Array, "circuit"]
    """Change of the pyramidal rate at ``LOW``."""
    high: Float[Array, "circuit"]
    """The same at ``HIGH``."""
    rise: Float[Array, "circuit"]
    """Concentration at which pyramidal cells have risen by ``CHANGE``, µM; infinite where they do not."""
    fall: Float[Array, "circuit cell_class"]
    """The same of the fall of parvalbumin and of somatostatin cells."""
    glutamine: Float[Array, "circuit"]
    """Mean rise of measured glutamate over the standard infusion."""
    peak: Float[Array, "circuit cell_class"]
    """Change of each rate at the end of the standard infusion, in a healthy circuit."""
    residual: Float[Array, "circuit"]
    """Largest distance of any rate from where it would settle, Hz."""


def first_reached(doses: Float[Array, "dose"], change: Float[Array, "dose"], threshold: float) -> Scalar:
    """Dose at which a change first reaches a threshold, linear between doses; infinite where it never does."""
    beyond = change >= threshold
    after = jnp.argmax(beyond)
    before = jnp.maximum(after - 1, 0)
    rise = change[after] - change[before]
    part = jnp.where(rise > 0, (threshold - change[before]) / jnp.where(rise > 0, rise, 1), 0)
    return jnp.where(beyond.any(), doses[before] + part * (doses[after] - doses[before]), jnp.inf)


def _readouts(physiology: Physiology, experiment: Experiment, split: Splits) -> Readouts:
    """Of one circuit."""
    p = replace(physiology.prefrontal, nmda_share=split.nmda_share, tonic_share=split.tonic_share)
    one, healthy = jnp.ones(()), p.baseline

    def rates_at(left: Float[Array, "point cell_class"], recurrence: Scalar) -> tuple[Array, Array]:
        """Rates, and how far they are from where they would settle."""
        rates = jax.vmap(lambda nmda: steady_rates(p, nmda, recurrence, one))(left)
        slope = jax.vmap(lambda r, nmda: activity_rate(p, jnp.append(r, r[E]), nmda, recurrence, one, jnp.zeros_like(r)))(rates, left)
        return rates, jnp.max(jnp.abs(p.rate_time * slope))

    along = jnp.asarray(DOSES)
    concentrations = jnp.concatenate([along, jnp.array([LOW]), experiment.concentration[-1:]])
    rates, unsettled = rates_at(1 / (1 + concentrations[:, None] / split.drive_ic50), one)
    change = rates / healthy - 1
    curve = change[: len(DOSES)]

    odds = experiment.concentration[:, None] / split.drive_ic50
    loss = odds / (1 + odds)
    steps = jnp.full(len(loss) - 1, experiment.step)
    felt = unadapted(loss, lagged(loss, steps, physiology.links.adaptation_time))
    course, unsettled_course = rates_at(1 - felt, experiment.recurrence)
    release = jax.vmap(lambda r: glutamate_release(p, r, course[0]))(course)
    measured = lagged(lagged(release, steps, p.glutamate_time), steps, p.measurement_lag)
    return Readouts(
        low=change[len(DOSES), E],
        high=curve[-1, E],
        rise=first_reached(along, curve[:, E], CHANGE),
        fall=jnp.stack([first_reached(along, -curve[:, which], CHANGE) for which in (PV, SST)]),
        glutamine=jnp.trapezoid(measured) / (len(measured) - 1),
        peak=change[-1],
        residual=jnp.maximum(unsettled, unsettled_course),
    )


@eqx.filter_jit
def readouts(physiology: Physiology, experiment: Experiment, splits: Splits) -> Readouts:
    """What circuits of these splits do in every experiment; all other numbers are those of the physiology. One of a class that keeps its
    NMDA drive has an infinite potency there.
    """
    return jax.lax.map(lambda split: _readouts(physiology, experiment, split), splits, batch_size=CHUNK)


class Condition(NamedTuple):
    """What a circuit has to do, and by how much it does more than that."""

    name: str
    target: str
    margin: Callable[[Readouts], np.ndarray]
    """Above zero where the condition is met; −∞ where nothing of the kind happens."""
    unit: str = "1"
    """Of the margin."""


def _lead(read: Readouts, fall: np.ndarray) -> np.ndarray:
    """By how many µM a fall comes before the rise."""
    rise = np.asarray(read.rise)
    both = np.isfinite(rise) & np.isfinite(fall)
    return np.where(both, np.where(both, rise, 0) - np.where(both, fall, 0), -np.inf)


def _inside(read: Readouts) -> np.ndarray:
    row, rise = evidence().target(GLUTAMINE), np.asarray(read.glutamine)
    assert row.lower is not None
    assert row.upper is not None
    return np.minimum(rise - row.lower, row.upper - rise)


CONDITIONS = (
    Condition("pyramidal cells fire more at 1 µM in slice", UP, lambda read: np.asarray(read.low)),
    Condition("they fire less at 10 µM in slice", DOWN, lambda read: -np.asarray(read.high)),
    Condition(
        "an interneuron class falls by a tenth before they rise by a tenth",
        ORDER,
        lambda read: _lead(read, np.asarray(read.fall).min(-1)),
        "µM",
    ),
    Condition("labelled glutamine rises as in people", GLUTAMINE, _inside),
)
PARVALBUMIN_FIRST = Condition(
    "parvalbumin cells fall by a tenth before they rise by a tenth", ORDER, lambda read: _lead(read, np.asarray(read.fall)[:, 0]), "µM"
)
"""A stricter reading of the order."""
REVERSED_IN_SLICE = (
    Condition("pyramidal cells fire less at 1 µM in slice", UP, lambda read: -np.asarray(read.low)),
    Condition("they fire more at 10 µM in slice", DOWN, lambda read: np.asarray(read.high)),
)
"""The opposite of what was seen."""
SETTLED = 1e-6
"""Largest residual of a circuit that has settled, Hz."""


def met(read: Readouts, conditions: tuple[Condition, ...] = CONDITIONS) -> np.ndarray:
    """Which circuits meet which condition, by condition and circuit. One that has not settled meets none."""
    return np.stack([condition.margin(read) > 0 for condition in conditions]) & (np.asarray(read.residual) < SETTLED)
