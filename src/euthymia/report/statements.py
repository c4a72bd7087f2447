"""Sentences that are made from evidence rows or from a course, so that they cannot deny the numbers beside them."""

from collections.abc import Iterable, Mapping

from ..analysis.disinhibition import firing_change
from ..clinic.symptoms import RESTORED
from ..evidence.registry import evidence
from ..evidence.rows import Parameter
from ..model.default import uses
from ..simulation.simulate import Simulation
from .words import clock

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
