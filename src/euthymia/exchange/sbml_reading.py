"""The pharmacology that an SBML document states, read back as linear systems and what enters them.

Read is what :mod:`.sbml` writes, under any names of drugs and pools: amounts that move by reactions, concentrations with rate rules, and
events that add to an amount or set a rate of infusion, all of them linear, in h, µmol and L. What stands beside it and does not act on it,
such as the slow states of the brain, is left unread.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

import numpy as np

from ..core.errors import InputError, short
from ..core.files import read_text
from .dosed_systems import DosedSystem, DosedSystems
from .linear_systems import LinearSystem
from .sbml_document import ELSEWHERE, HORIZON, LEVEL, UNITS, VERSION, identifier, library
from .sbml_forms import CONSTANT, Form, LinearForms, Unreadable, demand
from .sbml_kinetics import check_kinetics

LARGEST_FILE = 20_000_000
DEEPEST = 200
SBML_FILE = "model.xml"
"""In the folder of what was solved: the file that was read."""
"""Elements within one another: libraries for XML that recurse end the process at some depth."""
BUILT_IN = "l3v2extendedmath"
"""A package that the library takes for part of Version 2."""


def read_sbml(path: str | Path) -> DosedSystems:
    """Read the pharmacology of an SBML file that Euthymia exported.

    Parameters
    ----------
    path
        The file; another program may have changed its numbers, drugs and pools.

    Returns
    -------
    Linear systems and what enters them. ``solve()`` gives the concentrations, with peaks and areas; ``systems``, ``times`` and ``horizon``
    are what was read, and ``unread`` names states that stand in the file beside the pharmacology.

    Raises
    ------
    InputError
        If the file cannot be read or is none of this kind, or the SBML library is not installed.

    Examples
    --------
    >>> import euthymia as eu
    >>> drug = eu.read_sbml("ketamine-iv.xml").solve(until="24 h")  # doctest: +SKIP
    >>> drug.area.S_ketamine__ketamine.item()  # doctest: +SKIP
    """
    text = text_of_file(path)
    try:
        _check_xml(text)
        return _Reading(text).systems()
    except Unreadable as error:
        raise InputError(f"sbml: {path}: {error}") from error


def text_of_file(path: str | Path) -> str:
    """The text of a file that is no larger than one may be. Raises ``InputError``."""
    return read_text("sbml", path, LARGEST_FILE, f"is larger than {LARGEST_FILE // 1_000_000} MB")


def _check_xml(text: str) -> None:
    """Refuse what a library for SBML should not be given: no XML, entities, and elements nested very deep."""
    path: list[str] = []

    def begin(name: str, attributes: dict[str, str]) -> None:
        demand(bool(path) or name.rpartition(":")[2] == "sbml", "it", f"is no SBML: its root is {short(name)}", "the root 'sbml'")
        path.append(name)
        demand(len(path) <= DEEPEST, "it", f"nests elements more than {DEEPEST} deep", f"at most {DEEPEST}")

    def declare(*_: object) -> None:
        raise Unreadable("it declares a type of document; allowed: no such declaration")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = begin, lambda name: path.pop(), declare
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise Unreadable(f"it is no XML: {error}") from error


class _State(NamedTuple):
    molecule: str
    name: str
    start: float
    is_pool: bool
    volume: float | None = None
    """Of a pool whose concentration is known, L."""


class _Inputs(NamedTuple):
    times: list[float]
    boluses: list[dict[str, float]]
    """Amount that is added to each state at each time."""
    rates: list[dict[str, float]]
    """Every rate of infusion from each time on."""


class _Reading:
    """A document while it is read: its states by identifier, rates of infusion at the start, and what the names in its formulas mean."""

    def __init__(self, text: str):
        self._library = library()
        # Its model lives as long as the document.
        self._document = self._library.readSBMLFromString(text)
        self._check_document()
        self._model = model = self._document.getModel()
        self._rules = {rule.getVariable(): rule for rule in model.getListOfRules()}
        self._computed = self._rules.keys() | {assignment.getSymbol() for assignment in model.getListOfInitialAssignments()}
        self._check_model()
        self._volumes = dict(self._sizes())
        self._states = dict(self._pools())
        demand(bool(self._states), "it", "has no species", "at least one drug")
        self._states |= dict(self._concentrations({state.molecule for state in self._states.values()}))
        free = [parameter for parameter in model.getListOfParameters() if parameter.getId() not in self._states.keys() | self._computed]
        self._rates = {parameter.getId(): parameter.getValue() for parameter in free if not parameter.getConstant()}
        numbers = {parameter.getId(): parameter.getValue() for parameter in free if parameter.getConstant()}
        self._forms = LinearForms(self._library, numbers | self._volumes, self._states.keys() | self._rates.keys())

    def systems(self) -> DosedSystems:
        """Everything that is read."""
        inputs = self._inputs()
        changes, inflows = self._changes()
        dosed = []
        for molecule in dict.fromkeys(state.molecule for state in self._states.values()):
            own = {name: state for name, state in self._states.items() if state.molecule == molecule}
            matrix = np.array([[changes.get((target, source), 0.0) for source in own] for target in own])
            entering = [inflows[name].items() for name in own]
            infusion = np.array(
                [[sum(share * rates[rate] for rate, share in entry) for entry in entering] for rates in inputs.rates], float
            )
            check_kinetics(tuple(own), np.array([state.is_pool for state in own.values()]), matrix, infusion)
            bolus = [[amounts.get(name, 0.0) for name in own] for amounts in inputs.boluses]
            system = LinearSystem(
                molecule,
                tuple(state.name for state in own.values()),
                tuple(state.name for state in own.values() if state.is_pool),
                matrix,
                {},
                {state.name: state.volume for state in own.values() if state.volume is not None},
            )
            dosed.append(DosedSystem(system, infusion, np.array(bolus)))
        model, horizon = self._model, self._model.getParameter(HORIZON)
        if horizon is not None:
            self._check_unit(horizon.getDerivedUnitDefinition(), "h", f"parameter {HORIZON!r}")
        end = self._forms.numbers.get(HORIZON, math.nan)
        return DosedSystems(
            model.getId(),
            model.getName(),
            _text(model.getNotes()).strip() if model.isSetNotes() else "",
            np.array(inputs.times),
            tuple(dosed),
            end if math.isfinite(end) else None,
            tuple(name for name, rule in self._rules.items() if rule.isRate() and name not in self._states),
        )

    def _check_document(self) -> None:
        """Refuse another version, what the library finds to be wrong, and units that do not fit."""
        document, library = self._document, self._library
        self._check_errors()
        version = (document.getLevel(), document.getVersion())
        demand(version == (LEVEL, VERSION), "it", "is SBML Level {} Version {}".format(*version), f"Level {LEVEL} Version {VERSION}")
        for index in range(document.getNumPlugins()):
            package = document.getPlugin(index).getPackageName()
            demand(package == BUILT_IN or not document.getPackageRequired(package), "it", f"needs the package {package!r}", "none")
        document.setConsistencyChecks(library.LIBSBML_CAT_UNITS_CONSISTENCY, True)
        document.checkConsistency()
        self._check_errors()
        demand(document.getModel() is not None, "it", "has no model", "one")

    def _check_errors(self) -> None:
        for index in range(self._document.getNumErrors()):
            error = self._document.getError(index)
            of_units = error.getCategory() == self._library.LIBSBML_CAT_UNITS_CONSISTENCY
            if of_units or error.getSeverity() >= self._library.LIBSBML_SEV_ERROR:
                kind = "units that do not fit" if of_units else "no valid SBML"
                raise Unreadable(f"{kind} in line {error.getLine()}: {' '.join(error.getShortMessage().split())}")

    def _check_model(self) -> None:
        model = self._model
        for what, unit, stated in (
            ("time", "h", model.getTimeUnits()),
            ("substance", "umol", model.getSubstanceUnits()),
            ("extent", "umol", model.getExtentUnits()),
        ):
            self._check_unit(model.getUnitDefinition(stated), unit, f"its unit of {what}")
        demand(not model.isSetConversionFactor(), "it", "has a conversion factor", "none")
        demand(not any(rule.isAlgebraic() for rule in self._rules.values()), "it", "has an algebraic rule", "rate rules")

    def _check_unit(self, found_unit: Any, name: str, where: str) -> None:
        unit = self._library.UnitDefinition(LEVEL, VERSION)
        words, parts = UNITS[name]
        for base, exponent, scale, multiplier in parts:
            part = unit.createUnit()
            part.setKind(self._library.UnitKind_forName(base))
            part.setExponent(exponent)
            part.setScale(scale)
            part.setMultiplier(multiplier)
        same = found_unit is not None and self._library.UnitDefinition.areIdentical(found_unit, unit)
        demand(same, where, "is another", words)

    def _pools(self) -> Iterator[tuple[str, _State]]:
        for species in self._model.getListOfSpecies():
            name, where = species.getId(), f"species {species.getId()!r}"
            molecule, pool = _named(species)
            named = f"is named {short(species.getName())}" if species.getName() else "has no name"
            demand(bool(molecule), where, named, "'DRUG, POOL', of which its identifier is made")
            plain = species.getHasOnlySubstanceUnits() and not (
                species.getBoundaryCondition() or species.getConstant() or species.isSetConversionFactor() or name in self._computed
            )
            demand(plain, where, "is no amount that only reactions and events change", "one that is")
            self._check_unit(species.getDerivedUnitDefinition(), "umol", f"the unit of {where}")
            volume = None if species.getCompartment() == ELSEWHERE else self._volumes.get(species.getCompartment(), math.nan)
            demand(volume is None or 0 < volume < math.inf, where, "is in a compartment without a size", "a constant size in L")
            yield name, _State(molecule, pool, _amount(species.getInitialAmount(), where), True, volume)

    def _sizes(self) -> Iterator[tuple[str, float]]:
        """Sizes of the compartments that keep theirs, L; not a number where none is stated."""
        for compartment in self._model.getListOfCompartments():
            name, unit = compartment.getId(), compartment.getUnits() or self._model.getVolumeUnits()
            if compartment.getConstant() and name not in self._computed:
                demand(unit == "litre", f"compartment {name!r}", f"has the unit {unit!r}", "litre")
                yield name, compartment.getSize()

    def _concentrations(self, molecules: set[str]) -> Iterator[tuple[str, _State]]:
        """Parameters that are named like states of a drug, and that a rate rule or nothing changes."""
        for parameter in self._model.getListOfParameters():
            name, (molecule, state) = parameter.getId(), _named(parameter)
            changed = name not in self._computed or (name in self._rules and self._rules[name].isRate())
            if molecule in molecules and not parameter.getConstant() and changed:
                where = f"parameter {name!r}"
                self._check_unit(parameter.getDerivedUnitDefinition(), "umol_per_L", f"the unit of {where}")
                yield name, _State(molecule, state, _amount(parameter.getValue(), where), False)

    def _changes(self) -> tuple[dict[tuple[str, str], float], dict[str, dict[str, float]]]:
        """Rates of change of states by states, 1/h, and the share of each rate of infusion that enters a state."""
        changes: dict[tuple[str, str], float] = defaultdict(float)
        inflows: dict[str, dict[str, float]] = {name: {} for name in self._states}
        for target, share, formula, where in chain(self._reactions(), self._lags()):
            for source, number in self._forms.read(formula, where).items():
                if source in self._rates:
                    _amount(self._rates[source], f"parameter {source!r}")
                    inflows[target][source] = inflows[target].get(source, 0.0) + share * number
                elif source == CONSTANT:
                    demand(number == 0, where, "holds a number that nothing multiplies", "constants times drugs")
                else:
                    same = self._states[source].molecule == self._states[target].molecule
                    demand(same, where, f"makes {target!r} of another drug, {source!r}", "a drug and its own metabolites")
                    changes[target, source] += share * number
        return changes, inflows

    def _reactions(self) -> Iterator[tuple[str, float, Any, str]]:
        """What a reaction changes, by how much, its kinetic law, and where that stands."""
        for reaction in self._model.getListOfReactions():
            law, where = reaction.getKineticLaw(), f"reaction {reaction.getId()!r}"
            demand(
                law is not None and not law.getNumLocalParameters(), where, "has no kinetic law or one with own parameters", "a kinetic law"
            )
            for references, sign in ((reaction.getListOfReactants(), -1.0), (reaction.getListOfProducts(), 1.0)):
                for reference in references:
                    species = reference.getSpecies()
                    stays = reference.getConstant() and reference.getId() not in self._computed - {""}
                    demand(stays, where, f"has a stoichiometry of {species!r} that varies", "1")
                    number = sum(other.getStoichiometry() for other in references if other.getSpecies() == species)
                    demand(number == 1, where, f"has the stoichiometry {number:g} of {species!r}", "1")
                    yield species, sign, law.getMath(), where

    def _lags(self) -> Iterator[tuple[str, float, Any, str]]:
        for name, rule in self._rules.items():
            if name in self._states:
                yield name, 1.0, rule.getMath(), f"the rate rule of {name!r}"

    def _inputs(self) -> _Inputs:
        """What events add to states and to which value they set rates of infusion, over time."""
        added: dict[float, dict[str, float]] = defaultdict(dict, {0.0: {name: state.start for name, state in self._states.items()}})
        settings: dict[float, dict[str, float]] = defaultdict(dict)
        for event in self._model.getListOfEvents():
            assignments = [
                one for one in event.getListOfEventAssignments() if one.getVariable() in self._states.keys() | self._rates.keys()
            ]
            where = f"event {event.getId()!r}"
            time = self._time(event, where) if assignments else 0.0
            for assignment in assignments:
                variable = assignment.getVariable()
                form = dict(self._forms.read(assignment.getMath(), where))
                amount = _amount(form.pop(CONSTANT, 0.0), where)
                if variable in self._states:
                    demand(form == {variable: 1.0}, where, f"does not add a number to {variable!r}", "DRUG + AMOUNT")
                    added[time][variable] = added[time].get(variable, 0.0) + amount
                else:
                    demand(not form and variable not in settings[time], where, f"sets {variable!r} to no number, or twice", "one number")
                    settings[time][variable] = amount
        times, rates = sorted({*added, *settings}), dict(self._rates)
        courses = []
        for time in times:
            rates |= settings[time]
            courses.append(dict(rates))
        return _Inputs(times, [added[time] for time in times], courses)

    def _time(self, event: Any, where: str) -> float:
        """When an event happens, h."""
        demand(not (event.isSetDelay() or event.isSetPriority()), where, "has a delay or a priority", "neither")
        demand(event.isSetTrigger() and event.getTrigger().isSetMath(), where, "has no trigger", "'time >= NUMBER'")
        trigger, library = event.getTrigger().getMath(), self._library
        comparison = trigger.getType() == library.AST_RELATIONAL_GEQ and trigger.getNumChildren() == 2
        form: Form = {}
        if comparison and trigger.getChild(0).getType() == library.AST_NAME_TIME:
            form = self._forms.read(trigger.getChild(1), where)
        time = form.get(CONSTANT, math.nan) if form.keys() == {CONSTANT} else math.nan
        demand(time > 0, where, f"has the trigger {library.formulaToL3String(trigger)!r}", "'time >= NUMBER', after the start")
        return time


def _named(element: Any) -> tuple[str, str]:
    """The drug and the state that an element is named after; empty if it is not."""
    molecule, _, state = element.getName().rpartition(", ")
    state = state.replace(" ", "_")
    return (molecule, state) if molecule and identifier(molecule, state) == element.getId() else ("", "")


def _amount(number: float, where: str) -> float:
    demand(0 <= number < math.inf, where, f"has the value {number:g}", "a finite number that is not negative")
    return number


def _text(node: Any) -> str:
    """The text of notes, without markup."""
    return node.getCharacters() if node.isText() else "".join(_text(node.getChild(index)) for index in range(node.getNumChildren()))
