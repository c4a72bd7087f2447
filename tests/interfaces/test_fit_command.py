"""`fit-pk` and `events` as a user has them: tables that once misled a fit, and files that are never replaced."""

import csv
import json
from pathlib import Path

import pytest

CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture
def fit(euthymia, here):
    """Clearances (L/h) of a case by subject, and the outcome of the command."""

    def run(case, *words):
        table = case if isinstance(case, Path) else CASES / f"{case}.csv"
        outcome = euthymia("fit-pk", table, *words, "--out", here / "fit", "--overwrite")
        with (here / "fit" / "individuals.csv").open() as file:
            rows = [row for row in csv.DictReader(file) if row["parameter"] == "clearance"]
        return {row["subject"]: float(row["estimate"]) for row in rows}, outcome

    return run


def test_tables_that_say_the_same_give_the_same_estimates(fit):
    base, outcome = fit("fit-base")
    assert outcome.code == 0
    assert base["2"] < base["1"] < base["3"]
    for case, close in (("fit-comment-column", 1e-12), ("fit-duration-column", 1e-4), ("fit-wrong-unit", 1e-3)):
        again, outcome = fit(case)
        assert outcome.code == 0, case
        assert again == pytest.approx(base, rel=close), case


def test_a_limit_is_not_taken_for_a_value(fit, here):
    base, _ = fit("fit-base")
    censored, outcome = fit("fit-censored")
    taken = here / "taken.csv"
    taken.write_text("\n".join(line.rpartition(",")[0] for line in (CASES / "fit-censored.csv").read_text().splitlines()))
    as_values, _ = fit(taken)
    assert outcome.code == 0
    # Subject 2 has most samples below the limit: as values at the limit they stand for a drug that stays.
    assert as_values["2"] < 0.8 * base["2"] < censored["2"]
    assert abs(censored["2"] - base["2"]) < abs(as_values["2"] - base["2"])


def test_a_fit_in_the_wrong_unit_says_that_it_failed_and_which_unit_would_fit(fit, here):
    table = here / "unit.csv"
    table.write_text("\n".join(line.rpartition(",")[0] for line in (CASES / "fit-wrong-unit.csv").read_text().splitlines()))
    _, outcome = fit(table)
    summary = json.loads((here / "fit" / "summary.json").read_text())
    assert outcome.code == 1
    assert summary["failed"]
    assert "--dv-unit umol/L" in " ".join(summary["failures"])
    assert "--dv-unit umol/L" in " ".join(outcome.out.split())
    stated, outcome = fit(table, "--dv-unit", "umol/L")
    assert outcome.code == 0
    assert stated == pytest.approx(fit("fit-base")[0], rel=1e-3)


FEW = {
    "one sample, a thousandth": "1,1,.,.,0.13,70,.\n",
    "seven samples, two of them nothing": "".join(f"1,{h},.,.,{c},70,.\n" for h, c in enumerate((120, 60, 35, 0, 22, 0, 12), 1)),
    "every sample below a limit that it cannot be below": "1,1,.,.,1,70,1\n1,2,.,.,1,70,1\n",
}


@pytest.mark.parametrize("name", FEW)
def test_few_samples_far_from_any_curve_fail_a_fit(name, fit, here):
    (here / "few.csv").write_text(f"ID,TIME,AMT,RATE,DV,WT,CENS\n1,0,35,52.5,.,70,.\n{FEW[name]}")
    _, outcome = fit(here / "few.csv", "--drug", "ketamine, i.v.")
    assert outcome.code == 1
    assert "what is assumed of samples" in " ".join(outcome.out.split())
    assert "nan" not in outcome.out


def test_few_samples_near_a_curve_do_not(fit, here):
    (here / "few.csv").write_text("ID,TIME,AMT,RATE,DV,WT\n1,0,35,52.5,.,70\n1,1,.,.,100,70\n")
    assert fit(here / "few.csv", "--drug", "ketamine, i.v.")[1].code == 0


def test_a_table_of_another_person_is_refused_beside_a_person(fit, here, refused):
    fit("fit-base")
    (here / "mine.csv").write_text("ID,TIME,AMT,RATE,CMT,WT\n9,0,35,52.5,1,71\n")
    assert "has weight" in refused("exposure", "mine.csv", "--person", f"{here / 'fit'}:2")


def test_tables_of_an_exposure_name_the_person_and_times_of_a_steady_state_are_told(euthymia, here):
    (here / "mine.csv").write_text("ID,TIME,AMT,CMT,SS,II\n9,0,35,1,1,12\n")
    code, _, err = euthymia("exposure", "mine.csv", "--out", "out")
    assert code == 0, err
    assert "results are at TIME + 240 h" in err
    with (here / "out" / "parameters.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["person"] for row in rows} == {"9"}
    assert all(float(row["value"]) >= 0 for row in rows)


def test_a_table_without_a_dose_is_refused_by_name(here, refused):
    (here / "mine.csv").write_text("ID,TIME,CMT,DV\n9,0,101,35\n")
    assert "events: mine.csv, subject 9: has 1 samples but no dose of ketamine" in refused("fit-pk", "mine.csv")


def test_a_public_layout_is_fitted_with_one_flag(fit):
    estimates, outcome = fit("public-layout", "--drug", "ketamine, i.v.")
    assert list(estimates) == ["1"]
    assert "columns not used: 'ETN'" in outcome.err
    assert "SEX 0 is male and 1 female" in outcome.err
    assert "before the first dose" in outcome.err


def test_the_example_is_fitted_and_a_person_goes_on(euthymia, here, no_figures):
    assert euthymia("events", "--example").code == 0
    assert euthymia("fit-pk", "runs/example-events.csv", "--petab", "petab").code == 0
    assert {"table.csv", "people.json", "report.html"} <= {path.name for path in (here / "runs" / "fit-pk").iterdir()}
    assert (here / "petab" / "problem.yaml").is_file()
    code, out, err = euthymia("exposure", "ketamine-iv", "--person", "runs/fit-pk:2")
    assert code == 0, err
    assert "58 kg" in out
    assert "own disposition" in out


def test_an_event_table_is_never_written_over_a_file(euthymia, here, refused):
    assert euthymia("events", "ketamine-iv", "--weight", "70 kg").code == 0
    table = here / "runs" / "ketamine-iv.csv"
    table.write_text("mine")
    assert "out: runs/ketamine-iv.csv exists; choose another file with --out" in refused("events", "ketamine-iv", "--weight", "70 kg")
    assert table.read_text() == "mine"
    assert "name a protocol" in refused("events")


def test_columns_and_compartments_are_listed(euthymia):
    code, out, _ = euthymia("events", "columns")
    assert code == 0
    assert "TIME    h; time of the event" in out
    assert "CENS" in out
    assert "   1  ketamine, i.v." in euthymia("events", "compartments").out
