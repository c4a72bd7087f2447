"""Several protocols for one patient side by side: mood, who moved it, and which read-outs each drug touches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import xarray as xr

from ..evidence.headline import ProtocolForecast
from ..model.default import default_model
from ..model.parameters import Euthymia
from ..protocols.arms import check_arms
from ..protocols.protocol import Protocol
from ..simulation.interventions import ARMS
from ..simulation.simulate import Simulation, simulate
from ..simulation.visits import CHECKPOINTS, course_title
from ..simulation.warnings import course_warnings, patient_warnings
from .anaesthesia import anaesthesia_warnings, rating_at, ratings
from .attribution import attributed_at
from .cohort_medians import PatientMedians
from .fading import Fading, fading
from .onset import LargestChange, largest_changes
from .readouts import LEAST_POINTS, MOOD, READOUTS, Readout, largest_changes_of

ATTRIBUTED_AT = ("2 h", "24 h", "7 d", "42 d")
"""Checkpoints at which the change in mood is attributed."""


class Speed(NamedTuple):
    """The largest change under an arm, and when half of it was there; None where nothing moved."""

    madrs: LargestChange | None
    """The rating, points."""
    beyond_context: LargestChange | None
    """The rating less what the context of the treatment alone does, points."""


@dataclass(frozen=True)
class Comparison:
    """Named simulations of one patient; what an arm has not reached, because its first dose comes late, is None."""

    simulations: dict[str, Simulation]
    warnings: list[str]
    medians: dict[str, PatientMedians] = field(default_factory=dict)
    """MADRS of many patients, of the arms that ship, as they ship."""
    forecasts: dict[str, ProtocolForecast] = field(default_factory=dict)
    """What further trials of the arms would find; of those that ship, unless all were forecast."""
    people: int | None = None
    """Virtual patients in which all were forecast; None where the forecasts are those that ship."""

    @property
    def arms(self) -> list[str]:
        """Names in the order given."""
        return list(self.simulations)

    def label(self, arm: str) -> str:
        """The name of an arm for a reader."""
        return course_title(arm, self.simulations[arm].protocol)

    @property
    def person(self) -> str:
        """Who is treated."""
        first = next(iter(self.simulations.values()))
        return first.person.described(first.protocol.patient)

    @property
    def checkpoints(self) -> dict[str, float]:
        """Named times after the first dose that any arm reaches, h."""
        reached = set().union(*(simulation.checkpoints() for simulation in self.simulations.values()))
        return {name: hours for name, hours in CHECKPOINTS.items() if name in reached}

    def _within(self, arm: str, name: str) -> bool:
        return name in self.simulations[arm].checkpoints()

    def madrs(self, arm: str) -> dict[str, float | None]:
        """Total score at the checkpoints; None too where the patient is anaesthetised."""
        simulation = self.simulations[arm]
        return {name: rating_at(simulation, hours) if self._within(arm, name) else None for name, hours in self.checkpoints.items()}

    def relief(self, arm: str) -> dict[str, float | None]:
        """How far the score has moved beyond what the context of the treatment alone does, points; negative is better."""
        simulation = self.simulations[arm]
        return {
            name: None if rating is None else rating - simulation.at(self.checkpoints[name], "context")
            for name, rating in self.madrs(arm).items()
        }

    def attribution(self, arm: str) -> dict[str, dict[str, float]]:
        """By checkpoint of ``ATTRIBUTED_AT`` with a rating: the change in MADRS (points) attributed to each way and the context."""
        made = self.madrs(arm)
        return attributed_at(self.simulations[arm], {name: CHECKPOINTS[name] for name in ATTRIBUTED_AT if made.get(name) is not None})

    def speed(self, arm: str) -> Speed:
        """How fast an arm acts on the rating: its largest change, and when half of that is first reached."""
        simulation = self.simulations[arm]
        madrs, context = ratings(simulation), simulation.madrs("context").to_numpy()
        return Speed(_largest(madrs - madrs[0]), _largest(madrs - context))

    def peak(self, arm: str, readout: str) -> float:
        """The highest value of a safety read-out under an arm."""
        return float(self.simulations[arm].data[readout].max())

    def fading(self, arm: str) -> Fading | None:
        """What is left of an arm's relief and of what carries it, once it is past its largest."""
        return fading(self.simulations[arm])

    def largest_changes(self) -> dict[Readout, dict[str, tuple[LargestChange, ...]]]:
        """The largest rise and fall of every read-out, and last of mood, under every arm."""
        return {
            readout: {arm: largest_changes_of(readout, simulation) for arm, simulation in self.simulations.items()}
            for readout in (*READOUTS, MOOD)
        }


def _largest(change: xr.DataArray) -> LargestChange | None:
    return max(largest_changes(change, LEAST_POINTS), key=lambda largest: abs(largest.change), default=None)


def compare(
    protocols: Sequence[Protocol],
    model: Euthymia | None = None,
    before: Callable[[int, str], None] = lambda number, name: None,
    without: Sequence[str] = (),
) -> Comparison:
    """Run every protocol through the whole model, each for as long as the longest of them.

    Parameters
    ----------
    protocols
        Arms, all for one patient.
    model
        Numbers; the evidence's if left out.
    before
        Called before each arm with its number, from 1, and its name.
    without
        What does not act in any arm, of :data:`~euthymia.simulation.removable.REMOVABLE`.
    """
    check_arms(protocols)
    model = default_model() if model is None else model
    longest = max(protocol.horizon for protocol in protocols)
    simulations, warnings = {}, []
    for number, shorter in enumerate(protocols, 1):
        protocol = shorter.with_canonical(horizon=longest)
        before(number, protocol.name)
        simulations[protocol.name] = simulate(protocol, model, arms=tuple(ARMS), coalitions=True, without=without)
        of_course = [*course_warnings(protocol, model), *anaesthesia_warnings(simulations[protocol.name])]
        warnings += [f"{protocol.name}: {warning}" for warning in of_course]
    limbic_input = simulations[protocols[0].name].undosed("limbic_input")
    return Comparison(simulations, [*patient_warnings(protocols[0], model, limbic_input), *warnings])
