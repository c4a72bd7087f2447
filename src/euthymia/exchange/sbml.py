"""The pharmacology of one protocol and body as SBML Level 3 Version 2.

Amounts are species that move by mass-action reactions; concentrations that follow them have rate rules. An infusion is a
parameter that events switch, a bolus an event that adds to an amount; input from time zero on stands in the initial values.
Changes of input come from the time grid of the course, so that the file has the same input as a run. Times h, amounts µmol, volumes L.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import equinox as eqx
import numpy as np

from .. import __version__
from ..core.errors import InputError
from ..core.files import atomic_write
from ..evidence.registry import evidence
from ..model.baseline import patient
from ..model.default import default_model
from ..model.exposure import individualised
from ..model.inputs import CHANNELS
from ..model.parameters import Euthymia
from ..protocols.protocol import Protocol
from ..simulation.dosing import grid_of
from ..simulation.person import Person
from .linear_systems import LinearSystem, body_systems
from .sbml_document import ELSEWHERE, ONE_LITRE, Document, identifier
from .sbml_slow_system import add_slow_system

TIME_DIGITS = 12
"""Decimals, in h, of the time of a change: the grid sums steps up to it with rounding errors."""


def write_sbml(protocol: Protocol, path: Path, model: Euthymia | None = None, slow: bool = False) -> None:
    """Write the pharmacology of a protocol to an SBML file, whole or not at all.

    Parameters
    ----------
    protocol
        Doses, patient and horizon; only dosed molecules are written.
    path
        A file that exists is replaced.
    model
        Numbers; the evidence's if left out.
    slow
        Whether to add the slow states of the brain, from receptor to spines.

    Raises
    ------
    InputError
        If the protocol gives no drug, the SBML library is not installed, or the file cannot be written.
    """
    atomic_write(path, sbml_of(protocol, default_model() if model is None else model, slow=slow))


def sbml_of(protocol: Protocol, model: Euthymia, slow: bool = False, person: Person | None = None, circuits: bool = True) -> str:
    """The pharmacology of a protocol as SBML text.

    Parameters
    ----------
    protocol, model, slow
        As for :func:`write_sbml`.
    person
        Who is treated; the protocol's patient if left out.
    circuits
        Of the slow states, whether the circuits act: see :mod:`.sbml_slow_system`.

    Raises
    ------
    InputError
        As :func:`write_sbml`.
    """
    if not protocol.doses:
        raise InputError("protocol: it gives no drug, so that there is no pharmacology to write")
    person = Person.from_protocol(protocol, model) if person is None else person
    weight = float(person.weight)
    grid = grid_of(protocol, model, weight)
    times = [round(float(time), TIME_DIGITS) for time in grid.times]
    document = Document(
        identifier("pharmacology", protocol.name),
        protocol.title,
        f"{protocol.title}. Body weight {', '.join((f'{weight:g} kg', *protocol.patient.particulars()))}, horizon {protocol.horizon:g} h. "
        f"Written by Euthymia {__version__} from parameters {evidence().parameter_hash()}.",
    )
    physiology = individualised(model.physiology, person.body)
    changes: dict[int, dict[str, str]] = {}
    written = []
    for system in body_systems(replace(model, physiology=physiology), weight):
        infused, pushed = (_entering(system, channels[: grid.nodes - 1]) for channels in (grid.infusion, grid.bolus))
        if infused.any() or pushed.any():
            written.append(system.name)
            _add_system(document, system, pushed[0])
            for node, variable, value in _add_inputs(document, system, infused, pushed):
                changes.setdefault(node, {})[variable] = value
    if slow:
        undosed = eqx.filter_jit(patient)(physiology, person.stress)
        add_slow_system(document, physiology, undosed, written, circuits, protocol.patient.stress_until)
    for number, node in enumerate(sorted(changes), 1):
        name = f"change {number} of the input, at {times[node]:g} h"
        document.event(f"change_{number}", name, f"time >= {times[node]!r} h", changes[node])
    return document.text()


def _entering(system: LinearSystem, channels: np.ndarray) -> np.ndarray:
    """Input into each state [node, state] from that of the channels [step, channel]; none at the horizon."""
    entering = sum(np.outer(channels[:, CHANNELS.index(channel)], entry) for channel, entry in system.entries.items())
    return np.pad(entering, ((0, 1), (0, 0)))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _label(system: LinearSystem, state: str) -> str:
    return f"{system.name}, {_words(state)}"


def _add_system(document: Document, system: LinearSystem, amounts: np.ndarray) -> None:
    """States that start with these amounts (µmol), and the flows between them."""
    identifiers = {state: identifier(system.name, state) for state in system.states}
    compartments = {
        pool: document.compartment(f"{identifiers[pool]}__volume", f"{_label(system, pool)}: volume", system.volumes[pool])
        if pool in system.volumes
        else ELSEWHERE
        for pool in system.pools
    }
    for state, amount in zip(system.states, amounts, strict=True):
        if state in compartments:
            document.amount(identifiers[state], _label(system, state), compartments[state], amount)
        else:
            document.number(identifiers[state], _label(system, state), 0.0, "umol_per_L", constant=False)

    def constant(per_hour: float, meaning: str, *names: str) -> str:
        return document.number(identifier("k", system.name, *names), f"{_label(system, names[0])}: {meaning}", per_hour, "per_h")

    for target, row in zip(system.states, system.matrix, strict=True):
        into = {source: float(rate) for source, rate in zip(system.states, row, strict=True) if rate != 0 and source != target}
        meaning = f"rate constant to {_words(target)}"
        if target in compartments:
            for source, rate in into.items():
                law = f"{constant(rate, meaning, source, target)} * {identifiers[source]}"
                name = f"{_label(system, source)} to {_words(target)}"
                document.reaction(identifier("flow", system.name, source, target), name, law, identifiers[target], identifiers[source])
        elif row.any():
            # A lagged concentration follows the concentration of a pool, not its amount.
            gains = []
            for source, rate in into.items():
                volume = system.volumes.get(source, ONE_LITRE) if source in compartments else ONE_LITRE
                gain = f"{constant(rate * volume, meaning, source, target)} * {identifiers[source]}"
                gains.append(f"{gain} / {compartments[source]}" if source in compartments else gain)
            loss = constant(-row[system.states.index(target)], "rate constant of the lag", target)
            document.rate_rule(identifiers[target], f"{' + '.join(gains)} - {loss} * {identifiers[target]}")


def _add_inputs(document: Document, system: LinearSystem, infused: np.ndarray, pushed: np.ndarray) -> Iterator[tuple[int, str, str]]:
    """Infusions as reactions; yields (node, variable, its new value) for every change after the start."""
    for state, rates, amounts in zip(system.states, infused.T, pushed.T, strict=True):
        variable = identifier(system.name, state)
        for node in np.flatnonzero(amounts[1:]) + 1:
            yield int(node), variable, f"{variable} + {float(amounts[node])!r} umol"
        if rates.any():
            name = f"{_label(system, state)}: infusion"
            rate = document.number(f"{variable}__infusion", f"{name}, rate", rates[0], "umol_per_h", constant=False)
            document.reaction(identifier("infusion", system.name, state), name, rate, target=variable)
            for node in np.flatnonzero(np.diff(rates)) + 1:
                yield int(node), rate, f"{float(rates[node])!r} umol_per_h"
