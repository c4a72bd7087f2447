"""What the interface returns for exposures."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path

import xarray as xr

from ..analysis import noncompartmental
from ..core.files import atomic_write, check_file
from ..model.changed import Model
from ..report.pages.exposure import page, write
from ..simulation.exposure import Exposures


@dataclass(frozen=True)
class ExposureRun(Exposures):
    """A protocol and what it brings to blood, brain and receptor of each person.

    ``data`` has the axes patient and time (h), with a node a second before each bolus and one right after it; ``peak``, ``peak_time`` (h),
    ``area`` (µM h until the horizon), ``area_to_infinity`` and the terminal ``half_life`` (h) have the axis patient. Areas of
    concentrations are exact, those of ``pore_block`` nearly.
    """

    model: Model
    options: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def parameters(self) -> xr.Dataset:
        """Noncompartmental parameters over patient and series (analyte and site), each with its unit and definition.

        Those of repeated doses are not a number where doses are not equal at a constant interval.
        """
        return noncompartmental.parameters(self, self.model.parameters)

    def report(self, path: str | Path) -> Path:
        """Write the report as one page that needs no network; a file that exists is replaced. Raises ``InputError``."""
        check_file(Path(path))
        atomic_write(Path(path), page(self, self.model.parameters, self.model.changes))
        return Path(path)

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write the folder that the command line writes; all of it, or nothing.

        Raises
        ------
        InputError
            If the folder exists and is not to be replaced, or cannot be written.
        """
        write(self, self.model.parameters, self.model.changes, Path(folder), overwrite, self.options)
        return Path(folder)

    def __repr__(self) -> str:
        count = self.data.sizes["patient"]
        return f"ExposureRun({self.protocol.title!r}, {count} {'person' if count == 1 else 'people'})"


def exposure_run(solved: Exposures, model: Model, options: Mapping[str, object]) -> ExposureRun:
    """Exposures with the model behind them, of which the warnings are said too."""
    of_solved = {each_field.name: getattr(solved, each_field.name) for each_field in fields(solved)}
    return ExposureRun(**of_solved | {"warnings": [*model.warnings, *solved.warnings]}, model=model, options=options)
