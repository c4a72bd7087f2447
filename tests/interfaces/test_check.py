"""`check`: a run folder is as it was written, and its run gives the same again from the folder alone."""

import hashlib
import json

import numpy as np
import pytest
import xarray as xr

from euthymia.results.integrity import difference
from euthymia.results.observed import observed_data, text_of_observed


@pytest.fixture
def run(euthymia, here):
    """A run folder that takes seconds."""
    words = ("exposure", "ketamine-iv", "--people", "3", "--set", "ketamine.clearance=80.1 L/h", "--out", "run")
    assert euthymia(*words).code == 0
    return here / "run"


def reseal(run, **changes):
    """Change a manifest; the hashes are those of the files there."""
    manifest = json.loads((run / "manifest.json").read_text())
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in run.iterdir() if path.name != "manifest.json"}
    (run / "manifest.json").write_text(json.dumps(manifest | {"artefacts_sha256": hashes} | changes))


def test_a_run_gives_the_same_again(run, euthymia, contents):
    before = contents()
    code, out, err = euthymia("check", run)
    assert code == 0, err
    assert "Every file is as it was written." in out
    assert "every file is the same, byte for byte" in out
    assert contents() == before


def test_a_fit_gives_the_same_again_though_its_table_is_gone(euthymia, here):
    (here / "mine.csv").write_text("ID,TIME,AMT,RATE,DV,WT\n1,0,35,52.5,.,70\n1,1,.,.,100,70\n")
    assert euthymia("fit-pk", "mine.csv", "--drug", "ketamine, i.v.", "--out", "fit").code == 0
    (here / "mine.csv").unlink()
    code, out, err = euthymia("check", "fit")
    assert (code, "byte for byte" in out) == (0, True), err


DAMAGE = {
    "changed": (lambda run: (run / "parameters.csv").write_text("none"), "parameters.csv was changed since it was written"),
    "missing": (lambda run: (run / "parameters.csv").unlink(), "parameters.csv is missing"),
    "strange": (lambda run: (run / "\x1b[31mnote").touch(), "\\x1b[31mnote is not of this run"),
    "link": (
        lambda run: ((run / "parameters.csv").rename(run.parent / "p"), (run / "parameters.csv").symlink_to(run.parent / "p")),
        "parameters.csv is missing",
    ),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_is_named_and_nothing_is_run(case, run, euthymia):
    change, said = DAMAGE[case]
    change(run)
    code, out, _ = euthymia("check", run)
    assert code == 1
    assert f"damaged {said}" in out
    assert "Run again" not in out


def test_a_run_that_gives_something_else_is_told(run, euthymia):
    table = (run / "parameters.csv").read_text()
    number = next(line.split(",")[4] for line in table.splitlines()[1:])
    (run / "parameters.csv").write_text(table.replace(number, f"{float(number) * 1.001:.9g}"))
    reseal(run)
    code, out, _ = euthymia("check", run, "--files-only")
    assert (code, "Run again" in out) == (0, False)
    code, out, _ = euthymia("check", run)
    assert code == 1
    assert "parameters.csv" in out
    assert "numbers differ by up to" in out
    reseal(run, euthymia="0.2.0")
    assert "Made with another version" in euthymia("check", run).out


MANIFESTS = {
    "no JSON": ("x", "it is no JSON"),
    "nested": ("[" * 100_000, "it is no JSON"),
    "a list": ("[]", "is damaged"),
    "of another version": ('{"euthymia": "0.1.0", "artefacts_sha256": {}}', "of another version: 'command'"),
    "a name above": ({"artefacts_sha256": {"../x": "0" * 64}}, "is damaged"),
    "a name from the root": ({"artefacts_sha256": {"/etc/passwd": "0" * 64}}, "is damaged"),
    "no hash": ({"artefacts_sha256": {"x": "0"}}, "is damaged"),
    "too large": ("[" + "0," * 600_000 + "0]", "larger than 1000 kB"),
}


@pytest.mark.parametrize("case", MANIFESTS)
def test_a_manifest_that_cannot_be_meant_is_one_line(case, run, refused):
    content, said = MANIFESTS[case]
    if isinstance(content, dict):
        reseal(run, **content)
    else:
        (run / "manifest.json").write_text(content)
    assert said in refused("check", run)


@pytest.mark.parametrize("options", [{"people": "x"}, {"people": 10**9}, {"set": {"ketamin.clearance": 1}}, {"set": [1]}, {"people": [1]}])
def test_options_that_cannot_be_meant_are_one_line(options, run, euthymia):
    reseal(run, options=options)
    code, _, err = euthymia("check", run)
    assert code == 2
    assert len([line for line in err.splitlines() if line.startswith("error ")]) == 1


def test_what_is_no_run_is_one_line(here, refused):
    (here / "folder").mkdir()
    assert "holds no manifest.json" in refused("check", "folder")
    assert "is no folder" in refused("check", "none")


def test_how_far_files_are_apart(tmp_path):
    def csv(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    one = csv("a.csv", "name,x\nfirst,1\nsecond,2\n")
    assert difference(one, csv("same.csv", "name,x\nfirst,1\nsecond,2\n")) == 0
    assert difference(one, csv("number.csv", "name,x\nfirst,1\nsecond,2.002\n")) == pytest.approx(1e-3)
    for other in ("name,x\nfirst,1\nthird,2\n", "name,x\nfirst,1\n", "name,x\nfirst,1\nsecond,\n", "name,x\nfirst,1\nsecond,2,3\n", ""):
        assert difference(one, csv("other.csv", other)) == np.inf

    def netcdf(name, values, variable="x"):
        xr.Dataset({variable: ("t", values)}).to_netcdf(tmp_path / name, engine="h5netcdf")
        return tmp_path / name

    one = netcdf("a.nc", [1.0, 4.0])
    assert difference(one, netcdf("b.nc", [1.0, 4.4])) == pytest.approx(0.1)
    for other in (netcdf("c.nc", [1.0]), netcdf("d.nc", [1.0, 4.0], "y"), netcdf("e.nc", [1.0, np.nan]), csv("f.nc", "none")):
        assert difference(one, other) == np.inf


def test_a_users_own_data_read_back_to_the_last_bit(tmp_path):
    source = {"time [d]": [1.0, 1.0, 0.1], "madrs": [30.1, float("nan"), 1 / 3], "madrs sd": [1.0, 2.0, float("nan")]}
    observed = observed_data(source)
    (tmp_path / "observed.csv").write_text(text_of_observed(observed))
    xr.testing.assert_identical(observed_data(tmp_path / "observed.csv"), observed)
