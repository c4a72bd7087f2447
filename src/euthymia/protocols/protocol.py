"""A protocol: patient, visit context, doses and how long to look."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import count, pairwise
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from ..core.errors import InputError, short, unknown
from ..core.units import quantity

Context = Literal["none", "saline", "midazolam", "placebo spray", "oral placebo", "electroconvulsive therapy"]
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
    **dict.fromkeys(("escitalopram", "sertraline", "phenelzine"), ("oral",)),
    **dict.fromkeys(("citalopram", "fluoxetine", "tranylcypromine", "moclobemide", "bupropion"), ("oral",)),
    "midazolam": _INTO_A_VEIN,
}
"""The drugs, and how each can be given; ketamine is the racemate, HNK is hydroxynorketamine."""
SWALLOWED = ("oral", "oral extended release")
"""How drugs are taken at home: no visit."""
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
SHORTEST_STEP = 1 / 3600
"""h, of a titration."""
MOST_DOSES = 400
"""Repeats counted."""
SHORTEST_RUN = 3
"""Fewer equal doses are written one by one."""
MOST_INTERLEAVED = 8
"""Runs of equal doses that are told apart when they alternate; times of a day or days of a week are fewer."""
DIGITS = 9
"""Decimals, in h, to which the time of a repeat is kept, so that the interval can be found again from the times."""
SAME_TIME = 10**-DIGITS
"""h; what is lost by that."""
DIGITS_STATED = 6
"""Decimals of an interval, and of a number of steps, as people state them."""


def _measured(*kinds: str) -> BeforeValidator:
    def read(text: Any, info: ValidationInfo) -> Any:
        return quantity(str(info.field_name), text, *kinds)[0]

    return BeforeValidator(read)


def _one_of(allowed: tuple[str, ...]) -> BeforeValidator:
    def check(text: Any, info: ValidationInfo) -> Any:
        if text not in allowed:
            raise unknown(str(info.field_name), text, allowed)
        return text

    return BeforeValidator(check)


def _between(lowest: float, highest: float, unit: str) -> BeforeValidator:
    def check(number: Any, info: ValidationInfo) -> Any:
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise InputError(f"{info.field_name}: {short(number)} is not a number; allowed: {lowest:g} to {highest:g}{unit}")
        if not lowest <= number <= highest:
            raise InputError(f"{info.field_name}: {short(number)} is outside {lowest:g} to {highest:g}{unit}")
        return float(number)

    return BeforeValidator(check)


def _count(most: int) -> BeforeValidator:
    def check(number: Any, info: ValidationInfo) -> Any:
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most:
            raise InputError(f"{info.field_name}: {short(number)} is not a whole number from 1 to {most}")
        return number

    return BeforeValidator(check)


def _list_like(example: str) -> BeforeValidator:
    def check(given: Any, info: ValidationInfo) -> Any:
        if not isinstance(given, list | tuple):
            raise InputError(f"{info.field_name}: {short(given)} is not a list; write for example {example}")
        return given

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


class Titration(Strict):
    """A dose that changes ``by`` an amount after every interval (h) since its start, until it is ``to``; down is a taper.

    Amounts are in the unit of the dose. A taper to zero ends the doses.
    """

    by: float
    every: Time
    to: float

    @model_validator(mode="before")
    @classmethod
    def _fields(cls, given: Any) -> Any:
        if not isinstance(given, dict | Titration):
            raise InputError(f"titrate: {short(given)} holds no fields; write for example {{by: 5 mg, every: 7 d, to: 20 mg}}")
        return given

    @model_validator(mode="after")
    def _leads_somewhere(self) -> "Titration":
        if self.by == 0:
            raise InputError("by: must not be zero; negative for a taper")
        if self.to < 0:
            raise InputError(f"to: {self.to:g} is negative; a taper ends at 0")
        if self.every < SHORTEST_STEP:
            raise InputError("every: must be at least 1 s")
        return self

    def amount(self, first: float, elapsed: float) -> float:
        """The dose, ``elapsed`` h after it was ``first``."""
        steps = (elapsed + SAME_TIME) // self.every
        if steps >= max(1.0, round((self.to - first) / self.by, DIGITS_STATED)):
            return self.to
        # In decimals, as people add up doses: 0.1 + 2 * 0.1 is 0.3.
        return float(Decimal(repr(first)) + int(steps) * Decimal(repr(self.by)))


class Dose(Strict):
    """One dose. ``per_weight`` says whether ``amount`` (mg or mg/kg) is per kg of body weight; times in h.

    ``every`` and ``times`` repeat it: periods of equal length, the first from ``start``. ``at`` says when within each period it is
    given, if not once at its beginning; ``titrate`` changes its amount; ``missed`` numbers those that are not taken, from one in
    order of time. A checked protocol has every dose written out, and these five are None there.
    """

    drug: Annotated[str, _one_of(tuple(ROUTES_OF))]
    amount: float
    per_weight: bool = Field(exclude=True)
    route: Annotated[str, _one_of(ROUTES)]
    start: Time = 0.0
    duration: Time | None = None
    every: Time | None = None
    times: Annotated[int, _count(MOST_DOSES)] | None = None
    at: Annotated[tuple[Time, ...], _list_like("[8 h, 20 h]")] | None = None
    titrate: Titration | None = None
    missed: Annotated[tuple[Annotated[int, _count(MOST_DOSES)], ...], _list_like("[3, 4]")] | None = None

    @model_validator(mode="before")
    @classmethod
    def _amounts_and_their_kind(cls, given: Any) -> Any:
        if isinstance(given, dict) and "amount" in given:
            if "per_weight" in given:
                raise unknown("dose field", "per_weight", DOSE_FIELDS)
            amount, kind = quantity("amount", given["amount"], "dose per weight", "dose")
            if not amount > 0:
                raise InputError(f"amount: {short(given['amount'])} must be greater than zero")
            given = given | {"amount": amount, "per_weight": kind == "dose per weight"}
            if isinstance(given.get("titrate"), dict):
                stated = {field: text for field, text in given["titrate"].items() if field in ("by", "to")}
                read = {field: quantity(f"titrate.{field}", text, kind)[0] for field, text in stated.items()}
                given["titrate"] = given["titrate"] | read
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
        for field in ("times", "at", "titrate", "missed"):
            if self.every is None and getattr(self, field) is not None:
                raise InputError(f'every: missing beside `{field}`; write for example "1 d"')
        if self.times is None and self.every is not None:
            raise InputError(f"times: missing beside `every`; write a whole number from 1 to {MOST_DOSES}")
        if self.every == 0:
            raise InputError("every: must be longer than zero")
        return self

    @model_validator(mode="after")
    def _given_within_the_period(self) -> "Dose":
        if self.at is None or self.every is None or self.times is None:
            return self
        for number, (before, time) in enumerate(pairwise((-1.0, *self.at)), 1):
            if time >= self.every:
                raise InputError(f"at[{number}]: {time:g} h is not within the {self.every:g} h of `every`; the period begins at 0 h")
            if time <= before:
                raise InputError(f"at[{number}]: {time:g} h is not after the {before:g} h before it; list each time once, in order")
        if not self.at:
            raise InputError("at: holds no time; write for example [8 h, 20 h]")
        if self.times * len(self.at) > MOST_DOSES:
            raise InputError(f"times: {self.times} periods of {len(self.at)} doses are more than the {MOST_DOSES} doses allowed")
        return self

    @model_validator(mode="after")
    def _titration_changes_the_amount(self) -> "Dose":
        if self.titrate is None:
            return self
        unit = "mg/kg" if self.per_weight else "mg"
        if self.titrate.to == self.amount or (self.titrate.to > self.amount) != (self.titrate.by > 0):
            raise InputError(
                f"titrate.to: steps of {self.titrate.by:g} {unit} do not lead from {self.amount:g} to {self.titrate.to:g} {unit}; "
                "`by` is negative in a taper"
            )
        last = max(self._starts()) - self.start
        if last + SAME_TIME < self.titrate.every:
            raise InputError(
                f"titrate.every: {self.titrate.every:g} h is longer than the {last:g} h until the last dose, so that no dose would change"
            )
        return self

    @model_validator(mode="after")
    def _some_are_taken(self) -> "Dose":
        if not self.missed:
            return self
        due = len(self._due())
        for place, number in enumerate(self.missed, 1):
            if number > due:
                raise InputError(f"missed[{place}]: there is no dose {number}; this entry gives {due}")
            if number in self.missed[: place - 1]:
                raise InputError(f"missed[{place}]: {number} stands there twice")
        if len(self.missed) == due:
            raise InputError(f"missed: all {due} doses of the entry; leave the entry out")
        return self

    def repeats(self) -> list["Dose"]:
        """Each dose that this one stands for, in order of time."""
        taken = (due for number, due in enumerate(self._due(), 1) if number not in (self.missed or ()))
        return [self.model_copy(update=_ALONE | {"start": start, "amount": amount}) for start, amount in taken]

    def _due(self) -> list[tuple[float, float]]:
        """Time and amount of each dose, whether or not it is missed."""
        if self.titrate is None:
            return [(start, self.amount) for start in self._starts()]
        due = ((start, self.titrate.amount(self.amount, start - self.start)) for start in self._starts())
        return [(start, amount) for start, amount in due if amount > 0]

    def _starts(self) -> list[float]:
        return sorted(time for after in self.at or (0.0,) for time in _times(self.start + after, self.every or 0.0, self.times or 1))

    def milligrams(self, weight: float) -> float:
        """Total dose for a body weight (kg)."""
        return self.amount * weight if self.per_weight else self.amount

    def per_kilogram(self, weight: float) -> float:
        """Dose per body weight, mg/kg."""
        return self.milligrams(weight) / weight


DOSE_FIELDS = tuple(field for field in Dose.model_fields if field != "per_weight")
_ALONE = dict.fromkeys(("every", "times", "at", "titrate", "missed"))


def _times(first: float, every: float, times: int) -> list[float]:
    return [first, *(round(first + number * every, DIGITS) for number in range(1, times))]


def _what(dose: Dose) -> tuple[Any, ...]:
    """All of a dose but its time."""
    return dose.drug, dose.route, dose.amount, dose.per_weight, dose.duration or 0.0


def _written_out(stated: tuple[Dose, ...]) -> tuple[Dose, ...]:
    """Every dose by itself, in order of time."""
    for number, (first, second) in enumerate(pairwise(stated), 2):
        if second.start < first.start:
            raise InputError(f"doses: dose {number} starts before dose {number - 1}; list doses in order of time")
    given: list[Dose] = []
    for number, each in enumerate(stated, 1):
        given += each.repeats()
        if len(given) > MOST_DOSES:
            raise InputError(f"doses: {len(given)} doses up to entry {number}, with their repeats; at most {MOST_DOSES} are allowed")
    return tuple(sorted(given, key=lambda dose: (dose.start, *_what(dose))))


def compact(doses: Iterable[Dose]) -> list[Dose]:
    """Entries that stand for exactly these doses, with no more than `every` and `times`: runs of equal ones become one."""
    alike: dict[tuple[Any, ...], list[Dose]] = {}
    for dose in doses:
        alike.setdefault(_what(dose), []).append(dose)
    return sorted((entry for group in alike.values() for entry in _runs(group)), key=lambda dose: dose.start)


def _runs(doses: list[Dose]) -> list[Dose]:
    """Longest first, so that doses that alternate, or are missed between, do not part the others."""
    left = Counter(dose.start for dose in doses)
    found = []
    while runs := sorted(_candidates(sorted(left)), key=lambda run: run[-1], reverse=True):
        for start, every, times in runs:
            if (met := Counter(_times(start, every, times))) <= left:
                left -= met
                found.append(doses[0].model_copy(update={"start": start, "every": every, "times": times}))
    return found + [doses[0].model_copy(update={"start": start}) for start in left.elements()]


def _candidates(starts: list[float]) -> Iterator[tuple[float, float, int]]:
    """Runs among times that are in order: beginning, interval and length."""
    present = set(starts)
    for place, first in enumerate(starts, 1):
        for second in starts[place : place + MOST_INTERLEAVED]:
            gap = second - first
            # People state an interval in round hours or round minutes.
            for every in (round(gap, DIGITS_STATED), round(gap * 60, DIGITS_STATED) / 60):
                if every > 0 and round(first - every, DIGITS) not in present:
                    times = next(number for number in count(1) if round(first + number * every, DIGITS) not in present)
                    if times >= SHORTEST_RUN:
                        yield first, every, times


class Protocol(Strict):
    """A course as a user states it, checked.

    ``visits`` (h) are the times at which the patient comes; left out, they follow from the doses: see :meth:`visited`.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    title: Line = Field(max_length=200)
    source: Line = Field(default="", max_length=500)
    context: Annotated[Context, _one_of(CONTEXTS)] = "none"
    patient: Patient = Patient()
    doses: Annotated[tuple[Dose, ...], AfterValidator(_written_out)] = Field(default=(), max_length=MOST_DOSES)
    visits: Annotated[tuple[Time, ...], _list_like("[0 d, 7 d]")] = Field(default=(), max_length=MOST_DOSES)
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
    def _visits_are_in_order(self) -> "Protocol":
        for number, (before, time) in enumerate(pairwise((-1.0, *self.visits)), 1):
            if time <= before:
                raise InputError(f"visits[{number}]: {time:g} h is not after the {before:g} h before it; list each visit once, in order")
            if time >= self.horizon:
                raise InputError(f"visits[{number}]: {time:g} h is not before the horizon of {self.horizon:g} h; make `horizon` longer")
        return self

    @model_validator(mode="after")
    def _doses_end_in_time(self) -> "Protocol":
        for number, dose in enumerate(self.doses, 1):
            if dose.start >= self.horizon or dose.start + (dose.duration or 0) > self.horizon:
                raise InputError(f"doses: dose {number} does not end before the horizon of {self.horizon:g} h; make `horizon` longer")
        return self

    @property
    def begins(self) -> float:
        """When the first dose is given or the first stated visit begins, whichever is earlier, or a course without either; h."""
        return min([*(dose.start for dose in self.doses[:1]), *self.visits[:1]], default=0.0)

    def visited(self) -> tuple[float, ...]:
        """When visits begin, h: as stated, or else with every dose that is not swallowed, or else once, with the course."""
        given = (dose.start for dose in self.doses if dose.route not in SWALLOWED)
        return self.visits or tuple(given) or (self.begins,)


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
        **({"visits": [f"{time!r} h" for time in protocol.visits]} if protocol.visits else {}),
        "horizon": f"{protocol.horizon!r} h",
    }
