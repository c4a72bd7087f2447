"""What `protocols` and `evidence` list: whole within eighty columns on a terminal, one plain line each elsewhere."""

import subprocess
import sys
from io import StringIO

import pytest
from rich.console import Console

from euthymia.cli import files
from euthymia.evidence.display import quantity
from euthymia.evidence.registry import evidence
from euthymia.evidence.search import search, select
from euthymia.protocols.reading import builtin_names, read
from euthymia.report.terminal.evidence import show_details, show_list

WIDTH = 80
READERS = {"ketamine.central_volume": [("physiology.disposition.central_volume", "V1, arterial core")]}


@pytest.fixture
def terminal(monkeypatch):
    """A terminal of eighty columns: a console on which every command prints, and its text."""
    console = Console(file=StringIO(), force_terminal=True, width=WIDTH, record=True, highlight=False, emoji=False)
    monkeypatch.setattr(files, "output", lambda: console)
    return console


def lines(console):
    return console.export_text().splitlines()


def test_every_protocol_is_listed_whole_within_the_width(terminal):
    files.protocols()
    shown = lines(terminal)
    assert max(map(len, shown)) <= WIDTH
    assert [line for line in shown if not line.startswith(" ")] == builtin_names()
    text = " ".join(" ".join(shown).split())
    for name in builtin_names():
        assert f"{name} {read(name).title} {read(name).source}".strip() in text


def test_protocols_in_a_pipe_are_one_line_each_to_cut(euthymia):
    code, out, err = euthymia("protocols")
    assert (code, err) == (0, "")
    assert [line.split("\t") for line in out.splitlines()] == [[name, read(name).title, read(name).source] for name in builtin_names()]
    assert "\x1b" not in out


def test_protocols_are_narrowed_by_words(euthymia, refused):
    names = [line.split("\t")[0] for line in euthymia("protocols", "Spray", "escitalopram").out.splitlines()]
    assert names == ["esketamine-spray-and-escitalopram", "placebo-spray-and-escitalopram"]
    assert "did you mean ketamine-iv" in refused("protocols", "ketamine-ivv")


@pytest.mark.parametrize("width", [40, WIDTH])
def test_every_row_is_listed_and_told_whole_within_the_width(width):
    known = evidence()
    rows = list(known.rows().values())
    words = ["doubtful"]
    for show in (lambda console: show_list(known, rows, console, words, READERS), lambda console: [told(row, console) for row in rows]):
        console = Console(file=StringIO(), force_terminal=True, width=width, record=True, highlight=False, emoji=False)
        show(console)
        shown = lines(console)
        assert max(map(len, shown)) <= width
        text = "".join("".join(shown).split())
        assert [row.id for row in rows if row.id not in text] == []
        assert [source for source in known.sources.values() if "".join(source.citation.split()) not in text and used(known, source)] == []


def told(row, console):
    show_details(evidence(), row, READERS.get(row.id, ()), console)


def used(known, source):
    return any(row.source == source.key for row in known.rows().values())


def test_the_list_in_a_pipe_has_one_line_of_eight_fields_per_row(euthymia):
    code, out, err = euthymia("evidence", "--provenance", "assumed")
    rows = select(evidence(), provenance="assumed")
    assert code == 0
    assert "\x1b" not in out + err
    fields = [line.split("\t") for line in out.splitlines()]
    assert [line[0] for line in fields] == [row.id for row in rows]
    assert {(len(line), line[3]) for line in fields} == {(8, "assumed")}
    assert err.startswith(f"{len(rows)} of {len(evidence().rows())} rows")


def test_a_row_that_the_calibration_moved_is_shown_as_it_is_used_beside_where_the_fit_began(euthymia):
    known, row = evidence(), "context.saline.visit"
    used, began = known.calibrated[row], known.parameters[row].value
    listed = euthymia("evidence", "--search", row).out.split("\t")
    assert (listed[1], listed[-1].partition(";")[0]) == (f"{used:g}", "calibrated")
    assert f"{row}  {used:g} (calibrated; the fit began at {began:g})" in euthymia("evidence", row).out
    assert quantity(known.parameters["context.waning_time"]).startswith(f"{known.calibrated['context.waning_time']:g} day (calibrated")
    assert quantity(known.parameters["allometry.reference_weight"]) == "70 kg"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("KETAMINE.clear", "ketamine.clearance"),
        ("authors transcription table", "norketamine.share"),
        ("scheidegger dorsal-nexus", "scheidegger2012.reduced"),
        ("10.1097/ALN.0000000000003577", "allometry.reference_weight"),
        ("arterial CORE", "ketamine.central_volume"),
        ("zarate points", "zarate2006b.memantine_effect"),
    ],
    ids=["id", "note", "quantity and source", "DOI", "what reads it", "unit"],
)
def test_a_search_finds_rows_by_every_text_of_theirs(words, found):
    rows = search(evidence(), select(evidence()), words.split(), READERS)
    assert found in [row.id for row in rows]
    assert len(rows) < 30


def test_a_row_that_is_found_by_a_text_which_lists_leave_out_shows_that_text(terminal):
    known = evidence()
    rows = [known.parameters["norketamine.share"]]
    for words in (["transcription"], ["simons"]):
        show_list(known, rows, terminal, words, {})
        assert ("transcription" in terminal.export_text()) == (words == ["transcription"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--search", "clearence"), ("search", "'clearence'", "escitalopram.clearance")),
        (("ketamine", "--search", "venous fluoxetine"), ("search", "'venous' and 'fluoxetine'", "ketamine.venous_delay")),
        (("--search", " "), ("search", "no word")),
        (("ketamin.clearance",), ("evidence", "did you mean ketamine.clearance")),
        (("--provenance", "assume"), ("provenance", "did you mean assumed?")),
        (("ketamine", "--provenance", "assumed"), ("provenance", "none is assumed")),
    ],
)
def test_what_is_not_in_the_evidence_is_refused_with_what_is_near(words, said, refused):
    line = refused("evidence", *words)
    assert [word for word in said if word not in line] == []


def test_everything_about_a_row_says_what_reads_it(euthymia):
    code, out, _ = euthymia("evidence", "norketamine.share")
    assert code == 0
    assert "physiology.disposition.norketamine_share" in out
    assert "10.3389/fpain.2022.946486" in out


def test_lists_need_no_array_library():
    modules = "euthymia.cli.files, euthymia.protocols.reading, euthymia.evidence.search, euthymia.report.terminal.evidence"
    code = f"import sys, {modules}, euthymia.report.terminal.protocols; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("calibrate", "--patients", "15"), "patients: 15 is outside 16 to 10000"),
        (("calibrate", "--draws", "3"), "draws: 3 is outside 50 to 100000"),
        (("compare", "ketamine-iv", "saline", "--people", "3"), "people: 3 is outside 16 to 10000"),
        (("calibrate", "singh2016.none"), "singh2016.none"),
        (("validate", "clinic", "--draws", "49"), "draws: 49 is outside 50 to 100000"),
        (("validate", "clinic", "--out", "none/figure.svg"), "cannot write none/figure.svg"),
        (("validate", "pharmacology", "--out", "none/figure.svg"), "cannot write none/figure.svg"),
        (("export", "--out", "none/model.xml"), "cannot write none/model.xml"),
    ],
)
def test_counts_rows_and_paths_are_checked_before_the_model_is_loaded(words, said, refused, monkeypatch):
    monkeypatch.setattr("euthymia.core.runtime.configure", None)
    assert said in refused(*words)
