"""The highest doses that evidence gives a reason to run."""

from collections import defaultdict
from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from ..core.clock import clock
from ..core.constants import DAY
from ..core.errors import InputError
from ..model.parameters import AT_ONCE, CEILING_OWNERS, Euthymia
from ..pharmacology.comparators import DRUGS
from ..protocols.dose import Dose
from ..protocols.protocol import Protocol
from ..protocols.vocabulary import HYDROXYNORKETAMINES, NORKETAMINES, SWALLOWED
from .dosing import ROUNDING
from .person import Person


class Ceiling(NamedTuple):
    """Most that is given within so many hours: ``at_once`` and ``rate`` times the hours."""

    at_once: float
    """mg/kg."""
    rate: float
    """mg/kg/h."""
    row: str
    """The evidence row that holds it."""


def check_ceilings(protocol: Protocol, model: Euthymia, beyond_evidence: bool = False) -> None:
    """Refuse doses above the highest of which there is experience, unless they are asked for.

    A ceiling is one dose at once, and a rate at which more may follow: no doses of one molecule by one kind of route may exceed
    the sum of both over the time from the start of the first to the end of the last of them. A long infusion counts likewise.

    Parameters
    ----------
    protocol
        What is done to whom; an animal has ceilings of its own.
    model
        Numbers, the ceilings among them.
    beyond_evidence
        Whether to let every dose pass.

    Raises
    ------
    InputError
        If a dose is above its ceiling.
    """
    if not beyond_evidence:
        for above in above_ceilings(protocol, model):
            raise InputError(f"{above}; add --beyond-evidence (in Python: beyond_evidence=True) to run it all the same")


def above_ceilings(protocol: Protocol, model: Euthymia) -> Iterator[str]:
    """One phrase for every molecule and kind of route with a dose above its ceiling, about the first such dose."""
    weight = float(Person.from_protocol(protocol, model).weight)
    groups: dict[str, list[tuple[int, Dose]]] = defaultdict(list)
    for number, dose in enumerate(protocol.doses, 1):
        groups[f"{dose.drug} {_kind(dose.route)}"].append((number, dose))
    for doses in groups.values():
        ceiling = _ceiling(doses[0][1], protocol.patient.species, model, weight)
        if (above := _first_above(doses, ceiling, weight)) is not None:
            yield above


def _kind(route: str) -> str:
    """Where a dose goes, as ceilings tell routes apart."""
    if route.startswith("i.v."):
        return "vein"
    if route in ("i.m.", "s.c.", "i.p."):
        return "injected"
    return "oral" if route in SWALLOWED else route


def _ceiling(dose: Dose, species: str, model: Euthymia, weight: float) -> Ceiling:
    owner = "metabolites" if dose.drug in (*NORKETAMINES, *HYDROXYNORKETAMINES) else dose.drug
    owner = owner if species == "human" else species
    ceilings = model.ceilings
    if owner in CEILING_OWNERS:
        name = f"{owner}.{_kind(dose.route)}"
        at_once, rate = ceilings.at_once.tolist()[AT_ONCE.index(name)], ceilings.rate.tolist()[CEILING_OWNERS.index(owner)]
        return Ceiling(at_once, rate, f"ceilings.{name}")
    rate = ceilings.multiple.item() * model.physiology.comparators.highest_dose.tolist()[DRUGS.index(owner)] / weight
    return Ceiling(rate * DAY, rate, "ceilings.comparators.multiple")


def _first_above(doses: list[tuple[int, Dose]], ceiling: Ceiling, weight: float) -> str | None:
    """What is wrong with the first dose that is too much, by itself or with those before it."""
    total = 0.0
    # The doses up to this one that exceed the ceiling most begin with the dose that has the largest head start.
    first, total_before, head_start = doses[0][1], 0.0, -inf
    for number, dose in doses:
        if ceiling.rate * dose.start - total > head_start:
            first, total_before, head_start = dose, total, ceiling.rate * dose.start - total
        total += dose.per_kilogram(weight)
        hours = dose.start + (dose.duration or 0.0) - first.start
        amount, most = total - total_before, ceiling.at_once + ceiling.rate * hours
        if amount > most * (1 + ROUNDING):
            together = "" if first is dose else " with what was given before"
            within = f" within {clock(hours)}" if hours else ""
            return (
                f"doses[{number}].amount: {_amount(amount, dose, weight)} of {dose.drug} ({dose.route}){together}{within} is above "
                f"{_amount(most, dose, weight)}, the most that evidence covers ({ceiling.row})"
            )
    return None


def _amount(per_kilogram: float, dose: Dose, weight: float) -> str:
    """An amount in the unit in which the dose was stated."""
    return f"{per_kilogram:,.4g} mg/kg" if dose.per_weight else f"{per_kilogram * weight:,.4g} mg"
