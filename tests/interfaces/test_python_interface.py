"""`import euthymia as eu`: what it offers, what it returns, and what it refuses."""

import ast
import doctest
import inspect
import json
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import euthymia as eu
from euthymia.analysis.attribution import attribution
from euthymia.api.run import options_of
from euthymia.cli.main import app
from euthymia.core.exported_programs import forget_programs
from euthymia.inference.fitted import shipped
from euthymia.links import Switches
from euthymia.model.changed import CALIBRATION_LEFT_OUT
from euthymia.simulation.interventions import ARMS, BASE, WAYS, Intervention, everything_but, settings
from euthymia.simulation.removable import EVERYTHING, REMOVABLE, removal

OFFERED = {
    *("simulate", "attribute", "circuits", "compare", "exposure", "Population", "fit_pk", "fit_population", "calibrate"),
    *("verify", "validate", "TableLayout"),
    *("condition_circuits", "Bench"),
    *("Protocol", "Dose", "Patient", "protocols", "Model", "default_model", "evidence"),
    *("Run", "ComparedRuns", "CohortRun", "ExposureRun", "read_results", "read_sbml", "InputError", "configure", "__version__"),
}
"""Whoever takes one of these away breaks somebody's script: say so in the changelog."""
STUB = Path(eu.__file__).with_suffix(".pyi")
DOCUMENTED = (
    "api.bench",
    "api.courses",
    "api.listing",
    "api.people",
    "api.studies",
    "evidence.lookup",
    "model.changed",
    "protocols.protocol",
)
INFUSION = {"drug": "ketamine", "amount": "0.5 mg/kg", "route": "i.v. infusion", "duration": "40 min"}


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_the_names_are_those_that_were_promised():
    assert set(eu.__all__) == set(dir(eu)) == OFFERED
    assert all(getattr(eu, name) is not None for name in OFFERED)
    stated = {node.names[0].asname for node in ast.parse(STUB.read_text("utf-8")).body if isinstance(node, ast.ImportFrom)}
    assert stated | {"__version__"} == OFFERED


def test_what_can_be_removed_is_named_where_it_is_asked_for():
    assert all(f'"{name}"' in inspect.getdoc(eu.simulate) for name in REMOVABLE if name not in WAYS[1:-1])


def test_every_function_says_what_it_takes_returns_and_refuses():
    for name in sorted(OFFERED - {"evidence", "__version__", "InputError", "configure"}):
        documented = inspect.getdoc(import_module(f"euthymia.{eu._HOME[name]}").__dict__[name])
        assert documented, name
        if inspect.isfunction(getattr(eu, name)) and inspect.signature(getattr(eu, name)).parameters:
            assert "Parameters\n" in documented, name
            assert "Returns\n" in documented, name


@pytest.mark.parametrize("module", DOCUMENTED)
def test_examples_run(module):
    result = doctest.testmod(import_module(f"euthymia.{module}"), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0


def test_nothing_is_loaded_before_it_is_needed():
    said = python(
        "import sys, euthymia as eu\n"
        "eu.Protocol([eu.Dose('ketamine', '0.5 mg/kg', 'i.v. infusion', duration='40 min')])\n"
        "eu.protocols(); eu.simulate; eu.Population()\n"
        "print('jax' in sys.modules, 'xarray' in sys.modules)"
    )
    assert said.split() == ["False", "False"]


@pytest.mark.parametrize(
    "before", ["", "import euthymia.circuits.prefrontal as x", "from euthymia.protocols import dose", "import euthymia.protocols"]
)
def test_folders_that_share_a_name_with_a_function_are_both(before):
    code = f"{before}\nimport euthymia as eu, euthymia.protocols.protocol as p\n"
    code += "print(eu.protocols()[0], callable(eu.circuits), p.Protocol is eu.Protocol)"
    assert python(code).split() == [eu.protocols()[0], "True", "True"]


def test_a_run_is_that_of_the_command_line_bit_for_bit(reference_run):
    run = eu.simulate("ketamine-iv")
    assert list(run.data.arm.values) == list(BASE)
    for name, values in run.data.items():
        expected = reference_run.data[name]
        expected = expected.sel(arm=list(BASE)) if "arm" in expected.dims else expected
        assert np.array_equal(values, expected), name
    assert run.attribution.equals(attribution(reference_run))


def test_another_dose_compiles_nothing():
    import jax

    # As a process that begins: one that holds the programs of many tests lets go of some.
    forget_programs()
    jax.clear_caches()
    protocol = eu.Protocol.read("ketamine-iv")
    eu.simulate(protocol)
    compiled = []
    listener = lambda name, *_, **__: compiled.append(name) if "backend_compile" in name else None  # noqa: E731
    jax.monitoring.register_event_duration_secs_listener(listener)
    try:
        eu.simulate(protocol.changed(doses=[INFUSION | {"amount": "0.7 mg/kg"}]))
    finally:
        jax.monitoring.unregister_event_duration_listener(listener)
    assert compiled == []


def test_every_link_can_be_removed_by_name():
    links = {name.replace(" ", "_") for name in REMOVABLE if name not in ("context", *WAYS)}
    assert links == set(Switches._fields)
    assert removal(["Way-3", "cortex_to_dopamine", "WAY 3"]) == ("way 3", "cortex to dopamine")
    for way in WAYS:
        assert everything_but([way]) == ARMS[f"without {way}"]
    assert everything_but([*WAYS, "context"]) == ARMS["untreated"]


@pytest.mark.parametrize(("removed", "arm"), [("way 4", "without way 4"), ("mtor", "without mTOR"), ("surge", "without surge to BDNF")])
def test_what_is_removed_does_not_act(removed, arm, reference_run):
    run = eu.simulate("ketamine-iv", without=removed)
    same = 0.0 if removed in WAYS else 2e-2
    assert np.allclose(run.madrs(), reference_run.madrs(arm), rtol=0, atol=same)
    assert np.allclose(run.madrs(EVERYTHING), reference_run.madrs(), rtol=0, atol=1e-9)
    assert run.simulation.changes == (f"without {removed}: {REMOVABLE[removed]}",)


def test_settings_share_a_linear_part_only_where_it_holds():
    solved = settings([Intervention(clamped=frozenset({"mtor"})), Intervention()], frozenset({"mtor"}))
    assert solved.own is not None
    assert float(solved.linear_at.mtor) == 0
    assert settings([ARMS["without way 4"], Intervention()], ARMS["without way 4"].clamped).own is None


def test_another_clearance_changes_exposure_as_it_should():
    usual = eu.exposure("ketamine-iv").area.arterial_ketamine.sel(enantiomer="both").item()
    half = _row("ketamine.clearance").value / 2
    model = eu.default_model().with_values({"ketamine.clearance": f"{half} L/h"})
    slower = eu.exposure("ketamine-iv", model=model).area.arterial_ketamine.sel(enantiomer="both").item()
    assert slower == pytest.approx(2 * usual, rel=1e-3)
    in_minutes = model.with_values({"ketamine.clearance": f"{half / 60} L/min"}).values["ketamine.clearance"]
    assert in_minutes == pytest.approx(half)
    assert eu.default_model().values == {}


def test_values_are_checked_and_marked():
    model = eu.default_model().with_values({"absorption.bioavailability.oral": "70 %"})
    assert "outside its spread" in model.changes[0]
    assert any(f"{_row('absorption.bioavailability.oral').lower:g} to" in warning for warning in model.warnings)
    calibrated = next(row.id for row in _parameters() if row.provenance == "calibrated" and isinstance(row.value, float))
    changed = eu.default_model().with_values({calibrated: f"{_row(calibrated).value} {_row(calibrated).unit}"})
    assert any("calibrated" in warning for warning in changed.warnings)


def test_a_calibration_that_is_left_out_is_marked_and_a_value_replaces_where_its_fit_began():
    row = "context.saline.visit"
    plain, began = eu.default_model(), _row(row).value
    assert plain.changes == ()
    assert plain.uncalibrated().changes == (CALIBRATION_LEFT_OUT,)
    fitted, left_out, another = (
        model.with_values({row: 0.5}) for model in (plain, plain.uncalibrated(), eu.Model(calibrated={**shipped().values, row: 0.7}))
    )
    assert [model.changes[-1].partition(" (")[2] for model in (fitted, left_out, another)] == [
        f"calibrated: {shipped().values[row]:g})",
        f"uncalibrated: {began:g})",
        "calibrated: 0.7)",
    ]
    assert [len(model.changes) for model in (fitted, left_out, another)] == [1, 2, 1]
    assert [any("fit does not hold" in line for line in model.warnings) for model in (fitted, left_out, another)] == [True, False, True]
    assert options_of((), left_out, False) == {"set": {row: 0.5}, "uncalibrated": True}
    assert options_of((), another, False) == {"set": {row: 0.5}}


@pytest.mark.parametrize("value", ["0 L/h", "1e4 L/h"])
def test_a_value_far_from_the_usual_is_warned_of_where_no_spread_is_known(value):
    model = eu.default_model().with_values({"escitalopram.clearance": value})
    assert ["10-fold" in warning for warning in model.warnings] == [True]


def test_what_was_set_is_blamed_where_it_leaves_no_finite_answer():
    model = eu.default_model().with_values({"ketamine.clearance": "1e308 L/h"})
    with pytest.raises(eu.InputError, match=r"set: the model has no finite answer at ketamine\.clearance = 1e\+308 L/h"):
        eu.exposure("ketamine-iv", model=model)


WRONG_TYPES = {
    "no names": lambda: eu.simulate("ketamine-iv", without=None),
    "a number for a name": lambda: eu.simulate("ketamine-iv", without=3),
    "nothing among names": lambda: eu.simulate("ketamine-iv", without=["way 4", None]),
    "no values": lambda: eu.default_model().with_values(None),
    "pairs for values": lambda: eu.default_model().with_values([("ketamine.clearance", "60 L/h")]),
    "text in a list": lambda: _set("ketamine.clearance", ["60 L/h"]),
    "yes for a value": lambda: _set("absorption.bioavailability.nasal", True),
    "digits of another script": lambda: _set("ketamine.clearance", "６０ L/h"),
    "a model by name": lambda: eu.simulate("ketamine-iv", model="mine"),
    "a number like a trial": lambda: eu.Population(like=3).simulate("ketamine-iv"),
    "a word for people": lambda: eu.Population().simulate("ketamine-iv", n="many"),
    "half a person": lambda: eu.exposure("ketamine-iv", n=1.5),
    "a number for observations": lambda: eu.simulate("ketamine-iv", observed=5),
    "a number for a column": lambda: eu.simulate("ketamine-iv", observed={"time [h]": 1, "madrs": [20]}),
    "a column twice": lambda: eu.simulate("ketamine-iv", observed={"time [h]": [1], "madrs": [20], "MADRS": [20]}),
    "a dose for a list": lambda: eu.Protocol(eu.Dose(**INFUSION)),
}


def test_wrong_types_are_refused_in_one_line():
    # As a user's process has it, without the type checks of this test run.
    code = f"import sys; sys.path[:0] = {sys.path!r}\nfrom test_python_interface import WRONG_TYPES, eu\n"
    code += (
        "for fault, call in WRONG_TYPES.items():\n    try: call(); print(fault, 'passes')\n    except eu.InputError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parent)
    assert said.returncode == 0, said.stderr
    assert len(said.stdout.splitlines()) == len(WRONG_TYPES)
    assert "passes" not in said.stdout


def test_a_protocol_shows_its_units():
    shown = repr(eu.Protocol([eu.Dose(**INFUSION)], patient=eu.Patient(weight="82 kg")))
    assert "0.5 mg/kg" in shown
    assert "82.0 kg" in shown


def _parameters():
    from euthymia.evidence.registry import evidence

    return evidence().parameters.values()


def _row(name):
    return eu.evidence.lookup(name)


def test_every_row_takes_its_own_value_back():
    from euthymia.evidence.stated import in_words, stated_values

    for row in _parameters():
        read = stated_values({row.id: in_words(row.id, row.value)})[row.id]
        assert np.allclose(read, row.value, rtol=1e-5), row.id


REFUSED = {
    "protocol": (lambda: eu.simulate("ketamin-iv"), ["simulate", "ketamin-iv"]),
    "way": (lambda: eu.simulate("ketamine-iv", without="way 9"), ["simulate", "ketamine-iv", "--without", "way 9"]),
    "link": (lambda: eu.compare("ketamine-iv", "saline", without="mtorr"), ["compare", "ketamine-iv", "saline", "--without", "mtorr"]),
    "row": (lambda: _set("ketamine.clearence", "80 L/h"), ["simulate", "--set", "ketamine.clearence=80 L/h"]),
    "unit": (lambda: _set("ketamine.clearance", "80 mg"), ["simulate", "--set", "ketamine.clearance=80 mg"]),
    "no unit": (lambda: _set("ketamine.clearance", "80"), ["exposure", "--set", "ketamine.clearance=80"]),
    "sign": (lambda: _set("ketamine.clearance", "-80 L/h"), ["population", "--set", "ketamine.clearance=-80 L/h"]),
    "arithmetic": (lambda: _set("ketamine.clearance", "9 9^9^9^9"), ["simulate", "--set", "ketamine.clearance=9 9^9^9^9"]),
    "target": (lambda: _set("murrough2013.madrs_24h", "1"), ["simulate", "--set", "murrough2013.madrs_24h=1"]),
    "surface": (lambda: _set("habenula.rest.mean", "-60 mV"), ["simulate", "--set", "habenula.rest.mean=-60 mV"]),
    "folder": (lambda: eu.default_model().with_values({}, "/nowhere"), ["simulate", "--surfaces", "/nowhere"]),
    "file": (lambda: eu.simulate("ketamine-iv", observed="/nowhere.csv"), ["simulate", "--observed", "/nowhere.csv"]),
    "dose": (lambda: eu.simulate("{huge}"), ["simulate", "{huge}"]),
    "arms": (lambda: eu.compare("ketamine-iv"), ["compare", "ketamine-iv"]),
    "people": (lambda: eu.Population().simulate("ketamine-iv", n=0), ["population", "--people", "0"]),
    "like": (lambda: eu.Population(like="age=3").simulate("ketamine-iv"), ["population", "--like", "age=3"]),
}


def _set(row, value):
    return eu.default_model().with_values({row: value})


@pytest.mark.parametrize("fault", REFUSED)
def test_python_and_command_line_refuse_in_the_same_line(fault, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    huge = tmp_path / "huge.yaml"
    huge.write_text("doses: [{drug: ketamine, amount: 5000 mg/kg, route: i.v. bolus}]\n")
    call, words = REFUSED[fault]
    if fault == "dose":
        call = lambda: eu.simulate(huge)  # noqa: E731
    with pytest.raises(eu.InputError) as of_python:
        call()
    with pytest.raises(eu.InputError) as of_command:
        app([word.format(huge=huge) for word in words], exit_on_error=False, print_error=False)
    assert str(of_python.value) == str(of_command.value)
    assert "\n" not in str(of_python.value)
    assert list(tmp_path.iterdir()) == [huge]


def test_a_changed_protocol_is_checked_and_writes_back_with_units(tmp_path):
    protocol = eu.Protocol([eu.Dose(**INFUSION)], patient=eu.Patient(weight="82 kg"))
    longer = protocol.changed(horizon="3 d", patient={"weight": "70 kg"})
    assert (longer.horizon, longer.patient.weight) == (72.0, 70.0)
    longer.write(tmp_path / "longer.yaml")
    assert eu.Protocol.read(tmp_path / "longer.yaml") == longer
    assert protocol.model_copy(update={"horizon": "3 d"}).horizon == 72.0
    for fault in ({"horizon": 72.0}, {"horizn": "3 d"}, {"horizon": "3 years"}, {"doses": [{"drug": "ketamin"}]}):
        with pytest.raises(eu.InputError):
            protocol.changed(**fault)
    dose = eu.Dose(
        "esketamine", "56 mg", "nasal", every="7 d", times=4, at=["0 d", "3 d"], titrate={"by": "28 mg", "every": "3 d", "to": "84 mg"}
    )
    assert dose.changed() == dose
    assert dose.changed(titrate=None, at=None).times == 4


@pytest.mark.parametrize("name", eu.protocols())
def test_every_built_in_protocol_has_a_title_of_its_own_if_none_is_stated(name):
    protocol = eu.Protocol.read(name)
    unnamed = protocol.changed(title=None, name=None)
    assert unnamed.doses == protocol.doses
    assert unnamed.title.isprintable()
    assert unnamed.changed() == unnamed


def test_own_observations_go_into_the_run_folder(tmp_path):
    table = tmp_path / "ratings.csv"
    table.write_text("time (d),MADRS,ketamine [ng/mL]\n0,34,\n1,20,NA\n0.03,,190\n\n7,.,\n")
    run = eu.simulate("ketamine-iv", observed=table)
    seen = run.simulation.observed
    assert list(seen.observed_time.values) == [0.0, 0.72, 24.0, 168.0]
    assert np.array_equal(seen.madrs.values, [34.0, np.nan, 20.0, np.nan], equal_nan=True)
    assert seen.venous_ketamine_mass.attrs["units"] == "ng/mL"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "time,madrs\n1,2\n",
        "time [h],mood\n1,2\n",
        "time [h]\n1\n",
        "time [h],madrs\n1,x\n",
        "time [h],madrs\n1,99\n",
        "time [h],madrs\n1\n",
    ],
)
def test_observations_that_cannot_be_read_are_refused_in_one_line(text, tmp_path):
    table = tmp_path / "ratings.csv"
    table.write_text(text)
    with pytest.raises(eu.InputError, match="observed") as error:
        eu.simulate("ketamine-iv", observed=table)
    assert "\n" not in str(error.value)


def test_a_notebook_shows_protocols_and_runs():
    run = eu.simulate("ketamine-iv", without="way 4")
    for shown in (run.protocol._repr_html_(), run._repr_html_()):
        assert shown.count("<table") == shown.count("</table>") == 1
        assert "<script" not in shown
    assert "without way 4" in run._repr_html_()


def test_what_was_asked_for_is_in_the_folder(tmp_path, reference_run, circuits_beside):
    model = eu.default_model().with_values({"ketamine.clearance": "60 L/h"})
    run = eu.simulate("ketamine-iv", without="way 4", model=model)
    # What takes longest is that of another run: what a folder says of changes is the question.
    solved = replace(reference_run, changes=run.simulation.changes, options=run.simulation.options)
    run.__dict__.update(_with_coalitions=solved, circuits=circuits_beside)
    run.save(tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["options"] == {"without": ["way 4"], "set": {"ketamine.clearance": 60.0}}
    assert "60 L/h" in eu.read_results(tmp_path / "run" / "results.nc").attrs["changes"]
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "60 L/h" in page
    assert "without way 4" in page
