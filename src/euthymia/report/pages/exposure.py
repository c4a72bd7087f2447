"""The folder that an exposure leaves behind: tables, a page, the protocol."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...analysis.exposure_summary import block_rows, exposure_rows, sites_of
from ...analysis.exposure_table import MOST_PEOPLE_WRITTEN, courses, tables
from ...analysis.noncompartmental import PARAMETERS
from ...core.clock import clock
from ...model.parameters import Euthymia
from ...protocols.reading import text_of
from ...results.manifest import Request
from ...results.run_folder import write_files
from ...simulation.dosing_intervals import DosingIntervals
from ...simulation.exposure import Exposures
from ...simulation.person import POPULATION
from ..exposure_words import repeats_text, who, without_repeats
from ..figures import exposure as figures
from .page import exposure_page

REPEATED_COLUMNS = {
    "cmax_tau": "Cmax",
    "tmax_tau": "Tmax after the dose, h",
    "auctau": "AUCτ",
    "cav": "Cav",
    "cmin": "Cmin",
    "ctrough": "Ctrough",
    "accumulation_ratio": "ratio",
    "accumulation_index": "index",
}
"""Parameters of repeated doses, and what they are called on the page."""


def page(exposures: Exposures, model: Euthymia, changes: Sequence[str] = ()) -> str:
    """The report of exposures as HTML text; ``changes`` say how the model differs from the one that ships, a line each."""
    protocol, course = exposures.protocol, courses(exposures, model)
    rows, until = exposure_rows(exposures, model), clock(protocol.horizon)
    both = [row for row in rows if row.is_both]
    repeated = dict.fromkeys(row.intervals for row in both if isinstance(row.intervals, DosingIntervals))
    contents: dict[str, Any] = {
        "title": protocol.title,
        "who": who(exposures),
        "horizon": protocol.horizon,
        "single": exposures.data.sizes["patient"] == 1,
        "warnings": exposures.warnings,
        "changes": changes,
        "rows": rows,
        "both": both,
        "enantiomers": [row for row in rows if not row.is_both],
        "columns": _columns(until),
        "without_repeats": without_repeats(both),
        "repeated": [(repeats_text(of), [row for row in both if row.intervals == of]) for of in repeated],
        "repeated_columns": REPEATED_COLUMNS,
        "block": block_rows(exposures),
        "definitions": PARAMETERS,
        "sites": sites_of(rows),
        "made": _made(exposures),
        "protocol": text_of(protocol),
    }
    drawings = {
        "blood": figures.blood(course, protocol) if rows else None,
        "brain": figures.brain(course, protocol),
        "block_figure": figures.pore_block(exposures.data.pore_block, protocol),
    }
    return exposure_page(contents, drawings)


def _columns(until: str) -> dict[str, str]:
    return {
        "cmax": "Cmax",
        "tmax": "Tmax, h",
        "auclast": f"AUC 0–{until}",
        "aucinf": "AUC 0–∞",
        "aucpext": "after the horizon, %",
        "half_life": "t½, h",
    }


def _made(exposures: Exposures) -> str:
    people = exposures.data.sizes["patient"]
    if people == 1:
        return "Concentrations are in concentrations.csv, the pore block in pore_block.csv, parameters in parameters.csv beside this page."
    everyone = (
        f"Concentrations of more than {MOST_PEOPLE_WRITTEN} people are written as quantiles alone"
        if people > MOST_PEOPLE_WRITTEN
        else "Concentrations of every person are in concentrations.csv, on fewer times where the table would be long"
    )
    return f"{everyone}; parameters of every person are in parameters.csv, quantiles over people in tables whose names say so."


def write(
    exposures: Exposures,
    model: Euthymia,
    changes: Sequence[str],
    out: Path,
    overwrite: bool,
    options: Mapping[str, object],
) -> None:
    """Write the folder: all of it, or nothing. ``options`` are what a user asked for beside a protocol."""
    contents = {
        "report.html": page(exposures, model, changes).encode(),
        **tables(exposures, model),
        "protocol.yaml": text_of(exposures.protocol).encode(),
    }
    drawn = exposures.data.sizes["patient"] > 1 or bool(exposures.protocol.patient.individual)
    write_files(contents, out, overwrite, Request("exposure", options, POPULATION if drawn else None))
