"""What the functions of the interface return for courses: results with names and units, in words, as a page and as a folder."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import xarray as xr

from ..analysis.anaesthesia import anaesthesia_warnings
from ..analysis.attribution import attribution
from ..analysis.circuits import circuits
from ..analysis.cohort_medians import medians_of
from ..analysis.comparison import Comparison, compare
from ..analysis.headline import forecast_of
from ..analysis.summary import Summary, summarise
from ..core.errors import InputError
from ..core.exported_programs import compiled_first
from ..core.files import atomic_write, check_file
from ..evidence.headline import ProtocolForecast
from ..inference.sizes import check_people
from ..model.changed import Model
from ..protocols.protocol import Protocol
from ..report.notebook import html_of_comparison, html_of_run
from ..report.pages.page import comparison_page, page
from ..report.pages.save import write
from ..results.run_folder import check_destination
from ..simulation.ceilings import check_ceilings
from ..simulation.idle_changes import idle_changes
from ..simulation.interventions import ARMS, BASE
from ..simulation.over_circuits import check_circuits, over_circuits
from ..simulation.simulate import Simulation, simulate
from ..simulation.visits import first_visit
from ..simulation.warnings import warnings_of
from .courses import silent


class _WithReport:
    """Results that have a page."""

    @cached_property
    def _page(self) -> str:
        raise NotImplementedError

    def report(self, path: str | Path) -> Path:
        """Write the report as one page that needs no network; a file that exists is replaced. Raises ``InputError``."""
        check_file(Path(path))
        atomic_write(Path(path), self._page)
        return Path(path)


@dataclass(frozen=True)
class Run(_WithReport):
    """One course, solved. What takes longer than the course itself is solved when it is first asked for, and kept."""

    simulation: Simulation
    model: Model
    beyond_evidence: bool = False
    idle: tuple[str, ...] = ()
    """What was removed or set to no effect, a line each."""

    @property
    def protocol(self) -> Protocol:
        """What was done to whom."""
        return self.simulation.protocol

    @property
    def data(self) -> xr.Dataset:
        """Every quantity over time (h since the start of the course), by arm where they differ; each has its unit and meaning."""
        return self.simulation.data

    def madrs(self, arm: str = "as given") -> xr.DataArray:
        """Total score over time, points."""
        return self.simulation.madrs(arm)

    def at(self, hours: float | int, arm: str = "as given") -> float:
        """MADRS so many hours after the first dose, points."""
        return self.simulation.at(float(hours), arm)

    @cached_property
    def warnings(self) -> list[str]:
        """What to know before trusting the result, a line each."""
        course = self.simulation
        known = warnings_of(course.protocol, self.model.parameters, course.undosed("limbic_input"))
        return [*self.model.warnings, *self.idle, *known, *anaesthesia_warnings(course)]

    @cached_property
    def attribution(self) -> xr.Dataset:
        """Points of MADRS that each way and the context account for; solves every coalition of them."""
        return attribution(self._with_coalitions)

    @cached_property
    def circuits(self) -> xr.Dataset:
        """What the circuits say beside the course.

        Raises
        ------
        InputError
            If nothing is given to the patient, so that no circuit moves.
        """
        if not self.protocol.doses:
            raise InputError("doses: nothing is given, so that no circuit moves")
        return circuits(self.simulation, self.model.parameters)

    @property
    def over_circuits(self) -> xr.Dataset | None:
        """The course over prefrontal circuits, along circuit and time; None where it was not asked for."""
        return self.simulation.over_circuits

    def summary(self) -> Summary:
        """The numbers a clinician asks for first; solves the attribution."""
        return self._summary

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write the folder that the command line writes: report, results, read-outs, protocol and manifest; all of it, or nothing.

        Raises
        ------
        InputError
            If the folder exists and is not to be replaced, or cannot be written.
        """
        check_destination(Path(folder), overwrite)
        write({"": self._complete}, self._page, Path(folder), overwrite)
        return Path(folder)

    def complete(self, progress: Callable[[str], None] = silent) -> "Run":
        """Solve everything that the report shows now; returns this run."""
        progress("Attributing the change in mood")
        _ = self._summary
        if self.protocol.doses:
            progress("Recording from the circuits")
            _ = self.circuits
        progress("Drawing the report")
        _ = self._page
        return self

    @cached_property
    def _with_coalitions(self) -> Simulation:
        solved = simulate(self.protocol, self.model.parameters, arms=tuple(ARMS), coalitions=True, without=self.simulation.without)
        course = self.simulation
        of_course = {name: getattr(course, name) for name in ("changes", "options", "observed", "over_circuits")}
        return replace(solved, **of_course)

    @cached_property
    def _summary(self) -> Summary:
        summary = summarise(self._with_coalitions, self.model.parameters)
        medians = medians_of(self.protocol, self.model, self.simulation.without)
        return replace(summary, warnings=[*self.model.warnings, *self.idle, *summary.warnings], medians=medians)

    @cached_property
    def _complete(self) -> Simulation:
        return replace(self._with_coalitions, circuits=self.circuits if self.protocol.doses else None)

    @cached_property
    def _page(self) -> str:
        return page(self._complete, self._summary)

    def _repr_html_(self) -> str:
        return html_of_run(self.simulation, self.warnings)

    def __repr__(self) -> str:
        return f"Run({self.protocol.title!r}, MADRS {self.at(0):.1f} → {self.madrs().values[-1]:.1f})"


@dataclass(frozen=True)
class ComparedRuns(_WithReport):
    """Several courses of one patient side by side."""

    comparison: Comparison
    model: Model
    idle: tuple[str, ...] = ()
    """What was removed or set to no effect, a line each."""

    @cached_property
    def data(self) -> xr.Dataset:
        """Courses along the axis protocol, on the times of all of them (h since the first dose); between its own nodes a course is linear.

        Arms are those of every run.
        """
        courses = {
            name: course.data.sel(arm=list(BASE)).assign_coords(time=course.data.time - first_visit(course.protocol))
            for name, course in self.comparison.simulations.items()
        }
        times = np.unique(np.concatenate([course.time.values for course in courses.values()]))
        aligned = [course.interp(time=times).assign_attrs(course.attrs) for course in courses.values()]
        together = xr.concat(aligned, xr.IndexVariable("protocol", list(courses)), combine_attrs="override", join="outer")
        return together.assign_coords(time=together.time.assign_attrs(units="h", long_name="time since the first dose"))

    def madrs(self, arm: str = "as given") -> xr.DataArray:
        """Total score of every course over time, points."""
        return self.data.madrs.sel(arm=arm)

    @property
    def warnings(self) -> list[str]:
        """What to know before trusting the result, a line each."""
        return [*self.model.warnings, *self.idle, *self.comparison.warnings]

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write the folder that the command line writes; all of it, or nothing.

        Raises
        ------
        InputError
            If the folder exists and is not to be replaced, or cannot be written.
        """
        check_destination(Path(folder), overwrite)
        write(self.comparison.simulations, self._page, Path(folder), overwrite, self._forecasts)
        return Path(folder)

    @property
    def forecasts(self) -> dict[str, ProtocolForecast]:
        """What further trials of the arms would find, by arm; without ``people`` of those that ship alone."""
        return self.comparison.forecasts

    @property
    def _forecasts(self) -> dict[str, bytes]:
        if not self.forecasts:
            return {}
        data = {name: forecast.model_dump(mode="json") for name, forecast in self.forecasts.items()}
        return {"forecasts.json": (json.dumps(data, indent=2) + "\n").encode()}

    @cached_property
    def _page(self) -> str:
        return comparison_page(self.comparison)

    def _repr_html_(self) -> str:
        return html_of_comparison(self.comparison, self.warnings)

    def __repr__(self) -> str:
        return f"ComparedRuns({', '.join(self.comparison.arms)})"


def options_of(without: Sequence[str], model: Model, beyond_evidence: bool, circuits: int | None = None) -> dict[str, object]:
    """What was asked for beside a protocol, for the manifest."""
    asked = {
        "without": list(without),
        "set": model.values,
        "surfaces": None if model.surfaces is None else str(model.surfaces),
        "uncalibrated": model.calibration_left_out,
        "beyond_evidence": beyond_evidence,
        "circuits": circuits,
    }
    return {name: value for name, value in asked.items() if value}


def _marked(course: Simulation, model: Model, beyond_evidence: bool, observed: xr.Dataset | None) -> Simulation:
    """A course that says what was asked for beside its protocol."""
    over = course.over_circuits
    options = options_of(course.without, model, beyond_evidence, None if over is None else over.sizes["circuit"])
    return replace(course, changes=course.changes + model.changes, options=options, observed=observed)


def solve(
    protocol: Protocol,
    without: Sequence[str],
    model: Model,
    observed: xr.Dataset | None,
    beyond_evidence: bool,
    complete: bool,
    circuits: int | None,
    progress: Callable[[str], None],
) -> Run:
    """See :func:`euthymia.simulate`."""
    check_ceilings(protocol, model.parameters, beyond_evidence)
    if circuits is not None:
        check_circuits(circuits, model.parameters)
    progress(f"Solving: body, receptors, circuits, synapses, symptoms{compiled_first('window_of_course')}")
    arms, coalitions = (tuple(ARMS), True) if complete else (BASE, False)
    with model.answerable():
        course = simulate(protocol, model.parameters, arms=arms, coalitions=coalitions, without=without)
    if circuits is not None:
        with model.answerable():
            over = over_circuits(course, model.parameters, circuits, lambda done: progress(f"Solving circuit {done} of {circuits}"))
        course = replace(course, over_circuits=over)
    run = Run(_marked(course, model, beyond_evidence, observed), model, beyond_evidence, tuple(idle_changes(without, model.values)))
    if complete:
        # The cache of a property that is solved already.
        run.__dict__["_with_coalitions"] = run.simulation
        run.complete(progress)
    return run


def solve_several(
    protocols: Sequence[Protocol],
    without: Sequence[str],
    model: Model,
    beyond_evidence: bool,
    people: int | None,
    progress: Callable[[int, str], None],
) -> ComparedRuns:
    """See :func:`euthymia.compare`."""
    if people is not None:
        if without or not model.as_shipped:
            raise InputError("people: trials are forecast with the model as it ships; leave out what changes it")
        check_people(people)
    for protocol in protocols:
        check_ceilings(protocol, model.parameters, beyond_evidence)
    with model.answerable():
        compared = compare(protocols, model.parameters, progress, without)
    marked = {name: _marked(course, model, beyond_evidence, None) for name, course in compared.simulations.items()}
    by_arm = {name: medians_of(course.protocol, model, without) for name, course in marked.items()}
    medians = {name: of_patients for name, of_patients in by_arm.items() if of_patients}
    if people is None:
        stored = {name: forecast_of(course.protocol, model, without) for name, course in marked.items()}
        forecasts = {name: of_trials for name, of_trials in stored.items() if of_trials}
    else:
        from ..inference.fitted import shipped
        from ..inference.forecast import forecast

        marked = {name: replace(course, options={**course.options, "people": people}) for name, course in marked.items()}
        numbers = {name: number for number, name in enumerate(marked, 1)}

        def forecasting(name: str) -> None:
            progress(numbers[name], f"further trials of {name}")

        forecasts = forecast([course.protocol for course in marked.values()], shipped(), patients=people, progress=forecasting)
    compared = replace(compared, simulations=marked, medians=medians, forecasts=forecasts, people=people)
    return ComparedRuns(compared, model, tuple(idle_changes(without, model.values)))
