"""A fit of people's pharmacokinetics as one table in the manner of NONMEM's output, for goodness-of-fit programs such as xpose.

One row an event, doses too, in order of time on the clock of the user's table; comma-separated, ``NA`` where there is no value. What
the event reader knows it reads back, so that the table can be fitted again.

| column | meaning |
|---|---|
| those of an event table | as it was read: ID, TIME, EVID, CMT, AMT, RATE, ADDL, II, DV (ng/mL), MDV, CENS, LIMIT, covariates |
| TAD | h since the last dose of ketamine |
| PRED | concentration predicted for the typical person of the same weight and covariates, ng/mL |
| IPRED | predicted for the person, ng/mL |
| IRES, IWRES | DV less IPRED (ng/mL), and over the residual error; none for a censored sample |
| ETA1, ETA2 … | random effects on the logarithms of the parameters, in the order of the parameters |
| V1, CL, Q3, CLN, MTTN, CLH, V4 | the person's parameters at their own weight: L, L/h, h |

A sample that was not fitted, because it was taken before any ketamine, has MDV 1 and no prediction. A reset stands in a row of its own;
rows that held nothing (EVID 2) are not repeated.
"""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import StringIO
from itertools import pairwise

import xarray as xr

from ..inference.pk_design import after_first_dose, nanograms_per_micromolar, sample_unit
from ..model.default import default_model
from ..model.parameters import Euthymia
from ..protocols.compartments import MASS
from ..protocols.nonmem import events_text
from ..protocols.subjects import Sample, Subject
from .dosed_systems import TIME_DIGITS

PARAMETERS = {
    "central_volume": "V1",
    "clearance": "CL",
    "slow_flow": "Q3",
    "norketamine_clearance": "CLN",
    "norketamine_delay": "MTTN",
    "hydroxynorketamine_clearance": "CLH",
    "deep_volume": "V4",
}
"""Columns of the parameters with a random effect."""
EVENTS = ("ID", "TIME", "TAD", "EVID", "CMT", "AMT", "RATE", "ADDL", "II", "DV", "MDV", "CENS", "LIMIT")
PREDICTIONS = {"TAD": "time_after_dose", "PRED": "population", "IPRED": "individual", "IWRES": "weighted_residual"}
"""Columns that are those of a fit's samples."""
COVARIATES = ("WT", "AGE", "SEX", "CYP2B6", "LIVER")
MISSING, UNREAD = "NA", "."
DIGITS = 6
"""Significant digits of what was computed."""
RESET = "3"
NAMELESS = "1"
"""In the place of a name, which may be one that an event table cannot hold."""


def output_table(individuals: xr.Dataset, samples: xr.Dataset, subjects: Sequence[Subject], model: Euthymia | None = None) -> str:
    """The table of a fit as comma-separated text.

    Parameters
    ----------
    individuals, samples
        Those of a :class:`.PharmacokineticFit`.
    subjects
        All that were fitted, as they were read.
    model
        With which they were fitted; the evidence's if left out. Molar masses turn what was measured in µM into ng/mL.

    Raises
    ------
    InputError
        If a dose or sample has no compartment number.
    """
    model = default_model() if model is None else model
    effects = [f"ETA{number}" for number in range(1, len(PARAMETERS) + 1)]
    rows = [row for subject in subjects for row in _rows(subject, individuals.sel(subject=subject.name), samples, model)]
    known = [name for name in COVARIATES if any(name in row for row in rows)]
    columns = [*EVENTS, "PRED", "IPRED", "IRES", "IWRES", *effects, *PARAMETERS.values(), *known]
    stream = StringIO()
    writer = csv.DictWriter(stream, columns, restval=MISSING, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _rows(subject: Subject, person: xr.Dataset, samples: xr.Dataset, model: Euthymia) -> Iterator[dict[str, str]]:
    """Cells of one person by column."""
    stated = _in_mass_units(subject, float(person.weight), model)
    of_person, at_weight = {"ID": subject.name}, _at_weight(float(person.weight), model)
    for number, (parameter, column) in enumerate(PARAMETERS.items(), 1):
        at = person.sel(parameter=parameter)
        of_person |= {f"ETA{number}": _number(float(at.eta)), column: _number(at_weight[str(at.unit.item())] * float(at.estimate))}
    fitted = samples.isel(sample=samples.subject.values == subject.name)
    unfitted = len(subject.observations) - len(after_first_dose(subject).observations)
    observed = 0
    for part, begins in _stretches(stated):
        events = _event_rows(part)
        if begins is not None:
            known = {name: events[0][name] for name in COVARIATES if name in events[0]}
            yield {"TIME": _time(begins), "EVID": RESET, "MDV": "1"} | known | of_person
        for cells in events:
            row = cells | of_person | {"TIME": _time(subject.table_time(float(cells["TIME"])))}
            if cells["EVID"] == "0":
                row |= {"MDV": "1"} if observed < unfitted else _predictions(fitted.isel(sample=observed - unfitted), cells)
                observed += 1
            yield row


def _at_weight(weight: float, model: Euthymia) -> dict[str, float]:
    """By unit of a parameter, what it is at a weight (kg) over what it is at the reference weight."""
    p = model.physiology.disposition
    size = weight / float(p.reference_weight)
    return {"L": size ** float(p.volume_exponent), "L/h": size ** float(p.flow_exponent), "h": 1.0}


def _in_mass_units(subject: Subject, weight: float, model: Euthymia) -> Subject:
    """The subject with every dose in mg and every sample in ng/mL; ``weight`` is that of the fit, kg."""
    singles = [single for dose in subject.doses for single in dose.repeats()]
    doses = (dose.with_canonical(amount=dose.milligrams(weight), per_weight=False) for dose in singles)

    def in_nanograms(sample: Sample) -> Sample:
        if sample.unit == MASS:
            return sample
        factor = sample_unit(sample, model) * nanograms_per_micromolar(sample.molecule, model)
        limits = None if sample.limits is None else (factor * sample.limits[0], factor * sample.limits[1])
        return replace(sample, concentration=factor * sample.concentration, limits=limits, unit=MASS)

    return replace(subject, name=NAMELESS, doses=tuple(doses), observations=tuple(map(in_nanograms, subject.observations)))


def _stretches(subject: Subject) -> Iterator[tuple[Subject, float | None]]:
    """The subject between resets, and on the table's clock when each begins that a reset begins, h."""
    bounds = [-math.inf, *(occasion.begins for occasion in subject.occasions[1:]), math.inf]
    for number, (begins, until) in enumerate(pairwise(bounds)):
        doses = tuple(dose for dose in subject.doses if begins <= dose.start < until)
        observations = tuple(sample for sample in subject.observations if begins <= sample.time < until)
        if doses or observations:
            yield replace(subject, doses=doses, observations=observations), subject.occasions[number].time if number else None


def _event_rows(subject: Subject) -> list[dict[str, str]]:
    """Cells of the events of a person that hold something, by column, on the clock of the course."""
    rows = csv.DictReader(StringIO(events_text([subject])))
    return [{column: cell for column, cell in row.items() if cell != UNREAD} for row in rows]


def _predictions(sample: xr.Dataset, cells: dict[str, str]) -> dict[str, str]:
    """Cells of what was predicted of a sample."""
    numbers = {column: float(sample[name]) for column, name in PREDICTIONS.items()}
    numbers["IRES"] = math.nan if "CENS" in cells else float(cells["DV"]) - numbers["IPRED"]
    if "CENS" in cells:
        numbers["IWRES"] = math.nan
    return {column: _number(number) for column, number in numbers.items()}


def _time(hours: float) -> str:
    return repr(round(float(hours), TIME_DIGITS))


def _number(number: float) -> str:
    return f"{number:.{DIGITS}g}" if math.isfinite(number) else MISSING
