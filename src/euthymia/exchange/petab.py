"""A fit of people's pharmacokinetics as a problem in the PEtab format, version 2.0.0: a model in SBML and tables of text.

One model serves everybody. A person is an experiment: its first condition sets weight, random effects and what a covariate changes, and
every change of a dose is a further condition, which adds a bolus to an amount or sets a rate of infusion. Estimated are the z of
:mod:`.petab_model`, a priori standard normal. So −log posterior of the problem is that of the fit, and its minimum the estimates.

PEtab: https://petab.readthedocs.io/en/latest/v2/documentation_data_format.html. Importers turn conditions at later times into events
of SBML. It has no observation that lies between two limits; such samples are left out, and the writer says so.
"""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path

import numpy as np
import xarray as xr

from .. import __version__
from ..core.errors import InputError
from ..evidence.registry import evidence
from ..model.default import default_model
from ..model.parameters import Euthymia
from ..pharmacology.variability import TRAITS, spread
from ..protocols.subjects import Subject
from ..results.manifest import Request
from ..results.run_folder import write_files
from .petab_model import WEIGHT, parametrised_model, people_systems, standard_normal
from .petab_people import ADDITIVE, PROPORTIONAL, Entering, Measured, MeasuredPerson, measured_people, observable_rows
from .sbml_document import Document, identifier

FORMAT_VERSION = "2.0.0"
MODEL = "pharmacokinetics"
FILES = {table: f"{table}.tsv" for table in ("parameters", "measurements", "observables", "conditions", "experiments")}
MODEL_FILE, PROBLEM_FILE = "model.xml", "problem.yaml"
BOUND = 10.0
"""Of z, in standard deviations on either side: PEtab asks for bounds, and nobody is that far from the population."""


def write_petab(
    individuals: xr.Dataset, subjects: Sequence[Subject], folder: Path, overwrite: bool = False, model: Euthymia | None = None
) -> list[str]:
    """Write a fit as a PEtab problem: a folder with all of its files, or nothing.

    Parameters
    ----------
    individuals
        Those of a :class:`.PharmacokineticFit`: their η are the nominal values.
    subjects
        Those that were fitted.
    model
        With which they were fitted; the evidence's if left out.

    Returns
    -------
    What a reader should know: who and which samples were left out, a line for each reason.

    Raises
    ------
    InputError
        If nothing is left, the SBML library is not installed, or the folder cannot be written.
    """
    contents, notes = petab_files(individuals, subjects, default_model() if model is None else model)
    write_files({name: text.encode() for name, text in contents.items()}, folder, overwrite, Request("petab"))
    return notes


def petab_files(individuals: xr.Dataset, subjects: Sequence[Subject], model: Euthymia) -> tuple[dict[str, str], list[str]]:
    """The files of the problem by name, and what was left out: see :func:`write_petab`."""
    people, notes = measured_people(subjects, model)
    if not people:
        raise InputError(f"petab: nobody has a sample that the format can state; {'; '.join(notes)}")
    systems = people_systems(model, [person.body for person in people])
    entering = [Entering(person, systems) for person in people]
    document = Document(MODEL, "Pharmacokinetics of ketamine", _notes(people))
    entered = {system.name: set().union(*(inputs.entered[system.name] for inputs in entering)) for system in systems}
    infused = {system.name: set().union(*(inputs.infused[system.name] for inputs in entering)) for system in systems}
    parametrised_model(document, model, systems, entered, infused)
    overrides = {
        constant.identifier: constant for system in systems if entered[system.name] for constant in system.constants(entered[system.name])
    }
    conditions, experiments = [], []
    for number, (person, inputs) in enumerate(zip(people, entering, strict=True), 1):
        first = {standard_normal(trait): _estimated(trait, person) for trait in TRAITS}
        first |= {WEIGHT: repr(float(person.weight))}
        first |= {name: repr(float(constant.values[number])) for name, constant in overrides.items() if constant.is_own(number)}
        for change, (time, targets) in enumerate(inputs.changes(first)):
            condition = identifier(person.identifier, f"change_{change}")
            conditions += [(condition, target, value) for target, value in targets.items()]
            experiments.append((person.identifier, repr(time), condition))
    measured = [sample for person in people for sample in person.samples]
    tables = {
        "parameters": _parameter_rows(individuals, people, model),
        "measurements": _measurement_rows(people),
        "observables": observable_rows(measured, systems, entered),
        "conditions": [("conditionId", "targetId", "targetValue"), *conditions],
        "experiments": [("experimentId", "time", "conditionId"), *experiments],
    }
    texts = {FILES[table]: _tsv(rows) for table, rows in tables.items()}
    return {PROBLEM_FILE: _problem(), MODEL_FILE: document.text(), **texts}, notes


def _notes(people: Sequence[MeasuredPerson]) -> str:
    """What the model says of itself."""
    return (
        f"Pharmacokinetics of {len(people)} people, one experiment each: time h, amounts µmol, volumes L, observations µM. "
        f"Written by Euthymia {__version__} from parameters {evidence().parameter_hash()}."
    )


def _problem() -> str:
    """The file that names the others."""
    lines = [f"format_version: {FORMAT_VERSION}", "model_files:", f"  {MODEL}:", f"    location: {MODEL_FILE}", "    language: sbml"]
    for table, name in FILES.items():
        lines += [f"{table.removesuffix('s')}_files:", f"  - {name}"]
    return "\n".join(lines) + "\n"


def _estimated(trait: str, person: MeasuredPerson) -> str:
    """The z of a trait of a person, a parameter of the problem."""
    return identifier(standard_normal(trait), person.identifier)


def _parameter_rows(individuals: xr.Dataset, people: Iterable[MeasuredPerson], model: Euthymia) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("parameterId", "lowerBound", "upperBound", "nominalValue", "estimate", "priorDistribution", "priorParameters")
    ]
    root = np.asarray(spread(model.variability))
    for person in people:
        z = np.linalg.solve(root, individuals.eta.sel(subject=person.subject.name, parameter=list(TRAITS)).values)
        bounds = repr(-BOUND), repr(BOUND)
        rows += [
            (_estimated(trait, person), *bounds, repr(value), "true", "normal", "0;1")
            for trait, value in zip(TRAITS, z.tolist(), strict=True)
        ]
    errors = {ADDITIVE: model.variability.additive_error, PROPORTIONAL: model.variability.proportional_error}
    return rows + [(name, "", "", repr(float(value)), "false", "", "") for name, value in errors.items()]


def _measurement_rows(people: Iterable[MeasuredPerson]) -> list[tuple[str, ...]]:
    """One row a sample; the last two columns are no part of the format."""

    def row(person: MeasuredPerson, sample: Measured) -> tuple[str, ...]:
        stated = repr(sample.time), repr(sample.concentration), person.subject.name, repr(sample.table_time)
        return (sample.observable, person.identifier, *stated)

    header = ("observableId", "experimentId", "time", "measurement", "subject", "table_time")
    return [header, *(row(person, sample) for person in people for sample in person.samples)]


def _tsv(rows: Iterable[Sequence[str]]) -> str:
    stream = StringIO()
    csv.writer(stream, delimiter="\t", lineterminator="\n").writerows(rows)
    return stream.getvalue()
