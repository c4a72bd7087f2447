"""Observed beside predicted, as tables."""

from rich.console import Console
from rich.table import Table

from ...evidence.pharmacokinetics import stored_fit
from ...validation.pharmacology import (
    BARS,
    KEPT_ASIDE,
    MOLECULES,
    ROUTES,
    VERIFICATION,
    ObservedAndPredicted,
    PredictionScore,
    by_molecule_route_and_study,
    of_role,
    score,
)

LEFT_OUT = "calibrate"
ONE_CLEARANCE = "Noresketamine is cleared here as norketamine after a vein, by the fit; the published model has a clearance of its own."
NOTES = (
    "Prior: at the medians of the priors from which the fit began, most of them published parameters. Left out: by a fit without the "
    "study; a study that was kept aside (*) is in no fit. Fitted: by the model, which has seen the studies of the fit. Bias: predicted "
    "over observed, geometric mean.",
    "Left out is not all that a study has told: data of Kamp's may be among those of the published parameters, Yanagihara's oral "
    "bioavailability and the slow volume of the model of sprays are medians of priors, and the venous delay began at a value that was "
    "chosen with the peak of Zarate 2006 in view.",
    "Points of a mean curve are not independent; the courses are second-hand and digitised. Bioavailability in nasal2022 is by areas that "
    "are smaller beside its peaks than any bolus into a vein allows: they must end early.",
    "Children are out of range: all of this is of adults, and ratios of metabolites in children, by mouth or rectum, are not predicted.",
)


def show_validation(rows: list[ObservedAndPredicted], console: Console) -> None:
    """Print the scores by molecule, route and study, before and after the fit, every number but those of courses, and the totals."""
    verified, of_studies = of_role(rows, VERIFICATION), of_role(rows, LEFT_OUT, KEPT_ASIDE)
    _show("Verification: the published output of a model of sprays that is coded here", _numbers(verified), console)
    console.print(ONE_CLEARANCE)
    console.print("\n[bold]Studies, by molecule and route: median errors at the priors, left out and fitted[/bold]")
    for molecule in MOLECULES:
        of_molecule = [row for row in of_studies if row.molecule == molecule]
        if of_molecule:
            _show(f"{molecule}: {_in_words(score(of_molecule))}", _scores(of_studies, molecule), console)
        console.print(_without_a_row(of_studies, molecule), style="dim")
    _show("Their numbers, but for time courses", _numbers([row for row in of_studies if not row.is_sample]), console)
    console.print()
    console.print(f"all: {_in_words(score(of_studies))}")
    console.print(f"all, at the priors: {_in_words(score(of_studies, 'prior'))}")
    console.print(f"all but points of curves: {_in_words(score([row for row in of_studies if not row.is_sample]))}")
    of_esketamine = [row.error for row in verified if row.molecule == "ketamine"]
    console.print(f"verification, of esketamine: {len(of_esketamine)} rows, largest error {100 * max(of_esketamine):.1f} %")
    peer = f"median error {100 * BARS['median error']:.1f} %, {100 * BARS['within two-fold']:.0f} % within two-fold"
    console.print(f"the closest peer, on rows of its own: {peer}")
    for note in (*NOTES, _spread()):
        console.print(f"\n{note}")


def _show(title: str, table: Table, console: Console) -> None:
    console.print(f"\n{title}", style="bold")
    console.print(table)


def _table(*columns: str, text: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="left" if column in text else "right")
    return table


def _numbers(rows: list[ObservedAndPredicted]) -> Table:
    table = _table("quantity", "observed", "predicted", "ratio", "unit", text=("quantity", "unit"))
    for study in dict.fromkeys(row.study for row in rows):
        table.add_row(f"[dim]{study}[/dim]")
        for row in [row for row in rows if row.study == study]:
            values = f"{row.observed:.4g}", f"{row.predicted:.4g}", f"{row.predicted / row.observed:.2f}"
            table.add_row(row.quantity, *values, "" if row.unit == "dimensionless" else row.unit)
    return table


def _scores(rows: list[ObservedAndPredicted], molecule: str) -> Table:
    """Of one molecule: median errors, and share within two-fold and bias of what was left out."""
    table = _table(
        "route", "study", "n", "prior", "left out", "fitted", "two-fold, left out", "fitted", "bias, left out", text=("route", "study")
    )
    for (of, route, study), group in by_molecule_route_and_study(rows).items():
        if of == molecule and group:
            prior, left_out, fitted = (score(group, which) for which in ("prior", "predicted", "fitted"))
            errors = [f"{100 * total.median_error:.0f} %" for total in (prior, left_out, fitted)]
            two_fold = [f"{100 * total.within_two_fold:.0f} %" for total in (left_out, fitted)]
            mark = "*" if group[0].role == KEPT_ASIDE else ""
            table.add_row(route, study + mark, str(len(group)), *errors, *two_fold, f"{left_out.bias:.2f}")
    return table


def _without_a_row(rows: list[ObservedAndPredicted], molecule: str) -> str:
    routes = [route for (of, route, _), group in by_molecule_route_and_study(rows).items() if of == molecule and not group]
    return f"{molecule}: no row" if len(routes) == len(ROUTES) else f"no row: {', '.join(routes)}"


def _in_words(total: PredictionScore) -> str:
    return (
        f"{total.count} rows, median error {100 * total.median_error:.0f} %, {100 * total.within_two_fold:.0f} % within two-fold, "
        f"bias {total.bias:.2f}"
    )


def _spread() -> str:
    """How far studies and people differ, as the fits have it."""
    estimates = stored_fit()["estimates"]
    sds = {row.rpartition(".")[-1]: entry["value"] for row, entry in estimates.items() if row.startswith("error.between_studies.")}
    people = [entry["predicted"] / entry["observed"] for entry in stored_fit()["between_people"].values()]
    return (
        f"Studies differ, as SDs of logarithms: {', '.join(f'{name} {sd:.2f}' for name, sd in sds.items())}. SDs between people are "
        f"{min(people):.2f} to {max(people):.2f} times those published ({len(people)} numbers)."
    )
