"""The pharmacology of one protocol and body as SBML Level 3 Version 2.

Amounts are species that move by mass-action reactions; concentrations that follow them have rate rules. An infusion is a
parameter that events switch, a bolus an event that adds to an amount; input from time zero on stands in the initial values.
Changes of input come from the time grid of the course, so that the file has the same input as a run. Times h, amounts µmol, volumes L.
"""

from collections.abc import Iterator
from pathlib import Path

import equinox as eqx
import numpy as np

from ..core.files import atomic_write
from ..model.baseline import patient
from ..model.default import default_model
from ..model.exposure import individualised
from ..model.parameters import Euthymia
from ..protocols.protocol import Protocol
from ..simulation.person import Person
from .dosed_systems import DosedSystems, dosed_systems, label, words
from .linear_systems import LinearSystem
from .sbml_document import ELSEWHERE, HORIZON, ONE_LITRE, Document, identifier
from .sbml_slow_system import add_slow_system


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
    person = Person.from_protocol(protocol, model) if person is None else person
    dosed = dosed_systems(protocol, model, person)
    document = document_of(dosed)
    if slow:
        physiology = individualised(model.physiology, person.body)
        undosed = eqx.filter_jit(patient)(physiology, person.stress)
        written = [entered.system.name for entered in dosed.systems]
        add_slow_system(document, physiology, undosed, written, circuits, protocol.patient.stress_until)
    return document.text()


def document_of(dosed: DosedSystems) -> Document:
    """Linear systems and what enters them as a document."""
    document = Document(dosed.name, dosed.title, dosed.notes)
    if dosed.horizon is not None:
        document.number(HORIZON, "end of the course", dosed.horizon, "h")
    changes: dict[int, dict[str, str]] = {}
    for entered in dosed.systems:
        _add_system(document, entered.system, entered.bolus[0])
        for index, variable, value in _add_inputs(document, entered.system, entered.infusion, entered.bolus):
            changes.setdefault(index, {})[variable] = value
    for number, index in enumerate(sorted(changes), 1):
        time = float(dosed.times[index])
        document.event(f"change_{number}", f"change {number} of the input, at {time:g} h", f"time >= {time!r} h", changes[index])
    return document


def _add_system(document: Document, system: LinearSystem, amounts: np.ndarray) -> None:
    """States that start with these amounts (µmol), and the flows between them."""
    identifiers = {state: identifier(system.name, state) for state in system.states}
    compartments = {
        pool: document.compartment(f"{identifiers[pool]}__volume", f"{label(system, pool)}: volume", system.volumes[pool])
        if pool in system.volumes
        else ELSEWHERE
        for pool in system.pools
    }
    for state, amount in zip(system.states, amounts, strict=True):
        if state in compartments:
            document.amount(identifiers[state], label(system, state), compartments[state], amount)
        else:
            document.number(identifiers[state], label(system, state), amount, "umol_per_L", constant=False)

    def constant(per_hour: float, meaning: str, *names: str) -> str:
        return document.number(identifier("k", system.name, *names), f"{label(system, names[0])}: {meaning}", per_hour, "per_h")

    for target, row in zip(system.states, system.matrix, strict=True):
        into = {source: float(rate) for source, rate in zip(system.states, row, strict=True) if rate != 0 and source != target}
        meaning = f"rate constant to {words(target)}"
        if target in compartments:
            for source, rate in into.items():
                law = f"{constant(rate, meaning, source, target)} * {identifiers[source]}"
                name = f"{label(system, source)} to {words(target)}"
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
            name = f"{label(system, state)}: infusion"
            rate = document.number(f"{variable}__infusion", f"{name}, rate", rates[0], "umol_per_h", constant=False)
            document.reaction(identifier("infusion", system.name, state), name, rate, target=variable)
            for node in np.flatnonzero(np.diff(rates)) + 1:
                yield int(node), rate, f"{float(rates[node])!r} umol_per_h"
