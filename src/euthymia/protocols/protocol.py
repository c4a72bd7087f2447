"""A protocol: patient, context of visits, doses and horizon."""

from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from ..core.constants import WEEK
from ..core.errors import InputError
from .dose import Dose
from .fields import Line, ProtocolPart, Time, list_like, number_between, one_of, with_unit
from .patient import Patient
from .repeats import compact, written_out
from .vocabulary import CONTEXTS, LONGEST, MOST_DOSES, OF_KETAMINE, ROUTES_OF_ANIMALS, SWALLOWED, Context


class Protocol(ProtocolPart):
    """A course as a user states it, checked.

    ``visits`` (h) are the times at which the patient comes; left out, they follow from the doses: see :meth:`visited`.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    title: Line = Field(max_length=200)
    source: Line = Field(default="", max_length=500)
    context: Annotated[Context, one_of(CONTEXTS)] = "none"
    patient: Patient = Patient()
    doses: Annotated[tuple[Dose, ...], AfterValidator(written_out)] = Field(default=(), max_length=MOST_DOSES)
    visits: Annotated[tuple[Time, ...], list_like("[0 d, 7 d]")] = Field(default=(), max_length=MOST_DOSES)
    horizon: Annotated[float, number_between(1.0, LONGEST, " h (one year)"), with_unit("time")] = 2 * WEEK

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
        """Time of the first dose or the first stated visit, whichever is earlier, h; 0 without either."""
        return min([*(dose.start for dose in self.doses[:1]), *self.visits[:1]], default=0.0)

    def visited(self) -> tuple[float, ...]:
        """Times at which visits begin, h: as stated, else with every dose that is not swallowed, else once, with the course."""
        in_clinic = tuple(dose.start for dose in self.doses if dose.route not in SWALLOWED)
        return self.visits or in_clinic or (self.begins,)


def written(protocol: Protocol) -> dict[str, Any]:
    """The protocol as plain data with units in the text, such that reading it gives the same protocol."""

    def fields_of(dose: Dose) -> dict[str, Any]:
        stated: dict[str, Any] = {
            "drug": dose.drug,
            "amount": f"{dose.amount!r} {'mg/kg' if dose.per_weight else 'mg'}",
            "route": dose.route,
            "start": f"{dose.start!r} h",
        }
        if dose.duration is not None:
            stated["duration"] = f"{dose.duration!r} h"
        return stated if dose.every is None else stated | {"every": f"{dose.every!r} h", "times": dose.times}

    patient = protocol.patient.model_dump(exclude_none=True)
    if "weight" in patient:
        patient["weight"] = f"{patient['weight']!r} kg"
    return {
        "name": protocol.name,
        "title": protocol.title,
        "source": protocol.source,
        "context": protocol.context,
        "patient": patient,
        "doses": [fields_of(dose) for dose in compact(protocol.doses)],
        **({"visits": [f"{time!r} h" for time in protocol.visits]} if protocol.visits else {}),
        "horizon": f"{protocol.horizon!r} h",
    }
