"""Whether subjects can be fitted, and what a reader of a fit should know of their samples."""

from collections.abc import Iterator

import numpy as np

from ..core.errors import InputError, unknown
from ..protocols.compartments import SAMPLE_UNITS
from ..protocols.subjects import Sample, Subject
from .pk_design import MOLECULES, SAMPLINGS, after_first_dose, ketamine_starts, subject_patient

MOST_BEFORE_DOSE = 0.05
"""Of a person's largest later concentration of the molecule: more before the first dose is drug of which the table holds no dose (European
Medicines Agency, Guideline on the investigation of bioequivalence, 2010, section 4.1.8)."""


def check_subjects(subjects: list[Subject]) -> None:
    """Refuse data that cannot be fitted.

    A negative concentration is kept: noise of an assay around zero, which the additive error of a sample describes.

    Raises
    ------
    InputError
        Without a single sample; for an unknown molecule, sampling or unit, a concentration that is none, limits without anything
        between them, a covariate that a patient cannot have, a person with samples and no ketamine, and drug before the first dose.
    """
    if not any(subject.observations for subject in subjects):
        raise InputError("column DV: no row that is read holds an observation (EVID 0 with a DV); at least one is needed")
    for subject in subjects:
        field = f"subject {subject.name}"
        if subject.observations and not ketamine_starts(subject):
            raise InputError(f"{field}: has {len(subject.observations)} samples but no dose of ketamine (a row of EVID 1 with an AMT)")
        try:
            subject_patient(subject)
        except InputError as error:
            raise InputError(f"{field}: {error}") from None
        for sample in subject.observations:
            _check_sample(field, sample, subject)
        _check_before_dose(field, subject)


def _check_sample(field: str, sample: Sample, subject: Subject) -> None:
    for name, value, allowed in (
        ("molecule", sample.molecule, MOLECULES),
        ("sampling", sample.sampling, SAMPLINGS),
        ("unit", sample.unit, SAMPLE_UNITS),
    ):
        if value not in allowed:
            raise unknown(f"{field}: {name}", value, allowed)
    if not np.isfinite(sample.concentration):
        raise InputError(f"{field}: {_said(sample, subject)} is not a concentration")
    if sample.limits is not None and not sample.limits[0] < sample.limits[1]:
        low, high = sample.limits
        raise InputError(f"{field}: {_said(sample, subject)} lies between {low:g} and {high:g}; the first must be less than the second")


def _check_before_dose(field: str, subject: Subject) -> None:
    later = after_first_dose(subject).observations
    for sample in samples_before_dose(subject):
        same = [other.concentration for other in later if (other.molecule, other.unit) == (sample.molecule, sample.unit)]
        largest = max(same, default=0.0)
        at_least = sample.concentration if sample.limits is None else sample.limits[0]
        if at_least > MOST_BEFORE_DOSE * max(largest, 0.0):
            begins = subject.table_time(min(ketamine_starts(subject)))
            allowed = (
                f"up to {MOST_BEFORE_DOSE:.0%} of the largest later concentration ({largest:g} {sample.unit}) is allowed there"
                if same
                else "no later sample shows that it is small"
            )
            raise InputError(f"{field}: {_said(sample, subject)}, but the first dose begins at {begins:g} h; {allowed}")


def samples_before_dose(subject: Subject) -> list[Sample]:
    """Samples at or before the first dose of ketamine, which hold no information about a person."""
    kept = len(after_first_dose(subject).observations)
    return list(subject.observations[: len(subject.observations) - kept])


def sample_warnings(subjects: list[Subject]) -> list[str]:
    """What a reader should know of the samples of a fit: which were left out, and who has few or none that hold a value."""
    return [*_left_out(subjects), *_uninformative(subjects), *_weightless(subjects)]


def _left_out(subjects: list[Subject]) -> Iterator[str]:
    left_out = [(sample, subject) for subject in subjects for sample in samples_before_dose(subject)]
    if left_out:
        largest, of = max(left_out, key=lambda pair: pair[0].concentration)
        count = f"{len(left_out)} sample{'s' * (len(left_out) > 1)}"
        yield f"{count} at or before the first dose not fitted, the largest {_said(largest, of)} (subject {of.name})"


def _uninformative(subjects: list[Subject]) -> Iterator[str]:
    fitted = [after_first_dose(subject) for subject in subjects]
    for subject in fitted:
        limits = [sample.limits for sample in subject.observations if sample.limits is not None]
        if limits and len(limits) == len(subject.observations):
            below = all(low <= 0 for low, _ in limits)
            where = "below its limit" if below else "known by its limits alone"
            yield f"every sample of subject {subject.name} is {where}: the estimate is held by the population more than by samples"
    single = [subject.name for subject in fitted if len(subject.observations) == 1]
    if single:
        who = f"subject {single[0]} has" if len(single) == 1 else f"{len(single)} people (subject {single[0]} first) have"
        yield f"{who} one sample: seven parameters of a person are held by the population more than by it"
    if empty := [subject.name for subject in fitted if not subject.observations]:
        who = f"subject {empty[0]} has" if len(empty) == 1 else f"{len(empty)} people (subject {empty[0]} first) have"
        yield f"{who} no sample after a dose: the estimate is the typical one"


def _weightless(subjects: list[Subject]) -> Iterator[str]:
    if weightless := [subject.name for subject in subjects if subject.weight is None]:
        yield f"weight: not given for {len(weightless)} of {len(subjects)} people; the typical patient's is taken"


def _said(sample: Sample, subject: Subject) -> str:
    """A sample in words, at the time of the table."""
    return f"{sample.concentration:g} {sample.unit} of {sample.molecule} at {subject.table_time(sample.time):g} h"
