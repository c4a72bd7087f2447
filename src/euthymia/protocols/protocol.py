"""A protocol: patient, visit context, doses and how long to look."""

from collections.abc import Iterable, Iterator
from itertools import pairwise, takewhile
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from ..core.errors import InputError, short, unknown
from ..core.units import quantity

Context = Literal["none", "saline", "midazolam", "oral placebo"]
Condition = Literal["depressed", "healthy"]
Species = Literal["human", "mouse", "rat"]
Sex = Literal["male", "female"]
Genotype = Literal["*1/*1", "*1/*6", "*6/*6"]
Liver = Literal["normal", "mild impairment", "moderate impairment"]
CONTEXTS: tuple[str, ...] = get_args(Context)
CONDITIONS: tuple[str, ...] = get_args(Condition)
_INTO_A_VEIN = ("i.v. infusion", "i.v. bolus")
_INJECTED = (*_INTO_A_VEIN, "i.m.", "s.c.")
ROUTES_OF = {
    "ketamine": (*_INJECTED, "i.p.", "nasal", "sublingual", "rectal", "oral", "oral extended release"),
    "esketamine": (*_INJECTED, "i.p.", "nasal", "sublingual", "oral"),
    "arketamine": (*_INJECTED, "i.p."),
    **dict.fromkeys(("S-norketamine", "R-norketamine", "(2S,6S)-HNK", "(2R,6R)-HNK"), _INTO_A_VEIN),
    "memantine": ("oral",),
    "MK-801": _INTO_A_VEIN,
    "escitalopram": ("oral",),
    "sertraline": ("oral",),
    "phenelzine": ("oral",),
    "midazolam": _INTO_A_VEIN,
}
"""The drugs, and how each can be given; ketamine is the racemate, HNK is hydroxynorketamine."""
KETAMINES = ("ketamine", "esketamine", "arketamine")
NORKETAMINES = ("S-norketamine", "R-norketamine")
HYDROXYNORKETAMINES = ("(2S,6S)-HNK", "(2R,6R)-HNK")
OF_KETAMINE = (*KETAMINES, *NORKETAMINES, *HYDROXYNORKETAMINES)
"""Ketamine in any form, and what the body makes of it."""
BLOCKERS = (*OF_KETAMINE, "memantine", "MK-801")
"""What binds in the pore of NMDA receptors."""
ROUTES = tuple(dict.fromkeys(route for routes in ROUTES_OF.values() for route in routes))
WEIGHTS = (25.0, 300.0)
"""kg; the adults that allometry was stated for, with room."""
ANIMAL_WEIGHTS = {"mouse": (0.01, 0.06), "rat": (0.05, 1.0)}
"""kg."""
ROUTES_OF_ANIMALS = (*_INJECTED, "i.p.")
AGES = (18.0, 100.0)
"""Years."""
MOST_INDIVIDUALS = 1_000_000
LONGEST = 365 * 24.0
"""h."""
SHORTEST_INFUSION = 1 / 3600
"""h."""
MOST_DOSES = 400
"""Repeats counted."""
SHORTEST_RUN = 3
"""Fewer equal doses are written one by one."""
DIGITS = 9
"""Decimals, in h, to which the time of a repeat is kept, so that the interval can be found again from the times."""
DIGITS_STATED = 6
"""Decimals of an interval as people state it."""


def _measured(*kinds: str) -> BeforeValidator:
    def read(text: Any, info: ValidationInfo) -> Any:
        return None if text is None else quantity(str(info.field_name), text, *kinds)[0]

    return BeforeValidator(read)


def _one_of(allowed: tuple[str, ...]) -> BeforeValidator:
    def check(text: Any, info: ValidationInfo) -> Any:
        if text not in allowed:
            raise unknown(str(info.field_name), text, allowed)
        return text

    return BeforeValidator(check)


def _between(lowest: float, highest: float, unit: str) -> BeforeValidator:
    def check(number: Any, info: ValidationInfo) -> Any:
        if number is None:
            return None
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise InputError(f"{info.field_name}: {short(number)} is not a number; allowed: {lowest:g} to {highest:g}{unit}")
        if not lowest <= number <= highest:
            raise InputError(f"{info.field_name}: {short(number)} is outside {lowest:g} to {highest:g}{unit}")
        return float(number)

    return BeforeValidator(check)


def _count(most: int) -> BeforeValidator:
    def check(number: Any, info: ValidationInfo) -> Any:
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most):
            raise InputError(f"{info.field_name}: {short(number)} is not a whole number from 1 to {most}")
        return number

    return BeforeValidator(check)


def _one_line(text: Any, info: ValidationInfo) -> Any:
    if isinstance(text, str) and not text.isprintable():
        raise InputError(f"{info.field_name}: must be one line without control characters")
    return text


Line = Annotated[str, BeforeValidator(_one_line)]
Time = Annotated[float, _between(0.0, LONGEST, " h (one year)"), _measured("time")]


class Strict(BaseModel):
    """A part of a protocol: no unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Patient(Strict):
    """Who is treated. What is left out is the typical value of the condition.

    ``individual`` is the number of a person drawn from the population, who differs from the typical in volumes and flows.
    """

    condition: Annotated[Condition, _one_of(CONDITIONS)] = "depressed"
    weight: Annotated[float, _measured("weight")] | None = None
    madrs: Annotated[float, _between(0.0, 60.0, " points")] | None = None
    stress: Annotated[float, _between(0.0, 1.0, "")] | None = None
    age: Annotated[float, _between(*AGES, " years")] | None = None
    sex: Annotated[Sex, _one_of(get_args(Sex))] | None = None
    cyp2b6: Annotated[Genotype, _one_of(get_args(Genotype))] | None = None
    liver: Annotated[Liver, _one_of(get_args(Liver))] | None = None
    individual: Annotated[int, _count(MOST_INDIVIDUALS)] | None = None
    species: Annotated[Species, _one_of(get_args(Species))] = "human"

    def particulars(self) -> list[str]:
        """What is stated of the body beside weight, as a reader would say it."""
        said = {"age": "{:g} years", "sex": "{}", "cyp2b6": "CYP2B6 {}", "liver": "", "individual": "individual {}"}
        said["liver"] = "{} liver" if self.liver == "normal" else "{} of the liver"
        stated = {name: getattr(self, name) for name in said}
        return [said[name].format(value) for name, value in stated.items() if value is not None]

    @model_validator(mode="after")
    def _weight_fits_species(self) -> "Patient":
        lowest, highest = ANIMAL_WEIGHTS.get(self.species, WEIGHTS)
        if self.weight is not None and not lowest <= self.weight <= highest:
            whose = "" if self.species == "human" else f" for a {self.species}"
            raise InputError(f"weight: {short(self.weight)} is outside {lowest:g} to {highest:g} kg{whose}")
        return self

    @model_validator(mode="after")
    def _animals_have_no_history(self) -> "Patient":
        for name in ("age", "sex", "cyp2b6", "liver", "individual", "madrs", "stress"):
            if self.species != "human" and getattr(self, name) is not None:
                raise InputError(f"{name}: is known of people alone; leave it out for a {self.species}")
        return self


class Dose(Strict):
    """One dose. ``per_weight`` says whether ``amount`` (mg or mg/kg) is per kg of body weight; times in h.

    ``every`` and ``times`` repeat it; a checked protocol has every repeat written out, and they are None there.
    """

    drug: Annotated[str, _one_of(tuple(ROUTES_OF))]
    amount: float
    per_weight: bool = Field(exclude=True)
    route: Annotated[str, _one_of(ROUTES)]
    start: Time = 0.0
    duration: Time | None = None
    every: Time | None = None
    times: Annotated[int, _count(MOST_DOSES)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _amount_and_its_kind(cls, given: Any) -> Any:
        if isinstance(given, dict) and "amount" in given:
            if "per_weight" in given:
                raise unknown("dose field", "per_weight", DOSE_FIELDS)
            amount, kind = quantity("amount", given["amount"], "dose per weight", "dose")
            if not amount > 0:
                raise InputError(f"amount: {short(given['amount'])} must be greater than zero")
            return given | {"amount": amount, "per_weight": kind == "dose per weight"}
        return given

    @model_validator(mode="after")
    def _route_fits_drug(self) -> "Dose":
        if self.route not in ROUTES_OF[self.drug]:
            raise InputError(f"route: {self.drug} is not given as {self.route!r}; allowed: {', '.join(ROUTES_OF[self.drug])}")
        return self

    @model_validator(mode="after")
    def _duration_fits_route(self) -> "Dose":
        if self.route == "i.v. bolus" and self.duration is not None:
            raise InputError("duration: a bolus has none; leave it out or use route 'i.v. infusion'")
        if self.route != "i.v. infusion" and self.duration is not None:
            raise InputError(f"duration: only an infusion has one; leave it out of a dose that is given {self.route}")
        if self.route == "i.v. infusion":
            if self.duration is None:
                raise InputError('duration: an infusion needs one, for example "40 min"')
            if self.duration < SHORTEST_INFUSION:
                raise InputError("duration: an infusion lasts at least 1 s; use route 'i.v. bolus' for an instant dose")
        return self

    @model_validator(mode="after")
    def _repeats_are_whole(self) -> "Dose":
        if self.every is None and self.times is not None:
            raise InputError('every: missing beside `times`; write for example "1 d"')
        if self.times is None and self.every is not None:
            raise InputError(f"times: missing beside `every`; write a whole number from 1 to {MOST_DOSES}")
        if self.every == 0:
            raise InputError("every: must be longer than zero")
        return self

    def repeats(self) -> list["Dose"]:
        """Each dose that this one stands for."""
        return [self.model_copy(update={"start": start, "every": None, "times": None}) for start in self._starts()]

    def _starts(self) -> list[float]:
        every, times = self.every or 0.0, self.times or 1
        return [self.start, *(round(self.start + number * every, DIGITS) for number in range(1, times))]

    def milligrams(self, weight: float) -> float:
        """Total dose for a body weight (kg)."""
        return self.amount * weight if self.per_weight else self.amount

    def per_kilogram(self, weight: float) -> float:
        """Dose per body weight, mg/kg."""
        return self.milligrams(weight) / weight


DOSE_FIELDS = ("drug", "amount", "route", "start", "duration", "every", "times")


def _what(dose: Dose) -> tuple[Any, ...]:
    """All of a dose but its time."""
    return dose.drug, dose.route, dose.amount, dose.per_weight, dose.duration or 0.0


def _written_out(stated: tuple[Dose, ...]) -> tuple[Dose, ...]:
    """Every dose by itself, in order of time."""
    for number, (first, second) in enumerate(pairwise(stated), 2):
        if second.start < first.start:
            raise InputError(f"doses: dose {number} starts before dose {number - 1}; list doses in order of time")
    given = [dose for each in stated for dose in each.repeats()]
    if len(given) > MOST_DOSES:
        raise InputError(f"doses: {len(given)} doses with their repeats; at most {MOST_DOSES} are allowed")
    return tuple(sorted(given, key=lambda dose: (dose.start, *_what(dose))))


def compact(doses: Iterable[Dose]) -> list[Dose]:
    """Entries that stand for exactly these doses: runs of equal ones at equal intervals become one."""
    alike: dict[tuple[Any, ...], list[Dose]] = {}
    for dose in doses:
        alike.setdefault(_what(dose), []).append(dose)
    return sorted((entry for group in alike.values() for entry in _runs(group)), key=lambda dose: dose.start)


def _runs(doses: list[Dose]) -> Iterator[Dose]:
    while doses:
        first = doses[0]
        gap = doses[1].start - first.start if len(doses) > 1 else 0.0
        # People state an interval in round hours or round minutes.
        intervals = (round(gap, DIGITS_STATED), round(gap * 60, DIGITS_STATED) / 60)
        tried = [first.model_copy(update={"every": every, "times": len(doses)}) for every in intervals if every > 0]
        run, times = max(((each, _met(each, doses)) for each in tried), key=lambda found: found[1], default=(first, 1))
        if times < SHORTEST_RUN:
            times = 1
            yield first
        else:
            yield run.model_copy(update={"times": times})
        doses = doses[times:]


def _met(run: Dose, doses: list[Dose]) -> int:
    """How many of the first doses are those that a repeated one stands for."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1].start, zip(run._starts(), doses, strict=True)))


class Protocol(Strict):
    """A course as a user states it, checked."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    title: Line = Field(max_length=200)
    source: Line = Field(default="", max_length=500)
    context: Annotated[Context, _one_of(CONTEXTS)] = "none"
    patient: Patient = Patient()
    doses: Annotated[tuple[Dose, ...], AfterValidator(_written_out)] = Field(default=(), max_length=MOST_DOSES)
    horizon: Annotated[float, _between(1.0, LONGEST, " h (one year)"), _measured("time")] = 336.0

    @model_validator(mode="after")
    def _doses_fit_species(self) -> "Protocol":
        species = self.patient.species
        for number, dose in enumerate(self.doses, 1):
            if species == "human" and dose.route == "i.p.":
                raise InputError(f"doses[{number}].route: only a mouse or rat is given a drug i.p.; set `patient.species`")
            if species != "human" and dose.drug not in OF_KETAMINE:
                raise InputError(f"doses[{number}].drug: the disposition of {dose.drug} in a {species} is not known")
            if species != "human" and dose.route not in ROUTES_OF_ANIMALS:
                raise InputError(
                    f"doses[{number}].route: a {species} is not given a drug {dose.route}; allowed: {', '.join(ROUTES_OF_ANIMALS)}"
                )
        return self

    @model_validator(mode="after")
    def _doses_end_in_time(self) -> "Protocol":
        for number, dose in enumerate(self.doses, 1):
            if dose.start >= self.horizon or dose.start + (dose.duration or 0) > self.horizon:
                raise InputError(f"doses: dose {number} does not end before the horizon of {self.horizon:g} h; make `horizon` longer")
        return self


def written(protocol: Protocol) -> dict[str, Any]:
    """The protocol as plain data with units in the text, such that reading it gives the same protocol."""

    def dose(each: Dose) -> dict[str, Any]:
        stated: dict[str, Any] = {
            "drug": each.drug,
            "amount": f"{each.amount!r} {'mg/kg' if each.per_weight else 'mg'}",
            "route": each.route,
            "start": f"{each.start!r} h",
        }
        if each.duration is not None:
            stated["duration"] = f"{each.duration!r} h"
        return stated if each.every is None else stated | {"every": f"{each.every!r} h", "times": each.times}

    patient = protocol.patient.model_dump(exclude_none=True)
    if "weight" in patient:
        patient["weight"] = f"{patient['weight']!r} kg"
    return {
        "name": protocol.name,
        "title": protocol.title,
        "source": protocol.source,
        "context": protocol.context,
        "patient": patient,
        "doses": [dose(each) for each in compact(protocol.doses)],
        "horizon": f"{protocol.horizon!r} h",
    }
