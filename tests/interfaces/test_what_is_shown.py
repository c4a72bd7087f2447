"""What each command prints, and how little it loads to do so."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from euthymia import __version__
from euthymia.protocols.reading import builtin_names, read

DOSE = {"drug": "ketamine", "amount": "0.5 mg/kg", "route": "i.v. infusion", "start": "0 h", "duration": "40 min"}


def stated(here, title="Mine", **dose):
    (here / "mine.yaml").write_text(json.dumps({"name": "mine", "title": title, "doses": [DOSE | dose]}))
    return "mine.yaml"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], ["simulate", "protocols", "evidence", "verify"]),
        (["--help"], ["simulate", "protocols", "evidence", "verify", "no medical advice"]),
        (["simulate", "--help"], ["--patient", "--weight", "--out", "--overwrite", "82 kg", "ketamine-iv", "runs/NAME"]),
        (["evidence", "--help"], ["evidence", "Id of a parameter"]),
        (["verify", "--help"], ["control"]),
        (["protocols"], [*builtin_names(), *(read(name).title for name in builtin_names()), "Zarate et al. 2006"]),
        (["evidence"], ["ketamine.clearance", "Parameters", "Targets", "zarate2006.effect_24h", "nmdar.composition.habenula"]),
        (
            ["evidence", "ketamine.clearance"],
            ["ketamine.clearance", "84 L/h", "human", "https://doi.org/10.1097/", "provenance"],
        ),
        (["evidence", "ketamine"], ["ketamine.clearance", "ketamine.molar_mass"]),
    ],
    ids=lambda value: " ".join(value)[:40],
)
def test_commands_print_what_they_promise(words, said, euthymia):
    code, out, err = euthymia(*words)
    assert (code, err) == (0, "")
    assert [word for word in said if word not in out] == []


@pytest.mark.parametrize("word", ["--version"])
def test_the_version_is_all_that_is_printed(word, euthymia):
    assert euthymia(word) == (0, f"{__version__}\n", "")


def test_showing_leaves_nothing_on_disk(euthymia, contents):
    for words in (["--help"], ["protocols"], ["evidence", "ketamine.clearance"], ["--version"]):
        euthymia(*words)
    assert contents() == {}


@pytest.mark.parametrize("module", ["euthymia", "euthymia.cli"])
def test_importing_loads_neither_arrays_nor_drawing(module):
    heavy = ("jax", "jaxlib", "matplotlib", "numpy", "xarray", "equinox", "diffrax")
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & set({heavy!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_the_installed_command_answers_and_refuses(tmp_path):
    command = Path(sysconfig.get_path("scripts")) / "euthymia"

    def run(*words):
        done = subprocess.run([command, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    assert run("--version") == (0, f"{__version__}\n", "")
    code, out, err = run("simulate", "ketamin-iv")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "did you mean ketamine-iv" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("amount", ["0.05 mg/kg", "1.5 mg/kg", "5 mg", "200 mg"])
def test_a_dose_outside_published_experience_warns_and_runs(amount, euthymia, here, no_figures):
    code, out, err = euthymia("simulate", stated(here, amount=amount), "--out", "out")
    assert code == 0
    assert err.startswith("warning dose 1: ")
    assert "0.1 to 1 mg/kg" in err
    assert len(err.splitlines()) == 1
    assert "MADRS" in out
    assert (here / "out" / "manifest.json").is_file()


@pytest.mark.parametrize("amount", ["0.1 mg/kg", "1 mg/kg", "35 mg"])
def test_a_dose_within_published_experience_runs_without_a_word(amount, euthymia, here, no_figures):
    assert euthymia("simulate", stated(here, amount=amount), "--out", "out")[::2] == (0, "")


@pytest.mark.parametrize("name", ["saline", "untreated", "ketamine-iv"])
def test_a_builtin_protocol_runs_without_a_word_on_standard_error(name, euthymia, here):
    assert euthymia("simulate", name, "--out", "out")[::2] == (0, "")


@pytest.mark.parametrize(
    ("words", "field", "value", "said"),
    [
        (["--patient", "healthy"], "condition", "healthy", "70 kg, stress 0, MADRS 4 before"),
        (["--patient", "madrs=40"], "madrs", 40, "70 kg, stress 0.3, MADRS 40 before"),
        (["--patient", "stress=0.6"], "stress", 0.6, "70 kg, stress 0.6, MADRS 33 before"),
        (["--patient", "weight=82 kg"], "weight", 82, "82 kg, stress 0.3"),
        (["--weight", "82 kg"], "weight", 82, "82 kg, stress 0.3"),
        (["--weight", "180 lb"], "weight", 180 * 0.45359237, "81.6466 kg"),
        (["--patient", "healthy", "--patient", "madrs=5"], "madrs", 5, "70 kg, stress 0, MADRS 5 before"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_patient_of_the_command_line_is_the_patient_who_is_treated(words, field, value, said, euthymia, here, no_figures):
    code, out, err = euthymia("simulate", *words, "--out", "out")
    assert (code, err) == (0, "")
    assert said in out
    patient = read("out/protocol.yaml").patient
    assert getattr(patient, field) == value
    assert patient.model_dump(exclude={field, "condition"}, exclude_none=True).keys() <= {"condition"} or len(words) == 4


@pytest.mark.parametrize("title", ["[/bold] x", "[red]x[/red]", "x [0] y", "A :cat: x", "ends with \\", "[link=http://x]y[/link]"])
def test_a_title_is_printed_as_it_stands(title, euthymia, here, no_figures):
    code, out, _ = euthymia("simulate", stated(here, title=title), "--out", "out")
    assert code == 0
    assert title in out.splitlines()


def test_a_title_cannot_steer_the_terminal(euthymia, here, no_figures):
    out = euthymia("simulate", stated(here, title="a\x1b[2Jb\x9b2Jc"), "--out", "out").out
    assert not set(out) & {"\x1b", "\x9b"}


@pytest.mark.parametrize("out", ["plain", "with space", "[red]", ":cat:", "é", "deep/er/out"])
def test_the_report_is_where_the_last_lines_say(out, euthymia, here, solved):
    printed = euthymia("simulate", "--out", out).out
    assert f"Report: {out}/report.html" in printed.splitlines()
    assert (here / out / "report.html").is_file()
