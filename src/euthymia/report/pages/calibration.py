"""A calibration as a folder and in the terminal: the fitted set as data, observed beside fitted, and what the data leave free."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from ...evidence.registry import evidence
from ...inference.calibration import Calibration
from ...inference.fitted import Fitted, text_of
from ...inference.posterior import PATIENTS, SEED
from ...results.run_folder import write_files
from ...trials.sampling_error import NORMAL_90
from ..words import number_of
from .page import calibration_page


class Number(NamedTuple):
    """A published number beside the fit."""

    trial: str
    what: str
    row: str
    observed: float
    fitted: float
    error: float
    """SD of a further such trial around the fit: sampling error and differences between trials."""

    @property
    def off(self) -> float:
        """Observed less fitted, in that SD."""
        return (self.observed - self.fitted) / self.error

    @property
    def inside(self) -> bool:
        """Within the central 90 %."""
        return abs(self.off) <= NORMAL_90


def numbers(fit: Calibration) -> list[Number]:
    """Every number that was fitted."""
    predicted, data = fit.predicted, fit.problem.data
    between = np.array([fit.values["population.between_trials.context"], fit.values["population.between_trials.efficacy"]])
    spread = (between[:, None] * np.asarray(predicted.by_effect)) ** 2
    errors = np.sqrt(np.asarray(data.error) ** 2 + spread.sum(0))
    return [
        Number(trial.name, number_of(each), each.target, each.row.value, float(value), float(error))
        for (trial, each, _), value, error in zip(fit.problem.numbers.questions, predicted.value, errors, strict=True)
    ]


def show_calibration(fit: Calibration, fitted: Fitted, console: Console) -> None:
    """Print rows, numbers and identifiability."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("fitted row", "start", "fitted", "SDs from start", "SD left"):
        table.add_column(column, justify="left" if column == "fitted row" else "right", no_wrap=True)
    for row, estimate in fitted.estimates.items():
        start = evidence().parameters[row].value
        table.add_row(row, f"{start:.3g}", f"{estimate.value:.3g}", f"{estimate.coordinate:+.2f}", f"{estimate.sd:.2f}")
    console.print()
    console.print(table)
    console.print("[dim]SD left: of the estimate, over the SD before the fit; near 1, the trials said nothing.[/dim]")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("trial", "number", "observed", "fitted", "off, SDs"):
        table.add_column(column, justify="left" if column in ("trial", "number") else "right")
    fitted_numbers = numbers(fit)
    for number in fitted_numbers:
        off = f"{number.off:+.1f}{'' if number.inside else ' !'}"
        table.add_row(number.trial, number.what, f"{number.observed:.3g}", f"{number.fitted:.3g}", off)
    console.print()
    console.print(table)
    informed = sum(value > 1 for value in fitted.informed)
    console.print(
        f"\n{sum(number.inside for number in fitted_numbers)} of {len(fitted_numbers)} numbers inside their 90 % intervals. "
        f"The trials know more than the prior in {informed} of {len(fitted.informed)} directions."
    )
    for direction in fitted.freest:
        console.print(f"left free: {', '.join(f'{weight:+.2f} {row}' for row, weight in direction.items())}", soft_wrap=True)
    for row, estimate in fitted.disputed.items():
        console.print(
            f"sampling disagrees: {row} at {estimate.sampled_mean:+.2f}, here {estimate.coordinate:+.2f} SDs from the start "
            f"(first {PATIENTS} patients, other rows held)",
            soft_wrap=True,
        )


def write(fit: Calibration, fitted: Fitted, out: Path, overwrite: bool) -> None:
    """Write the folder: all of it, or nothing."""
    contents = {"fitted.yaml": text_of(fitted).encode(), "report.html": calibration_page(fitted, numbers(fit)).encode()}
    write_files(contents, out, overwrite, seed=SEED)
