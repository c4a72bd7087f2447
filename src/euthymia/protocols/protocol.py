"""A protocol: patient, visit context, doses and how long to look."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from ..core.errors import InputError, short, unknown
from ..core.units import quantity

Context = Literal["none", "saline", "midazolam"]
Condition = Literal["depressed", "healthy"]
Drug = Literal["ketamine"]
Route = Literal["i.v. infusion", "i.v. bolus"]
CONTEXTS: tuple[str, ...] = get_args(Context)
CONDITIONS: tuple[str, ...] = get_args(Condition)
DRUGS: tuple[str, ...] = get_args(Drug)
ROUTES: tuple[str, ...] = get_args(Route)
WEIGHTS = (25.0, 300.0)
"""kg; the adults that allometry was stated for, with room."""
LONGEST = 365 * 24.0
"""h."""
SHORTEST_INFUSION = 1 / 3600
"""h."""
MOST_DOSES = 200


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
    """Who is treated. What is left out is the typical value of the condition."""

    condition: Annotated[Condition, _one_of(CONDITIONS)] = "depressed"
    weight: Annotated[float, _between(*WEIGHTS, " kg"), _measured("weight")] | None = None
    madrs: Annotated[float, _between(0.0, 60.0, " points")] | None = None
    stress: Annotated[float, _between(0.0, 1.0, "")] | None = None


class Dose(Strict):
    """One dose. ``per_weight`` says whether ``amount`` (mg or mg/kg) is per kg of body weight; times in h."""

    drug: Annotated[Drug, _one_of(DRUGS)]
    amount: float
    per_weight: bool = Field(exclude=True)
    route: Annotated[Route, _one_of(ROUTES)]
    start: Time = 0.0
    duration: Time | None = None

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
    def _duration_fits_route(self) -> "Dose":
        if self.route == "i.v. bolus" and self.duration is not None:
            raise InputError("duration: a bolus has none; leave it out or use route 'i.v. infusion'")
        if self.route == "i.v. infusion":
            if self.duration is None:
                raise InputError('duration: an infusion needs one, for example "40 min"')
            if self.duration < SHORTEST_INFUSION:
                raise InputError("duration: an infusion lasts at least 1 s; use route 'i.v. bolus' for an instant dose")
        return self

    def milligrams(self, weight: float) -> float:
        """Total dose for a body weight (kg)."""
        return self.amount * weight if self.per_weight else self.amount

    def per_kilogram(self, weight: float) -> float:
        """Dose per body weight, mg/kg."""
        return self.milligrams(weight) / weight


DOSE_FIELDS = ("drug", "amount", "route", "start", "duration")


class Protocol(Strict):
    """A course as a user states it, checked."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    title: Line = Field(max_length=200)
    source: Line = Field(default="", max_length=500)
    context: Annotated[Context, _one_of(CONTEXTS)] = "none"
    patient: Patient = Patient()
    doses: tuple[Dose, ...] = Field(default=(), max_length=MOST_DOSES)
    horizon: Annotated[float, _between(1.0, LONGEST, " h (one year)"), _measured("time")] = 336.0

    @model_validator(mode="after")
    def _doses_in_order(self) -> "Protocol":
        for number, (first, second) in enumerate(zip(self.doses, self.doses[1:], strict=False), 2):
            if second.start < first.start:
                raise InputError(f"doses: dose {number} starts before dose {number - 1}; list doses in order of time")
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
        return stated if each.duration is None else stated | {"duration": f"{each.duration!r} h"}

    patient = protocol.patient.model_dump(exclude_none=True)
    if "weight" in patient:
        patient["weight"] = f"{patient['weight']!r} kg"
    return {
        "name": protocol.name,
        "title": protocol.title,
        "source": protocol.source,
        "context": protocol.context,
        "patient": patient,
        "doses": [dose(each) for each in protocol.doses],
        "horizon": f"{protocol.horizon!r} h",
    }
