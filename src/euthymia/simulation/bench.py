"""One patient under several arms at once: grids, doses and settings as arrays for the compiled programs, and what is kept of them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray as xr

from ..clinic.symptoms import context_strengths
from ..core.device import on_device
from ..core.errors import NoFiniteAnswer
from ..core.types import ENANTIOMERS
from ..links import Switches
from ..model.parameters import Euthymia
from ..model.time_grid import SAME
from ..protocols.protocol import Protocol
from ..results.labelled import labelled
from .arm_program import (
    Arm,
    DrugParts,
    LinearPart,
    arm_courses,
    coalition_courses,
    drug_parts,
    linear_part,
)
from .course import RestingPatient, resting_patient
from .dosing import grid_within, stress_left
from .interventions import COALITIONS, SWITCHES_OF_WAYS, coalition, everything_but, settings, switches
from .person import Person
from .visits import first_visit, since_visits

STEPS, LENGTHS = 256, 32
"""Steps of an arm, and distinct lengths of all arms together; a longer course takes a multiple, which compiles anew."""
ERRORS_OF_ONE_DOSE = {
    "madrs": 0.25,
    "spine_density": 0.001,
    "lock": 0.06,
    "dopamine": 0.004,
    "habenula_burst_rate": 0.03,
    "glutamate": 0.002,
    "dissociation": 0.02,
}
"""Largest deviation from a single run at any time, in the unit of the quantity, after one dose within published experience, in a
course of four weeks or less. Between its nodes an arm is a straight line."""
ERRORS = {
    "madrs": 3.0,
    "spine_density": 0.02,
    "lock": 0.9,
    "dopamine": 0.08,
    "habenula_burst_rate": 0.06,
    "glutamate": 0.01,
    "dissociation": 0.03,
}
"""The same in a series of doses and in longer courses, whose steps are longer. The largest errors last as long as a lock takes to open or
to close."""
ARMS_AT_ONCE = (4, 8)
"""Arms are padded to the smaller number that holds them."""
MOST_KEPT = 64
"""Of each kind of what is kept: arms that did not change are not made again."""


class Treatment(NamedTuple):
    """What an arm is given, and what does not act in it."""

    protocol: Protocol
    without: tuple[str, ...] = ()
    """Of :data:`~euthymia.simulation.removable.REMOVABLE`."""


class _Schedule(NamedTuple):
    """What follows from an arm's doses and its patient's weight alone, on the arm's own grid."""

    times: np.ndarray
    """Of the nodes, h."""
    steps: np.ndarray
    """h."""
    infusion: np.ndarray
    bolus: np.ndarray
    stress_left: np.ndarray
    since_visits: np.ndarray
    since_start: np.ndarray
    visit: np.ndarray
    weeks: np.ndarray


class Kept(dict):
    """Values by key, computed where they are first asked for; the oldest go."""

    def of(self, key: Any, compute: Callable[[], Any]) -> Any:
        """The value of a key."""
        if key not in self:
            if len(self) >= MOST_KEPT:
                del self[next(iter(self))]
            self[key] = compute()
        return self[key]


class ArmSolver:
    """Solves the arms of one patient together, and keeps what a change of one of them leaves as it is.

    Parameters
    ----------
    model
        Numbers.
    """

    def __init__(self, model: Euthymia) -> None:
        self.model = model
        self._people, self._schedules, self._resting, self._drugs, self._linear = (Kept() for _ in range(5))
        self._coalitions = settings(coalition(members) for members in COALITIONS)

    def courses(self, arms: Mapping[str, Treatment]) -> xr.Dataset:
        """What a bench shows, by arm and time (h since the start), until the end of the longest arm. Raises ``NoFiniteAnswer``."""
        inputs, times = self._inputs(arms)
        values, common = _on_common_times(jax.device_get(arm_courses(self.model, *inputs)), list(arms), times)
        return labelled(values, {"arm": list(arms), "time": common, "enantiomer": ENANTIOMERS}, leading=("arm",))

    def coalitions(self, arms: Mapping[str, Treatment]) -> xr.Dataset:
        """MADRS by arm, coalition of context and ways, and time. Raises ``NoFiniteAnswer``."""
        inputs, times = self._inputs(arms)
        madrs = jax.device_get(coalition_courses(self.model, *inputs, self._coalitions))
        values, common = _on_common_times({"coalition_madrs": madrs}, list(arms), times)
        along = {"arm": list(arms), "coalition": list(COALITIONS.values()), "time": common}
        return labelled({name: np.moveaxis(of_arms, 1, -1) for name, of_arms in values.items()}, along, leading=("arm",))

    def _inputs(self, arms: Mapping[str, Treatment]) -> tuple[tuple[Person, RestingPatient, DrugParts, Arm], list[np.ndarray]]:
        """What a program is called with beside the model, and the times of every arm (h)."""
        longest = max(arm.protocol.horizon for arm in arms.values())
        protocols = [arm.protocol.with_canonical(horizon=longest) for arm in arms.values()]
        stated = protocols[0].patient
        person = self._people.of(stated, lambda: Person.from_protocol(protocols[0], self.model))
        weight, stress = float(person.weight), float(person.stress)
        schedules = [self._schedules.of((protocol, weight), partial(self._schedule, protocol, weight)) for protocol in protocols]
        lengths, length_indices = _common_lengths([schedule.steps for schedule in schedules])
        resting = self._resting.of(stress, lambda: resting_patient(self.model, person.stress))
        along = lengths.tobytes()
        parts = self._drugs.of((stated, along), lambda: drug_parts(self.model, person, on_device(lengths)))

        def linear(without: tuple[str, ...]) -> LinearPart:
            off = SWITCHES_OF_WAYS | everything_but(without).clamped
            return self._linear.of((stress, off, along), lambda: linear_part(self.model, resting.brain, switches(off), on_device(lengths)))

        most = _size(max(map(len, length_indices)), STEPS)
        padded = [
            _arm(schedule, index, arm.without, linear(arm.without), most)
            for schedule, index, arm in zip(schedules, length_indices, arms.values(), strict=True)
        ]
        padded += padded[-1:] * (next(count for count in ARMS_AT_ONCE if count >= len(padded)) - len(padded))
        stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *padded)
        return (person, resting, parts, stacked), [schedule.times for schedule in schedules]

    def _schedule(self, protocol: Protocol, weight: float) -> _Schedule:
        grid = grid_within(protocol, self.model, weight, (STEPS, 1))
        times, count = grid.times, grid.nodes - 1
        visit, weeks = context_strengths(self.model.symptoms, protocol.context)
        return _Schedule(
            times=times,
            steps=grid.steps[:count],
            infusion=grid.infusion[:count],
            bolus=grid.bolus[:count],
            stress_left=stress_left(protocol, times),
            since_visits=since_visits(protocol, times),
            since_start=times - first_visit(protocol),
            visit=np.asarray(visit),
            weeks=np.asarray(weeks),
        )


def _size(count: int, smallest: int) -> int:
    """The smallest of ``smallest`` × 1, 2, 4, 8 … that holds a count."""
    return smallest if count <= smallest else 2 * _size(-(-count // 2), smallest)


def _common_lengths(steps: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """The distinct lengths (h) of the steps of all arms and one of zero, increasing and padded; and which of them each step has."""
    every = np.concatenate([[0.0], *steps])
    _, first, index = np.unique(np.round(every / SAME), return_index=True, return_inverse=True)
    padding = _size(len(first), LENGTHS) - len(first)
    last = np.cumsum([len(of_arm) for of_arm in steps])[:-1]
    return np.concatenate([np.zeros(padding), every[first]]), np.split(index[1:] + padding, last)


def _arm(schedule: _Schedule, length_index: np.ndarray, without: Sequence[str], linear: LinearPart, most: int) -> Arm:
    """An arm padded to so many steps; those of the padding have length zero."""
    missing = most - len(length_index)
    acting = everything_but(without)
    context = float(acting.context)

    def along_nodes(values: np.ndarray) -> np.ndarray:
        return np.pad(values, [*[(0, 0)] * (values.ndim - 1), (0, missing)], mode="edge")

    arrays: dict[str, Any] = dict(
        length_index=np.pad(length_index, (0, missing)),
        infusion=np.pad(schedule.infusion, [(0, missing), (0, 0)]),
        bolus=np.pad(schedule.bolus, [(0, missing), (0, 0)]),
        stress_left=along_nodes(schedule.stress_left),
        since_visits=along_nodes(schedule.since_visits),
        since_start=along_nodes(schedule.since_start),
        visit=context * schedule.visit,
        weeks=context * schedule.weeks,
    )
    links: dict[str, Any] = {name: np.asarray(float(name not in acting.clamped)) for name in Switches._fields}
    return Arm(**arrays, acting=Switches(**links), linear=linear)


def _on_common_times(
    values: Mapping[str, np.ndarray], arms: Sequence[str], times: Sequence[np.ndarray]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Values [arm, node, ...] on the times of all arms, and these; between its own nodes an arm is linear. Raises ``NoFiniteAnswer``."""
    common = np.unique(np.concatenate(times))
    common = common[np.diff(common, prepend=-1.0) > SAME]
    before, fraction = np.empty((len(times), len(common)), int), np.empty((len(times), len(common)))
    for number, own in enumerate(times):
        before[number] = np.clip(np.searchsorted(own, common, side="right") - 1, 0, len(own) - 2)
        first, last = own[before[number]], own[before[number] + 1]
        fraction[number] = np.clip((common - first) / (last - first), 0, 1)
    # Behind the arms stand those of the padding.
    arm = np.arange(len(times))[:, None]

    def interpolated(of_arms: np.ndarray) -> np.ndarray:
        share = fraction.reshape(*fraction.shape, *[1] * (of_arms.ndim - 2))
        return (1 - share) * of_arms[arm, before] + share * of_arms[arm, before + 1]

    result = {name: interpolated(of_arms) for name, of_arms in values.items()}
    for of_arms in result.values():
        finite = np.isfinite(of_arms).reshape(len(arms), -1).all(1)
        if not finite.all():
            raise NoFiniteAnswer(f"arms: the model has no finite answer for the doses and the patient of {arms[int(np.argmin(finite))]}")
    return result, common
