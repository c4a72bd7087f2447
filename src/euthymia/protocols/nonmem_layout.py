"""What an event table leaves unsaid: which drug is given how, what is measured, in which unit, and what numbers of sex mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from ..core.errors import InputError, short, unknown
from .compartments import DOSE_COMPARTMENTS, INTO_A_VEIN, MASS, OBSERVED_COMPARTMENTS
from .nonmem_cells import dv_unit, number_of, unit_list
from .vocabulary import Sex

ROUTE_WORDS = {"intravenous": "iv", "intramuscular": "im", "subcutaneous": "sc", "intranasal": "nasal", "po": "oral", "sl": "sublingual"}
"""Other names of routes, without points."""
SEXES = {"male": "male", "m": "male", "female": "female", "f": "female"}
SEX_NUMBERS = {"0": "male", "1": "female"}
"""What numbers of sex mean if nothing else is stated."""
MEASURED_OF = {"esketamine": "S-ketamine", "arketamine": "R-ketamine"}
"""The molecule that is measured after a drug if nothing else is stated; ketamine after others."""


def _plain(text: str) -> str:
    """A name without regard to case, points, and commas between its words."""
    words = text.lower().replace(", ", " ").replace(".", "").split()
    return " ".join(ROUTE_WORDS.get(word, word) for word in words)


WAYS = {_plain(f"{drug} {route}"): (drug, route) for drug, route in DOSE_COMPARTMENTS.values()}
"""Every drug and route by its plain name."""
OBSERVED = {_plain(f"{molecule} {vessel}"): (molecule, vessel) for molecule, vessel in OBSERVED_COMPARTMENTS.values()}
"""Every molecule and vessel likewise."""


class RouteUnsaid(InputError):
    """A drug that may be given in several ways was named without one."""


def way_of(field: str, drug: str, route: str | None) -> tuple[str, str]:
    """Drug and route from names; a drug that is given in one way alone needs no route.

    Raises
    ------
    InputError
        If there is none, or several.
    """
    if route is not None:
        route = INTO_A_VEIN.get(route, route)
    name = _plain(drug if route is None else f"{drug} {route}").replace("iv infusion", "iv").replace("iv bolus", "iv")
    if name in WAYS:
        return WAYS[name]
    routes = [way for way in WAYS.values() if _plain(way[0]) == _plain(drug)]
    if len(routes) == 1 and route is None:
        return routes[0]
    if routes:
        unsaid = InputError if route is not None else RouteUnsaid
        allowed = ", ".join(way[1] for way in routes)
        raise unsaid(f"{field}: how {short(drug)} is given is not plain; add a route ({allowed}), such as {', '.join(routes[0])!r}")
    raise unknown(field, drug if route is None else f"{drug} {route}", [*dict(WAYS.values()), *map(", ".join, WAYS.values())])


def observed_of(field: str, text: str) -> tuple[str, str]:
    """Molecule and vessel from a name, or a number as in CMT; in venous blood if no vessel is named. Raises ``InputError``."""
    number = number_of(text)
    if number in OBSERVED_COMPARTMENTS:
        return OBSERVED_COMPARTMENTS[int(cast(float, number))]
    name = _plain(text)
    for candidate in (name, f"{name} venous"):
        if candidate in OBSERVED:
            return OBSERVED[candidate]
    raise unknown(field, text, map(", ".join, OBSERVED.values()))


@dataclass(frozen=True)
class TableLayout:
    """What an event table leaves unsaid.

    Parameters
    ----------
    drug
        What is given where the table does not say so, such as "escitalopram", or with its route: "ketamine, i.v.".
    route
        How, if not said with the drug.
    measured
        What DV measures where the table does not say so, such as "norketamine" or "norketamine, arterial"; with several molecules
        "2=norketamine" for every number in DVID (or in CMT if there is no DVID).
    dv_unit
        Unit of DV if not ng/mL, such as "mg/L" or "nmol/L".
    sex
        What numbers in SEX mean, such as "1=male"; 0 is male and 1 female if left out.

    Raises
    ------
    InputError
        If one of them cannot be used.
    """

    drug: str | None = None
    route: str | None = None
    measured: str | Sequence[str] = ()
    dv_unit: str | None = None
    sex: str | Sequence[str] = ()

    def __post_init__(self) -> None:
        for name in ("drug", "route", "dv_unit"):
            if not isinstance(stated := getattr(self, name), str | None):
                raise InputError(f"{name.replace('_', '-')}: {short(stated)} is no text")
        for name in ("measured", "sex"):
            stated = getattr(self, name)
            several = (stated,) if isinstance(stated, str) else stated
            if not isinstance(several, tuple | list) or not all(isinstance(text, str) for text in several):
                raise InputError(f"{name}: {short(stated)} is neither a text nor several")
            object.__setattr__(self, name, tuple(several))
        _ = self.way, self.observed, self.observed_by_number, self.unit, self.sex_of_number

    @cached_property
    def way(self) -> tuple[str, str] | None:
        """Drug and route of doses, if both are stated or the drug is given in one way alone."""
        if self.drug is None:
            if self.route is not None:
                raise InputError(f"route: {short(self.route)} stands without a drug; add --drug")
            return None
        try:
            return way_of("drug", self.drug, self.route)
        except RouteUnsaid:
            return None

    @cached_property
    def drug_alone(self) -> str | None:
        """The drug of doses, if stated."""
        if self.drug is None or self.way is not None:
            return None if self.way is None else self.way[0]
        return next(drug for drug, _ in WAYS.values() if _plain(drug) == _plain(str(self.drug)))

    @cached_property
    def observed(self) -> tuple[str, str] | None:
        """Molecule and vessel of observations that a table does not tell: as stated, or what is usual after the drug."""
        names = [text for text in self.measured if "=" not in text]
        if len(names) > 1:
            raise InputError(f"measured: {short(names[1])} stands beside {short(names[0])}; write NUMBER=MOLECULE for each number in DVID")
        if names:
            return observed_of("measured", names[0])
        return None if self.drug_alone is None else (MEASURED_OF.get(self.drug_alone, "ketamine"), "venous")

    @cached_property
    def observed_by_number(self) -> dict[float, tuple[str, str]]:
        """Molecule and vessel by the number that stands for them."""
        return {number: observed_of("measured", name) for number, name in _by_number("measured", self.measured).items()}

    @cached_property
    def unit(self) -> tuple[str, float]:
        """Unit of samples, and the factor that leads to it from DV."""
        if self.dv_unit is None:
            return MASS, 1.0
        unit = dv_unit(self.dv_unit)
        if unit is None:
            raise InputError(f"dv-unit: {short(self.dv_unit)} is not a unit of concentration; allowed: {unit_list()}")
        return unit

    @cached_property
    def sex_of_number(self) -> dict[str, Sex]:
        """Sex by the text of a number."""
        if not self.sex:
            return cast(dict[str, Sex], SEX_NUMBERS)
        if plain := [text for text in self.sex if "=" not in text]:
            raise InputError(f"sex: {short(plain[0])} is not NUMBER=SEX; write for example --sex 1=male --sex 2=female")
        stated = _by_number("sex", self.sex)
        for name in stated.values():
            if name.lower() not in SEXES:
                raise unknown("sex", name, ("male", "female"))
        return {f"{number:g}": cast(Sex, SEXES[name.lower()]) for number, name in stated.items()}


def _by_number(field: str, texts: Sequence[str]) -> dict[float, str]:
    """What stands after the equals sign, by the number before it."""
    stated: dict[float, str] = {}
    for text in texts:
        before, equals, after = text.partition("=")
        number = number_of(before.strip())
        if not equals:
            continue
        if number is None:
            raise InputError(f"{field}: {short(before)} in {short(text)} is not a number; write for example 2=...")
        if number in stated:
            raise InputError(f"{field}: {number:g} stands there twice")
        stated[number] = after.strip()
    return stated


AS_IT_SAYS = TableLayout()
"""Of a table that says everything itself."""
