"""A protocol: patient, context of visits, doses and horizon."""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from ..core.constants import WEEK
from ..core.errors import InputError
from ..core.files import atomic_write
from .description import NAME, described, html_of, name_like
from .dose import Dose
from .fields import Line, ProtocolPart, Time, list_like, number_between, one_of, with_unit
from .nonmem_layout import AS_IT_SAYS, TableLayout
from .patient import Patient
from .repeats import compact, written_out
from .vocabulary import CONTEXTS, LONGEST, MOST_DOSES, OF_KETAMINE, ROUTES_OF_ANIMALS, SWALLOWED, Context

EXAMPLE = "[{drug: ketamine, amount: 0.5 mg/kg, route: i.v. infusion, duration: 40 min}]"


class Protocol(ProtocolPart):
    """A course as a user states it, checked.

    ``visits`` (h) are the times at which the patient comes; left out, they follow from the doses: see :meth:`visited`. A title and a
    name that are left out say what is given.

    Examples
    --------
    >>> import euthymia as eu
    >>> infusion = eu.Dose("ketamine", "0.5 mg/kg", "i.v. infusion", duration="40 min")
    >>> protocol = eu.Protocol([infusion], patient=eu.Patient(weight="82 kg"), horizon="7 d")
    >>> protocol.title
    'Ketamine 0.5 mg/kg i.v. infusion over 40 min'
    >>> protocol.changed(horizon="14 d").horizon
    336.0
    """

    doses: Annotated[tuple[Dose, ...], AfterValidator(written_out), list_like(EXAMPLE)] = Field(default=(), max_length=MOST_DOSES)
    patient: Patient = Patient()
    context: Annotated[Context, one_of(CONTEXTS)] = "none"
    horizon: Annotated[float, number_between(1.0, LONGEST, " h (one year)"), with_unit("time")] = 2 * WEEK
    visits: Annotated[tuple[Time, ...], list_like("[0 d, 7 d]")] = Field(default=(), max_length=MOST_DOSES)
    title: Line = Field(default_factory=lambda stated: described(stated["doses"], stated["context"]), max_length=200)
    name: str = Field(default_factory=lambda stated: name_like(stated["title"]), pattern=NAME)
    source: Line = Field(default="", max_length=500)

    @classmethod
    def read(cls, name_or_file: str | Path, subject: str | None = None, layout: TableLayout = AS_IT_SAYS) -> "Protocol":
        """A built-in protocol by name, a YAML file, or one subject of an event table (.csv).

        Parameters
        ----------
        name_or_file
            :func:`euthymia.protocols` lists the built-in ones; a path ends in .yaml, .yml or .csv, or has a slash.
        subject
            ID in an event table that holds several.
        layout
            What an event table leaves unsaid.

        Raises
        ------
        InputError
            If there is no such protocol or subject, or the file cannot be read or says something that is not allowed.

        Examples
        --------
        >>> import euthymia as eu
        >>> eu.Protocol.read("ketamine-iv").doses[0].amount
        0.5
        """
        from .source import protocol_of

        return protocol_of(str(name_or_file), subject, layout)[0]

    def text(self) -> str:
        """YAML text with units that reads back as the same protocol."""
        from .reading import text_of

        return text_of(self)

    def write(self, path: str | Path) -> None:
        """Write :meth:`text` to a file, whole or not at all; a file that exists is replaced. Raises ``InputError``."""
        atomic_write(Path(path), self.text())

    def stated(self) -> dict[str, Any]:
        """The protocol as plain data with units in the text; equal doses at a constant interval are one entry."""
        return {
            "name": self.name,
            "title": self.title,
            "source": self.source,
            "context": self.context,
            "patient": self.patient.stated(),
            "doses": [dose.stated() for dose in compact(self.doses)],
            **({"visits": [f"{time!r} h" for time in self.visits]} if self.visits else {}),
            "horizon": f"{self.horizon!r} h",
        }

    @classmethod
    def fields_inside(cls, parts: tuple[str, ...]) -> tuple[str, ...]:
        """Of the protocol, its patient, a dose, or a titration in it."""
        match parts:
            case ("patient",):
                return tuple(Patient.model_fields)
            case ("doses", *inside):
                return Dose.fields_inside(tuple(inside))
        return super().fields_inside(parts)

    def _repr_html_(self) -> str:
        return html_of(self.title, self.patient, self.doses, self.context, self.horizon)

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
