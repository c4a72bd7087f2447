"""Rows of an event table as doses and samples."""

import math
from collections.abc import Mapping
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import ValidationError

from ..core.errors import InputError
from .compartments import DOSE_COMPARTMENTS, OBSERVED_COMPARTMENTS
from .dose import Dose
from .nonmem_cells import Row, dv_unit, is_code_of_missing, unit_list
from .nonmem_layout import TableLayout, observed_of, way_of
from .subjects import Sample
from .vocabulary import LONGEST, MOST_DOSES

EXACT = Context(prec=28)
"""Enough digits for a rate to reproduce, to the last bit, the duration it was computed from."""
EVENTS = {0: "observation", 1: "dose", 2: "other", 3: "reset", 4: "reset and dose"}
ROWS = {0: "an observation", 2: "another", 3: "a reset"}
OF_RATE = {-1: "RATE -1 (a rate that a model estimates)", -2: "RATE -2 (a duration that a model estimates)"}
OF_DOSES = ("AMT", "RATE", "DUR", "ADDL", "II", "SS")
DOSES_KEPT = 4096
"""Different doses that are checked once."""
MOST_LISTED = 5
"""Compartments that an error lists."""
_COLUMN_OF = {"amount": "AMT", "start": "TIME", "duration": "RATE", "every": "II", "times": "ADDL"}


class DoseRow(NamedTuple):
    """The first of the doses of a row without its time, how many there are, their interval (h), and whether they began long before."""

    dose: Dose
    times: int
    interval: float
    steady: bool


def event_of(row: Row) -> int:
    """What kind of row it is: EVID, or a dose if it has an amount."""
    event = row.code("EVID", EVENTS)
    return int(bool(row.number("AMT"))) if event is None else event


def no_dose_on(row: Row, event: int) -> None:
    """Refuse what belongs to a dose on a row that is none."""
    for column in OF_DOSES:
        if column in row.cells and row.number(column):
            raise row.fault(column, f"stands on {ROWS[event]} row (EVID {event}); leave it empty there")


def sample_of(row: Row, time: float, layout: TableLayout) -> Sample | None:
    """The observation of a row, if it holds one."""
    no_dose_on(row, 0)
    unmeasured = row.code("MDV", {0: "measured", 1: "not measured"})
    censored, value = _censored(row), row.number("DV")
    lowest = row.between("LLOQ", 0.0, math.inf, "") if "LLOQ" in row.cells else None
    if unmeasured == 1 or (unmeasured is None and value is None and not censored):
        return None
    if value is None and not (censored == 1 and lowest is not None):
        raise InputError(f"column DV: missing with {'a CENS' if censored else 'MDV 0'}; write the {'limit' if censored else 'value'}")
    unit, factor = _unit(row, layout)
    molecule, vessel = _observed(row, layout)
    if censored and lowest is None and value is not None and value <= 0:
        raise row.fault("DV", f"is no limit (CENS {censored}); write the limit there, or in LLOQ")
    if value is not None and value < 0 and is_code_of_missing(row.cells["DV"]):
        raise row.fault("DV", "looks like a mark of a missing value; write '.' there")
    limits = _limits(row, censored, value, lowest)
    if limits is None:
        return Sample(time, factor * (value or 0.0), molecule, vessel, None, unit)
    low, high = limits
    return Sample(time, factor * (low if censored == -1 else high), molecule, vessel, (factor * low, factor * high), unit)


def _censored(row: Row) -> int:
    """1 below a limit, -1 above one, else 0."""
    if "CENS" not in row.cells and "BLQ" not in row.cells:
        return 0
    censored = row.code("CENS", {0: "a value", 1: "below the limit", -1: "above the limit"})
    below = row.code("BLQ", {0: "a value", 1: "below LLOQ"})
    if below and "LLOQ" not in row.cells:
        raise row.fault("BLQ", "stands without LLOQ; write the limit there, or CENS 1 with the limit in DV")
    if below and censored not in (None, 1):
        raise row.fault("BLQ", f"contradicts CENS {censored}")
    return censored or below or 0


def _limits(row: Row, censored: int, value: float | None, lowest: float | None) -> tuple[float, float] | None:
    """Between which limits the value lies that would have been measured; None if it is known."""
    if not censored:
        # What an assay reports below its limit is no value, whether it is zero or half the limit.
        return (-math.inf, lowest) if lowest is not None and value is not None and value < lowest else None
    other = row.number("LIMIT")
    if censored == -1:
        low, high = float(value or 0.0), math.inf if other is None else other
        if not low < high:
            raise row.fault("LIMIT", f"is not above the {low:g} of DV with CENS -1")
        return low, high
    if lowest is not None and value is not None and value > lowest:
        raise row.fault("DV", f"is above the LLOQ of {lowest:g} with CENS 1")
    low, high = -math.inf if other is None else other, float(value or 0.0) if lowest is None else lowest
    if not low < high:
        raise row.fault("LIMIT", f"is not below the limit of {high:g} with CENS 1")
    return low, high


def _unit(row: Row, layout: TableLayout) -> tuple[str, float]:
    if "DVU" not in row.cells:
        return layout.unit
    unit = dv_unit(row.cells["DVU"])
    if unit is None:
        raise row.fault("DVU", f"is not a unit of concentration; allowed: {unit_list()}")
    if layout.dv_unit is not None and unit != layout.unit:
        raise row.fault("DVU", f"contradicts --dv-unit {layout.dv_unit}; leave one of them out")
    return unit


def is_unsaid_observation(row: Row, layout: TableLayout) -> bool:
    """Whether only what was stated beside the table says which molecule an observation is of."""
    return (
        layout.observed is not None
        and row.cells.get("DVID", "0") == "0"
        and row.number("CMT") not in {*OBSERVED_COMPARTMENTS, *layout.observed_by_number}
    )


def is_unsaid_dose(row: Row, layout: TableLayout) -> bool:
    """Whether only what was stated beside the table says which drug a dose is of."""
    return layout.way is not None and "DRUG" not in row.cells and "ROUTE" not in row.cells


def _observed(row: Row, layout: TableLayout) -> tuple[str, str]:
    """Molecule and vessel of an observation."""
    numbered = layout.observed_by_number
    column = "DVID" if row.cells.get("DVID", "0") != "0" else "CMT"
    text = row.cells.get(column)
    if text is not None:
        number = row.number(column) if column == "CMT" or text[:1].isdigit() else None
        if number in numbered:
            return numbered[number]
        if column == "CMT" and number in OBSERVED_COMPARTMENTS:
            return OBSERVED_COMPARTMENTS[int(number)]
        if column == "DVID" and number is None:
            try:
                return observed_of("DVID", text)
            except InputError as error:
                raise InputError(f"column {error}") from None
        if column == "DVID" and number in OBSERVED_COMPARTMENTS:
            return OBSERVED_COMPARTMENTS[int(number)]
        if numbered or column == "DVID" or layout.observed is None:
            allowed = _listed(OBSERVED_COMPARTMENTS)
            more = f"; or say what it is: --measured {text}=MOLECULE"
            if column == "CMT":
                row.whole("CMT")
            raise row.fault(column, f"is no compartment of an observation (EVID 0); allowed: {allowed}{more}")
    if layout.observed is None:
        raise InputError("column CMT: missing on an observation (EVID 0), and DVID too; say what was measured: --measured ketamine")
    return layout.observed


def _listed(compartments: Mapping[int, tuple[str, str]]) -> str:
    """The first compartments, for an error."""
    first = ", ".join(f"{known} {' '.join(meaning)}" for known, meaning in list(compartments.items())[:MOST_LISTED])
    return f"{first} and {len(compartments) - MOST_LISTED} more (`euthymia events compartments`)"


def _way(row: Row, layout: TableLayout) -> tuple[str, str]:
    """Drug and route of a dose."""
    if "DRUG" in row.cells:
        try:
            return way_of("DRUG", row.cells["DRUG"], row.cells.get("ROUTE"))
        except InputError as error:
            raise InputError(f"column {error}") from None
    if "ROUTE" in row.cells and layout.drug_alone is not None:
        way = way_of("column ROUTE", layout.drug_alone, row.cells["ROUTE"])
        if layout.way is not None and layout.way != way:
            raise row.fault("ROUTE", f"contradicts --drug, which says {', '.join(layout.way)}; leave one of them out")
        return way
    if "ROUTE" in row.cells:
        raise row.fault("ROUTE", "stands without a DRUG; add the column, or --drug")
    if layout.way is not None:
        return layout.way
    if layout.drug is not None:
        return way_of("drug", layout.drug, layout.route)
    number = row.whole("CMT")
    if number in DOSE_COMPARTMENTS:
        return DOSE_COMPARTMENTS[number]
    allowed = _listed(DOSE_COMPARTMENTS)
    say = "say what is given, for example --drug 'ketamine, i.v.'"
    if number is None:
        raise InputError(f"column CMT: missing; {say}; or write for a dose (EVID 1): {allowed}")
    raise row.fault("CMT", f"is no compartment of a dose (EVID 1); allowed: {allowed}; or {say}")


def dose_of(row: Row, time: float, layout: TableLayout) -> DoseRow:
    """The dose of a row, checked, with its repeats."""
    amount, duration = row.number("AMT"), _duration(row)
    if amount is None:
        raise InputError(f"column AMT: missing on a dose row (EVID 1){' with a RATE' if duration else ''}; write mg")
    if amount <= 0:
        raise row.fault("AMT", "must be greater than zero mg")
    further = row.whole("ADDL") or 0
    if not 0 <= further < MOST_DOSES:
        raise row.fault("ADDL", f"is outside 0 to {MOST_DOSES - 1} further doses")
    interval = row.between("II", 0.0, LONGEST, " h (one year)") or 0.0
    steady = bool(row.code("SS", {0: "not at steady state", 1: "at steady state"}))
    for column, needs in (("SS", steady), ("ADDL", further)):
        if needs and not interval:
            raise row.fault(column, "stands without II; write the interval in h there")
    if interval and not (further or steady):
        raise row.fault("II", "stands without ADDL; write the number of further doses there")
    if row.number("DV"):
        raise row.fault("DV", "stands on a dose row (EVID 1); leave it empty there")
    if row.code("MDV", {0: "measured", 1: "not measured"}) == 0 and "DV" in row.cells:
        raise row.fault("MDV", "stands on a dose row (EVID 1) beside a DV; leave it empty or write 1 there")
    if "DVU" in row.cells and row.cells["DVU"].lower() != "mg" and dv_unit(row.cells["DVU"]) is None:
        raise row.fault("DVU", "stands on a dose row (EVID 1), and doses are in mg; leave it empty there or write the dose in mg")
    drug, route = _way(row, layout)
    if route == "i.v.":
        route = "i.v. infusion" if duration else "i.v. bolus"
    try:
        dose = _checked(drug, route, amount, duration, interval if further else None, further + 1 if further else None)
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        column = _COLUMN_OF.get(reason.partition(":")[0], "CMT")
        column = "DUR" if column == "RATE" and row.number("DUR") else column
        if column not in row.cells:
            raise InputError(f"column {column}: the dose has a {reason}") from error
        raise row.fault(column, f"gives a {reason}") from error
    end = time + further * interval + (dose.duration or 0.0)
    if not end < LONGEST:
        raise row.fault("TIME", f"begins a dose that ends, with its repeats, at {end:g} h; allowed: before {LONGEST:g} h (one year)")
    return DoseRow(dose, further + 1, interval, steady)


def _duration(row: Row) -> float:
    """Duration of an infusion, h; zero of a dose at once."""
    rate, duration = row.number("RATE"), row.between("DUR", 0.0, LONGEST, " h (one year)")
    if rate and duration:
        raise row.fault("DUR", f"stands beside a RATE of {row.cells['RATE']}; write one of them")
    if rate in OF_RATE:
        raise row.fault(
            "RATE", f"is not supported: {OF_RATE[int(rate)]}; allowed: mg/h, or 0 for an instant dose; DUR holds a duration in h"
        )
    if rate is not None and rate < 0:
        raise row.fault("RATE", "is not supported; allowed: mg/h, or 0 for an instant dose")
    amount = row.number("AMT")
    if "RATE" in row.cells and row.decimal("RATE") and amount:
        return exact_duration(amount, row.decimal("RATE"))
    return rate or duration or 0.0


@lru_cache(DOSES_KEPT)
def _checked(drug: str, route: str, amount: float, duration: float, interval: float | None, times: int | None) -> Dose:
    """A dose at the start of the course."""
    stated: dict[str, Any] = {"drug": drug, "route": route, "amount": f"{amount!r} mg", "start": "0 h"}
    if duration:
        stated["duration"] = f"{duration!r} h"
    if times is not None:
        stated |= {"every": f"{interval!r} h", "times": times}
    return Dose.model_validate(stated)


def exact_duration(amount: float, rate: Decimal) -> float:
    """Duration (h) of an amount (mg) at a rate (mg/h)."""
    return float(EXACT.divide(Decimal(repr(amount)), rate))
