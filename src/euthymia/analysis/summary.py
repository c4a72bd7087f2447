"""The numbers a clinician asks for first, taken from a simulation."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from ..clinic.symptoms import COURSE_CONTEXTS, EMPIRICAL_CONTEXTS
from ..core.types import CELL_CLASSES
from ..model.default import default_model
from ..model.parameters import Euthymia
from ..pharmacology.comparators import FORMED
from ..protocols.protocol import Protocol
from ..protocols.vocabulary import BLOCKERS, HYDROXYNORKETAMINES, KETAMINES, NORKETAMINES
from ..results.quantities import label, shown_unit
from ..simulation.over_circuits import spread_over
from ..simulation.removable import EVERYTHING, REMOVABLE
from ..simulation.simulate import Simulation
from ..simulation.visits import course_title, first_visit
from ..simulation.warnings import warnings_of
from .anaesthesia import anaesthesia_warnings, checkpoint_ratings, rating_at, ratings
from .attribution import WAYS_THEN_CONTEXT, attributed_at
from .cohort_medians import PatientMedians
from .comparison import ATTRIBUTED_AT
from .fading import Fading, fading
from .onset import NO_RESPONSE, first_response
from .potency_gap import PotencyGap, potency_gaps
from .readouts import LEAST_POINTS
from .resting_engagement import beyond_context_by_engagement
from .trapping import ReleaseRates, release_rates

NO_CHANGE = 1e-6
"""Points of MADRS below which there is nothing to share out."""
BLOCK_MEASURES = ("bound", "pore_block", "drive_loss")
TARGETS = ("sert_occupancy", "dat_occupancy", "mao_block")
SAFETY_READOUTS = ("dissociation", "systolic_rise", "diastolic_rise", "anaesthesia")
NOT_MODELLED = (
    "slowed breathing and a blocked airway",
    "heart rate and rhythm",
    "nausea and vomiting",
    "dizziness and headache",
    "sedation short of anaesthesia",
    "effects on memory",
    "harm to bladder or liver",
    "misuse and dependence",
)
"""Side effects of ketamine on which the model says nothing."""
TITLES = {name: REMOVABLE[name] for name in WAYS_THEN_CONTEXT}
"""What each way, and the context, is."""


@dataclass(frozen=True)
class Peak:
    """A largest value and when it was reached, h after the first dose."""

    value: float
    time: float


@dataclass(frozen=True)
class Way:
    """One way: its own number, and when that was furthest from before."""

    name: str
    measure: str
    peak: Peak


@dataclass(frozen=True)
class Part:
    """What one way, or the context, did to mood: points, None while it cannot be rated, and their fraction of the whole, None of none."""

    points: float | None
    share: float | None


@dataclass(frozen=True)
class CircuitInterval:
    """Over prefrontal circuits: low, middle and high."""

    name: str
    """How many circuits, and what low and high are."""
    madrs: dict[str, tuple[float, float, float]]
    """By checkpoint, points."""
    glutamate: tuple[float, float, float]
    """Largest rise in tissue."""


@dataclass(frozen=True)
class Summary:
    """Everything the terminal prints and the page opens with."""

    title: str
    person: str
    """Who is treated."""
    protocol: Protocol
    changes: tuple[str, ...]
    """What differs from the model as it ships, a phrase each."""
    plasma: dict[str, Peak]
    """ng/mL by drug given; of ketamine in a venous sample."""
    free_brain: Peak
    """Of ketamine, µM."""
    watched: dict[str, tuple[Peak, str]]
    """What a clinic watches while ketamine is there: peaks and their units."""
    targets: dict[str, Peak]
    """What other drugs occupy or raise."""
    receptor: dict[str, dict[str, Peak]]
    ways: list[Way]
    parts: dict[str, dict[str, Part]]
    """By who and checkpoint."""
    gaps: list[PotencyGap]
    madrs: dict[str, float | None]
    """By checkpoint; None where the patient is anaesthetised."""
    untreated: dict[str, float]
    context: dict[str, float]
    undisturbed: dict[str, float]
    """By checkpoint, with everything acting; empty where nothing was removed."""
    lowest: Peak
    """MADRS where it is lowest."""
    worst: Peak | None
    """MADRS where it is highest, if that is above before."""
    time_to_response: float | None
    """When MADRS has first fallen by half (row ``ratings.response``), h after the first dose; None without one, or in health."""
    response_ends: float | None
    """When it has first risen above that again, h after the first dose; None without a response, or with one that lasts to the end."""
    responds_again: bool
    """Whether it is low enough for a response at a later time."""
    fading: Fading | None
    """What is left of relief and of what carries it; None without ketamine, or without relief that could fade."""
    release: ReleaseRates
    """Release of trapped drug in the habenula."""
    by_engagement: dict[float, float]
    """MADRS beyond the context at the end (points), by how far a blocker other than ketamine engages resting receptors."""
    not_modelled: tuple[str, ...]
    """Side effects of what is given on which the model says nothing."""
    checked_at: str
    warnings: list[str]
    circuit_interval: CircuitInterval | None = None
    """Over prefrontal circuits, where that was asked for."""
    medians: PatientMedians | None = None
    """MADRS of many patients, of a course that ships, as it ships."""

    @property
    def blocker(self) -> bool:
        """Whether anything was given that binds in the pore of NMDA receptors."""
        return any(drug in self.plasma for drug in BLOCKERS)


def _peak(series: xr.DataArray, visit: float) -> Peak:
    node = int(np.argmax(np.abs(series.to_numpy())))
    return Peak(float(series[node]), float(series.time[node]) - visit)


def _not_modelled(protocol: Protocol) -> tuple[str, ...]:
    drugs = tuple(dict.fromkeys(dose.drug for dose in protocol.doses))
    of_ketamine = NOT_MODELLED if any(drug in KETAMINES for drug in drugs) else ()
    others = [*(drug for drug in drugs if drug not in KETAMINES), *(name for name in EMPIRICAL_CONTEXTS if name == protocol.context)]
    return (*of_ketamine, *(f"any side effect of {other}" for other in others))


def ways_of(simulation: Simulation) -> dict[str, tuple[str, xr.DataArray]]:
    """The number by which each way is known, as a change from before the first dose."""
    dosed = simulation.data.sel(arm="as given")
    before = dosed.isel(time=0)
    return {
        "way 1": ("glutamate, rise", dosed.glutamate),
        "way 2": ("calcium load, relief", 1 - dosed.calcium_load / before.calcium_load),
        "way 3": ("dopamine tone, gain", dosed.dopamine / before.dopamine - 1),
        "way 4": ("spine density, gain", dosed.spine_density / before.spine_density - 1),
        "way 5": ("out of the lock", before.lock - dosed.lock),
    }


def attribution_at(simulation: Simulation, times: dict[str, float]) -> dict[str, dict[str, Part]]:
    """Points and share of each way and of the context at named times after the first dose (h)."""
    totals = {name: simulation.at(hours) - simulation.at(0.0) for name, hours in times.items()}
    points = attributed_at(simulation, times)
    unrated = {name for name, hours in times.items() if rating_at(simulation, hours) is None}

    def part(who: str, name: str) -> Part:
        if name in unrated:
            return Part(None, None)
        return Part(points[name][who], points[name][who] / totals[name] if abs(totals[name]) > NO_CHANGE else None)

    return {who: {name: part(who, name) for name in times} for who in WAYS_THEN_CONTEXT}


def summarise(simulation: Simulation, model: Euthymia | None = None) -> Summary:
    """The summary of one simulation."""
    model = default_model() if model is None else model
    data, dosed = simulation.data, simulation.data.sel(arm="as given")
    visit = first_visit(simulation.protocol)
    checkpoints = simulation.checkpoints()
    # A single dose or visit is judged after a day, a course of several at its end.
    protocol = simulation.protocol
    at_end = len(protocol.doses) > 1 or len(protocol.visits) > 1 or protocol.context in COURSE_CONTEXTS
    madrs = checkpoint_ratings(simulation)
    rated = [name for name, value in madrs.items() if value is not None]
    checked_at = "24 h" if "24 h" in rated and not at_end else rated[-1]
    split_at = {name: hours for name, hours in checkpoints.items() if name in ATTRIBUTED_AT or name == checked_at}
    drugs = dict.fromkeys(dose.drug for dose in simulation.protocol.doses)
    drugs |= dict.fromkeys(metabolite for metabolite, drug in FORMED.items() if drug in drugs)
    mass = {
        **dict.fromkeys(KETAMINES, data.venous_ketamine_mass),
        **dict.fromkeys(NORKETAMINES, data.norketamine_mass),
        **dict.fromkeys(HYDROXYNORKETAMINES, data.hydroxynorketamine_mass),
        **{str(drug): data.comparator_mass.sel(molecule=drug) for drug in data.molecule.values},
    }
    targets = {label(name): dosed[name] for name in TARGETS}
    targets |= {f"{label('serotonin')}, rise": dosed.serotonin / dosed.serotonin[0] - 1}
    made = ratings(simulation)
    lowest, highest = (
        Peak(float(made[node]), float(made.time[node])) for node in map(int, (np.nanargmin(made.to_numpy()), np.nanargmax(made.to_numpy())))
    )
    response = first_response(made, float(model.ratings.response)) if protocol.patient.condition == "depressed" else NO_RESPONSE
    return Summary(
        title=course_title(protocol.title, protocol),
        person=simulation.person.described(protocol.patient),
        protocol=protocol,
        changes=simulation.changes,
        plasma={drug: _peak(mass[drug], visit) for drug in drugs},
        free_brain=_peak(data.free_brain_ketamine.sum("enantiomer"), visit),
        watched={label(name): (_peak(data[name], visit), shown_unit(name)) for name in SAFETY_READOUTS},
        targets={name: _peak(series, visit) for name, series in targets.items()},
        receptor={name: {word: _peak(_by_class(data, word, name), visit) for word in BLOCK_MEASURES} for name in CELL_CLASSES},
        ways=[Way(name, measure, _peak(series, visit)) for name, (measure, series) in ways_of(simulation).items()],
        parts=attribution_at(simulation, split_at),
        gaps=potency_gaps(model, simulation),
        madrs=madrs,
        untreated={name: simulation.at(hours, "untreated") for name, hours in checkpoints.items()},
        context={name: simulation.at(hours, "context") for name, hours in checkpoints.items()},
        undisturbed={name: simulation.at(hours, EVERYTHING) for name, hours in checkpoints.items() if simulation.without},
        lowest=lowest,
        worst=highest if highest.value - simulation.at(0.0) >= LEAST_POINTS else None,
        time_to_response=response.reached,
        response_ends=response.lost,
        responds_again=response.again,
        fading=fading(simulation),
        release=release_rates(model.physiology.receptor),
        by_engagement=beyond_context_by_engagement(simulation, model),
        not_modelled=_not_modelled(protocol),
        checked_at=checked_at,
        circuit_interval=None if simulation.over_circuits is None else _over_circuits(simulation.over_circuits, checkpoints, visit),
        warnings=[*warnings_of(protocol, model, simulation.undosed("limbic_input")), *anaesthesia_warnings(simulation)],
    )


def _over_circuits(courses: xr.Dataset, checkpoints: dict[str, float], visit: float) -> CircuitInterval:
    spread = spread_over(courses.sizes["circuit"])

    def interval(values: xr.DataArray) -> tuple[float, float, float]:
        low, median, high = map(float, np.quantile(values, spread.quantiles))
        return low, median, high

    madrs = {name: interval(courses.madrs.sel(time=visit + hours, method="nearest")) for name, hours in checkpoints.items()}
    return CircuitInterval(spread.name, madrs, interval(courses.glutamate.max("time")))


def _by_class(data: xr.Dataset, word: str, name: str) -> xr.DataArray:
    """One word of the receptor in one cell class; of bound receptors in the habenula, those of its bursting cells."""
    if word == "bound":
        return data.bound.sel(site="habenula_burst" if name == "habenula" else name)
    return data[word].sel(cell_class=name)
