"""Results as a notebook shows them: a title, what to know, the course of mood and its numbers."""

from collections.abc import Iterable, Mapping
from html import escape

from ..analysis.anaesthesia import checkpoint_ratings
from ..analysis.comparison import Comparison
from ..population.cohort import Cohort
from ..population.summary import CohortSummary
from ..simulation.simulate import Simulation
from ..simulation.visits import course_title
from .figures.arms import five_ways
from .figures.clock import drawn
from .figures.cohort import spread
from .figures.mood import mood
from .typical_patient import ratings_of
from .words import NONE, before

NODES_DRAWN = 600


def html_of_run(simulation: Simulation, warnings: Iterable[str]) -> str:
    """One course."""
    protocol = simulation.protocol
    checkpoints = simulation.checkpoints()
    rows: dict[str, Mapping[str, float | None]] = {"as given": checkpoint_ratings(simulation)}
    rows |= {arm: {name: simulation.at(hours, arm) for name, hours in checkpoints.items()} for arm in ("context", "untreated")}
    return "".join(
        (
            _opening(course_title(protocol.title, protocol), simulation.changes, warnings),
            f"<figure style='max-width:760px;background:#fff'>{mood(drawn(simulation, NODES_DRAWN))}</figure>",
            _table("MADRS", [before(name) for name in checkpoints], {arm: list(map(_points, row.values())) for arm, row in rows.items()}),
        )
    )


def html_of_comparison(comparison: Comparison, warnings: Iterable[str]) -> str:
    """Several courses side by side."""
    changes = next(iter(comparison.simulations.values())).changes
    names = [before(name) for name in comparison.checkpoints]
    return "".join(
        (
            _opening("Side by side", changes, warnings),
            f"<figure style='max-width:760px;background:#fff'>{five_ways(comparison)}</figure>",
            _table("MADRS", names, {arm: list(map(_points, comparison.madrs(arm).values())) for arm in comparison.arms}),
        )
    )


def html_of_cohort(cohort: Cohort, summary: CohortSummary, typical: Simulation, warnings: Iterable[str]) -> str:
    """Many virtual patients, beside the typical one."""
    alone = ratings_of(typical)
    rows = {
        visit.name: [
            f"{visit.madrs.median:.1f}",
            _points(alone[visit.name]),
            f"{100 * visit.response:.0f} %",
            f"{100 * visit.remission:.0f} %",
        ]
        for visit in summary.visits
    }
    number = cohort.data.sizes["patient"]
    return "".join(
        (
            _opening(f"{course_title(cohort.protocol.title, cohort.protocol)}: {number} virtual patients", cohort.changes, warnings),
            f"<figure style='max-width:760px;background:#fff'>{spread(cohort)}</figure>",
            _table("at", ["MADRS, median", "typical patient", "response", "remission"], rows),
        )
    )


def _opening(title: str, changes: Iterable[str], warnings: Iterable[str]) -> str:
    lines = [*(f"Differs from the model as it ships: {change}" for change in changes), *warnings]
    return f"<p><strong>{escape(title)}</strong></p>" + (
        f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else ""
    )


def _points(value: float | None) -> str:
    return NONE if value is None else f"{value:.1f}"


def _table(corner: str, headings: Iterable[str], rows: Mapping[str, list[str]]) -> str:
    top = "".join(f"<th scope='col'>{escape(heading)}</th>" for heading in (corner, *headings))
    body = "".join(
        f"<tr><th scope='row'>{escape(name)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for name, cells in rows.items()
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
