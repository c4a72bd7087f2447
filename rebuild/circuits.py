"""Draw prefrontal circuits, keep those that evidence allows, and store them: `python -m rebuild.circuits`; a minute."""

import csv
from io import StringIO

import numpy as np

from euthymia.core.files import atomic_write
from euthymia.core.runtime import configure
from euthymia.core.types import CORTICAL
from euthymia.evidence.circuit_ensemble import NUMBERS, columns, content_hash

from .steps import CIRCUIT_ROWS, CIRCUITS, CONDITIONING
from .stored import as_yaml

ABOUT = "What conditioning made of the priors of prefrontal circuits. Written by `make rebuild`."
ABOUT_ROWS = "The typical prefrontal circuit: the middle one of circuits.csv. Written by `make rebuild`."
SOURCE = "circuit_conditions"
DIGITS = 6


def main() -> None:
    """Compute and store."""
    configure()
    from euthymia.analysis.standard_infusion import standard_infusion
    from euthymia.inference.circuit_ensemble import conditioned, members
    from euthymia.inference.circuit_summary import summary
    from euthymia.model.default import default_model

    model = default_model()
    experiment = standard_infusion(model)
    found = conditioned(model.physiology, model.dose_curve, experiment)
    splits, typical = members(found, experiment)
    by_number = {number: _rounded(getattr(splits, number)) for number in NUMBERS}
    text = _table(by_number)
    kept = {"members": {"count": len(by_number[NUMBERS[0]]), "middle": typical, "hash": content_hash(text)}}
    atomic_write(CIRCUITS, text)
    atomic_write(CONDITIONING, f"# {ABOUT}\n{as_yaml(kept | summary(model, experiment, found))}")
    atomic_write(CIRCUIT_ROWS, f"# {ABOUT_ROWS}\n{_rows({number: values[typical] for number, values in by_number.items()}, typical)}")


def _rounded(values: np.ndarray) -> list[list[float]]:
    return [[float(f"{value:.{DIGITS}g}") for value in row] for row in values]


def _table(by_number: dict[str, list[list[float]]]) -> str:
    """One circuit a line."""
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns(CORTICAL))
    circuits = list(zip(*by_number.values(), strict=True))
    writer.writerows([f"{1 / len(circuits):.{DIGITS}g}", *(value for numbers in circuit for value in numbers)] for circuit in circuits)
    return stream.getvalue()


def _rows(split: dict[str, list[float]], number: int) -> str:
    """Parameter rows of one circuit, a line each."""
    note = f"circuit {number + 1} of circuits.csv, the middle of those that evidence leaves"
    about = f'source: {SOURCE}, provenance: calibrated, note: "{note}"'
    shares = [f"- {{id: prefrontal.{number}, value: {split[number]}, unit: dimensionless, {about}}}\n" for number in NUMBERS[:2]]
    potencies = [
        f"- {{id: nmdar.drive_ic50.{name}, value: {value}, unit: uM, {about}}}\n"
        for name, value in zip(CORTICAL, split[NUMBERS[2]], strict=True)
    ]
    return "".join(shares + potencies)


if __name__ == "__main__":
    main()
