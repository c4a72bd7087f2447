"""Whose body a course runs in: the option of a weight, and of a person of a fit."""

from dataclasses import dataclass

from cyclopts import Parameter

from .options import Weight


@Parameter(name="*")
@dataclass(frozen=True)
class Body:
    """What is stated of a body beside the fields of a patient.

    Parameters
    ----------
    person
        RUN:SUBJECT, the folder of an earlier `euthymia fit-pk` and an ID of its table: weight, covariates and estimated disposition of that
        person. A field of a patient or a weight stated beside it comes before.
    """

    weight: Weight = None
    person: str | None = None


AS_STATED = Body()
