"""The script that compares two checkouts finds what differs, and nothing else."""

import importlib.util
import json

import numpy as np
import pytest

import euthymia
from euthymia.results.labelled import labelled
from euthymia.results.netcdf import netcdf

SCRIPT = importlib.util.spec_from_file_location(
    "same_numbers", euthymia.__path__[0].removesuffix("/src/euthymia") + "/benchmarks/same_numbers.py"
)
same_numbers = importlib.util.module_from_spec(SCRIPT)
SCRIPT.loader.exec_module(same_numbers)


@pytest.fixture
def recorded(tmp_path):
    """Writes a record with a MADRS, spikes in bursts or not, and one verdict."""

    def write(name, madrs=(33.0, 20.0), bursts=(True, False), word="agrees", controlled=np.inf):
        folder = tmp_path / name
        for part in ("simulate", "fit"):
            (folder / part).mkdir(parents=True)
        course = labelled({"madrs": np.array([madrs])}, {"arm": ["as given"], "time": [0.0, 1.0]})
        circuits = labelled({"spike_in_burst": np.array(bursts)}, {"spike": [0, 1]})
        (folder / "simulate" / "results.nc").write_bytes(netcdf({"course": course, "circuits": circuits}, "", ""))
        for table in ("individuals.csv", "predictions.csv"):
            (folder / "fit" / table).write_text("a\n1\n")
        verdict = {"word": word, "predicted": 1.0, "controlled": controlled}
        (folder / "verdicts.json").write_text(json.dumps({"a.claim": verdict}))
        return folder

    return write


def test_a_record_is_the_same_as_itself(recorded):
    assert same_numbers.compare(recorded("old"), recorded("new"))


@pytest.mark.parametrize(
    "changed",
    [{"madrs": (33.0, 20.0 + 1e-7)}, {"bursts": (True, True)}, {"word": "disagrees"}, {"controlled": 2.0}, {"madrs": (33.0, np.nan)}],
    ids=["number", "flag", "verdict", "control", "missing"],
)
def test_a_difference_is_found(recorded, changed):
    assert not same_numbers.compare(recorded("old"), recorded("new", **changed))


def test_rounding_is_no_difference(recorded):
    assert same_numbers.compare(recorded("old"), recorded("new", madrs=(33.0, 20.0 + 1e-10)))
