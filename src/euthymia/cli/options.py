"""Options that several commands have, each with its help."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Flag = Annotated[bool, Parameter(negative=())]
"""An option without a value."""
Words = Annotated[tuple[str, ...], Parameter(negative=())]
"""An option that may be repeated."""

AnyProtocol = Annotated[str, Parameter(help="A built-in protocol (see `euthymia protocols`), a YAML file, or an event table (.csv).")]
ProtocolOrFile = Annotated[str, Parameter(help="A built-in protocol (see `euthymia protocols`) or a YAML file.")]
PATIENT = "`depressed`, `healthy`, or FIELD=VALUE with a field of weight, madrs, stress, age, sex, cyp2b6, liver, individual"
PatientFields = Annotated[Words, Parameter(help=f"{PATIENT};\nrepeat the option for several.")]
PatientOfEveryArm = Annotated[Words, Parameter(help=f"{PATIENT}, for every arm;\nrepeat the option for several.")]
Weight = Annotated[str | None, Parameter(help='Body weight with its unit, such as "82 kg".')]
SubjectID = Annotated[str | None, Parameter(help="ID in an event table that holds several.")]
EnsembleSize = Annotated[int, Parameter(help="Virtual patients of the ensemble, 16 to 10000.")]
Fitted = Annotated[
    Path | None,
    Parameter(help="A calibration (fitted.yaml of `euthymia calibrate`); default the one that ships with this version."),
]
Overwrite = Annotated[Flag, Parameter(help="Replace the folder if it is an earlier run.")]
