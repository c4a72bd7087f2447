"""The model at other numbers than the evidence's, each with its unit and checked, and what to say of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import jax.numpy as jnp

from ..core.errors import InputError, NoFiniteAnswer
from ..evidence.registry import evidence
from ..evidence.stated import Stated, in_words, outside, stated_values
from .default import SURFACES, closures_of, default_model, model_at, recipes, uses
from .parameters import Euthymia

Numbers = dict[str, float | list[float]]
"""By evidence row, in its unit."""
CALIBRATION_LEFT_OUT = "calibration left out: the rows that it moves have the values at which the fit began"


@dataclass(frozen=True)
class Model:
    """The numbers of a run: those of the evidence, some of them calibrated, but for rows that another calibration or a user has set.

    Examples
    --------
    >>> import euthymia as eu
    >>> slower = eu.default_model().with_values({"ketamine.clearance": "60 L/h"})
    >>> slower.values
    {'ketamine.clearance': 60.0}
    """

    values: Numbers = field(default_factory=dict)
    """Set by the user, in the unit of the row."""
    calibrated: Numbers = field(default_factory=dict)
    """Set by another calibration than the one that ships, or where its fit began."""
    surfaces: Path | None = None
    """Folder of surfaces that were built at these numbers; those of the installation if None."""

    def with_values(self, values: Mapping[str, Stated], surfaces: str | Path | None = None) -> "Model":
        """The model with other values of some evidence rows.

        Parameters
        ----------
        values
            By row, text with a unit such as ``"80 L/h"``, or numbers for a row without a unit.
        surfaces
            Folder of surfaces, if a row is set that one is built from; ``euthymia surfaces build --set … --out FOLDER`` writes them.

        Returns
        -------
        Another model; this one stays as it is.

        Raises
        ------
        InputError
            If a row does not exist or is read by nothing, a value does not fit it, or a surface was built from other numbers.
        """
        numbers = self.values | stated_values(values)
        for row in values:
            if row not in uses():
                raise InputError(f"set: {row} is read by no equation of a run")
        folder = self.surfaces if surfaces is None else Path(surfaces)
        if folder is None and (built := {row: name for row in numbers if (name := surface_of(row))}):
            row, name = next(iter(built.items()))
            raise InputError(
                f"set: the {name} surface, which stands for a circuit, is built from {row}; build it at the new value with "
                f"`euthymia surfaces build --set {row}=… --out FOLDER` and add --surfaces FOLDER (in Python: surfaces=FOLDER)"
            )
        changed = Model(numbers, self.calibrated, folder)
        _ = changed.parameters
        return changed

    def uncalibrated(self) -> "Model":
        """The model with the numbers at which the calibration began; what the user set stays."""
        return Model(self.values, evidence().uncalibrated, self.surfaces)

    @property
    def calibration_left_out(self) -> bool:
        """Whether every fitted row has the value at which the calibration began."""
        return bool(self.calibrated) and self.calibrated == evidence().uncalibrated

    @property
    def as_shipped(self) -> bool:
        """Whether every number is the one that ships."""
        return self == Model()

    @cached_property
    def parameters(self) -> Euthymia:
        """Every number, as the equations read it.

        Raises
        ------
        InputError
            If a surface in ``surfaces`` is missing, damaged, or was built from other numbers.
        """
        values = {row: jnp.asarray(value, float) for row, value in (self.calibrated | self.values).items()}
        if not values and self.surfaces is None:
            return default_model()
        closures = None if self.surfaces is None else closures_of(recipes(values), self.surfaces)
        return model_at(values, closures)

    @contextmanager
    def answerable(self) -> Iterator[None]:
        """Blame what was set, and not the doses, if the model has no finite answer inside the block."""
        try:
            yield
        except NoFiniteAnswer as error:
            if not self.values:
                raise
            rows = ", ".join(f"{row} = {in_words(row, value)}" for row, value in self.values.items())
            raise NoFiniteAnswer(f"set: the model has no finite answer at {rows}") from error

    @property
    def changes(self) -> tuple[str, ...]:
        """That the calibration is left out, and what the user set, a phrase each, beside the value that it replaces."""
        left_out = (CALIBRATION_LEFT_OUT,) if self.calibration_left_out else ()
        return left_out + tuple(
            f"{row} = {in_words(row, value)} ({', '.join(filter(None, (self._replaced(row), outside(row, value))))})"
            for row, value in self.values.items()
        )

    def _replaced(self, row: str) -> str:
        calibrated = evidence().calibrated | self.calibrated
        if row in calibrated:
            return f"{'uncalibrated' if self.calibration_left_out else 'calibrated'}: {in_words(row, calibrated[row])}"
        return f"evidence: {in_words(row, evidence().parameters[row].value)}"

    @property
    def warnings(self) -> list[str]:
        """What to know of the values that the user set, a line each."""
        warnings = []
        for row, value in self.values.items():
            known = evidence().parameters[row]
            if remark := outside(row, value):
                warnings.append(f"set: {row} = {in_words(row, value)} is {remark}")
            fitted = not self.calibration_left_out if row in evidence().calibrated else known.provenance == "calibrated"
            if fitted:
                warnings.append(f"set: {row} was calibrated together with other rows, which stay as they are; the fit does not hold here")
        return warnings


def surface_of(row: str) -> str | None:
    """Name of the surface that is built from a row; None if none is."""
    readers = [name for name, _ in uses().get(row, [])]
    return next((name for name, part in SURFACES.items() if any(reader.startswith(part) for reader in readers)), None)
