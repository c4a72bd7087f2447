"""What a cohort did: medians with intervals in the terminal, and the folder it leaves behind."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...clinic.ratings import Ratings
from ...core.constants import DAY
from ...evidence.registry import evidence
from ...population.cohort import Cohort
from ...population.dropout import Dropout
from ...population.patients import PATIENT_SEED
from ...population.relapse import Relapse, Return
from ...population.summary import CohortSummary, cohort_summary
from ...protocols.protocol import Protocol
from ...protocols.reading import text_of
from ...results.manifest import Request
from ...results.netcdf import netcdf
from ...results.run_folder import write_files
from ...simulation.simulate import Simulation
from ...simulation.visits import course_title
from ..typical_patient import TYPICAL_AND_MEDIAN, ratings_of
from ..words import interval, joined, rating
from .page import cohort_page

UNCALIBRATED = (
    "how patients differ is assumed and was not fitted to any trial: shares of responders show what the model computes, not what to expect"
)
CALIBRATED = (
    "how patients differ and the effect of context were fitted to trials kept for calibration, which leave much of it free; "
    "`euthymia validate clinic` shows how well trials kept aside are predicted"
)

RELAPSED_IN_TRIALS = {
    "salloum2019.relapse_01": " % by 14 d after 0.1 mg/kg",
    "salloum2019.relapse_05": " % after 0.5 mg/kg",
    "salloum2019.relapse_10": " % after 1 mg/kg",
}
"""Published shares of responders, and what they are of."""
TIME_TO_RELAPSE_IN_TRIALS = {"murrough2013b.relapse_med": " d after six infusions"}


def show_cohort(cohort: Cohort, typical: Simulation, p: Ratings, console: Console) -> None:
    """Print the cohort at its visits, beside the typical patient."""
    alone = ratings_of(typical)
    summary, number = cohort_summary(cohort, p), cohort.data.sizes["patient"]
    console.print()
    console.print(Text(course_title(cohort.protocol.title, cohort.protocol), style="bold"))
    drawn = "" if cohort.drawn == number else f", of {cohort.drawn} drawn"
    console.print(f"{number} virtual patients{drawn}{counted(cohort, summary)}; median (5 to 95 %)")
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("", "MADRS", "typical", "context alone", "spines, %", "response", "remission"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for visit in summary.visits:
        madrs, *others = (interval(values) for values in (visit.madrs, visit.context, visit.spine_density))
        table.add_row(
            visit.name, madrs, rating(alone[visit.name]), *others, f"{100 * visit.response:.0f} %", f"{100 * visit.remission:.0f} %"
        )
    console.print(table)
    console.print(f"[dim]{rated_as(p)}[/dim]", soft_wrap=True)
    for sentence in (TYPICAL_AND_MEDIAN, *afterwards(cohort.protocol, summary, p)):
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


def returns(protocol: Protocol, back: Return | None, p: Ratings) -> str:
    """How soon responders are rated in relapse again, beside what trials saw; empty where a course is short."""
    if back is None:
        return ""
    cut = f"rated {float(p.relapse):g} or more again"
    proportions = joined([f"{share:.0%} by {time / DAY:.0f} d" for time, share in back.relapsed_by.items()])
    if back.doses == 1:
        return (
            f"{back.responders:.0%} respond {back.judged_at / DAY:.0f} d after the dose; of these, {cut} at one visit or another: "
            f"{proportions}{_published(protocol, RELAPSED_IN_TRIALS)}."
        )
    days = back.follow_up if back.median_time is None else back.median_time
    half = "fewer than half" if back.median_time is None else "half"
    return (
        f"{back.responders:.0%} respond a day after the last dose; of these, {half} are {cut} within {days / DAY:.0f} d of it, at two "
        f"visits a week ({proportions}){_published(protocol, TIME_TO_RELAPSE_IN_TRIALS)}."
    )


def _published(protocol: Protocol, rows: Mapping[str, str]) -> str:
    """What trials saw, where nothing but ketamine is infused."""
    if {(dose.drug, dose.route) for dose in protocol.doses} != {("ketamine", "i.v. infusion")}:
        return ""
    seen = [f"{evidence().target(row).value:g}{what}" for row, what in rows.items()]
    sources = dict.fromkeys(evidence().sources[evidence().target(row).source].citation for row in rows)
    return f"; a trial saw {joined(seen)} ({'; '.join(sources)})"


def afterwards(protocol: Protocol, summary: CohortSummary, p: Ratings) -> list[str]:
    """What to say of a course that goes on for weeks, a sentence each."""
    sentences = returns(protocol, summary.return_of_symptoms, p), relapses(summary.relapse, p), dropouts(summary.dropout, p)
    return [sentence for sentence in sentences if sentence]


def counted(cohort: Cohort, summary: CohortSummary) -> str:
    """What to say of limits, and of weights that are not even."""
    like = f", with {', '.join(map(str, cohort.like))} as rated before treatment" if cohort.like else ""
    return like + (f", weighted to count like {summary.effective_size:.0f}" if summary.weighted else "")


def write(
    cohort: Cohort,
    typical: Simulation,
    p: Ratings,
    fitted: Mapping[str, float],
    out: Path,
    overwrite: bool,
    options: Mapping[str, object],
    beside: Mapping[str, bytes],
) -> None:
    """Write the folder: all of it, or nothing.

    ``fitted`` are values that stand in for evidence rows, ``options`` what a user asked for beside a protocol, ``beside`` further files.
    """
    data, caution, summary = cohort.data, CALIBRATED if fitted else UNCALIBRATED, cohort_summary(cohort, p)
    made = {"drawn": cohort.drawn, "like": "; ".join(map(str, cohort.like)), "parameters": "calibrated" if fitted else "evidence"}
    made["changes"] = "; ".join(cohort.changes)
    made["fitted"] = "; ".join(f"{row} = {value!r}" for row, value in fitted.items())
    protocol = text_of(cohort.protocol)
    contents = {
        "report.html": cohort_page(
            cohort,
            summary.visits,
            ratings_of(typical),
            rated_as(p),
            caution,
            counted(cohort, summary),
            afterwards(cohort.protocol, summary, p),
            fitted,
        ).encode(),
        **beside,
        "protocol.yaml": protocol.encode(),
        "results.nc": netcdf({"cohort": data}, cohort.protocol.title, protocol, **made),
    }
    write_files(contents, out, overwrite, Request("population", options, PATIENT_SEED))
