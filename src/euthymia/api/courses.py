"""Courses: one protocol through the whole model, several side by side, and drug levels alone."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.errors import InputError, short
from ..core.runtime import configure
from ..protocols.protocol import Protocol
from ..protocols.rating import check_rated
from .types import ComparedRuns, Dataset, ExposureRun, Model, Run

ProtocolLike = Protocol | str | Path
"""A protocol, the name of a built-in one, or a YAML file or event table."""
Names = str | Sequence[str]
Observed = str | Path | Mapping[str, Sequence[float]]
"""A file of the user's own ratings or concentrations, or its columns."""


def silent(text: str) -> None:
    """Progress that nobody reads."""


def protocol_like(protocol: ProtocolLike) -> Protocol:
    """A protocol from what a user may give for one. Raises ``InputError``."""
    if not isinstance(protocol, ProtocolLike):
        raise InputError(f"protocol: {short(protocol)} is neither a protocol nor the name or the file of one")
    return protocol if isinstance(protocol, Protocol) else Protocol.read(protocol)


def names_of(names: Names, field: str = "without") -> tuple[str, ...]:
    """One name or several, as several. Raises ``InputError``."""
    several = [names] if isinstance(names, str) else names
    if not isinstance(several, list | tuple | set) or not all(isinstance(name, str) for name in several):
        raise InputError(f"{field}: {short(names)} is neither a name nor a list of names")
    return tuple(several)


def model_like(model: Model | None) -> Model:
    """The numbers of a run: those that are given, or those of the evidence. Raises ``InputError``."""
    from ..model.changed import Model

    if model is None:
        return Model()
    if not isinstance(model, Model):
        raise InputError(
            f'model: {short(model)} is none; write for example default_model().with_values({{"ketamine.clearance": "80 L/h"}})'
        )
    return model


def whole(field: str, number: int) -> int:
    """A number of people or circuits. Raises ``InputError``."""
    if isinstance(number, bool) or not isinstance(number, int):
        raise InputError(f"{field}: {short(number)} is not a whole number")
    return number


def default_model() -> Model:
    """The model at the numbers of the evidence that ships with it.

    Returns
    -------
    A :class:`~euthymia.Model`; its ``with_values`` gives one with other numbers.

    Examples
    --------
    >>> import euthymia as eu
    >>> eu.default_model().with_values({"norketamine.share": 0.7}).changes
    ('norketamine.share = 0.7 (evidence: 0.8)',)
    """
    configure()
    return model_like(None)


def simulate(
    protocol: ProtocolLike,
    *,
    without: Names = (),
    model: Model | None = None,
    observed: Observed | None = None,
    beyond_evidence: bool = False,
    complete: bool = False,
    circuits: int | None = None,
    progress: Callable[[str], None] = silent,
) -> Run:
    """Take one protocol from dose to mood: as given, with the context alone, and untreated; the rest when it is asked for.

    Parameters
    ----------
    protocol
        A protocol, the name of a built-in one, a YAML file, or an event table of one subject.
    without
        What does not act: "context", "way 1" to "way 5", or a link inside them: "prefrontal", "calcium load", "habenula", "trapping",
        "dopamine", "synaptic signalling", "limbic lock", "mtor", "potentiation", "regrowth", "surge", "cortex to dopamine",
        "adaptation", "reuptake".
    model
        Numbers; those of the evidence if left out.
    observed
        The user's own data to show beside the course: a CSV file, or its columns by heading. One is "time [h]" (or [min], [d]) since
        the first dose, the others any of "madrs", "madrs sd", and "ketamine", "norketamine" or "hydroxynorketamine" with " [ng/mL]".
    beyond_evidence
        Whether to run doses above the highest of which there is experience.
    complete
        Whether to solve everything at once.
    circuits
        Number of prefrontal circuits over which the course is solved too, a second each: ``run.over_circuits``; none if left out.
    progress
        Called with what is done next.

    Returns
    -------
    A :class:`~euthymia.Run`.

    Raises
    ------
    InputError
        If anything that was given cannot be used; the line says what is allowed.

    Examples
    --------
    >>> import euthymia as eu
    >>> run = eu.simulate("ketamine-iv", without="way 4")
    >>> bool(run.at(24) > run.at(24, arm="everything acts"))
    True
    """
    chosen, removed = protocol_like(protocol), names_of(without)
    check_rated(chosen)
    configure()
    from ..results.observed import observed_data
    from .run import solve

    seen = None if observed is None else observed_data(observed)
    used, count = model_like(model), None if circuits is None else whole("circuits", circuits)
    return solve(chosen, removed, used, seen, beyond_evidence, complete, count, progress)


def attribute(protocol: ProtocolLike, *, without: Names = (), model: Model | None = None, beyond_evidence: bool = False) -> Dataset:
    """How much of the change in mood each way and the context account for, as Shapley values over all their coalitions.

    Parameters
    ----------
    protocol, without, model, beyond_evidence
        As for :func:`euthymia.simulate`.

    Returns
    -------
    ``attribution`` (points of MADRS; contributor, time) and ``coalition_madrs`` (points; coalition, time): the group "attribution"
    of a run folder.

    Raises
    ------
    InputError
        If anything that was given cannot be used.

    Examples
    --------
    >>> import euthymia as eu
    >>> parts = eu.attribute("ketamine-iv").attribution  # doctest: +SKIP
    >>> parts.sel(time=24, method="nearest").round(1)  # doctest: +SKIP
    """
    run = simulate(protocol, without=without, model=model, beyond_evidence=beyond_evidence)
    return run.attribution


def circuits(protocol: ProtocolLike, *, without: Names = (), model: Model | None = None, beyond_evidence: bool = False) -> Dataset:
    """What the circuits say beside a course: recordings of the habenula, prefrontal spectra, the limbic landscape.

    Parameters
    ----------
    protocol, without, model, beyond_evidence
        As for :func:`euthymia.simulate`.

    Returns
    -------
    Quantities at named checkpoints of the course, with units and meanings: the group "circuits" of a run folder.

    Raises
    ------
    InputError
        If anything that was given cannot be used, or nothing is given to the patient.

    Examples
    --------
    >>> import euthymia as eu
    >>> beside = eu.circuits("ketamine-iv")  # doctest: +SKIP
    >>> beside.habenula_cells.sel(checkpoint="24 h")  # doctest: +SKIP
    """
    run = simulate(protocol, without=without, model=model, beyond_evidence=beyond_evidence)
    return run.circuits


def compare(
    *protocols: ProtocolLike,
    patient: Mapping[str, Any] | None = None,
    without: Names = (),
    model: Model | None = None,
    beyond_evidence: bool = False,
    people: int | None = None,
    progress: Callable[[int, str], None] = lambda number, name: None,
) -> ComparedRuns:
    """Put two to eight protocols side by side for one patient.

    Parameters
    ----------
    protocols
        As for :func:`euthymia.simulate`; each needs a name of its own.
    patient
        Fields of the patient, for every arm.
    without, model, beyond_evidence
        As for :func:`euthymia.simulate`.
    people
        Forecast further trials of the arms in so many virtual patients, 16 to 10,000; left out, what ships is shown of arms that ship.
    progress
        Called before each arm with its number, from 1, and its name.

    Returns
    -------
    :class:`~euthymia.ComparedRuns`, whose ``data`` has an axis of protocols.

    Raises
    ------
    InputError
        If anything that was given cannot be used.

    Examples
    --------
    >>> import euthymia as eu
    >>> both = eu.compare("ketamine-iv", "escitalopram")  # doctest: +SKIP
    >>> both.data.madrs.sel(arm="as given").plot(hue="protocol", xscale="log")  # doctest: +SKIP
    """
    chosen = [protocol_like(protocol) for protocol in protocols]
    if patient:
        chosen = [each_one.changed(patient={**each_one.patient.stated(), **patient}) for each_one in chosen]
    configure()
    from .run import solve_several

    of_people = None if people is None else whole("people", people)
    return solve_several(chosen, names_of(without), model_like(model), beyond_evidence, of_people, progress)


def exposure(
    protocol: ProtocolLike,
    n: int | None = None,
    *,
    model: Model | None = None,
    beyond_evidence: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> ExposureRun:
    """From dose to receptor alone: drug in blood and brain of a person, of many people, or of a mouse or rat.

    Parameters
    ----------
    protocol
        As for :func:`euthymia.simulate`.
    n
        Number of people drawn from the population in the place of the protocol's patient; the patient alone if left out.
    model, beyond_evidence
        As for :func:`euthymia.simulate`.
    progress
        Called with the number of people done.

    Returns
    -------
    :class:`~euthymia.ExposureRun`: ``data`` (concentrations over patient and time, µmol/L), ``peak``, ``peak_time`` (h), ``area``
    (µmol/L h), and ``parameters``, the noncompartmental ones in ng/mL; ``save`` leaves the folder that the command leaves.

    Raises
    ------
    InputError
        If anything that was given cannot be used.

    Examples
    --------
    >>> import euthymia as eu
    >>> drug = eu.exposure("ketamine-iv")
    >>> drug.area.arterial_ketamine.sel(enantiomer="both").dims
    ('patient',)
    """
    chosen = protocol_like(protocol)
    configure()
    from ..simulation.ceilings import check_ceilings
    from ..simulation.exposure import exposures
    from .exposure_run import exposure_run
    from .run import options_of

    used = model_like(model)
    check_ceilings(chosen, used.parameters, beyond_evidence)
    with used.answerable():
        solved = exposures(chosen, None if n is None else whole("people", n), used.parameters, progress)
    asked = {} if n is None else {"people": n}
    return exposure_run(solved, used, asked | options_of((), used, beyond_evidence))
