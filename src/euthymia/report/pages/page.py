"""The reports: pages that open without a network, from the answer down the causal chain."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ... import __version__
from ...analysis.attribution import WAYS_THEN_CONTEXT
from ...analysis.comparison import Comparison
from ...analysis.limbic import levels
from ...analysis.onset import LargestChange
from ...analysis.summary import TITLES, Summary
from ...core.disclaimer import DISCLAIMER
from ...evidence.display import in_use, number, origin, quantity, remark, unit
from ...evidence.registry import evidence
from ...evidence.rows import Parameter, Target
from ...inference.fitted import Fitted
from ...inference.pharmacokinetics import PharmacokineticFit
from ...inference.pk_curves import MOST_CURVES
from ...inference.pk_failures import LEAST_PEOPLE, residual_sd
from ...inference.posterior import PATIENTS as SAMPLED_PATIENTS
from ...population.cohort import Cohort
from ...population.summary import VisitSummary
from ...protocols.reading import text_of
from ...results.manifest import git_revision
from ...simulation.simulate import Simulation
from ...simulation.visits import course_title
from ..conclusion import arm_conclusions, cohort_conclusion, comparison_conclusion, conclusion
from ..exposure_words import digits
from ..figures import arms, pk_fit, trials
from ..figures import cohort as cohort_figures
from ..figures.causal_chain import causal_chain
from ..figures.clock import drawn
from ..figures.headline import headline
from ..figures.mood import is_the_trial, mood
from ..figures.style import LETTERS
from ..glossary import explained
from ..headline import CONTRASTS, MEANINGS, NO_FORECAST, NOT_MODELLED, OF_CONTRASTS, OTHER, headline_table
from ..statements import outcomes_in_view
from ..tokens import style_sheet, themed
from ..typical_patient import TYPICAL_AND_MEDIAN, madrs_rows, median_of, median_ratings
from ..words import before, change, clock, interval, number_of, part_text, percent, points, points_by_half, rating, when
from .levels import LevelRow, level_rows
from .sections import SECTIONS, Section, any_drug, said

NODES_DRAWN = 1000
MUCH = 0.1
"""Share of a read-out that counts as a large change."""
NOTES = (
    "What ties receptors to circuits and circuits to symptoms is assumed in size; what acts on what is mostly read. `euthymia verify` says "
    "where the model agrees with data, where it does not, and which numbers were in view when it was built.",
    "Curves are those of one typical patient. Trials average many, of whom some respond and some do not.",
    "The context of a pill taken daily for weeks is not the context of a visit with an infusion: compare arms beyond context too.",
)


def shade(largest: tuple[LargestChange, ...]) -> str:
    """Style of a cell by the size of the changes in it, as they are shown: in whole per cent."""
    return "still" if not largest else "much" if max(round(abs(extreme.change), 2) for extreme in largest) >= MUCH else ""


def commands(text: str) -> Markup:
    """Text with what stands between backticks as code."""
    return Markup(re.sub("`(.+?)`", r"<code>\1</code>", str(escape(text))))


def emphasised(text: str) -> Markup:
    """Text with what stands between two asterisks in bold, and numbers kept with their units."""
    text = re.sub(r"(?<=\d) (?=(?:%|d|h|min|mmHg|mg)\b|%)|(?<=\bway) (?=\d)", "\N{NO-BREAK SPACE}", str(escape(text)))
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text))


FILTERS = (
    *(before, change, clock, commands, digits, emphasised, in_use, interval, number, number_of, origin),
    *(part_text, percent, points, points_by_half),
    *(quantity, rating, remark, shade, unit, when),
)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("euthymia.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {function.__name__: function for function in FILTERS}
    return environment


def _page(template: str, **contents: Any) -> str:
    """A page with what stands on every page, the words that a reader need not know explained."""
    everywhere = {"disclaimer": DISCLAIMER, "tokens": style_sheet(), "titles": TITLES}
    made = {"version": __version__, "revision": git_revision(), "parameters": evidence().parameter_hash()}
    return explained(_environment().get_template(f"{template}.html.jinja").render(everywhere | made | contents))


def _figure(name: str, svg: str) -> Markup:
    # Ids are unique within one SVG only; a page holds several.
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    return Markup(themed(re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", svg)))


def page(simulation: Simulation, summary: Summary) -> str:
    """The report of one course as HTML text; without what its circuits say, drawings of that are left out."""
    curves, circuits = drawn(simulation, NODES_DRAWN), simulation.circuits
    rows_of_levels = [] if circuits is None else level_rows(levels(simulation, circuits))
    sections = [
        _contents(section, simulation, summary, curves, rows_of_levels) for section in SECTIONS if section.applies_to(simulation.protocol)
    ]
    return _page(
        "page",
        summary=summary,
        conclusion=conclusion(summary),
        mood=_figure("course", mood(curves)),
        with_trial=is_the_trial(simulation),
        with_observed=simulation.observed is not None,
        madrs_rows=madrs_rows(summary),
        typical_and_median=TYPICAL_AND_MEDIAN if summary.medians else None,
        outcomes_in_view=outcomes_in_view(),
        chain=_figure("causal-chain", causal_chain(curves)) if any_drug(simulation.protocol) else None,
        sections=sections,
        set_here=simulation.options.get("set", {}),
        uncalibrated=simulation.options.get("uncalibrated", False),
        protocol=text_of(simulation.protocol),
    )


def _contents(
    section: Section, simulation: Simulation, summary: Summary, curves: Simulation, rows_of_levels: list[LevelRow]
) -> dict[str, Any]:
    """What stands in one section of the page."""
    known = evidence()
    rows, targets = section.rows(), [known.target(name) for name in section.targets]
    read: list[Parameter | Target] = [*rows, *targets]
    figures = [(figure.draw.__name__, figure.drawn(curves), figure.caption) for figure in section.figures]
    return {
        "anchor": section.anchor,
        "title": section.title,
        "reading": said(section.reading, simulation, summary),
        "figures": [(_figure(name, picture), caption) for name, picture, caption in figures if picture is not None],
        "table": rows_of_levels if section.has_levels else [],
        "rows": rows,
        "targets": targets,
        "species": sorted({kind.strip() for row in read if row.species for kind in row.species.split(" and ")}),
        "counts": {kind: sum(row.provenance == kind for row in rows) for kind in ("read", "calibrated", "recalled", "assumed")},
        "sources": [known.sources[key] for key in sorted({row.source for row in read} - {"none", "convention", "formula"})],
        "notes": [text for note in section.notes if (text := said(note, simulation, summary))],
    }


def comparison_page(comparison: Comparison) -> str:
    """The report of several courses side by side as HTML text."""
    return _page(
        "comparison",
        comparison=comparison,
        conclusion=comparison_conclusion(comparison),
        of_arms=arm_conclusions(comparison),
        changes=next(iter(comparison.simulations.values())).changes,
        letters=dict(zip(comparison.arms, LETTERS, strict=False)),
        picture=_figure("ways", arms.five_ways(comparison)),
        attributed=_figure("attributed", arms.attributed(comparison)),
        headline=headline_table(comparison),
        forecast=_figure("forecast", headline(comparison)) if comparison.forecasts else None,
        other=list(OTHER),
        contrasts=CONTRASTS,
        of_contrasts=OF_CONTRASTS,
        no_forecast=NO_FORECAST,
        meanings=MEANINGS,
        not_modelled=NOT_MODELLED,
        contributors=WAYS_THEN_CONTEXT,
        medians={name: median_ratings(medians, comparison.checkpoints) for name, medians in comparison.medians.items()},
        median_of=next((median_of(medians.patients) for medians in comparison.medians.values()), None),
        typical_and_median=TYPICAL_AND_MEDIAN,
        notes=(outcomes_in_view(), *NOTES),
        protocols={name: text_of(course.protocol) for name, course in comparison.simulations.items()},
    )


def fit_page(fit: PharmacokineticFit, population: Mapping[str, Any] | None = None) -> str:
    """The report of estimates of people from their samples, and of their population, as HTML text."""
    known = evidence()
    rows = [row for name, row in known.parameters.items() if name.startswith("variability.")]
    return _page(
        "pk_fit",
        fit=fit,
        population=population,
        individuals=_figure("individuals", pk_fit.individuals(fit)),
        people_drawn=MOST_CURVES,
        least_people=LEAST_PEOPLE,
        residual_sd=residual_sd(fit.samples)[0],
        agreement=_figure("agreement", pk_fit.agreement(fit)),
        residuals=_figure("residuals", pk_fit.residuals(fit)),
        predictive=None if (check := pk_fit.predictive(fit)) is None else _figure("predictive", check),
        rows=rows,
        sources=[known.sources[key] for key in sorted({row.source for row in rows} - {"none"})],
    )


def exposure_page(contents: Mapping[str, Any], drawings: Mapping[str, str | None]) -> str:
    """The report of exposures as HTML text; a drawing that is None is left out."""
    return _page("exposure", **contents, **{name: None if svg is None else _figure(name, svg) for name, svg in drawings.items()})


def cohort_page(
    cohort: Cohort,
    visits: Sequence[VisitSummary],
    typical: Mapping[str, float | None],
    rated_as: str,
    caution: str,
    counted: str,
    afterwards: Sequence[str],
    fitted: Mapping[str, float],
) -> str:
    """The report of a cohort as HTML text."""
    known = evidence()
    return _page(
        "cohort",
        cohort=cohort,
        title=course_title(cohort.protocol.title, cohort.protocol),
        visits=visits,
        conclusion=cohort_conclusion(cohort.protocol, visits, cohort.data.sizes["patient"]),
        typical=typical,
        typical_and_median=TYPICAL_AND_MEDIAN,
        caution=caution,
        counted=counted,
        afterwards=afterwards,
        rated_as=rated_as,
        spread=_figure("spread", cohort_figures.spread(cohort)),
        rows=sorted(
            (row for name, row in known.parameters.items() if name.startswith(("population.", "variability.")) or name in fitted),
            key=lambda row: not row.id.startswith("population."),
        ),
        fitted=fitted,
    )


def calibration_page(fitted: Fitted, numbers: Sequence[tuple]) -> str:
    """The report of a calibration as HTML text."""
    known = evidence()
    return _page(
        "calibration",
        fitted=fitted,
        numbers=numbers,
        start={row: known.parameters[row] for row in fitted.estimates},
        sampled_patients=SAMPLED_PATIENTS,
        agreement=_figure("agreement", trials.fitted_numbers(numbers)),
        known=_figure("known", trials.what_is_known(fitted)),
        ridge=_figure("ridge", trials.ridge(fitted)),
    )
