"""Sentences that are made from evidence rows or from a course, so that they cannot deny the numbers beside them."""

from collections.abc import Iterable, Mapping
from math import log

import xarray as xr

from ..analysis.disinhibition import firing_change
from ..analysis.trapping import ReleaseRates
from ..clinic.symptoms import RESTORED
from ..core.constants import YEAR
from ..evidence.registry import evidence
from ..evidence.rows import Parameter
from ..model.default import uses
from ..simulation.simulate import Simulation
from .words import clock, points, span

WEIGHT = "symptoms.drivers."
"""How the ids of the rows begin that weigh mechanisms in mood; the mechanism follows."""
MECHANISMS = {
    **{name: name.replace("_", " ") for name in (*RESTORED, "potentiation")},
    "focus": "prefrontal focus",
    "reward": "dopamine tone",
    "release": "freedom from the limbic lock",
    "limbic_input": "the drive of the limbic network",
    "potentiation": "fast potentiation",
}
CELLS = {"vip": "VIP"}
"""Classes of cell that are not called by their name."""
FRACTIONS = {0.0: "none of it", 0.5: "half of it", 1.0: "all of it"}
"""Engagements in words."""
REMISSION = 10 * YEAR
"""Median time to an untreated remission, beyond which the model has none, h."""
LEAST_CHANGE = 0.01
"""Fraction of a firing rate below which it has not moved."""


def outcomes_in_view(rows: Mapping[str, Parameter] | None = None) -> str:
    """Which weights from mechanism to mood, and what else, were chosen with an outcome in view, from the rows that say so.

    Parameters
    ----------
    rows
        Parameters by id; those of the evidence if left out.
    """
    rows = evidence().parameters if rows is None else rows
    weights = {row.id.removeprefix(WEIGHT): row.outcome_in_view for row in rows.values() if row.id.startswith(WEIGHT)}
    others = {row.id: row.outcome_in_view for row in rows.values() if row.outcome_in_view and not row.id.startswith(WEIGHT)}
    seen = [f"{_joined(MECHANISMS[name] for name in names)} with {outcome} in view" for outcome, names in _by_outcome(weights)]
    unseen = [MECHANISMS[name] for name, outcome in weights.items() if outcome is None]
    kinds = dict.fromkeys(row.provenance for row in rows.values() if row.id.startswith(WEIGHT))
    said = f"The weights from mechanism to mood are {_joined(kinds)}"
    if seen:
        said += f": {'; '.join(f'those of {group}' for group in seen)}"
        said += f"; those of {_joined(unseen)} with none." if unseen else "."
    else:
        said += ", none with an outcome of patients in view."
    beside = [f"{_joined(_meaning(name) for name in names)} ({outcome})" for outcome, names in _by_outcome(others)]
    return f"{said} Outcomes were in view too for {'; '.join(beside)}." if beside else said


def _by_outcome(seen: Mapping[str, str | None]) -> list[tuple[str, list[str]]]:
    """Names by the outcome that was in view, where there was one, in the order of the rows."""
    outcomes = dict.fromkeys(outcome for outcome in seen.values() if outcome)
    return [(outcome, [name for name in seen if seen[name] == outcome]) for outcome in outcomes]


def _meaning(row: str) -> str:
    return uses()[row][0][1]


def _joined(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def firing(simulation: Simulation) -> str:
    """Which classes of prefrontal cell fire less in a course, and which more, when that is most."""
    most = firing_change(simulation)
    moved = sorted((change, name) for name, change in most.changes.items() if abs(change) >= LEAST_CHANGE)
    if not moved:
        return "In this course no class of cell changes its firing by a hundredth."
    said = [f"{100 * abs(change):.0f} % {'more' if change > 0 else 'less'} in {CELLS.get(name, name)} cells" for change, name in moved]
    return f"At {clock(most.time)}, when firing in this course is furthest from before, it is {_joined(said)}."


def release_of_trapped_drug(rates: ReleaseRates) -> str:
    """How fast the habenula releases trapped drug in the model, beside what the receptor's kinetics give."""
    bursting, silent = (
        f"{rates.by_kinetics[cell]:.2g} per hour in {cells} cells, {rates.ratios[cell]:.0f} times as fast"
        for cell, cells in (("burst", "bursting"), ("silent", "silent"))
    )
    return (
        f"Bursting habenula cells release trapped drug at {rates.used:.2g} per hour (half of it in {clock(log(2) / rates.used)}), which is "
        f"assumed from how long bursts are silenced in mice. The receptor’s own kinetics give {bursting}, and {silent}: a gap that is not "
        "closed."
    )


def engagement_of_resting_receptors(by_engagement: Mapping[float, float]) -> str:
    """What a blocker other than ketamine does to mood, by how far it engages resting receptors; nothing where none is given."""
    if not by_engagement:
        return ""
    said = [f"{points(value)} if it is {FRACTIONS.get(share, f'{share:g}')}" for share, value in by_engagement.items()]
    return (
        "How far this blocker engages NMDA receptors at rest, beside ketamine at equal pore block, is disputed: memantine left them alone "
        "in magnesium (Gideons 2014), and could not be told from ketamine at synapses (Emnett 2013). "
        f"At the end of this course MADRS is beyond the context by {_joined(said)}."
    )


def opening_by_noise(circuits: xr.Dataset) -> str:
    """When an untreated limbic network would leave the lock by itself, over the range of its noise."""
    used, medians = float(circuits.noise_used), circuits.untreated_opening
    at_used = span(float(medians.sel(noise=used)))
    low, high = (span(float(medians[edge])) for edge in (0, -1))
    lower, upper = (f"{float(medians.noise[edge]):g}" for edge in (0, -1))
    beside = f"so too at {lower} and {upper} nA" if low == high == at_used else f"{low} at {lower} nA, {high} at {upper} nA"
    never = "; people do recover untreated, which the model leaves out" if float(medians.min()) > REMISSION else ""
    return (
        f"How long the lock holds hangs on the noise of its networks, {used:g} nA here, which is assumed. Untreated, the middle subnetwork "
        f"of this patient would leave the lock after a median of {at_used} ({beside}), and no remission comes before{never}."
    )
