"""Sentences that are made from evidence rows or from a course, so that they cannot deny the numbers beside them."""

from collections.abc import Iterable, Mapping
from math import log

import xarray as xr

from ..analysis.disinhibition import firing_change
from ..analysis.summary import TITLES, Summary
from ..clinic.symptoms import RESTORED
from ..core.constants import YEAR
from ..evidence.circuit_ensemble import conditioning
from ..evidence.registry import evidence
from ..evidence.rows import Parameter
from ..model.default import uses
from ..simulation.simulate import Simulation
from ..simulation.visits import first_visit
from .words import CELLS, MOVED, change, clock, number_of_cells, percent, points, span

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
FRACTIONS = {0.0: "if it does not at all", 0.5: "if it does half as much", 1.0: "if it does as much"}
"""Engagements in words."""
AT_REST = {
    "memantine": "disputed: it left them alone in magnesium (Gideons 2014), and could not be told from ketamine at synapses (Emnett 2013)",
    "MK-801": "assumed: as far as ketamine does (Autry 2011)",
}
"""What is known of blockers other than ketamine at receptors at rest."""
REMISSION = 10 * YEAR
"""Median time to an untreated remission, beyond which the model has none, h."""
LEAST_CHANGE = 0.01
"""Fraction of a firing rate below which it has not moved."""
FEWER = 0.1
"""Fall of the share of spikes in bursts from which on bursts are called fewer."""


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


def titled(who: str) -> str:
    """A way, or the context, with its title."""
    return f"{who}: {TITLES[who]}"


def sign_of_way_1(simulation: Simulation) -> str:
    """That pyramidal cells fire more under block is inferred: from what, by which number, and by how much in this course."""
    stored, circuits = conditioning(), simulation.circuits
    rising, numbers = stored["rising"], stored["numbers"]
    (carrier, alone), (next_one, together) = stored["carriers"].items()
    inferred = (
        "That pyramidal cells fire more under block, and not less, is inferred. Which part of the excitation of each class runs through "
        "NMDA receptors, and how much drug takes half of it, is not known. Drawn from wide priors, circuits fire more at the end of the "
        f"standard infusion in {percent(rising['before'])}; of those that fire more at 1 µM and less at 10 µM, as pyramidal cells in slice "
        f"do, {percent(rising['after_slice'])}. What decides is above all {number_of_cells(carrier)}: "
        f"{_interval(numbers[carrier]['before'])} before, {_interval(numbers[carrier]['after'])} after (median, 5 and 95 %). "
        f"Where it is so, {percent(alone)} of all circuits rise; where {number_of_cells(next_one)} is what evidence leaves too, "
        f"{percent(together)}."
    )
    if circuits is None or "ensemble_firing" not in circuits:
        return inferred
    firing = circuits.ensemble_firing.sel(cortical_class="pyramidal")
    highest = firing.isel(gamma_time=int(abs(firing.sel(quantile=0.5)).to_numpy().argmax()))
    low, median, high = (_signed(float(highest.sel(quantile=level))) for level in (0.05, 0.5, 0.95))
    return f"{inferred} At the peak of this course circuits that are left change their pyramidal rate by {median} ({low} to {high})."


def _interval(quantiles: list[float]) -> str:
    low, median, high = quantiles
    return f"{median:.2g} ({low:.2g} to {high:.2g})"


def executive_falls(simulation: Simulation) -> str:
    """How far focus and impulse control fall in a course, beside the order of impairment in people."""
    data = simulation.data.sel(arm="as given")
    falls = [1 - float(values.min() / values[0]) for values in (data.focus, data.impulse_control)]
    if max(falls) < LEAST_CHANGE:
        return "In this course neither focus nor impulse control falls by a hundredth."
    return (
        f"At worst focus falls by {100 * falls[0]:.0f} % and impulse control by {100 * falls[1]:.0f} %. In people given ketamine response "
        "inhibition is the least impaired of eleven domains, and verbal memory, for which nothing here stands, the most (Zhornitsky 2022)."
    )


def _signed(share: float) -> str:
    return change(share, 0.0)


def habenula_firing(simulation: Simulation) -> str:
    """How much less the habenula fires in a course, and whether it bursts less."""
    dosed = simulation.data.sel(arm="as given")
    spikes = dosed.habenula_tonic_rate + dosed.habenula_burst_rate
    node = int(abs(spikes - spikes[0]).to_numpy().argmax())
    fall = 1 - float(spikes[node] / spikes[0])
    if abs(fall) < LEAST_CHANGE:
        return "In this course its firing does not change by a hundredth."
    at = clock(float(dosed.time[node]) - first_visit(simulation.protocol))
    if 1 - fall < LEAST_CHANGE:
        return f"In this course it falls silent at {at}."
    before, then = (float(dosed.habenula_burst_rate[when] / spikes[when]) for when in (0, node))
    word = "fewer bursts too" if then < (1 - FEWER) * before else "less firing, not fewer bursts" if fall > 0 else "more firing"
    return (
        f"In this course it fires {100 * abs(fall):.0f} % {'less' if fall > 0 else 'more'} at {at}, "
        f"and {percent(then)} of its spikes fall in bursts, where {percent(before)} did before: {word}."
    )


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


def release_of_trapped_drug(summary: Summary) -> str:
    """How fast the habenula releases trapped drug in the model, beside what the receptor's kinetics give; nothing where none is trapped."""
    rates = summary.release
    if summary.receptor["habenula"]["bound"].value < MOVED:
        return ""
    bursting, silent = (
        f"{rates.by_kinetics[cell]:.2g} per hour in {cells} cells, {rates.ratios[cell]:.0f} times as fast"
        for cell, cells in (("burst", "bursting"), ("silent", "silent"))
    )
    return (
        f"Bursting habenula cells release trapped drug at {rates.used:.2g} per hour (half of it in {clock(log(2) / rates.used)}), which is "
        f"assumed from how long bursts are silenced in mice. The receptor’s own kinetics give {bursting}, and {silent}: channels would "
        "have to open that much more rarely than their rows say. The gap is not closed."
    )


CHOSEN_FOR_MEMANTINE = (
    "That memantine does little in this model was chosen, with eight weeks of it in view (Zarate 2006b): cells adapt to a lasting block, "
    "and closing channels are taken to trap none of it, although they were seen to."
)


def engagement_of_resting_receptors(summary: Summary) -> str:
    """What a blocker other than ketamine does to mood, by how far it engages resting receptors; nothing where none is given."""
    if not summary.by_engagement:
        return ""
    drugs = {dose.drug for dose in summary.protocol.doses}
    known = [
        f"How far {drug} engages NMDA receptors at rest, against ketamine at equal pore block, is {said}."
        for drug, said in AT_REST.items()
        if drug in drugs
    ]
    said = [f"{points(value)} {FRACTIONS.get(share, f'at {share:g} of it')}" for share, value in summary.by_engagement.items()]
    chosen = (CHOSEN_FOR_MEMANTINE,) if "memantine" in drugs else ()
    return " ".join((*known, f"Beyond the context, MADRS at the end of this course is {_joined(said)}.", *chosen))


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
        f"of this patient would leave the lock after a median of {at_used} ({beside}), those of lower drive sooner{never}."
    )
