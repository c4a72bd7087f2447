"""What a body is exposed to: a table for the terminal, and the course for other programs."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xarray as xr
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...core.files import atomic_write
from ...model.parameters import Euthymia
from ...simulation.exposure import Exposures
from ..words import clock, percent

LEVELS = {"p5": 0.05, "p50": 0.5, "p95": 0.95}
"""Quantiles over people."""
LEAST = 1e-9
"""µM or share below which there is nothing to show."""
TITLES = {
    "arterial_ketamine": ("arterial ketamine", "ketamine"),
    "venous_ketamine": ("venous ketamine", "ketamine"),
    "norketamine": ("norketamine", "norketamine"),
    "hydroxynorketamine": ("hydroxynorketamine", "hydroxynorketamine"),
    "free_brain_ketamine": ("free brain ketamine", None),
    "free_brain_norketamine": ("free brain norketamine", None),
    "free_brain_hydroxynorketamine": ("free brain HNK", None),
}
"""What is shown of both enantiomers together, and the molecule whose mass gives ng/mL; µM in brain."""


def show_exposures(found: Exposures, model: Euthymia, console: Console) -> None:
    """Print peak, time of peak and area under the curve of everything that was there; of several people, medians and 5 to 95 %."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    for column in ("peak", "after", "area × h"):
        table.add_column(column, justify="right", no_wrap=True)
    for title, factor, unit, peak, time, area in _rows(found, model):
        if float(peak.max()) > LEAST:
            table.add_row(f"{title}, {unit}", _said(factor * peak), clock(float(time.median())), _said(factor * area))
    block = found.peak.pore_block
    console.print()
    console.print(Text(found.protocol.title, style="bold"))
    console.print(", ".join((_who(found), *found.protocol.patient.particulars(), f"until {clock(found.protocol.horizon)}")))
    console.print()
    console.print(table if table.row_count else "no drug")
    if float(block.max()) > LEAST:
        classes = ", ".join(f"{name} {percent(float(block.sel(cell_class=name).median()))}" for name in block.cell_class.values)
        console.print(f"\n[bold]NMDA pore block at peak[/bold]  {classes}", soft_wrap=True)
    console.print()


def write_course(found: Exposures, path: Path) -> None:
    """Write the course as CSV, µM over h, whole or not at all; of several people, their quantiles. Raises ``InputError``."""
    columns = {"time [h]": found.data.time.values} | dict(_columns(found.data))
    rows = np.stack(list(columns.values()), -1)
    lines = [",".join(columns), *(",".join(f"{number:.9g}" for number in row) for row in rows)]
    atomic_write(path, "\n".join(lines) + "\n")


def _who(found: Exposures) -> str:
    kilograms, people = float(found.person.weight), found.data.sizes["patient"]
    if found.protocol.patient.species != "human":
        return f"{found.protocol.patient.species}, {1e3 * kilograms:.3g} g"
    return f"{kilograms:g} kg" if people == 1 else f"median (5 to 95 %) of {people} people, {kilograms:g} kg"


def _rows(found: Exposures, model: Euthymia) -> Iterator[tuple[str, float, str, xr.DataArray, xr.DataArray, xr.DataArray]]:
    for name, (title, molecule) in TITLES.items():
        factor, unit = (1.0, "µM") if molecule is None else (1e3 * float(getattr(model.molecules, molecule)), "ng/mL")
        peak, time, area = (each[name].sel(enantiomer="both") for each in (found.peak, found.peak_time, found.area))
        yield title, factor, unit, peak, time, area
    for place, drug in enumerate(found.data.molecule.values):
        mass = 1e3 * float(model.physiology.comparators.molar_mass[place])
        peak, time, area = (each.comparator_plasma.sel(molecule=drug) for each in (found.peak, found.peak_time, found.area))
        yield str(drug), mass, "ng/mL", peak, time, area


def _said(values: xr.DataArray) -> str:
    low, middle, high = (float(values.quantile(level)) for level in LEVELS.values())
    return f"{middle:.3g}" if values.sizes["patient"] == 1 else f"{middle:.3g} ({low:.3g}–{high:.3g})"


def _columns(data: xr.Dataset) -> Iterator[tuple[str, np.ndarray]]:
    for name, values in data.items():
        axis = next((axis for axis in values.dims if axis not in ("patient", "time")), None)
        parts = {"": values} if axis is None else {f".{place}": values.sel({axis: place}) for place in values[axis].values}
        for suffix, part in parts.items():
            if float(abs(part).max()) <= LEAST:
                continue
            if part.sizes["patient"] == 1:
                yield f"{name}{suffix} [{part.units}]", part.isel(patient=0).values
            else:
                for level, share in LEVELS.items():
                    yield f"{name}{suffix} {level} [{part.units}]", part.quantile(share, "patient").values
