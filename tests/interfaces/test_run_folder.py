"""What a run leaves behind: whole, traceable, repeatable, and a page that needs no network."""

import hashlib
import importlib.metadata
import json
import re
import subprocess
import sysconfig
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

import euthymia as package
from euthymia.analysis.comparison import compare
from euthymia.analysis.headline import forecast_of
from euthymia.analysis.readouts import MOOD, READOUTS
from euthymia.analysis.summary import summarise
from euthymia.core.units import registry
from euthymia.evidence.registry import evidence
from euthymia.model.changed import Model
from euthymia.protocols.reading import builtin_names, change, check, parse, read, text_of
from euthymia.report.headline import headline_table
from euthymia.report.pages.page import comparison_page, page
from euthymia.report.pages.save import write
from euthymia.report.words import NONE
from euthymia.results.netcdf import read_results

FILES = {"protocol.yaml", "results.nc", "readouts.csv", "manifest.json", "report.html"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
LOADING = {"src", "href", "xlink:href", "srcset", "data", "poster", "action", "formaction", "background", "ping", "manifest"}


def sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def html(reference_run, circuits_beside):
    return page(replace(reference_run, circuits=circuits_beside), summarise(reference_run))


@pytest.fixture(scope="module")
def run(reference_run, html, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    write({"": reference_run}, html, folder, overwrite=False)
    return folder


@pytest.fixture(scope="module")
def manifest(run):
    return json.loads((run / "manifest.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def results(run):
    return read_results(run / "results.nc").course.to_dataset()


def test_the_folder_holds_its_files_and_nothing_stands_beside_it(run):
    assert {path.name for path in run.iterdir()} == FILES
    assert [path.name for path in run.parent.iterdir()] == ["run"]


def test_the_manifest_names_every_file_by_its_hash(run, manifest):
    assert manifest["artefacts_sha256"] == {name: sha256(run / name) for name in FILES - {"manifest.json"}}


def test_the_manifest_says_what_made_the_run(manifest):
    assert manifest["euthymia"] == package.__version__
    assert manifest["git_revision"] is None or re.fullmatch(r"[0-9a-f]{40}( with uncommitted changes)?", manifest["git_revision"])
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["parameters_sha256"])
    assert manifest["seed"] is None
    assert manifest["libraries"]
    assert manifest["libraries"] == {name: importlib.metadata.version(name) for name in manifest["libraries"]}


def test_the_written_protocol_is_the_one_that_ran(run, reference_run):
    assert parse((run / "protocol.yaml").read_text("utf-8"), "protocol.yaml") == read(str(run / "protocol.yaml")) == reference_run.protocol


def test_the_written_protocol_gives_identical_results(run, euthymia, here, no_figures):
    first = euthymia("simulate", run / "protocol.yaml", "--out", "again")
    second = euthymia("simulate", run / "protocol.yaml", "--out", "again", "--overwrite")
    assert (first.code, second.code) == (0, 0)
    assert sha256(here / "again" / "results.nc") == sha256(run / "results.nc")
    assert (here / "again" / "protocol.yaml").read_bytes() == (run / "protocol.yaml").read_bytes()


def test_overwrite_replaces_the_whole_folder(euthymia, here, solved):
    assert euthymia("simulate").code == 0
    (here / "runs" / "ketamine-iv" / "report.html").write_text("old")
    assert euthymia("simulate", "--overwrite").code == 0
    assert {path.name for path in (here / "runs" / "ketamine-iv").iterdir()} == FILES
    assert (here / "runs" / "ketamine-iv" / "report.html").read_text() != "old"
    assert [path.name for path in (here / "runs").iterdir()] == ["ketamine-iv"]


def test_overwrite_spares_what_no_run_wrote(euthymia, here, solved, refused):
    assert euthymia("simulate").code == 0
    (here / "runs" / "ketamine-iv" / "notes.txt").write_text("mine")
    assert "notes.txt" in refused("simulate", "--overwrite")


def test_overwrite_takes_an_empty_folder(euthymia, here, solved):
    (here / "out").mkdir()
    assert euthymia("simulate", "--out", "out", "--overwrite").code == 0
    assert {path.name for path in (here / "out").iterdir()} == FILES


def test_every_number_in_the_results_has_a_unit(results):
    for name, variable in results.variables.items():
        if variable.dtype.kind not in "OSU":
            unit = variable.attrs.get("units")
            assert unit, name
            assert unit == "points" or registry().parse_units(unit) is not None, name
            assert variable.attrs.get("long_name"), name


def test_the_results_are_finite_and_their_times_rise(results, reference_run):
    assert all(bool(variable.notnull().all()) for variable in results.variables.values())
    assert float(results.time[0]) == 0
    assert float(results.time[-1]) == reference_run.protocol.horizon
    assert bool((results.time.diff("time") > 0).all())


class Page(HTMLParser):
    """What a browser would see, and every tag left open or closed twice."""

    def __init__(self, text):
        super().__init__()
        self.open, self.wrong, self.tags, self.ids, self.links, self.texts, self.styles = [], [], [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [(tag, value) for name, value in attrs if name in LOADING]
        self.wrong += [(tag, name) for name, _ in attrs if name.startswith("on")]
        self.styles += [value for name, value in attrs if name in {"style", "fill", "stroke", "clip-path", "mask", "filter"}]
        names = [name for name, _ in attrs]
        self.wrong += [(tag, names)] if len(names) != len(set(names)) else []

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.wrong.append(("end", tag))

    def handle_data(self, data):
        (self.styles if self.open and self.open[-1] == "style" else self.texts).append(data)


@pytest.fixture(scope="module")
def seen(html):
    return Page(html)


def test_the_page_is_well_formed(html, seen):
    assert html.startswith("<!doctype html>\n<html lang=")
    assert (seen.wrong, seen.open) == ([], [])
    assert all(seen.tags.count(once) == 1 for once in ("html", "head", "body", "main", "h1"))


def test_no_id_stands_twice_and_every_reference_is_met(html, seen):
    assert sorted(seen.ids) == sorted(set(seen.ids))
    used = {link[1:] for _, link in seen.links if link.startswith("#")} | set(re.findall(r"url\(['\"]?#([^)'\"]+)", html))
    assert used <= set(seen.ids)


def test_the_page_loads_nothing(html, seen):
    for tag, link in seen.links:
        assert link.startswith("#") or (tag == "a" and link.startswith("https://doi.org/10.")), (tag, link)
    assert not {"script", "link", "base", "iframe", "object", "embed", "img", "image", "audio", "video", "form"} & set(seen.tags)
    for style in seen.styles:
        assert "@import" not in style
        assert not re.search(r"url\(\s*['\"]?(?!#)", style), style
    assert not re.search(r"https?://(?!doi\.org/|www\.w3\.org/|purl\.org/|creativecommons\.org/)", html)


def test_the_page_opens_with_mood_and_then_follows_the_chain(html):
    sections = re.findall(r'<section id="([^"]+)"', html)
    ways = [f"way-{number}" for number in range(1, 6)]
    assert sections == ["answer", "chain", "drug", "receptor", *ways, "mood", "made"]
    assert html.index("that MADRS falls from") < html.index('<section id="chain">')


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "<b>bold</b> & <i>", "</title></pre><img src=x onerror=y>", '"><base href="//x">', "{{ 7 * 7 }}"]
)
@pytest.mark.parametrize("field", ["title", "source"])
def test_text_of_a_protocol_stays_text_on_the_page(field, text, reference_run, monkeypatch):
    monkeypatch.setattr("euthymia.report.pages.page._figure", lambda *_: "")
    named = replace(reference_run, protocol=check(reference_run.protocol.stated() | {field: text}))
    found = Page(page(named, summarise(named)))
    assert (found.wrong, found.open) == ([], [])
    assert not {"script", "b", "i", "img", "base"} & set(found.tags)
    assert text in "".join(found.texts)


@pytest.mark.parametrize("name", builtin_names())
def test_builtin_protocols_read_back(name):
    protocol = read(name)
    assert protocol.name == name
    assert protocol.title
    assert parse(text_of(protocol), name) == protocol
    assert change(protocol, {"weight": "82 kg"}).patient.weight == 82


@pytest.mark.parametrize("name", ["saline", "ketamine-iv-low"])
def test_the_installed_command_runs_from_dose_to_page(name, tmp_path):
    command = Path(sysconfig.get_path("scripts")) / "euthymia"
    done = subprocess.run([command, "simulate", name, "--out", "out"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert (done.returncode, re.sub(r"\[\d+ .*\n", "", done.stderr)) == (0, "")
    assert "MADRS" in done.stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    assert Page((tmp_path / "out" / "report.html").read_text("utf-8")).wrong == []


@pytest.fixture(scope="module")
def pair(reference_run):
    """The standard course beside the same patient's visit without drug."""
    arms = [reference_run.protocol, read("saline")]
    return replace(compare(arms), forecasts={arm.name: forecast_of(arm, Model()) for arm in arms})


@pytest.fixture(scope="module")
def pair_html(pair):
    return comparison_page(pair)


def test_the_page_of_a_comparison_is_well_formed_and_loads_nothing(pair_html):
    found = Page(pair_html)
    assert (found.wrong, found.open) == ([], [])
    assert sorted(found.ids) == sorted(set(found.ids))
    assert {link[1:] for tag, link in found.links if tag == "a"} <= set(found.ids)
    assert all(link.startswith("#") for _, link in found.links)


def test_the_page_of_a_comparison_opens_with_the_picture(pair_html):
    sections = re.findall(r'<section id="([^"]+)">', pair_html)
    assert sections == ["picture", "mood", "respond", "speed", "who", "touched", "trust", "made"]
    assert pair_html.index("<svg") < pair_html.index('<section id="mood">')


def test_a_comparison_keeps_every_arm_apart(pair, tmp_path):
    write(pair.simulations, "<!doctype html>", tmp_path / "both", overwrite=False)
    names = {f"{arm}.{name}" for arm in ("ketamine-iv", "saline") for name in ("protocol.yaml", "results.nc", "readouts.csv")}
    assert {path.name for path in (tmp_path / "both").iterdir()} == names | {"manifest.json", "report.html"}
    for arm in ("ketamine-iv", "saline"):
        assert read(str(tmp_path / "both" / f"{arm}.protocol.yaml")) == pair.simulations[arm].protocol
        course = read_results(tmp_path / "both" / f"{arm}.results.nc").course
        assert float(abs(course.madrs - pair.simulations[arm].data.madrs).max()) == 0


def test_shares_in_a_comparison_are_the_whole_change(pair):
    for arm in pair.arms:
        for name, parts in pair.attribution(arm).items():
            change = pair.madrs(arm)[name] - pair.madrs(arm)["0"]
            assert sum(parts.values()) == pytest.approx(change, abs=1e-8)


def test_a_visit_without_drug_moves_no_read_out_and_gives_no_relief_beyond_itself(pair):
    for readout, largest_changes in pair.largest_changes().items():
        assert largest_changes["saline"] == () or readout is MOOD, readout.title
    assert all(abs(value) < 1e-9 for value in pair.relief("saline").values() if value is not None)
    assert pair.relief("ketamine-iv")["24 h"] < -1
    assert pair.speed("saline").beyond_context is None


def test_the_page_of_a_comparison_says_who_would_respond_beside_what_was_published(pair, pair_html):
    table = headline_table(pair)
    assert [row.arm for row in table.rows] == ["ketamine-iv", "saline"]
    for row in table.rows:
        for cell in (*row.response, *row.remission, *row.other, *row.relapse):
            assert str(cell) in pair_html
    # The undosed have nothing to relapse from; the dosed are held against the trial that followed responders.
    ketamine, saline = table.rows
    assert not saline.relapse
    assert ketamine.relapse[table.times_after.index("14 d")].published == f"[{evidence().target('salloum2019.relapse_05').value:.0f}]"
    # What no model of its side effects has is not said to be none.
    assert saline.other[2:] == [NONE, NONE]
    assert all(what in pair_html for what, *_ in table.contrasts)
    assert 'id="respond"' in pair_html
    assert 'id="respond"' not in comparison_page(replace(pair, forecasts={}))


def test_prefrontal_focus_falls_while_the_drug_is_there_and_rises_the_day_after(pair, pair_html):
    """Its rise is not half done while it is below before."""
    focus = next(readout for readout in READOUTS if readout.name == "focus")
    fall, rise = pair.largest_changes()[focus]["ketamine-iv"]
    assert fall.change < 0 < rise.change
    assert fall.half < fall.time < 1.5
    assert rise.half > 12
    assert f"then +{100 * rise.change:.0f} % <span" in pair_html


def test_how_fast_an_arm_acts_is_told_of_its_largest_change(pair, pair_html):
    speed, run = pair.speed("ketamine-iv"), pair.simulations["ketamine-iv"]
    madrs = run.madrs()
    for largest, course in ((speed.madrs, madrs - madrs[0]), (speed.beyond_context, madrs - run.madrs("context").to_numpy())):
        assert largest.change == float(course.min())
        assert float(course.interp(time=largest.half)) == pytest.approx(largest.change / 2, rel=1e-3)
        assert largest.half < 2 < 18 < largest.time < 60
    assert ("Relief fades as" in pair_html) == pair.fading("ketamine-iv").has_faded


def test_every_arm_is_followed_for_as_long_as_the_longest_from_its_own_first_dose(reference_run):
    short = check(reference_run.protocol.stated() | {"name": "short", "horizon": "24 h"})
    dose = reference_run.protocol.stated()["doses"][0]
    late = check(reference_run.protocol.stated() | {"name": "late", "horizon": "7 d", "doses": [dose | {"start": "2 d"}]})
    found = compare([reference_run.protocol, short, late])
    assert list(found.checkpoints) == list(reference_run.checkpoints())
    assert found.madrs("short") == pytest.approx(found.madrs("ketamine-iv"), abs=0.01)
    assert found.madrs("late")["24 h"] == pytest.approx(found.madrs("ketamine-iv")["24 h"], abs=0.1)
    assert found.madrs("late")["14 d"] is None
    assert found.relief("late")["14 d"] is None
    assert list(found.attribution("late")) == ["2 h", "24 h", "7 d"]
    assert comparison_page(found).count("<svg") == 2
