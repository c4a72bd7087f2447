"""The pharmacology of one protocol and body as SBML Level 3 Version 2.

Amounts are species that move by mass-action reactions; concentrations that follow them have rate rules. An infusion is a
parameter that events switch, a bolus an event that adds to an amount; what starts at time zero stands in the initial values.
Changes come from the grid of the course itself, so that whoever runs the file gives what we give. Times h, amounts µmol, volumes L.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..cascade.course import embodied
from ..cascade.timegrid import CHANNELS
from ..core.errors import InputError
from ..core.writing import write_text
from ..evidence.registry import evidence
from ..experiments.model import Euthymia, default_model
from ..experiments.treatment import grid_of, person_of
from ..protocols.protocol import Protocol
from .body import LinearSystem, body_of

LEVEL, VERSION = 3, 2
UNITS = {
    "umol": ("micromole", [("mole", 1, -6, 1.0)]),
    "h": ("hour", [("second", 1, 0, 3600.0)]),
    "per_h": ("per hour", [("second", -1, 0, 3600.0)]),
    "umol_per_h": ("micromole per hour", [("mole", 1, -6, 1.0), ("second", -1, 0, 3600.0)]),
    "umol_per_L": ("micromole per litre", [("mole", 1, -6, 1.0), ("litre", -1, 0, 1.0)]),
}
"""Each unit with its name and, per base unit, exponent, scale and multiplier."""
ELSEWHERE = "elsewhere"
"""The compartment of pools whose volume is not known: one litre, in which amounts are meant."""
ONE_LITRE = 1.0
TIME_DIGITS = 12
"""Decimals, in h, of the time of a change: the grid sums steps up to it with rounding errors."""


def write_sbml(protocol: Protocol, path: Path, model: Euthymia | None = None) -> None:
    """Write the pharmacology of a protocol to an SBML file, whole or not at all.

    Parameters
    ----------
    protocol
        Doses, patient and horizon; only molecules that it gives are written.
    path
        A file that exists is replaced.
    model
        Numbers; the evidence's if left out.

    Raises
    ------
    InputError
        If the protocol gives no drug, the SBML library is not installed, or the file cannot be written.
    """
    write_text(path, sbml_of(protocol, default_model() if model is None else model))


def sbml_of(protocol: Protocol, model: Euthymia) -> str:
    """The pharmacology of a protocol as SBML text. Raises ``InputError`` like :func:`write_sbml`."""
    if not protocol.doses:
        raise InputError("protocol: it gives no drug, so that there is no pharmacology to write")
    person = person_of(protocol, model)
    weight = float(person.weight)
    grid = grid_of(protocol, model, weight)
    times = [round(float(time), TIME_DIGITS) for time in grid.times]
    document = _Document(
        identifier("pharmacology", protocol.name),
        protocol.title,
        f"{protocol.title}. Body weight {', '.join((f'{weight:g} kg', *protocol.patient.particulars()))}, horizon {protocol.horizon:g} h. "
        f"Written by Euthymia {__version__} from parameters {evidence().parameter_hash()}.",
    )
    changes: dict[int, dict[str, str]] = {}
    for system in body_of(replace(model, cascade=embodied(model.cascade, person.body)), weight):
        infused, pushed = (_entering(system, each[: grid.nodes - 1]) for each in (grid.infusion, grid.bolus))
        if infused.any() or pushed.any():
            _add_system(document, system, pushed[0])
            for node, variable, value in _add_inputs(document, system, infused, pushed):
                changes.setdefault(node, {})[variable] = value
    for number, node in enumerate(sorted(changes), 1):
        name = f"change {number} of the input, at {times[node]:g} h"
        document.event(f"change_{number}", name, f"time >= {times[node]!r} h", changes[node])
    return document.text()


def identifier(*names: str) -> str:
    """A valid SBML identifier of a thing, from the names that lead to it."""
    joined = "__".join(re.sub(r"\W", "_", name, flags=re.ASCII) for name in names)
    return f"_{joined}" if joined[0].isdigit() else joined


def _entering(system: LinearSystem, channels: np.ndarray) -> np.ndarray:
    """What enters each state [node, state] of what the channels bring [step, channel]; nothing does at the horizon."""
    entering = sum(np.outer(channels[:, CHANNELS.index(channel)], entry) for channel, entry in system.entries.items())
    return np.pad(entering, ((0, 1), (0, 0)))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _label(system: LinearSystem, state: str) -> str:
    return f"{system.name}, {_words(state)}"


def _add_system(document: "_Document", system: LinearSystem, amounts: np.ndarray) -> None:
    """States that start with these amounts (µmol), and what moves between them."""
    own = {state: identifier(system.name, state) for state in system.states}
    places = {
        pool: document.place(f"{own[pool]}__volume", f"{_label(system, pool)}: volume", system.volumes[pool])
        if pool in system.volumes
        else ELSEWHERE
        for pool in system.pools
    }
    for state, amount in zip(system.states, amounts, strict=True):
        if state in places:
            document.amount(own[state], _label(system, state), places[state], amount)
        else:
            document.number(own[state], _label(system, state), 0.0, "umol_per_L", constant=False)

    def constant(per_hour: float, meaning: str, *names: str) -> str:
        return document.number(identifier("k", system.name, *names), f"{_label(system, names[0])}: {meaning}", per_hour, "per_h")

    for target, row in zip(system.states, system.matrix, strict=True):
        into = {source: float(rate) for source, rate in zip(system.states, row, strict=True) if rate != 0 and source != target}
        meaning = f"rate constant to {_words(target)}"
        if target in places:
            for source, rate in into.items():
                law = f"{constant(rate, meaning, source, target)} * {own[source]}"
                name = f"{_label(system, source)} to {_words(target)}"
                document.reaction(identifier("flow", system.name, source, target), name, law, own[target], own[source])
        elif row.any():
            # A concentration follows the concentration of a pool, not its amount.
            gains = [
                f"{constant(rate * system.volumes.get(source, ONE_LITRE), meaning, source, target)} * {own[source]} / {places[source]}"
                if source in places
                else f"{constant(rate, meaning, source, target)} * {own[source]}"
                for source, rate in into.items()
            ]
            loss = constant(-row[system.states.index(target)], "rate constant of forgetting", target)
            document.rate_rule(own[target], f"{' + '.join(gains)} - {loss} * {own[target]}")


def _add_inputs(document: "_Document", system: LinearSystem, infused: np.ndarray, pushed: np.ndarray) -> Iterator[tuple[int, str, str]]:
    """Infusions as reactions; yields (node, variable, its new value) for every change after the start."""
    for state, rates, amounts in zip(system.states, infused.T, pushed.T, strict=True):
        own = identifier(system.name, state)
        for node in np.flatnonzero(amounts[1:]) + 1:
            yield int(node), own, f"{own} + {float(amounts[node])!r} umol"
        if rates.any():
            name = f"{_label(system, state)}: infusion"
            rate = document.number(f"{own}__infusion", f"{name}, rate", rates[0], "umol_per_h", constant=False)
            document.reaction(identifier("infusion", system.name, state), name, rate, target=own)
            for node in np.flatnonzero(np.diff(rates)) + 1:
                yield int(node), rate, f"{float(rates[node])!r} umol_per_h"


class _Document:
    """An SBML document in the making. Everything has an identifier and a name for people; adding a thing returns the former."""

    def __init__(self, name: str, title: str, notes: str):
        try:
            import libsbml
        except ImportError as error:
            raise InputError("sbml: needs python-libsbml; install it with `pip install 'euthymia[standards]'`") from error
        self._library = libsbml
        self._document = libsbml.SBMLDocument(LEVEL, VERSION)
        self._model = self._document.createModel()
        _set(self._model, Id=name, Name=title, TimeUnits="h", SubstanceUnits="umol", ExtentUnits="umol", VolumeUnits="litre")
        self._model.setNotes(f'<body xmlns="http://www.w3.org/1999/xhtml"><p>{escape(notes)}</p></body>')
        for unit, (unit_name, parts) in UNITS.items():
            definition = self._model.createUnitDefinition()
            _set(definition, Id=unit, Name=unit_name)
            for base, exponent, scale, multiplier in parts:
                kind = libsbml.UnitKind_forName(base)
                _set(definition.createUnit(), Kind=kind, Exponent=exponent, Scale=scale, Multiplier=multiplier)
        self.place(ELSEWHERE, "pools without a volume of their own", ONE_LITRE)

    def place(self, identifier: str, name: str, litres: float) -> str:
        """A compartment."""
        _set(self._model.createCompartment(), Id=identifier, Name=name, SpatialDimensions=3, Size=litres, Units="litre", Constant=True)
        return identifier

    def amount(self, identifier: str, name: str, place: str, start: float) -> str:
        """A species in µmol."""
        species = self._model.createSpecies()
        _set(species, Id=identifier, Name=name, Compartment=place, InitialAmount=float(start), SubstanceUnits="umol")
        _set(species, HasOnlySubstanceUnits=True, BoundaryCondition=False, Constant=False)
        return identifier

    def number(self, identifier: str, name: str, value: float, unit: str, constant: bool = True) -> str:
        """A parameter."""
        _set(self._model.createParameter(), Id=identifier, Name=name, Value=float(value), Units=unit, Constant=constant)
        return identifier

    def reaction(self, identifier: str, name: str, law: str, target: str, source: str | None = None) -> str:
        """A reaction that makes one of ``target`` of one of ``source``, at a rate in µmol/h."""
        reaction = self._model.createReaction()
        _set(reaction, Id=identifier, Name=name, Reversible=False)
        for species, create in ((source, reaction.createReactant), (target, reaction.createProduct)):
            if species is not None:
                _set(create(), Species=species, Stoichiometry=1.0, Constant=True)
        reaction.createKineticLaw().setMath(self._formula(law))
        return identifier

    def rate_rule(self, variable: str, law: str) -> None:
        """The time derivative of a parameter."""
        _set(self._model.createRateRule(), Variable=variable, Math=self._formula(law))

    def event(self, identifier: str, name: str, trigger: str, values: Mapping[str, str]) -> str:
        """New values of variables, once the trigger is met."""
        event = self._model.createEvent()
        _set(event, Id=identifier, Name=name, UseValuesFromTriggerTime=True)
        _set(event.createTrigger(), Math=self._formula(trigger), InitialValue=True, Persistent=True)
        for variable, value in values.items():
            _set(event.createEventAssignment(), Variable=variable, Math=self._formula(value))
        return identifier

    def text(self) -> str:
        """The document as XML."""
        return self._library.writeSBMLToString(self._document)

    def _formula(self, text: str) -> Any:
        return self._library.parseL3Formula(text)


def _set(element: Any, **attributes: Any) -> None:
    for name, value in attributes.items():
        getattr(element, f"set{name}")(value)
