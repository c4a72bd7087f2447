"""What each command prints, and how little it loads to do so."""

import json
import re
import subprocess
import sys
import sysconfig
from dataclasses import replace
from io import StringIO
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from rich.console import Console

from euthymia import __version__
from euthymia.analysis.comparison import Comparison, compare
from euthymia.analysis.readouts import READOUTS
from euthymia.analysis.summary import summarise
from euthymia.biophysics.magnesium import Magnesium
from euthymia.brain.attractor import bistable_window, critical_block, present_state
from euthymia.brain.escape import LimbicLock
from euthymia.circuits.habenula.parameters import Nucleus
from euthymia.circuits.midbrain import Midbrain, Raphe
from euthymia.circuits.prefrontal import Prefrontal
from euthymia.cli.run import COMPARED
from euthymia.clinic.safety import Safety
from euthymia.clinic.symptoms import Symptoms
from euthymia.core.parameters import declared, rows_of
from euthymia.evidence.headline import shipped
from euthymia.links import Links
from euthymia.model.parameters import DoseCurve, OmittedReward
from euthymia.pharmacology.absorption import Absorption
from euthymia.pharmacology.comparators import MOLECULES, Comparators
from euthymia.pharmacology.esketamine import Esketamine
from euthymia.pharmacology.ketamine import Disposition
from euthymia.plasticity.excitotoxicity import Excitotoxicity
from euthymia.plasticity.serotonin import Serotonin
from euthymia.plasticity.signalling import Signalling
from euthymia.plasticity.spines import Spines
from euthymia.protocols.reading import builtin_names, read
from euthymia.receptors.monoamine import Monoamine
from euthymia.receptors.nmdar import NMDAReceptor
from euthymia.report.figures.clock import drawn
from euthymia.report.figures.line_ends import apart
from euthymia.report.figures.mood import mood
from euthymia.report.pages.page import comparison_page, page
from euthymia.report.pages.sections import SECTIONS
from euthymia.report.terminal.headline import show_headline
from euthymia.report.terminal.summary import show_comparison
from euthymia.results.quantities import QUANTITIES
from euthymia.simulation.visits import EMPIRICAL

READ_BY_SECTION = {
    "drug": (
        (Absorption, Disposition, Esketamine, Links, Safety),
        (
            *("absorption", "allometry", "ketamine", "norketamine", "hydroxynorketamine", "dehydronorketamine", "esketamine"),
            *("brain", "safety"),
        ),
    ),
    "receptor": ((Magnesium, NMDAReceptor, Links), ("magnesium", "nmdar", "links.adaptation")),
    "other-drugs": (
        (Comparators, Monoamine, Serotonin, Raphe, Links),
        (*MOLECULES, "sert", "dat", "mao", "gaba", "serotonin", "raphe", "links.serotonin_on_limbic_input"),
    ),
    "way-1": (
        (Prefrontal, DoseCurve, Links),
        ("prefrontal", "dose_curve", "links.spines_on_recurrence", "links.surge_ec50", "links.adaptation"),
    ),
    "way-2": ((Excitotoxicity, Links), ("excitotoxicity", "links.damage_share", "links.stress_on_elimination")),
    "way-3": (
        (Nucleus, Midbrain, OmittedReward, Links),
        (
            *("habenula", "traub_miles", "midbrain", "rmtg", "dopamine", "links.stress_on_habenula", "links.stress_for_half_shift"),
            *("links.dopamine_on_habenula", "links.dopamine_time", "links.trapped_on_habenula", "links.adaptation"),
        ),
    ),
    "way-4": (
        (Signalling, Spines, Links),
        ("signalling", "spines", "links.signalling", "links.cooperativity", "links.stress_on_persistent", "links.adaptation"),
    ),
    "way-5": ((LimbicLock, Links), ("limbic", "links.limbic", "links.dopamine_on_limbic", "links.serotonin_on_limbic", "links.adaptation")),
    "mood": ((Symptoms,), ""),
}
"""For each scale the containers that its equations read, and beginnings of the ids that are listed of them."""
DOSE = {"drug": "ketamine", "amount": "0.5 mg/kg", "route": "i.v. infusion", "start": "0 h", "duration": "40 min"}


def stated(here, title="Mine", **dose):
    (here / "mine.yaml").write_text(json.dumps({"name": "mine", "title": title, "doses": [DOSE | dose]}))
    return "mine.yaml"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], ["simulate", "compare", "protocols", "evidence", "verify"]),
        (["--help"], ["simulate", "compare", "protocols", "evidence", "verify", "no medical advice"]),
        (["compare", "--help"], ["--patient", "--weight", "--out", "--overwrite", "82 kg", "runs/comparison", *COMPARED]),
        (["simulate", "--help"], ["--patient", "--weight", "--out", "--overwrite", "82 kg", "ketamine-iv", "runs/NAME"]),
        (["evidence", "--help"], ["evidence", "Id of a parameter"]),
        (["verify", "--help"], ["control"]),
        (["protocols"], [*builtin_names(), *(read(name).title for name in builtin_names()), "Zarate et al. 2006"]),
        (["evidence"], ["ketamine.clearance", "zarate2006.effect_24h", "nmdar.composition.habenula"]),
        (
            ["evidence", "allometry.reference_weight"],
            ["allometry.reference_weight", "70 kg", "human", "https://doi.org/10.1097/", "provenance"],
        ),
        (["evidence", "ketamine"], ["ketamine.clearance", "ketamine.molar_mass"]),
    ],
    ids=lambda value: " ".join(value)[:40],
)
def test_commands_print_what_they_promise(words, said, euthymia):
    code, out, err = euthymia(*words)
    assert (code, re.sub(r"\d+ of \d+ rows; .*\n", "", err)) == (0, "")
    assert [word for word in said if word not in out] == []


@pytest.mark.parametrize("word", ["--version"])
def test_the_version_is_all_that_is_printed(word, euthymia):
    assert euthymia(word) == (0, f"{__version__}\n", "")


def test_showing_leaves_nothing_on_disk(euthymia, contents):
    for words in (["--help"], ["protocols"], ["evidence", "ketamine.clearance"], ["--version"]):
        euthymia(*words)
    assert contents() == {}


@pytest.mark.parametrize("module", ["euthymia", "euthymia.cli.main"])
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
    # The largest of them put the patient to sleep, which is said too.
    assert all("anaesthetised" in line for line in err.splitlines()[1:])
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
    assert code == 0
    # Such stress leaves the limbic network one state only, which is said.
    assert ("only its locked state" in err) == (value == 0.6)
    assert len(err.splitlines()) == (value == 0.6)
    assert said in out
    patient = read("out/protocol.yaml").patient
    assert getattr(patient, field) == value
    assert patient.model_dump(exclude={field, "condition"}, exclude_none=True).keys() <= {"condition", "species"} or len(words) == 4


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


def test_a_comparison_says_who_moved_mood_and_what_each_drug_touches(euthymia, here, no_figures):
    code, out, err = euthymia("compare", "ketamine-iv", "saline", "--out", "out")
    assert (code, err) == (0, "")
    for said in (
        "Side by side: ketamine-iv, saline",
        "MADRS",
        "beyond context",
        "way 1",
        "way 5",
        "context",
        "NMDA pore block",
        "spine density",
    ):
        assert said in out
    assert "Report: out/report.html" in out.splitlines()


def test_the_default_comparison_has_four_arms(euthymia, here, solved):
    assert euthymia("compare")[::2] == (0, "")
    found = {path.name.split(".")[0] for path in (here / "runs" / "comparison").glob("*.results.nc")}
    assert found == set(COMPARED)
    assert len(COMPARED) == 4


def test_the_patient_of_the_command_line_is_the_patient_of_every_arm(euthymia, here, solved):
    assert euthymia("compare", "ketamine-iv", "saline", "--patient", "stress=0.4", "--weight", "82 kg").code == 0
    for arm in ("ketamine-iv", "saline"):
        patient = read(f"runs/comparison/{arm}.protocol.yaml").patient
        assert (patient.stress, patient.weight) == (0.4, 82)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("names", [("ketamine-iv", "phenelzine"), ("a" * 64, *(f"arm-{number}" for number in range(7)))], ids=len)
def test_a_comparison_fits_a_terminal_and_cuts_nothing(names, width, reference_run):
    arms = {name: replace(reference_run, protocol=reference_run.protocol.model_copy(update={"name": name})) for name in names}
    out = StringIO()
    show_comparison(Comparison(arms, []), Console(file=out, width=width))
    printed = out.getvalue()
    assert max(map(len, printed.splitlines())) <= width
    assert "…" not in printed
    # The name of every arm heads a row of the tables of mood, and a column of what is touched.
    assert all(printed.count(name) >= 5 for name in names if len(name) < 20)
    assert printed.count("a" * 20) >= 5 or "ketamine-iv" in names


def test_the_headline_fits_a_terminal(reference_run):
    """With its longest rows: published rates stand below forecasts."""
    names = ("ketamine-iv", "esketamine-spray-and-escitalopram")
    arms = {name: replace(reference_run, protocol=read(name)) for name in names}
    out = StringIO()
    show_headline(Comparison(arms, [], forecasts={name: shipped().protocols[name] for name in names}), Console(file=out, width=80))
    tables = [line for line in out.getvalue().splitlines() if not line.startswith(("Median and", "Not modelled", "Seen and"))]
    assert max(map(len, tables)) <= 80
    for heading in ("day after last dose", "pressure, mmHg", "28 d", "Change at 6 weeks"):
        assert heading in out.getvalue()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ketamine-iv"], "1 given; a comparison takes 2 to 8"),
        (["saline", *(f"{number}.yaml" for number in range(8))], "9 given; a comparison takes 2 to 8"),
        (["saline", "ketamine-iv", "saline"], "saline stands 2 times"),
        (["saline", "ketamin-iv"], "did you mean ketamine-iv"),
        (["saline", "heavy.yaml"], "saline and heavy treat different patients"),
        (["saline", "none.yaml"], "cannot read none.yaml"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_arms_that_cannot_stand_side_by_side_are_refused(words, said, here, refused):
    for number in range(8):
        (here / f"{number}.yaml").write_text(json.dumps({"name": f"arm-{number}", "title": "Mine"}))
    (here / "heavy.yaml").write_text(json.dumps({"name": "heavy", "title": "Mine", "patient": {"weight": "120 kg"}}))
    assert said in refused("compare", *words)


def test_names_at_the_right_of_a_panel_keep_apart_and_in_order():
    heights = [0.0, 0.02, 0.01, 0.95, 0.5]
    found = apart(heights, 0.2)
    assert list(np.argsort(found)) == list(np.argsort(heights))
    assert np.diff(np.sort(found)).min() > 0.2 - 1e-12
    assert found.min() >= 0
    assert found.max() <= 1
    assert apart([0.1, 0.9], 0.2) == pytest.approx([0.1, 0.9])


def test_what_is_drawn_of_the_limbic_network_is_what_its_equations_say(reference_run, model, circuits_beside):
    data, circuits = reference_run.data, circuits_beside
    p, one = model.physiology.limbic.attractor, jnp.ones(())
    own = data.limbic_input.sel(arm="untreated")[0].item()
    felt = float(data.limbic_block.sel(arm="as given").max())
    assert float(circuits.critical_block) == pytest.approx(float(critical_block(p, jnp.asarray(own), one)), abs=1e-4)
    for block, name in ((0.0, "undrugged"), (felt, "at the peak loss")):
        assert circuits.bistable_window.sel(landscape=name).values == pytest.approx(
            np.array(bistable_window(p, jnp.asarray(block), one)), abs=1e-5
        )
    assert circuits.undrugged_S.sel(initial_state="locked, this patient").values == pytest.approx(
        np.array(present_state(p, jnp.zeros(()), jnp.asarray(own), one)), abs=1e-4
    )


def test_each_section_lists_the_rows_of_the_parameters_that_its_scale_reads():
    for section in SECTIONS:
        containers, beginnings = READ_BY_SECTION[section.anchor]
        rows = dict.fromkeys(row for container in containers for _, field in declared(container) for row in rows_of(field))
        assert [row.id for row in section.rows()] == [row for row in rows if row.startswith(beginnings)], section.anchor
    counts = {section.anchor: len(section.rows()) for section in SECTIONS}
    assert counts == {
        **{"drug": 80, "receptor": 53, "other-drugs": 149, "mood": 37},
        **{"way-1": 28, "way-2": 7, "way-3": 73, "way-4": 24, "way-5": 22},
    }


def test_without_circuits_only_their_drawings_are_left_out(reference_run, circuits_beside):
    summary = summarise(reference_run)
    with_them, without = (page(replace(reference_run, circuits=circuits), summary) for circuits in (circuits_beside, None))
    sections = re.findall(r'<section id="([^"]+)">', with_them)
    assert re.findall(r'<section id="([^"]+)">', without) == sections
    assert with_them.count("<figure>") - without.count("<figure>") == 6
    assert ("A acute disruption" in with_them, "A acute disruption" in without) == (True, False)


def test_every_read_out_has_its_words_in_the_table_of_quantities():
    for readout in READOUTS:
        assert readout.title.startswith(QUANTITIES[readout.name].label)
        assert readout.unit
        assert readout.meaning
    assert len({readout.title for readout in READOUTS}) == len(READOUTS)


def test_curves_are_drawn_at_the_values_of_the_course_from_the_first_minutes_on(reference_run):
    seen, exact = drawn(reference_run, 400).data, reference_run.data
    assert float(seen.time[0]) == 0
    assert int((seen.time[1:] <= 1 / 6).sum()) >= 5
    both = np.intersect1d(seen.time, exact.time)
    assert len(both) >= 150
    for name in ("madrs", "free_brain_ketamine", "dopamine"):
        assert seen[name].sel(time=both).values == pytest.approx(exact[name].sel(time=both).values, rel=1e-3, abs=1e-5)
    between = np.interp(seen.time, exact.time, exact.venous_ketamine_mass)
    assert seen.venous_ketamine_mass.values == pytest.approx(between, abs=0.02 * between.max())
    assert seen.healthy_focus == exact.healthy_focus


@pytest.mark.parametrize(("patient", "name"), [("stress=0.6", "ketamine-iv"), ("healthy", "ketamine-iv"), ("depressed", "midazolam")])
def test_the_page_of_any_patient_and_drug_is_drawn(patient, name, euthymia, here):
    assert euthymia("simulate", name, "--patient", patient, "--out", "out").code == 0
    page = (here / "out" / "report.html").read_text("utf-8")
    assert 'id="way-5"' in page
    assert ('id="drug"' in page, 'id="other-drugs"' in page) == (name == "ketamine-iv", name == "midazolam")


def test_exposure_of_one_body_is_said_and_written(here, euthymia):
    code, out, err = euthymia("exposure", "--patient", "age=80", "--out", "out")
    assert (code, err) == (0, "")
    for said in ("Racemic ketamine 0.5 mg/kg", "70 kg, 80 years", "arterial ketamine, ng/mL", "free brain ketamine, µM", "NMDA pore block"):
        assert said in out
    assert all(said in out for said in ("Cmax", "Tmax, h", "AUC 0–14 d", "AUC 0–∞", "t½, h"))
    assert "Ctrough" not in out
    written = {path.name for path in (here / "out").iterdir()}
    assert written == {"concentrations.csv", "parameters.csv", "pore_block.csv", "report.html", "protocol.yaml", "manifest.json"}
    header, first, *rest = (here / "out" / "concentrations.csv").read_text().splitlines()
    columns = header.split(",")
    assert columns == ["person", "time [h]", "analyte", "site", "concentration [ng/mL]", "concentration [umol/L]"]
    assert {len(line.split(",")) for line in (first, *rest)} == {len(columns)}
    assert float(rest[-1].split(",")[1]) == 336.0
    page = (here / "out" / "report.html").read_text("utf-8")
    assert page.count("<svg") == 3
    assert "No accumulation is stated: a single dose." in page
    assert 'src="http' not in page


def test_exposure_of_people_is_their_median_with_a_range(here, euthymia):
    code, out, _ = euthymia("exposure", "--people", "5", "--out", "out")
    assert code == 0
    assert "median (5 to 95 %) of 5 people, 70 kg" in out
    written = {path.name for path in (here / "out").iterdir()}
    assert {"quantiles.csv", "parameter_quantiles.csv", "pore_block_quantiles.csv", "concentrations.csv", "parameters.csv"} < written
    manifest = json.loads((here / "out" / "manifest.json").read_text())
    assert (manifest["options"], manifest["seed"]) == ({"people": 5}, 0)


def test_exposure_to_repeated_doses_says_what_accumulates(here, euthymia):
    code, out, _ = euthymia("exposure", "escitalopram", "--out", "out")
    assert code == 0
    assert "Dosing interval 42 of 42 equal doses, τ = 24 h" in out
    assert all(said in out for said in ("Cmax", "Tmax after the dose", "Ctrough", "AUCτ", "ratio", "index"))
    assert "NMDA pore block" not in out
    assert (here / "out" / "report.html").read_text("utf-8").count("<svg") == 1


def test_exposure_without_a_drug_says_so(here, euthymia):
    code, out, _ = euthymia("exposure", "saline", "--out", "out")
    assert code == 0
    assert "no drug" in out
    assert "No drug is there at any time." in (here / "out" / "report.html").read_text("utf-8")


def test_an_exposure_is_not_overwritten_unasked(here, euthymia, refused):
    assert euthymia("exposure", "saline", "--out", "out").code == 0
    assert "out exists; add --overwrite" in refused("exposure", "saline", "--out", "out")
    assert euthymia("exposure", "saline", "--out", "out", "--overwrite").code == 0


def test_exposure_of_a_mouse_names_what_it_rests_on(euthymia):
    code, out, err = euthymia("exposure", "ketamine-iv", "--patient", "species=mouse")
    assert code == 0
    assert "mouse, 25 g" in out
    assert "scaled from people by weight" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--people", "0"), ("people", "1 to 10000")),
        (("--patient", "species=mouse", "--people", "5"), ("people", "mouse")),
        (("--patient", "species=cat"), ("patient.species", "'cat'")),
    ],
)
def test_exposure_that_cannot_be_meant_is_refused(words, said, refused):
    line = refused("exposure", *words)
    assert [word for word in said if word not in line] == []


@pytest.mark.parametrize(("option", "caution"), [((), "were fitted to trials"), (("--uncalibrated",), "was not fitted to any trial")])
def test_a_cohort_is_said_drawn_and_kept(option, caution, here, euthymia):
    code, out, err = euthymia("population", "--people", "6", *option)
    assert code == 0
    assert ("was not fitted to any trial" in err) == bool(option)
    assert caution in (here / "runs" / "ketamine-iv-population" / "report.html").read_text()
    for said in ("Racemic ketamine 0.5 mg/kg", "6 virtual patients", "before", "14 d", "response", "no medical advice"):
        assert said in out
    folder = here / "runs" / "ketamine-iv-population"
    assert {path.name for path in folder.iterdir()} == {"report.html", "protocol.yaml", "results.nc", "manifest.json"}
    assert "<svg" in (folder / "report.html").read_text()


@pytest.mark.parametrize(
    "words", [("--people", "0"), ("--people", "2.5"), ("--people", "many"), ("--patient", "healthy"), ("--patient", "species=mouse")]
)
def test_a_cohort_that_cannot_be_meant_is_refused(words, refused):
    refused("population", *words)


def test_a_curve_without_a_mechanism_is_called_empirical_wherever_it_is_shown():
    arms = compare([read("electroconvulsive-therapy"), read("placebo-pill")])
    course = arms.simulations["electroconvulsive-therapy"]
    in_words = Console(record=True, width=200, file=StringIO())
    show_comparison(arms, in_words)
    assert in_words.export_text().count(EMPIRICAL) == 7  # Heading, conclusion and five tables.
    assert comparison_page(arms).count(EMPIRICAL) >= 5
    assert EMPIRICAL in summarise(course).title
    assert mood(course).count("this course (empirical") == 1
    assert EMPIRICAL not in summarise(arms.simulations["placebo-pill"]).title
