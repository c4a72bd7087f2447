"""Options that several commands have, each with its help."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, Token

from ..core.errors import InputError, short

if TYPE_CHECKING:
    from ..model.changed import Model
    from ..protocols.nonmem_layout import TableLayout
else:
    Model = TableLayout = Any

Flag = Annotated[bool, Parameter(negative=(), show_default=False)]
"""An option without a value."""
Words = Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)]
"""An option that may be repeated."""


def _whole(_: Any, tokens: Sequence[Token]) -> int:
    """A whole number, also as 1e4: an option that is to be one would cut 2.5 to 2."""
    (token,) = tokens
    try:
        number = float(token.value)
    except ValueError:
        number = float("nan")
    if not number.is_integer():
        raise InputError(f"{short(token.value)} is not a whole number")
    return int(number)


Whole = Annotated[int, Parameter(converter=_whole)]

AnyProtocol = Annotated[str, Parameter(help="A built-in protocol (see `euthymia protocols`), a YAML file, or an event table (.csv).")]
ProtocolOrFile = Annotated[str, Parameter(help="A built-in protocol (see `euthymia protocols`) or a YAML file.")]
PATIENT = "`depressed`, `healthy`, or FIELD=VALUE with a field of weight, madrs, stress, stress_until, age, sex, cyp2b6, liver, individual"
PatientFields = Annotated[Words, Parameter(help=f"{PATIENT}; repeat the option for several.")]
PatientOfEveryArm = Annotated[Words, Parameter(help=f"{PATIENT}, for every arm; repeat the option for several.")]
Weight = Annotated[str | None, Parameter(help='Body weight with its unit, such as "82 kg".')]
EnsembleSize = Annotated[Whole, Parameter(help="Virtual patients of the ensemble, 16 to 10000.")]
Fitted = Annotated[
    Path | None,
    Parameter(help="A calibration (fitted.yaml of `euthymia calibrate`); default the one that ships with this version."),
]
Overwrite = Annotated[Flag, Parameter(help="Replace the folder if it is an earlier run.")]
Observed = Annotated[
    Path | None,
    Parameter(
        help='Your own ratings or concentrations to show beside the course: a CSV file with a column "time [h]" (or [min], [d]) since the '
        'first dose, and any of madrs, "madrs sd", "ketamine [ng/mL]", "norketamine [ng/mL]", "hydroxynorketamine [ng/mL]".'
    ),
]
BeyondEvidence = Annotated[Flag, Parameter(help="Run doses above the highest of which there is experience, too.")]
Settings = Annotated[
    Words,
    Parameter(name="--set", help='Another value for an evidence row, such as ketamine.clearance="80 L/h"; repeat the option for several.'),
]


@Parameter(name="*")
@dataclass(frozen=True)
class Changes:
    """What is to differ from the model as it ships.

    Parameters
    ----------
    without
        What does not act: context, "way 1" to "way 5", or a link such as mtor, surge or regrowth; repeat the option for several.
    surfaces
        Folder of surfaces built at the values that are set (`euthymia surfaces build --set … --out FOLDER`).
    uncalibrated
        Leave the calibration to trials out: its rows have the values of `euthymia evidence` from which the fit began.
    """

    without: Words = ()
    settings: Settings = ()
    surfaces: Path | None = None
    beyond_evidence: BeyondEvidence = False
    uncalibrated: Flag = False

    def check(self) -> None:
        """Refuse, before anything heavy loads, names and values that do not exist. Raises ``InputError``."""
        from ..simulation.removable import removal

        removal(self.without)
        self.stated_values()

    def stated_values(self) -> dict[str, float | list[float]]:
        """What is set, in the units of the rows. Raises ``InputError``."""
        from ..evidence.stated import stated_values

        return stated_values(self._stated()) if self.settings else {}

    def model(self) -> Model:
        """The model at the values that are set. Raises ``InputError``."""
        from ..api.courses import default_model

        model = default_model().uncalibrated() if self.uncalibrated else default_model()
        return model.with_values(self._stated(), self.surfaces) if self.settings or self.surfaces else model

    def _stated(self) -> dict[str, str]:
        from ..evidence.stated import split

        return dict(split(text) for text in self.settings)


AS_SHIPPED = Changes()


@Parameter(name="*")
@dataclass(frozen=True)
class Table:
    """What an event table (.csv) leaves unsaid; `euthymia events columns` lists what it may say.

    Parameters
    ----------
    drug
        What is given where the table has no column DRUG, whatever CMT says: a drug, or a drug and route such as "ketamine, i.v.".
    route
        How it is given, if not said with the drug.
    measured
        What DV measures, such as "norketamine" or "ketamine, arterial"; with several molecules "2=norketamine" for every number in
        DVID, or in CMT without it. Default what is usual after the drug, in venous blood; repeat the option for several.
    dv_unit
        Unit of DV, such as mg/L or nmol/L; default ng/mL.
    sex
        What a number in SEX means, such as "1=male"; default 0 is male and 1 female. Repeat the option for several.
    """

    drug: str | None = None
    route: str | None = None
    measured: Words = ()
    dv_unit: str | None = None
    sex: Words = ()

    def layout(self) -> TableLayout:
        """The same, checked. Raises ``InputError``."""
        from ..protocols.nonmem_layout import AS_IT_SAYS, TableLayout

        return TableLayout(**self.stated()) if self.stated() else AS_IT_SAYS

    def stated(self) -> dict[str, Any]:
        """What was stated of the table, by name."""
        return {field.name: value for field in fields(Table) if (value := getattr(self, field.name))}


AS_TABLE_SAYS = Table()


@Parameter(name="*")
@dataclass(frozen=True)
class SubjectOfTable(Table):
    """What an event table (.csv) leaves unsaid; `euthymia events columns` lists what it may say.

    Parameters
    ----------
    subject
        ID in an event table that holds several.
    """

    subject: str | None = None


ONLY_SUBJECT = SubjectOfTable()


@Parameter(name="*")
@dataclass(frozen=True)
class Beside:
    """What stands beside a course.

    Parameters
    ----------
    circuits
        Solve the course also with so many prefrontal circuits of the ensemble, 1 to 128, for intervals over them; a second each.
    """

    observed: Observed = None
    circuits: Whole | None = None


NOTHING_BESIDE = Beside()
