"""What a fit leaves behind."""

import csv
import json
import re
from dataclasses import replace
from io import StringIO
from types import MappingProxyType

import numpy as np
import pytest
import xarray as xr
from rich.console import Console

from euthymia.inference.pharmacokinetics import PharmacokineticFit
from euthymia.inference.pk_failures import LEAST_PEOPLE
from euthymia.inference.predictive_check import PERCENTILES
from euthymia.pharmacology.variability import TRAITS
from euthymia.protocols.fitted_people import fitted_person
from euthymia.protocols.patient import Patient
from euthymia.protocols.subjects import Subject
from euthymia.report.pages import pk_fit as fit_pk
from euthymia.report.terminal.pk_fit import show_fit

FILES = {"individuals.csv", "predictions.csv", "people.json", "summary.json", "report.html", "manifest.json"}
NAMES = ("A", "<b>")
VALUES = MappingProxyType({"typical": 1.0, "estimate": 1.2, "lower": 1.0, "upper": 1.4, "eta": 0.2, "se": 0.1})


@pytest.fixture
def made() -> PharmacokineticFit:
    """Two people and three samples, one of them without drug."""
    by_both = ("subject", "parameter")
    individuals = xr.Dataset(
        {
            **{name: (by_both, np.full((len(NAMES), len(TRAITS)), value)) for name, value in VALUES.items()},
            "omega": ("parameter", np.full(len(TRAITS), 0.3)),
            "objective": ("subject", [3.25, -1.0]),
            "gradient": ("subject", [0.0, 0.5]),
            "unit": ("parameter", ["L"] * len(TRAITS)),
            "weight": ("subject", [70.0, 80.0]),
            "observations": ("subject", [2, 1]),
            "converged": ("subject", [True, False]),
        },
        coords={"subject": list(NAMES), "parameter": list(TRAITS)},
        attrs={"reference_weight": 70.0},
    )
    columns = {
        "subject": ["A", "A", "<b>"],
        "time": [1.0, 2.0, 1.0],
        "time_after_dose": [1.0, 2.0, 1.0],
        "molecule": ["ketamine", "S-norketamine", "ketamine"],
        "sampling": ["venous", "venous", "arterial"],
        "observed": [100.0, 0.0, 80.0],
        "censored": [False, False, True],
        "low": [-np.inf, -np.inf, -np.inf],
        "high": [np.inf, np.inf, 80.0],
        "individual": [90.0, 1.0, 85.0],
        "population": [80.0, 2.0, 90.0],
        "weighted_residual": [0.7, -0.9, np.nan],
        "unit_read": ["ng/mL"] * 3,
    }
    samples = xr.Dataset({name: ("sample", values) for name, values in columns.items()})
    check = xr.Dataset(
        {
            "molecule": ("bin", ["ketamine", "S-norketamine"]),
            "time": ("bin", [1.0, 2.0]),
            "observations": ("bin", [2, 1]),
            "censored": ("bin", [1, 0]),
            "observed": (("bin", "percentile"), [[80.0, 90.0, 100.0], [0.0, 0.0, 0.0]]),
            "simulated": (("bin", "percentile", "level"), np.full((2, 3, 3), 50.0)),
        },
        coords={"percentile": list(PERCENTILES), "level": list(PERCENTILES)},
    )
    shrinkage = xr.DataArray([0.1] * (len(TRAITS) - 1) + [np.nan], coords={"parameter": list(TRAITS)})
    points = {"subject": ["A", "A", "A", "<b>"], "molecule": ["ketamine"] * 4, "sampling": ["venous"] * 4, "time": [0.0, 2.0, 1.0, 1.0]}
    points |= {"individual": [1.0, 90.0, 85.0, 85.0], "population": [1.0, 80.0, 90.0, 90.0]}
    return PharmacokineticFit(
        individuals=individuals,
        samples=samples,
        shrinkage=shrinkage,
        check=check,
        curves=xr.Dataset({name: ("point", values) for name, values in points.items()}),
        failures=["subject <b>: the search did not settle"],
        warnings=["every sample of subject <b> is below its limit"],
        subjects=tuple(Subject(name, 70.0, (), (), age=40.0) for name in NAMES),
    )


def with_people(fit, number):
    """The same fit with a first person who stands there so many times."""
    names = [f"P{index}" for index in range(number)]
    subjects = tuple(replace(fit.subjects[0], name=name) for name in names)
    return replace(fit, individuals=fit.individuals.isel(subject=[0] * number).assign_coords(subject=names), subjects=subjects)


def test_the_folder_is_whole_and_says_the_same_everywhere(made, tmp_path):
    fit_pk.write(made, tmp_path / "fit", overwrite=False)
    assert {path.name for path in (tmp_path / "fit").iterdir()} == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["fit"]
    with (tmp_path / "fit" / "individuals.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["subject"], row["parameter"]) for row in rows] == [(name, trait) for name in NAMES for trait in TRAITS]
    assert {(row["estimate"], row["lower"], row["upper"], row["se"]) for row in rows} == {("1.2", "1", "1.4", "0.1")}
    with (tmp_path / "fit" / "predictions.csv").open() as file:
        assert [row["observed"] for row in csv.DictReader(file)] == ["100", "0", "80"]
    said = json.loads((tmp_path / "fit" / "summary.json").read_text())
    assert (said["people"], said["samples"], said["converged"], said["censored_samples"]) == (2, 3, 1, 1)
    assert (said["failed"], said["failures"]) == (True, made.failures)
    assert (said["objective"], said["objective_by_subject"]) == (2.25, {"A": 3.25, "<b>": -1.0})
    assert said["weighted_residual_sd"] == pytest.approx(np.sqrt((0.7**2 + 0.9**2) / 2))
    assert said["parameters"]["clearance"]["shrinkage"] == 0.1
    assert said["parameters"][TRAITS[-1]]["shrinkage"] is None
    assert json.loads((tmp_path / "fit" / "manifest.json").read_text())["seed"] == 0


def test_a_person_of_the_folder_is_the_person_of_the_fit(made, tmp_path):
    fit_pk.write(made, tmp_path / "fit", overwrite=False)
    fields = fitted_person(f"{tmp_path / 'fit'}:<b>")
    assert fields == {"weight": "70.0 kg", "age": 40.0, "disposition": dict.fromkeys(TRAITS, np.exp(0.2))}
    assert Patient(**fields) == made.person("<b>")


def test_the_page_shows_its_plots_and_needs_no_network(made):
    html = fit_pk.files(made)["report.html"].decode()
    for text in (
        "Against the individual prediction",
        "Against the population prediction",
        "weighted residual",
        "this person",
        "at its limit",
    ):
        assert text in html
    for text in (
        "This fit failed",
        "subject &lt;b&gt;: the search did not settle",
        "Not drawn for 2 people",
        "known by their limits alone",
    ):
        assert text in html
    assert html.count("<svg") == 3
    assert "<b>" not in html
    assert not re.search(r'(src|href)="(?!#)', html)


def test_the_predictive_check_is_drawn_where_people_suffice_and_the_page_says_how_many(made):
    html = fit_pk.files(with_people(made, LEAST_PEOPLE))["report.html"].decode()
    assert html.count("<svg") == 4
    assert "median observed" in html
    assert f"{LEAST_PEOPLE} people. Lines" in html


@pytest.mark.parametrize("number", [1, 2, 30])
def test_the_terminal_says_first_that_the_fit_failed_and_shows_the_first_people(made, number):
    text = StringIO()
    show_fit(with_people(made, number), Console(file=text, width=80))
    lines = text.getvalue().splitlines()
    assert lines[0].startswith("failed subject <b>: the search did not settle")
    assert all(len(line) <= 80 for line in lines if not line.startswith(("failed", "Estimates")))
    assert ("shrinkage" in text.getvalue()) == (number > 1)
    assert ("18 people more" in text.getvalue()) == (number == 30)
    assert "P11" in text.getvalue() or number < 12
    assert "P12" not in text.getvalue()


def test_one_person_is_no_median(made):
    one = replace(with_people(made, 1), failures=[])
    assert "This fit failed" not in fit_pk.files(one)["report.html"].decode()
    assert json.loads(fit_pk.files(one)["summary.json"])["failed"] is False
