"""What a fit leaves behind."""

import csv
import json
import re
from types import MappingProxyType

import numpy as np
import pytest
import xarray as xr

from euthymia.inference.pharmacokinetics import PharmacokineticFit
from euthymia.inference.predictive_check import PERCENTILES
from euthymia.pharmacology.variability import TRAITS
from euthymia.report.pages import pk_fit as fit_pk

FILES = {"individuals.csv", "predictions.csv", "summary.json", "report.html", "manifest.json"}
NAMES = ("A", "<b>")
VALUES = MappingProxyType({"typical": 1.0, "estimate": 1.2, "lower": 1.0, "upper": 1.4, "eta": 0.2, "se": 0.1})


@pytest.fixture
def made() -> PharmacokineticFit:
    """Two people and three samples, one of them without drug."""
    by_both = ("subject", "parameter")
    individuals = xr.Dataset(
        {
            **{name: (by_both, np.full((len(NAMES), len(TRAITS)), value)) for name, value in VALUES.items()},
            "typical": ("parameter", np.ones(len(TRAITS))),
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
        "individual": [90.0, 1.0, 85.0],
        "population": [80.0, 2.0, 90.0],
        "weighted_residual": [0.7, -0.9, -0.4],
    }
    samples = xr.Dataset({name: ("sample", values) for name, values in columns.items()})
    check = xr.Dataset(
        {
            "molecule": ("bin", ["ketamine", "S-norketamine"]),
            "time": ("bin", [1.0, 2.0]),
            "observations": ("bin", [2, 1]),
            "observed": (("bin", "percentile"), [[80.0, 90.0, 100.0], [0.0, 0.0, 0.0]]),
            "simulated": (("bin", "percentile", "level"), np.full((2, 3, 3), 50.0)),
        },
        coords={"percentile": list(PERCENTILES), "level": list(PERCENTILES)},
    )
    shrinkage = xr.DataArray([0.1] * (len(TRAITS) - 1) + [np.nan], coords={"parameter": list(TRAITS)})
    return PharmacokineticFit(individuals, samples, shrinkage, check, ["subject <b>: the search did not settle"])


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
    assert (said["people"], said["samples"], said["converged"]) == (2, 3, 1)
    assert said["parameters"]["clearance"]["shrinkage"] == 0.1
    assert said["parameters"][TRAITS[-1]]["shrinkage"] is None
    assert json.loads((tmp_path / "fit" / "manifest.json").read_text())["seed"] == 0


def test_the_page_shows_four_plots_and_needs_no_network(made):
    html = fit_pk.files(made)["report.html"].decode()
    for text in ("Against the individual prediction", "Against the population prediction", "weighted residual", "median observed"):
        assert text in html
    assert html.count("<svg") == 3
    assert "<b>" not in html
    assert not re.search(r'(src|href)="(?!#)', html)
