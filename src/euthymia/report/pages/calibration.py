"""A calibration as a folder and in the terminal: the fitted set as data, observed beside fitted, and what the data leave free."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ...evidence.registry import evidence
from ...inference.calibration import Calibration
from ...inference.calibration_check import fitted_numbers
from ...inference.fitted import FITTED_FILE, SPREADS, Fitted, text_of
from ...inference.posterior import PATIENTS, SEED
from ...results.manifest import Request
from ...results.run_folder import write_files
from ..words import number_of
from .page import calibration_page


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
    numbers = fitted_numbers(fit)
    for number in numbers:
        name, residual = number_of(number.observation), f"{number.standardised_residual:+.1f}{'' if number.inside else ' !'}"
        table.add_row(number.trial.name, name, f"{number.observed:.3g}", f"{number.fitted:.3g}", residual)
    console.print()
    console.print(table)
    informed = sum(value > 1 for value in fitted.informed)
    console.print(f"\nThe posterior has {fitted.effective_draws:.0f} effective draws.")
    console.print(
        f"{sum(number.inside for number in numbers)} of {len(numbers)} numbers inside their 90 % intervals. "
        f"The trials know more than the prior in {informed} of {len(fitted.informed)} directions."
    )
    patients, trials = (fitted.values[row] for row in SPREADS)
    console.print(
        f"Responsiveness varies by {patients:.1f} logits between patients and {trials:.1f} between trials; correlation of the two "
        f"{fitted.correlation_of_spreads:+.2f}.",
        soft_wrap=True,
    )
    for direction in fitted.freest:
        console.print(f"left free: {', '.join(f'{weight:+.2f} {row}' for row, weight in direction.items())}", soft_wrap=True)
    for row, estimate in fitted.disputed.items():
        console.print(
            f"Hamiltonian Monte Carlo disagrees: {row} at {estimate.sampled_mean:+.2f}, here {estimate.coordinate:+.2f} SDs from the "
            f"start (first {PATIENTS} patients)",
            soft_wrap=True,
        )


def write(fit: Calibration, fitted: Fitted, out: Path, overwrite: bool, options: Mapping[str, object]) -> None:
    """Write the folder: all of it, or nothing. ``options`` are what a user asked for."""
    contents = {FITTED_FILE: text_of(fitted).encode(), "report.html": calibration_page(fitted, fitted_numbers(fit)).encode()}
    write_files(contents, out, overwrite, Request("calibrate", options, SEED))
