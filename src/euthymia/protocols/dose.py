"""One dose, its repeats and its titration."""

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any

from pydantic import Field, model_validator

from ..core.errors import InputError, short, unknown
from ..core.units import quantity
from .fields import ProtocolPart, Time, list_like, one_of, whole_number
from .vocabulary import DIGITS, DIGITS_STATED, MOST_DOSES, ROUTES, ROUTES_OF, SAME_TIME, SHORTEST_INFUSION, SHORTEST_STEP


class Titration(ProtocolPart):
    """A dose that changes by ``by`` after every interval (h) since its start, until it is ``to``; downward it is a taper.

    Amounts are in the unit of the dose. A taper to zero ends the doses.
    """

    by: float
    every: Time
    to: float

    @model_validator(mode="before")
    @classmethod
    def _fields(cls, stated: Any) -> Any:
        if not isinstance(stated, dict | Titration):
            raise InputError(f"titrate: {short(stated)} holds no fields; write for example {{by: 5 mg, every: 7 d, to: 20 mg}}")
        return stated

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
        """The amount ``elapsed`` h after it was ``first``."""
        steps = (elapsed + SAME_TIME) // self.every
        if steps >= max(1.0, round((self.to - first) / self.by, DIGITS_STATED)):
            return self.to
        # In decimals, as people add up doses: 0.1 + 2 * 0.1 is 0.3.
        return float(Decimal(repr(first)) + int(steps) * Decimal(repr(self.by)))


class Dose(ProtocolPart):
    """One dose. ``per_weight`` says whether ``amount`` (mg or mg/kg) is per kg of body weight; times in h.

    ``every`` and ``times`` repeat it: periods of equal length, the first from ``start``. ``at`` lists the times within each period,
    if not once at its beginning; ``titrate`` changes the amount; ``missed`` numbers the doses that are not taken, from one in order
    of time. In a checked protocol every dose stands by itself, and these five are None.
    """

    drug: Annotated[str, one_of(tuple(ROUTES_OF))]
    amount: float
    route: Annotated[str, one_of(ROUTES)]
    start: Time = 0.0
    duration: Time | None = None
    every: Time | None = None
    times: Annotated[int, whole_number(MOST_DOSES)] | None = None
    at: Annotated[tuple[Time, ...], list_like("[8 h, 20 h]")] | None = None
    titrate: Titration | None = None
    missed: Annotated[tuple[Annotated[int, whole_number(MOST_DOSES)], ...], list_like("[3, 4]")] | None = None
    per_weight: bool = Field(exclude=True)

    @classmethod
    def fields_inside(cls, parts: tuple[str, ...]) -> tuple[str, ...]:
        """``per_weight`` follows from the unit of the amount and is not stated."""
        return tuple(Titration.model_fields) if parts == ("titrate",) else DOSE_FIELDS

    def stated(self) -> dict[str, Any]:
        """The fields as plain data with units in the text; times in h, amounts in mg or mg/kg."""
        unit = "mg/kg" if self.per_weight else "mg"
        stated: dict[str, Any] = {
            "drug": self.drug,
            "amount": f"{self.amount!r} {unit}",
            "route": self.route,
            "start": f"{self.start!r} h",
        }
        if self.duration is not None:
            stated["duration"] = f"{self.duration!r} h"
        if self.every is not None:
            stated |= {"every": f"{self.every!r} h", "times": self.times}
        if self.at is not None:
            stated["at"] = [f"{time!r} h" for time in self.at]
        if self.titrate is not None:
            by, every, to = self.titrate.by, self.titrate.every, self.titrate.to
            stated["titrate"] = {"by": f"{by!r} {unit}", "every": f"{every!r} h", "to": f"{to!r} {unit}"}
        if self.missed is not None:
            stated["missed"] = list(self.missed)
        return stated

    @model_validator(mode="before")
    @classmethod
    def _amounts_and_their_kind(cls, stated: Any) -> Any:
        if not isinstance(stated, dict) or "amount" not in stated:
            return stated
        if "per_weight" in stated:
            raise unknown("dose field", "per_weight", DOSE_FIELDS)
        amount, kind = quantity("amount", stated["amount"], "dose per weight", "dose")
        if not amount > 0:
            raise InputError(f"amount: {short(stated['amount'])} must be greater than zero")
        fields = stated | {"amount": amount, "per_weight": kind == "dose per weight"}
        titration = stated.get("titrate")
        if isinstance(titration, dict):
            amounts = {name: quantity(f"titrate.{name}", text, kind)[0] for name, text in titration.items() if name in ("by", "to")}
            fields["titrate"] = titration | amounts
        return fields

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
        last = self._last() - self.start
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
        for item, number in enumerate(self.missed, 1):
            if number > due:
                raise InputError(f"missed[{item}]: there is no dose {number}; this entry gives {due}")
            if number in self.missed[: item - 1]:
                raise InputError(f"missed[{item}]: {number} stands there twice")
        if len(self.missed) == due:
            raise InputError(f"missed: all {due} doses of the entry; leave the entry out")
        return self

    def repeats(self) -> list["Dose"]:
        """The single doses that this entry stands for, in order of time."""
        taken = (due for number, due in enumerate(self._due(), 1) if number not in (self.missed or ()))
        return [self.with_canonical(**WITHOUT_REPEATS, start=start, amount=amount) for start, amount in taken]

    def _due(self) -> list[tuple[float, float]]:
        """Time and amount of each dose, whether or not it is missed."""
        if self.titrate is None:
            return [(start, self.amount) for start in self._starts()]
        due = ((start, self.titrate.amount(self.amount, start - self.start)) for start in self._starts())
        return [(start, amount) for start, amount in due if amount > 0]

    def _starts(self) -> list[float]:
        return sorted(time for after in self.at or (0.0,) for time in repeat_times(self.start + after, self.every or 0.0, self.times or 1))

    def _last(self) -> float:
        """Time of the last dose, whether or not it is missed."""
        return self.start + max(self.at or (0.0,)) + ((self.times or 1) - 1) * (self.every or 0.0)

    def milligrams(self, weight: float) -> float:
        """Total dose for a body weight (kg)."""
        return self.amount * weight if self.per_weight else self.amount

    def per_kilogram(self, weight: float) -> float:
        """Dose per body weight, mg/kg."""
        return self.milligrams(weight) / weight


DOSE_FIELDS = tuple(field for field in Dose.model_fields if field != "per_weight")
WITHOUT_REPEATS = dict.fromkeys(("every", "times", "at", "titrate", "missed"))


def repeat_times(first: float, every: float, times: int) -> list[float]:
    """Times (h) of so many doses, ``every`` h from ``first``."""
    return [first, *(round(first + number * every, DIGITS) for number in range(1, times))]
