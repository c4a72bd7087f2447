"""The numbers a clinician asks for first, taken from a simulation."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from ..core.types import CELL_CLASSES
from ..experiments.model import Euthymia, default_model
from ..experiments.potency_gap import PotencyGap, potency_gaps
from ..experiments.simulation import Simulation, first_visit, warnings_of

NO_CHANGE = 1e-6
"""Points of MADRS below which there is nothing to share out."""
WORDS = ("bound", "pore_block", "drive_loss")
CONDITIONS = {"depressed": "Treatment-resistant depression", "healthy": "Healthy volunteer"}


@dataclass(frozen=True)
class Peak:
    """A largest value and when it was reached, h after the first dose."""

    value: float
    time: float


@dataclass(frozen=True)
class Way:
    """One way: its own number, when that peaked, and the part of the mood change it accounts for at 24 h."""

    name: str
    title: str
    measure: str
    peak: Peak
    points: float
    share: float | None


@dataclass(frozen=True)
class Summary:
    """Everything the terminal prints and the page opens with."""

    title: str
    person: str
    venous: Peak
    free_brain: Peak
    receptor: dict[str, dict[str, Peak]]
    ways: list[Way]
    context_points: float
    context_share: float | None
    gaps: list[PotencyGap]
    madrs: dict[str, float]
    untreated: dict[str, float]
    checked_at: str
    warnings: list[str]


def _peak(series: xr.DataArray, visit: float) -> Peak:
    place = int(np.argmax(np.abs(series.to_numpy())))
    return Peak(float(series[place]), float(series.time[place]) - visit)


def summarise(simulation: Simulation, model: Euthymia | None = None) -> Summary:
    """The summary of one simulation."""
    model = default_model() if model is None else model
    data, given = simulation.data, simulation.data.sel(arm="as given")
    visit = first_visit(simulation.protocol)
    checkpoints = simulation.checkpoints()
    checked_at = "24 h" if "24 h" in checkpoints else list(checkpoints)[-1]
    shares = {who: float(part.sel(time=visit + checkpoints[checked_at], method="nearest")) for who, part in simulation.shares().items()}
    total = simulation.at(checkpoints[checked_at]) - simulation.at(0.0)
    start = given.isel(time=0)

    def share(who: str) -> float | None:
        return shares[who] / total if abs(total) > NO_CHANGE else None

    def way(name: str, title: str, measure: str, peak: Peak) -> Way:
        return Way(name, title, measure, peak, shares[name], share(name))

    restored = (given.spine_density - start.spine_density) / start.spine_density
    relief = 1 - given.calcium_load / start.calcium_load
    person, condition = simulation.person, CONDITIONS[simulation.protocol.patient.condition]
    return Summary(
        title=simulation.protocol.title,
        person=f"{condition}, {person.weight:g} kg, stress {person.stress:g}, MADRS {simulation.at(0.0):.0f} before the course",
        venous=_peak(data.venous_ketamine_mass, visit),
        free_brain=_peak(data.free_brain_ketamine.sum("enantiomer"), visit),
        receptor={name: {word: _peak(data[word].sel(cell_class=name), visit) for word in WORDS} for name in CELL_CLASSES},
        ways=[
            way("way 2", "NMDA block eases the calcium load", "calcium load, relief", _peak(relief, visit)),
            way("way 4", "connections regrow", "spine density, gain", _peak(restored, visit)),
        ],
        context_points=shares["context"],
        context_share=share("context"),
        gaps=potency_gaps(model, simulation),
        madrs={name: simulation.at(hours) for name, hours in checkpoints.items()},
        untreated={name: simulation.at(hours, "untreated") for name, hours in checkpoints.items()},
        checked_at=checked_at,
        warnings=warnings_of(simulation.protocol, model),
    )
