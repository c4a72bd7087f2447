"""What the interface returns for virtual patients."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import xarray as xr

from ..core.errors import InputError
from ..inference.fitted import FITTED_FILE, Fitted, read, shipped, text_of
from ..model.changed import Model
from ..population.cohort import COHORT_ARMS, Cohort, check_patients, cohort
from ..population.patients import check_population
from ..population.summary import CohortSummary, cohort_summary
from ..population.weighting import BaselineTarget, baseline_target
from ..protocols.protocol import Protocol
from ..report.notebook import html_of_cohort
from ..report.pages.cohort import UNCALIBRATED, write
from ..simulation.ceilings import check_ceilings
from ..simulation.idle_changes import idle_changes
from ..simulation.simulate import Simulation, simulate
from .courses import names_of
from .people import Population
from .run import options_of


@dataclass(frozen=True)
class CohortRun:
    """Virtual patients under one protocol."""

    cohort: Cohort
    model: Model
    fitted: Fitted | None
    """The calibration, or none."""
    without: tuple[str, ...] = ()
    """What does not act, of :data:`~euthymia.simulation.removable.REMOVABLE`."""
    options: Mapping[str, object] = field(default_factory=dict)
    idle: tuple[str, ...] = ()
    """What was removed or set to no effect, a line each."""

    @property
    def protocol(self) -> Protocol:
        """What was done to whom."""
        return self.cohort.protocol

    @property
    def data(self) -> xr.Dataset:
        """Courses along patient and time (h); MADRS and its ratings also by arm. Each quantity has its unit and meaning."""
        return self.cohort.data

    def summary(self) -> CohortSummary:
        """Medians, response and remission at the visits; relapse and dropout of long courses."""
        return self._summary

    @cached_property
    def typical(self) -> Simulation:
        """The course of the protocol's patient, who has the middle value of every number by which patients differ."""
        with self.model.answerable():
            return simulate(self.protocol, self.model.parameters, arms=COHORT_ARMS, without=self.without)

    @property
    def warnings(self) -> list[str]:
        """What to know before trusting the result, a line each."""
        return [*self.model.warnings, *self.idle, *([UNCALIBRATED] if self.fitted is None else self.fitted.warnings)]

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write the folder that the command line writes; all of it, or nothing.

        Raises
        ------
        InputError
            If the folder exists and is not to be replaced, or cannot be written.
        """
        values = {} if self.fitted is None else self.fitted.values
        beside = {} if self.fitted is None or self.fitted == shipped() else {FITTED_FILE: text_of(self.fitted).encode()}
        write(self.cohort, self.typical, self.model.parameters.ratings, values, Path(folder), overwrite, self.options, beside)
        return Path(folder)

    @cached_property
    def _summary(self) -> CohortSummary:
        return cohort_summary(self.cohort, self.model.parameters.ratings)

    def _repr_html_(self) -> str:
        return html_of_cohort(self.cohort, self._summary, self.typical, self.warnings)

    def __repr__(self) -> str:
        return f"CohortRun({self.protocol.title!r}, {self.data.sizes['patient']} patients)"


def checked(
    population: Population, protocol: Protocol, n: int, model: Model, beyond_evidence: bool
) -> tuple[Model, Fitted | None, list[BaselineTarget]]:
    """The numbers of the patients, the calibration that they come from, and what they are to be like. Raises ``InputError``."""
    check_patients(protocol, n)
    targets = [baseline_target(words) for words in names_of(population.like, "like")]
    if population.fitted is not None and not population.calibrated:
        raise InputError("fitted: a calibration is given and left out at once; drop --fitted or --uncalibrated")
    fitted = None if not population.calibrated else shipped() if population.fitted is None else read(Path(population.fitted))
    used = model.uncalibrated() if fitted is None else replace(model, calibrated=dict(fitted.values))
    check_ceilings(protocol, used.parameters, beyond_evidence)
    check_population(used.parameters.population)
    return used, fitted, targets


def solve_cohort(
    population: Population,
    protocol: Protocol,
    n: int,
    without: Sequence[str],
    model: Model,
    beyond_evidence: bool,
    processes: int,
    progress: Callable[[int], None],
) -> CohortRun:
    """See :meth:`euthymia.Population.simulate`."""
    used, fitted, targets = checked(population, protocol, n, model, beyond_evidence)
    with used.answerable():
        solved = cohort(protocol, n, used.parameters, progress, like=targets, processes=processes, without=without)
    options = {"people": n, "like": list(names_of(population.like, "like"))} | options_of(without, used, beyond_evidence)
    changed = replace(solved, changes=solved.changes + used.changes)
    return CohortRun(changed, used, fitted, tuple(without), options, tuple(idle_changes(without, model.values)))
