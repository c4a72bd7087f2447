"""What the steps computed, as data: `results/` beside this file, which README and the documentation are written from."""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from euthymia.claims.claim import Verdict
from euthymia.core.errors import InputError
from euthymia.core.files import atomic_write

FOLDER = Path(__file__).parent / "results"
VERDICTS, NUMBERS, TRIALS, LEFT_OUT = "verdicts", "numbers", "trials", "left_out"
SIMULATED_FITS, FIT_CONTROLS = "simulated_fits", "fit_controls"
"""Names of results."""
SIGNIFICANT_DIGITS = 6
WIDTH = 140


def path_of(name: str) -> Path:
    """The file of some results."""
    return FOLDER / f"{name}.yaml"


def as_yaml(data: Mapping[str, Any], width: int = WIDTH) -> str:
    """Data as YAML whose innermost mappings have a line each; numbers are rounded."""
    writer, stream = YAML(typ="safe", pure=True), StringIO()
    writer.default_flow_style, writer.sort_base_mapping_type_on_output, writer.width = None, False, width
    writer.dump(_rounded(data), stream)
    return stream.getvalue()


def _rounded(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _rounded(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_rounded(value) for value in data]
    return float(f"{data:.{SIGNIFICANT_DIGITS}g}") if isinstance(data, float) else data


def from_yaml(path: Path) -> dict[str, Any]:
    """Data from a file."""
    return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))


def write(name: str, about: str, data: Mapping[str, Any]) -> None:
    """Store results under a comment that says what they are."""
    FOLDER.mkdir(exist_ok=True)
    atomic_write(path_of(name), f"# {about}\n{as_yaml(data)}")


def read(name: str) -> dict[str, Any]:
    """Stored results.

    Raises
    ------
    InputError
        If they are not there.
    """
    if not path_of(name).exists():
        raise InputError(f"rebuild: there is no results/{name}.yaml; run `make rebuild`")
    return from_yaml(path_of(name))


def verdicts() -> list[Verdict]:
    """Every claim that was run, as it stands in the evidence now, with the stored predictions."""
    from euthymia.claims.catalogue import claims
    from euthymia.evidence.registry import evidence

    predictions = read(VERDICTS)
    return [
        Verdict(claim, None if claim.target is None else evidence().target(claim.target), found["predicted"], found["controlled"])
        for claim in claims()
        if (found := predictions.get(claim.id))
    ]
