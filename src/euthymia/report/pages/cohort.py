"""What a cohort did: medians with intervals in the terminal, and the folder it leaves behind."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...clinic.outcomes import remits, responds
from ...clinic.ratings import Ratings
from ...core.constants import DAY
from ...population.cohort import Cohort
from ...population.dropout import dropout
from ...population.patients import COHORT
from ...population.relapse import relapse
from ...population.weighting import effective_sample_size
from ...protocols.reading import text_of
from ...results.netcdf import netcdf
from ...results.run_folder import write_files
from ...simulation.visits import CHECKPOINTS, first_visit, labelled
from .page import cohort_page

INTERVAL = (0.05, 0.95)
UNCALIBRATED = (
    "how patients differ is assumed and was not fitted to any trial: shares of responders show what the model computes, not what to expect"
)
CALIBRATED = (
    "how patients differ and what context is worth were fitted to trials kept for calibration, which leave much of it free; "
    "`euthymia validate clinic` shows how well trials kept aside are predicted"
)


class Visit(NamedTuple):
    """A cohort at one time: medians with the middle nine tenths, and shares of patients."""

    name: str
    madrs: tuple[float, float, float]
    context: tuple[float, float, float]
    spine_density: tuple[float, float, float]
    unlocked: float
    response: float
    remission: float
    context_response: float


def visits(cohort: Cohort, p: Ratings) -> list[Visit]:
    """The cohort at the named times inside its course; response and remission are of what was rated."""
    data, first, shares = cohort.data, first_visit(cohort.protocol), cohort.shares

    def middle(values: np.ndarray) -> tuple[float, float, float]:
        low, median, high = np.quantile(values, (INTERVAL[0], 0.5, INTERVAL[1]), weights=shares, method="inverted_cdf")
        return float(low), float(median), float(high)

    def share(of: ArrayLike) -> float:
        return float(shares @ np.asarray(of, float))

    baseline = jnp.asarray(data.rated.isel(time=0).values)
    found = []
    for name, hours in CHECKPOINTS.items():
        if first + hours > float(data.time[-1]):
            continue
        now = data.sel(time=first + hours, method="nearest")
        rated, context_rated = (jnp.asarray(now[name].values) for name in ("rated", "context_rated"))
        found.append(
            Visit(
                "before" if hours == 0 else name,
                middle(now.madrs.values),
                middle(now.context_madrs.values),
                middle(100 * now.spine_density.values),
                share(1 - now.lock),
                share(responds(p, baseline, rated)),
                share(remits(p.remission, rated)),
                share(responds(p, baseline, context_rated)),
            )
        )
    return found


def show_cohort(cohort: Cohort, p: Ratings, console: Console) -> None:
    """Print the cohort at its visits."""
    number = cohort.data.sizes["patient"]
    console.print()
    console.print(Text(labelled(cohort.protocol.title, cohort.protocol), style="bold"))
    drawn = "" if cohort.drawn == number else f", of {cohort.drawn} drawn"
    console.print(f"{number} virtual patients{drawn}{counted(cohort)}; median (5 to 95 %)")
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("", "MADRS", "context alone", "spines, %", "response", "remission"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for each in visits(cohort, p):
        shares = (each.response, each.remission)
        table.add_row(
            each.name, *(interval(part) for part in (each.madrs, each.context, each.spine_density)), *(f"{100 * s:.0f} %" for s in shares)
        )
    console.print(table)
    console.print(f"[dim]{rated_as(p)}[/dim]", soft_wrap=True)
    for said in afterwards(cohort, p):
        console.print(said, soft_wrap=True)
    console.print()


def rated_as(p: Ratings) -> str:
    """What response and remission are, as a sentence."""
    return (
        f"Response: rated MADRS halved. Remission: rated MADRS of {float(p.remission):g} or less. Ratings carry natural fluctuation, the "
        "error of a rater, and what a patient who feels the drug expects of it; the other columns do not."
    )


def relapses(cohort: Cohort, p: Ratings) -> str:
    """What becomes of responders after the last dose, as a sentence; empty where nobody was followed."""
    found = relapse(cohort, p)
    if found is None:
        return ""
    half = f", half of them within {found.median / DAY:.0f} d" if found.median is not None else ""
    return (
        f"{found.responders:.0%} respond a day after the last dose; of these, {found.relapsed:.0%} relapse within "
        f"{found.followed / DAY:.0f} d (MADRS of {float(p.relapse):g} or more twice in weekly ratings){half}."
    )


def dropouts(cohort: Cohort, p: Ratings) -> str:
    """What those who leave do to a response rate, as a sentence; empty where a course is short."""
    found = dropout(cohort, p)
    if found is None:
        return ""
    weeks = float(p.dropout_by) / (7 * DAY)
    beyond = f", its hazard carried on beyond its {weeks:.0f} weeks" if found.followed > float(p.dropout_by) else ""
    return (
        f"If patients left as in one trial of tablets, {found.left:.0%} would have left by {found.followed / DAY:.0f} d{beyond}. "
        f"Response then: {found.everybody:.0%} of everybody, {found.completers:.0%} of those who stay, {found.carried_forward:.0%} with "
        f"the last rating of who left, {found.failures:.0%} with who left as failures."
    )


def afterwards(cohort: Cohort, p: Ratings) -> list[str]:
    """What to say of a course that goes on for weeks, a sentence each."""
    return [said for said in (relapses(cohort, p), dropouts(cohort, p)) if said]


def counted(cohort: Cohort) -> str:
    """What to say of limits, and of weights that are not even."""
    many = effective_sample_size(cohort.shares)
    like = f", with {', '.join(map(str, cohort.like))} as rated before treatment" if cohort.like else ""
    return like + ("" if many > 0.999 * len(cohort.shares) else f", weighted to count like {many:.0f}")


def interval(values: tuple[float, float, float]) -> str:
    """A median with its interval."""
    low, middle, high = values
    return f"{middle:.0f} ({low:.0f}–{high:.0f})"


def write(cohort: Cohort, p: Ratings, fitted: Mapping[str, float], out: Path, overwrite: bool) -> None:
    """Write the folder: all of it, or nothing. ``fitted`` are values that stand in for evidence rows."""
    data, caution = cohort.data, CALIBRATED if fitted else UNCALIBRATED
    made = {"drawn": cohort.drawn, "like": "; ".join(map(str, cohort.like)), "parameters": "calibrated" if fitted else "evidence"}
    made |= {f"fitted {row}": value for row, value in fitted.items()}
    protocol = text_of(cohort.protocol)
    contents = {
        "report.html": cohort_page(
            cohort, visits(cohort, p), interval, rated_as(p), caution, counted(cohort), afterwards(cohort, p), fitted
        ).encode(),
        "protocol.yaml": protocol.encode(),
        "results.nc": netcdf({"cohort": data}, cohort.protocol.title, protocol, **made),
    }
    write_files(contents, out, overwrite, seed=COHORT)
