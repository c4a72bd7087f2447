"""The patient of a protocol."""

from math import isnan
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, model_validator

from ..core.errors import InputError, short, unknown
from .fields import ProtocolPart, Time, number_between, one_of, whole_number, with_unit
from .vocabulary import AGES, ANIMAL_WEIGHTS, CONDITIONS, MOST_INDIVIDUALS, WEIGHTS, Condition, Genotype, Liver, Sex, Species

DISPOSITION = (
    *("central_volume", "clearance", "slow_flow", "norketamine_clearance", "norketamine_delay"),
    *("hydroxynorketamine_clearance", "deep_volume"),
)
"""Parameters of the disposition of ketamine in which people differ."""
FACTORS = (0.01, 100.0)
"""Of a parameter over that of the typical person."""
EXAMPLE_OF_FACTORS = "{clearance: 0.8, central_volume: 1.2}"
MOST_SAID = 2
"""Factors in a phrase."""


def _factors(stated: Any) -> Any:
    """Refuses anything but factors of parameters that exist."""
    if not isinstance(stated, dict) or not stated:
        raise InputError(f"disposition: {short(stated)} holds no factors; write for example {EXAMPLE_OF_FACTORS}")
    for name, factor in stated.items():
        if name not in DISPOSITION:
            raise InputError(f"disposition: {unknown('parameter', name, DISPOSITION)}")
        lowest, highest = FACTORS
        if isinstance(factor, bool) or not isinstance(factor, int | float) or (isinstance(factor, float) and isnan(factor)):
            raise InputError(f"disposition: {name} is {short(factor)}, which is not a number; allowed: {lowest:g} to {highest:g}")
        if not lowest <= factor <= highest:
            raise InputError(f"disposition: {name} is {short(factor)}, outside {lowest:g} to {highest:g}")
    return stated


class Patient(ProtocolPart):
    """Who is treated. A field left out has the typical value of the condition.

    ``stress`` (0 to 1) is constant unless it ends: ``stress_until`` is the time since the start of the course from which on there is none.
    ``individual`` is the number of a person drawn from the population, with volumes and flows other than the typical; ``disposition``
    states them instead, each as a factor over the typical person of the same weight and covariates, as a fit to blood samples finds them.
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
    disposition: Annotated[dict[str, float], BeforeValidator(_factors)] | None = None
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
        phrases = [said[name].format(value) for name, value in stated.items() if value is not None]
        return phrases if self.disposition is None else [*phrases, self._disposition_said(self.disposition)]

    @staticmethod
    def _disposition_said(factors: dict[str, float]) -> str:
        """The factors furthest from one."""
        furthest = sorted(factors, key=lambda name: max(factors[name], 1 / factors[name]), reverse=True)[:MOST_SAID]
        said = ", ".join(f"{name.replace('_', ' ')} × {factors[name]:.2f}" for name in furthest)
        return f"own disposition ({said}{' …' * (len(factors) > MOST_SAID)})"

    @model_validator(mode="after")
    def _weight_fits_species(self) -> "Patient":
        lowest, highest = ANIMAL_WEIGHTS.get(self.species, WEIGHTS)
        if self.weight is not None and not lowest <= self.weight <= highest:
            whose = "" if self.species == "human" else f" for a {self.species}"
            raise InputError(f"weight: {short(self.weight)} is outside {lowest:g} to {highest:g} kg{whose}")
        return self

    @model_validator(mode="after")
    def _animals_have_no_history(self) -> "Patient":
        for name in ("age", "sex", "cyp2b6", "liver", "individual", "disposition", "madrs", "stress", "stress_until"):
            if self.species != "human" and getattr(self, name) is not None:
                raise InputError(f"{name}: is known of people alone; leave it out for a {self.species}")
        return self

    @model_validator(mode="after")
    def _one_body(self) -> "Patient":
        if self.individual is not None and self.disposition is not None:
            raise InputError("disposition: not together with `individual`, which draws one from the population; leave one of them out")
        return self
