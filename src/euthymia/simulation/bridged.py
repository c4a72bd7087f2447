"""A bridged run: fresh circuits stand in for the closures at checkpoints of one course, and what that changes is the result."""

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from ..circuits.prefrontal import time_course
from ..model.closures.recipes import nucleus_outputs, passages
from ..model.closures.response import HABENULA_OUTPUTS, PASSAGE_OUTPUTS, Correction
from ..model.default import default_model
from ..model.parameters import Euthymia
from ..protocols.protocol import Protocol
from .dosing import grid_of
from .simulate import Simulation, simulate
from .visits import first_visit

FRESH_SEED = 11
"""Of cells and glutamate that the surfaces have not seen."""
SETTLING = 1000.0
"""ms of prefrontal activity, from the undosed state on."""
STEP = 0.5
"""ms."""


@dataclass(frozen=True)
class Checkpoint:
    """Circuits at one time of a course, by closure and afresh."""

    name: str
    hours: float
    """Since the first dose."""
    closure: dict[str, float]
    fresh: dict[str, float]


@dataclass(frozen=True)
class Bridged:
    """A course by closures, the same course with fresh circuits at the checkpoints, and the circuits themselves."""

    closures: Simulation
    circuits: Simulation
    checkpoints: list[Checkpoint]

    @property
    def madrs(self) -> dict[str, tuple[float, float]]:
        """MADRS by closures and by fresh circuits at every named time."""
        return {name: (self.closures.at(hours), self.circuits.at(hours)) for name, hours in self.closures.checkpoints().items()}

    @property
    def worst(self) -> float:
        """Largest difference in MADRS at a named time, points."""
        return max(abs(fresh - closure) for closure, fresh in self.madrs.values())


def bridge(protocol: Protocol, model: Euthymia | None = None, progress: Callable[[int, int], None] = lambda done, of: None) -> Bridged:
    """Run a protocol, run the circuits afresh where its course stands at each checkpoint and at the peak of the drug, and run it again.

    Between checkpoints the difference of a fresh circuit from its closure is interpolated in time. The prefrontal circuit needs
    no closure; its steady rates are compared with what it settles to in milliseconds.

    Parameters
    ----------
    protocol
        What is done to whom.
    model
        Numbers; the evidence's if left out.
    progress
        Called with the number of checkpoints done, and of how many.
    """
    model = default_model() if model is None else model
    course = simulate(protocol, model)
    as_given, start = course.data.sel(arm="as given"), first_visit(protocol)
    peak = float(as_given.time[int(as_given.drive_loss.sel(cell_class="pyramidal").argmax("time"))]) - start
    times = dict(sorted((course.checkpoints() | ({"peak of the drug": peak} if protocol.doses else {})).items(), key=lambda item: item[1]))
    checkpoints, differences = [], []
    for done, (name, hours) in enumerate(times.items(), 1):
        at = as_given.sel(time=start + hours, method="nearest")
        closure, fresh = _closure(at), _fresh(model, at)
        checkpoints.append(Checkpoint(name, hours, closure, fresh))
        differences.append(_difference(closure, fresh))
        progress(done, len(times))
    nodes = grid_of(protocol, model, float(course.person.weight)).padded_times - start
    hours = np.array(list(times.values()))
    correction = Correction(
        *(
            jnp.asarray(np.stack([np.interp(nodes, hours, column) for column in np.stack(part).T], -1))
            for part in zip(*differences, strict=True)
        )
    )
    return Bridged(course, simulate(protocol, model, correction=correction), checkpoints)


_HABENULA = tuple(f"habenula_{name}" for name, _ in HABENULA_OUTPUTS)
_PASSAGES = tuple(f"passage_{name}" for name, _ in PASSAGE_OUTPUTS)
_PREFRONTAL = "pyramidal_rate"


def _closure(at) -> dict[str, float]:
    """What the slow field read there."""
    return {name: float(at[name]) for name in (*_HABENULA, *_PASSAGES, _PREFRONTAL)}


def _fresh(model: Euthymia, at) -> dict[str, float]:
    """The circuits themselves in the same place."""
    physiology = model.physiology
    habenula = nucleus_outputs(physiology.nucleus, float(at.habenula_nmda), float(at.habenula_shift), seed=FRESH_SEED)
    block = float(at.limbic_block)
    passage = np.exp(passages(physiology.limbic, block, float(at.limbic_input) - float(physiology.closures.shear) * block))
    nodes = int(SETTLING / STEP)
    nmda = jnp.broadcast_to(jnp.asarray(at.prefrontal_nmda.to_numpy()), (nodes, len(at.cortical_class)))
    start = jnp.append(physiology.prefrontal.baseline, physiology.prefrontal.baseline[0])
    recurrence, inhibition = (jnp.asarray(float(at[name])) for name in ("recurrence", "prefrontal_inhibition"))
    settled = time_course(physiology.prefrontal, start, jnp.asarray(STEP), nmda, recurrence, inhibition, jnp.zeros_like(nmda))[-1]
    return (
        dict(zip(_HABENULA, map(float, habenula), strict=True))
        | dict(zip(_PASSAGES, map(float, passage), strict=True))
        | {_PREFRONTAL: float(settled[0])}
    )


def _difference(closure: dict[str, float], fresh: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Of the habenula's outputs, and of the logarithms of passages."""
    habenula = np.array([fresh[name] - closure[name] for name in _HABENULA])
    passage = np.array([np.log(fresh[name] / closure[name]) for name in _PASSAGES])
    return habenula, passage
