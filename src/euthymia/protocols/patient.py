"""The patient of a protocol."""

from typing import Annotated, Any, get_args

from pydantic import model_validator

from ..core.errors import InputError, short
from .fields import ProtocolPart, Time, number_between, one_of, whole_number, with_unit
from .vocabulary import AGES, ANIMAL_WEIGHTS, CONDITIONS, MOST_INDIVIDUALS, WEIGHTS, Condition, Genotype, Liver, Sex, Species


class Patient(ProtocolPart):
    """Who is treated. A field left out has the typical value of the condition.

    ``stress`` (0 to 1) is constant unless it ends: ``stress_until`` is the time since the start of the course from which on there is none.
    ``individual`` is the number of a person drawn from the population, with volumes and flows other than the typical.
    """

    condition: Annotated[Condition, one_of(CONDITIONS)] = "depressed"
    weight: Annotated[float, with_unit("weight")] | None = None
    madrs: Annotated[float, number_between(0.0, 60.0, " points")] | None = None
    stress: Annotated[float, number_between(0.0, 1.0, "")] | None = None
    stress_until: Time | None = None
    age: Annotated[float, number_between(*AGES, " years")] | None = None
    sex: Annotated[Sex, one_of(get_args(Sex))] | None = None
    cyp2b6: Annotated[Genotype, one_of(get_args(Genotype))] | None = None
    liver: Annotated[Liver, one_of(get_args(Liver))] | None = None
    individual: Annotated[int, whole_number(MOST_INDIVIDUALS)] | None = None
    species: Annotated[Species, one_of(get_args(Species))] = "human"

    def stated(self) -> dict[str, Any]:
        """The fields as plain data, the weight in kg and times in hours."""
        units = {"weight": "kg", "stress_until": "h"}
        fields = self.model_dump(exclude_none=True)
        return fields | {name: f"{fields[name]!r} {unit}" for name, unit in units.items() if name in fields}

    def particulars(self) -> list[str]:
        """Covariates stated beside weight, as phrases for a reader."""
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
        for name in ("age", "sex", "cyp2b6", "liver", "individual", "madrs", "stress", "stress_until"):
            if self.species != "human" and getattr(self, name) is not None:
                raise InputError(f"{name}: is known of people alone; leave it out for a {self.species}")
        return self
