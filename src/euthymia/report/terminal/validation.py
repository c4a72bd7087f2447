"""Observed beside predicted, as tables."""

from rich.console import Console
from rich.table import Table

from ...evidence.pharmacokinetics import stored_fit
from ...validation.pharmacology import (
    BARS,
    KEPT_ASIDE,
    MOLECULES,
    VERIFICATION,
    ObservedAndPredicted,
    PredictionScore,
    by_molecule_route_and_study,
    of_role,
    score,
)

ROLES = {"calibrate": "left out", KEPT_ASIDE: "kept aside"}
NOTES = (
    "Before: with the published parameters from which the fit began. Predicted: a study of the fit by a fit without it, a study that was "
    "kept aside by the model. Fitted: by the model, which has seen the studies of the fit. Bias: predicted over observed, geometric mean.",
    "The courses of kamp2020bja and hasan2021 are second-hand and digitised; the points of one mean curve are not independent. "
    "Data of Kamp's may be among those from which the published parameters were made.",
    "Children are out of range: all of this is of adults, and ratios of metabolites in children, by mouth or rectum, are not predicted.",
)


def show_validation(rows: list[ObservedAndPredicted], console: Console) -> None:
    """Print the scores by molecule, route and study, before and after the fit, every number but those of courses, and the totals."""
    of_studies = of_role(rows, *ROLES)
    for title, table in (
        ("Verification: the published output of a model coded here", _numbers(of_role(rows, VERIFICATION))),
        ("Studies, by molecule and route", _scores(of_studies)),
        ("Their numbers, but for time courses", _numbers([row for row in of_studies if not row.is_sample])),
    ):
        table.title, table.title_justify, table.title_style = title, "left", "bold"
        console.print()
        console.print(table)
    console.print()
    for molecule in MOLECULES:
        of_molecule = [row for row in of_studies if row.molecule == molecule]
        console.print(f"{molecule}: {_total(of_molecule) if of_molecule else 'no row'}")
    console.print(f"all: {_total(of_studies)}")
    console.print(f"all, before: {_in_words(score(of_studies, 'before'))}")
    verified = of_role(rows, VERIFICATION)
    console.print(f"verification: {len(verified)} rows, largest error {100 * max(row.error for row in verified):.1f} %")
    peer = f"median error {100 * BARS['median error']:.1f} %, {100 * BARS['within two-fold']:.0f} % within two-fold"
    console.print(f"the closest peer, on rows of its own: {peer}")
    for note in (*NOTES, _spread()):
        console.print(f"\n{note}")


def _table(*columns: str, text: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="left" if column in text else "right")
    return table


def _numbers(rows: list[ObservedAndPredicted]) -> Table:
    table = _table("quantity", "observed", "predicted", "ratio", "unit", "study", text=("quantity", "unit", "study"))
    for row in rows:
        ratio = f"{row.predicted / row.observed:.2f}"
        table.add_row(row.quantity, f"{row.observed:.3g}", f"{row.predicted:.3g}", ratio, row.unit, row.study)
    return table


def _scores(rows: list[ObservedAndPredicted]) -> Table:
    text = ("molecule", "route", "study", "")
    table = _table("molecule", "route", "study", "", "n", "error: before", "predicted", "fitted", "two-fold", "bias", text=text)
    for (molecule, route, study), group in by_molecule_route_and_study(rows).items():
        if not group:
            table.add_row(molecule, route, "no row", style="dim")
            continue
        before, predicted, fitted = (score(group, of) for of in ("before", "predicted", "fitted"))
        errors = [f"{100 * total.median_error:.0f} %" for total in (before, predicted, fitted)]
        two_fold = f"{100 * predicted.within_two_fold:.0f} %"
        table.add_row(molecule, route, study, ROLES[group[0].role], str(len(group)), *errors, two_fold, f"{predicted.bias:.2f}")
    return table


def _total(rows: list[ObservedAndPredicted]) -> str:
    return _in_words(score(rows))


def _in_words(total: PredictionScore) -> str:
    return (
        f"{total.count} rows, median error {100 * total.median_error:.0f} %, {100 * total.within_two_fold:.0f} % within two-fold, "
        f"bias {total.bias:.2f}"
    )


def _spread() -> str:
    """How far studies differ, as the fit has it."""
    estimates = stored_fit()["estimates"]
    sds = {row.rpartition(".")[-1]: entry["value"] for row, entry in estimates.items() if row.startswith("error.between_studies.")}
    return "Studies differ, as SDs of logarithms: " + ", ".join(f"{name} {sd:.2f}" for name, sd in sds.items()) + "."
