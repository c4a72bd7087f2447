"""An SBML Level 3 Version 2 document in the making: times h, amounts µmol, volumes L."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from ..core.errors import InputError

LEVEL, VERSION = 3, 2
Unit = tuple[str, list[tuple[str, int, int, float]]]
"""A unit's name and, per base unit, exponent, scale and multiplier."""
UNITS: dict[str, Unit] = {
    "umol": ("micromole", [("mole", 1, -6, 1.0)]),
    "h": ("hour", [("second", 1, 0, 3600.0)]),
    "per_h": ("per hour", [("second", -1, 0, 3600.0)]),
    "umol_per_h": ("micromole per hour", [("mole", 1, -6, 1.0), ("second", -1, 0, 3600.0)]),
    "umol_per_L": ("micromole per litre", [("mole", 1, -6, 1.0), ("litre", -1, 0, 1.0)]),
}
"""Of the pharmacology."""
ELSEWHERE = "elsewhere"
"""The compartment of pools without a known volume: one litre, so that amounts are numbers."""
ONE_LITRE = 1.0
HORIZON = "horizon"
"""The parameter that says when the course ends, h."""


def identifier(*names: str) -> str:
    """A valid SBML identifier, from a path of names."""
    joined = "__".join(re.sub(r"\W", "_", name, flags=re.ASCII) for name in names)
    return f"_{joined}" if joined[0].isdigit() else joined


def library() -> Any:
    """The SBML library. Raises ``InputError`` if it is not installed."""
    try:
        import libsbml
    except ImportError as error:
        raise InputError("sbml: needs python-libsbml; install it with `python -m pip install python-libsbml`") from error
    return libsbml


class Document:
    """An SBML document in the making. Every element has an identifier and a name for people; adding one returns the identifier."""

    def __init__(self, name: str, title: str, notes: str):
        self._library = library()
        self._document = self._library.SBMLDocument(LEVEL, VERSION)
        self._model = self._document.createModel()
        _set(self._model, Id=name, Name=title, TimeUnits="h", SubstanceUnits="umol", ExtentUnits="umol", VolumeUnits="litre")
        self._model.setNotes(f'<body xmlns="http://www.w3.org/1999/xhtml"><p>{escape(notes)}</p></body>')
        self.define(UNITS)
        self.compartment(ELSEWHERE, "pools without a volume of their own", ONE_LITRE)

    def define(self, units: Mapping[str, Unit]) -> None:
        """Units, like those of ``UNITS``."""
        for unit, (unit_name, parts) in units.items():
            definition = self._model.createUnitDefinition()
            _set(definition, Id=unit, Name=unit_name)
            for base, exponent, scale, multiplier in parts:
                kind = self._library.UnitKind_forName(base)
                _set(definition.createUnit(), Kind=kind, Exponent=exponent, Scale=scale, Multiplier=multiplier)

    def compartment(self, identifier: str, name: str, litres: float) -> str:
        """A compartment."""
        _set(self._model.createCompartment(), Id=identifier, Name=name, SpatialDimensions=3, Size=litres, Units="litre", Constant=True)
        return identifier

    def amount(self, identifier: str, name: str, compartment: str, start: float) -> str:
        """A species in µmol."""
        species = self._model.createSpecies()
        _set(species, Id=identifier, Name=name, Compartment=compartment, InitialAmount=float(start), SubstanceUnits="umol")
        _set(species, HasOnlySubstanceUnits=True, BoundaryCondition=False, Constant=False)
        return identifier

    def number(self, identifier: str, name: str, value: float, unit: str, constant: bool = True) -> str:
        """A parameter."""
        _set(self._model.createParameter(), Id=identifier, Name=name, Value=float(value), Units=unit, Constant=constant)
        return identifier

    def once(self, identifier: str, name: str, unit: str, law: str) -> str:
        """A constant that a formula gives at the start."""
        _set(self._model.createParameter(), Id=identifier, Name=name, Units=unit, Constant=True)
        _set(self._model.createInitialAssignment(), Symbol=identifier, Math=self._formula(law))
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

    def rule(self, identifier: str, name: str, unit: str, law: str) -> str:
        """A parameter that a formula gives at all times."""
        parameter = self._model.createParameter()
        _set(parameter, Id=identifier, Name=name, Units=unit, Constant=False)
        _set(self._model.createAssignmentRule(), Variable=identifier, Math=self._formula(law))
        return identifier

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
        """The formula as a tree; a number without a unit is dimensionless."""
        formula = self._library.parseL3Formula(text)
        if formula is None:
            raise ValueError(self._library.getLastParseL3Error())
        nodes = [formula]
        while nodes:
            node = nodes.pop()
            if node.isNumber() and not node.isSetUnits():
                node.setUnits("dimensionless")
            nodes += [node.getChild(index) for index in range(node.getNumChildren())]
        return formula


def _set(element: Any, **attributes: Any) -> None:
    for name, value in attributes.items():
        getattr(element, f"set{name}")(value)
