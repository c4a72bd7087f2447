"""What a cohort did: medians with intervals in the terminal, and the folder it leaves behind."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...clinic.ratings import Ratings
from ...core.constants import DAY
from ...population.cohort import Cohort
from ...population.dropout import Dropout
from ...population.patients import PATIENT_SEED
from ...population.relapse import Relapse
from ...population.summary import CohortSummary, MedianInterval, cohort_summary
from ...protocols.reading import text_of
from ...results.netcdf import netcdf
from ...results.run_folder import write_files
from ...simulation.visits import course_title
from .page import cohort_page

UNCALIBRATED = (
    "how patients differ is assumed and was not fitted to any trial: shares of responders show what the model computes, not what to expect"
)
CALIBRATED = (
    "how patients differ and the effect of context were fitted to trials kept for calibration, which leave much of it free; "
    "`euthymia validate clinic` shows how well trials kept aside are predicted"
)


def show_cohort(cohort: Cohort, p: Ratings, console: Console) -> None:
    """Print the cohort at its visits."""
    summary, number = cohort_summary(cohort, p), cohort.data.sizes["patient"]
    console.print()
    console.print(Text(course_title(cohort.protocol.title, cohort.protocol), style="bold"))
    drawn = "" if cohort.drawn == number else f", of {cohort.drawn} drawn"
    console.print(f"{number} virtual patients{drawn}{counted(cohort, summary)}; median (5 to 95 %)")
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("", "MADRS", "context alone", "spines, %", "response", "remission"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for visit in summary.visits:
        medians = (interval(values) for values in (visit.madrs, visit.context, visit.spine_density))
        table.add_row(visit.name, *medians, f"{100 * visit.response:.0f} %", f"{100 * visit.remission:.0f} %")
    console.print(table)
    console.print(f"[dim]{rated_as(p)}[/dim]", soft_wrap=True)
    for sentence in afterwards(summary, p):
        console.print(sentence, soft_wrap=True)
    console.print()


def rated_as(p: Ratings) -> str:
    """What response and remission are, as a sentence."""
    return (
        f"Response: rated MADRS halved. Remission: rated MADRS of {float(p.remission):g} or less. Ratings carry natural fluctuation, the "
        "error of a rater, and what a patient who feels the drug expects of it; the other columns do not."
    )


def relapses(relapse: Relapse | None, p: Ratings) -> str:
    """What becomes of responders after the last dose, as a sentence; empty where nobody was followed."""
    if relapse is None:
        return ""
    half = f", half of them within {relapse.median_time / DAY:.0f} d" if relapse.median_time is not None else ""
    return (
        f"{relapse.responders:.0%} respond a day after the last dose; of these, {relapse.relapsed:.0%} relapse within "
        f"{relapse.follow_up / DAY:.0f} d (MADRS of {float(p.relapse):g} or more twice in weekly ratings){half}."
    )


def dropouts(dropout: Dropout | None, p: Ratings) -> str:
    """What those who leave do to a response rate, as a sentence; empty where a course is short."""
    if dropout is None:
        return ""
    weeks = float(p.dropout_by) / (7 * DAY)
    beyond = f", its hazard carried on beyond its {weeks:.0f} weeks" if dropout.follow_up > float(p.dropout_by) else ""
    days, last, failures = dropout.follow_up / DAY, dropout.last_observation_carried_forward, dropout.non_responder_imputation
    return (
        f"If patients left as in one trial of tablets, {dropout.dropped_out:.0%} would have left by {days:.0f} d{beyond}. "
        f"Response then: {dropout.without_dropout:.0%} of everybody, {dropout.completers:.0%} of those who stay, {last:.0%} with "
        f"the last rating of who left, {failures:.0%} with who left as failures."
    )


def afterwards(summary: CohortSummary, p: Ratings) -> list[str]:
    """What to say of a course that goes on for weeks, a sentence each."""
    return [sentence for sentence in (relapses(summary.relapse, p), dropouts(summary.dropout, p)) if sentence]


def counted(cohort: Cohort, summary: CohortSummary) -> str:
    """What to say of limits, and of weights that are not even."""
    like = f", with {', '.join(map(str, cohort.like))} as rated before treatment" if cohort.like else ""
    return like + (f", weighted to count like {summary.effective_size:.0f}" if summary.weighted else "")


def interval(values: MedianInterval) -> str:
    """A median with its interval."""
    return f"{values.median:.0f} ({values.low:.0f}–{values.high:.0f})"


def write(
    cohort: Cohort, p: Ratings, fitted: Mapping[str, float], out: Path, overwrite: bool, options: Mapping[str, object] | None = None
) -> None:
    """Write the folder: all of it, or nothing.

    ``fitted`` are values that stand in for evidence rows, ``options`` what a user asked for beside a protocol.
    """
    data, caution, summary = cohort.data, CALIBRATED if fitted else UNCALIBRATED, cohort_summary(cohort, p)
    made = {"drawn": cohort.drawn, "like": "; ".join(map(str, cohort.like)), "parameters": "calibrated" if fitted else "evidence"}
    made["changes"] = "; ".join(cohort.changes)
    made["fitted"] = "; ".join(f"{row} = {value!r}" for row, value in fitted.items())
    protocol = text_of(cohort.protocol)
    contents = {
        "report.html": cohort_page(
            cohort, summary.visits, interval, rated_as(p), caution, counted(cohort, summary), afterwards(summary, p), fitted
        ).encode(),
        "protocol.yaml": protocol.encode(),
        "results.nc": netcdf({"cohort": data}, cohort.protocol.title, protocol, **made),
    }
    write_files(contents, out, overwrite, PATIENT_SEED, options)
