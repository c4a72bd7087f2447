"""Several protocols for one patient side by side: mood, who moved it, and which read-outs each drug touches."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr

from ..core.errors import InputError
from ..model.default import Euthymia, default_model
from ..protocols.protocol import Protocol
from ..simulation.dosing import CHECKPOINTS, first_visit, labelled
from ..simulation.simulate import PLAYERS, WAYS, Simulation, simulate, warnings_of

FEWEST, MOST = 2, 8
SHARED_AT = ("2 h", "24 h", "7 d", "42 d")
"""Checkpoints at which the change in mood is shared out."""
MOVERS = (*WAYS, *(who for who in PLAYERS if who not in WAYS))
"""Who may move mood: the ways, then the context."""


class Readout(NamedTuple):
    """Something that could be measured; its change is relative to before, or absolute where nothing is there before."""

    title: str
    of: Callable[[xr.Dataset], xr.DataArray]
    relative: bool
    way: str | None = None
    """The way that it belongs to."""


def _given(name: str) -> Callable[[xr.Dataset], xr.DataArray]:
    return lambda data: data[name].sel(arm="as given")


READOUTS = (
    Readout("NMDA pore block, pyramidal", lambda data: data.pore_block.sel(cell_class="pyramidal"), False),
    Readout("serotonin transporter occupied", _given("sert_occupancy"), False),
    Readout("dopamine transporter occupied", _given("dat_occupancy"), False),
    Readout("MAO-A lost", _given("mao_block"), False),
    Readout("serotonin", _given("serotonin"), True),
    Readout("glutamate surge", _given("glutamate"), False, "way 1"),
    Readout("prefrontal focus", _given("focus"), True, "way 1"),
    Readout("calcium load", _given("calcium_load"), True, "way 2"),
    Readout("habenula burst rate", _given("habenula_burst_rate"), True, "way 3"),
    Readout("dopamine tone", _given("dopamine"), True, "way 3"),
    Readout("BDNF–TrkB activity", _given("bdnf"), False, "way 4"),
    Readout("spine density", _given("spine_density"), True, "way 4"),
    Readout("limbic lock, probability", _given("lock"), False, "way 5"),
)


class Move(NamedTuple):
    """The largest departure of a read-out from the undosed patient."""

    change: float
    """Share of the value before, or a difference where nothing is there before."""
    time: float
    """h after the first dose."""
    half: float
    """When half of it is first reached, h after the first dose."""


@dataclass(frozen=True)
class Comparison:
    """Named simulations of one patient; what an arm has not reached, because its first dose comes late, is None."""

    simulations: dict[str, Simulation]
    warnings: list[str]

    @property
    def arms(self) -> list[str]:
        """Names in the order given."""
        return list(self.simulations)

    def label(self, arm: str) -> str:
        """The name of an arm for a reader."""
        return labelled(arm, self.simulations[arm].protocol)

    @property
    def person(self) -> str:
        """Who is treated."""
        first = next(iter(self.simulations.values()))
        person = first.person
        condition, madrs = first.protocol.patient.condition, first.at(0.0)
        return f"One {condition} patient, {person.weight:g} kg, stress {person.stress:g}, MADRS {madrs:.0f} before"

    @property
    def checkpoints(self) -> dict[str, float]:
        """Named times after the first dose that any arm reaches, h."""
        reached = set().union(*(simulation.checkpoints() for simulation in self.simulations.values()))
        return {name: hours for name, hours in CHECKPOINTS.items() if name in reached}

    def _within(self, arm: str, name: str) -> bool:
        return name in self.simulations[arm].checkpoints()

    def madrs(self, arm: str) -> dict[str, float | None]:
        """Total score at the checkpoints."""
        simulation = self.simulations[arm]
        return {name: simulation.at(hours) if self._within(arm, name) else None for name, hours in self.checkpoints.items()}

    def relief(self, arm: str) -> dict[str, float | None]:
        """How far the score has moved beyond what the context of the treatment alone does, points; negative is better."""
        simulation = self.simulations[arm]
        return {
            name: simulation.at(hours) - simulation.at(hours, "context") if self._within(arm, name) else None
            for name, hours in self.checkpoints.items()
        }

    def shares(self, arm: str) -> dict[str, dict[str, float]]:
        """By checkpoint of ``SHARED_AT`` that the arm reaches: the points each of ``MOVERS`` accounts for."""
        return shared(self.simulations[arm], {name: CHECKPOINTS[name] for name in SHARED_AT if self._within(arm, name)})

    def moves(self) -> dict[Readout, dict[str, Move]]:
        """The largest move of every read-out under every arm."""
        return {readout: {arm: _largest(readout, simulation) for arm, simulation in self.simulations.items()} for readout in READOUTS}


def shared(simulation: Simulation, times: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """The change in MADRS (points) that each of ``MOVERS`` accounts for, at named times after the first dose (h)."""
    visit, shares = first_visit(simulation.protocol), simulation.shares()
    return {name: {who: float(shares[who].sel(time=visit + hours, method="nearest")) for who in MOVERS} for name, hours in times.items()}


def _largest(readout: Readout, simulation: Simulation) -> Move:
    # The undosed patient is at rest, so that the value before is that of the untreated course at any time.
    values = readout.of(simulation.data).to_numpy()
    moved = (values - values[0]) / (values[0] if readout.relative else 1.0)
    place = int(np.argmax(np.abs(moved)))
    half = int(np.argmax(np.abs(moved) >= abs(moved[place]) / 2))
    peak_time, half_time = (float(simulation.data.time[each]) - first_visit(simulation.protocol) for each in (place, half))
    return Move(float(moved[place]), peak_time, half_time)


def check_arms(protocols: Sequence[Protocol]) -> None:
    """Refuse arms that cannot stand side by side.

    Raises
    ------
    InputError
        If there are too few or too many, two with one name, or arms that treat different patients.
    """
    names = [protocol.name for protocol in protocols]
    if not FEWEST <= len(names) <= MOST:
        raise InputError(f"arms: {len(names)} given; a comparison takes {FEWEST} to {MOST}")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"arms: {name} stands {names.count(name)} times; every arm needs a `name` of its own")
    for protocol in protocols[1:]:
        if protocol.patient != protocols[0].patient:
            raise InputError(
                f"arms: {names[0]} and {protocol.name} treat different patients; state one for both, for example with --patient"
            )


def compare(
    protocols: Sequence[Protocol], model: Euthymia | None = None, before: Callable[[int, str], None] = lambda number, name: None
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
    """
    check_arms(protocols)
    model = default_model() if model is None else model
    longest = max(protocol.horizon for protocol in protocols)
    simulations, warnings = {}, []
    for number, shorter in enumerate(protocols, 1):
        protocol = shorter.model_copy(update={"horizon": longest})
        before(number, protocol.name)
        simulations[protocol.name] = simulate(protocol, model)
        warnings += [f"{protocol.name}: {warning}" for warning in warnings_of(protocol, model) if not warning.startswith("patient:")]
    about_patient = [warning for warning in warnings_of(protocols[0], model) if warning.startswith("patient:")]
    return Comparison(simulations, [*about_patient, *warnings])
