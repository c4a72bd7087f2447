"""Steps run where an input changed, once, in order, and again where they were stopped."""

import ast
import subprocess
import sys
from textwrap import dedent

import pytest
from rebuild import ROOT
from rebuild.inputs import code, content, digest, skeleton
from rebuild.pipeline import Step, duration, read_records, record, run, select, standing
from rebuild.readme import shown, written

from euthymia.core.errors import InputError


@pytest.fixture
def chain(tmp_path):
    """Two steps, of which the second reads what the first makes; what was run, what was said, and a run of both."""
    source, made, drawn, records = (tmp_path / name for name in ("source", "made", "drawn", "records.yaml"))
    source.write_text("one")
    ran, said = [], []

    def copy(name, origin, target):
        def make():
            ran.append(name)
            target.write_text(origin.read_text().upper())

        return Step(name, f"making {name}", make, lambda: {"code": "same", "text": of(origin)}, lambda: of(target))

    def of(path):
        return digest(path.read_text() if path.exists() else None)

    steps = [copy("made", source, made), copy("drawn", made, drawn)]

    def again(**how):
        ran.clear()
        said.clear()
        run(steps, records, say=said.append, **how)
        return list(ran)

    return {"steps": steps, "source": source, "made": made, "drawn": drawn, "records": records, "ran": ran, "said": said, "again": again}


def test_everything_runs_once_and_then_nothing(chain):
    assert chain["again"]() == ["made", "drawn"]
    assert "it has no record" in chain["said"][0]
    assert chain["drawn"].read_text() == "ONE"
    assert chain["again"]() == []
    assert chain["said"] == ["[1/2] made: nothing changed, skipped", "[2/2] drawn: nothing changed, skipped"]


def test_a_change_runs_what_depends_on_it_and_says_why(chain):
    chain["again"]()
    chain["source"].write_text("two")
    assert chain["again"]() == ["made", "drawn"]
    assert chain["said"][0] == "[1/2] made: making made (changed: text)"
    assert chain["drawn"].read_text() == "TWO"


def test_a_step_that_makes_the_same_again_ends_the_change(chain):
    chain["again"]()
    chain["source"].write_text("ONE")
    assert chain["again"]() == ["made"]


def test_an_output_that_was_touched_or_lost_is_made_again(chain):
    chain["again"]()
    chain["drawn"].write_text("else")
    assert chain["again"]() == ["drawn"]
    chain["made"].unlink()
    assert chain["again"]() == ["made"]


def test_a_step_may_be_forced(chain):
    chain["again"]()
    assert chain["again"](forced=["drawn"]) == ["drawn"]


def test_a_step_that_is_stopped_runs_again_and_those_before_it_do_not(chain):
    steps = chain["steps"]

    def stopped():
        chain["drawn"].write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([steps[0], Step("drawn", "", stopped, steps[1].inputs, steps[1].outputs)], chain["records"], say=chain["said"].append)
    assert list(read_records(chain["records"])) == ["made"]
    assert chain["again"]() == ["drawn"]


def test_inputs_that_change_while_a_step_runs_are_seen_the_next_time(chain):
    first = chain["steps"][0]

    def make():
        first.make()
        chain["source"].write_text("later")

    run([Step("made", "", make, first.inputs, first.outputs)], chain["records"], say=chain["said"].append)
    assert chain["again"]() == ["made", "drawn"]


def test_accepted_outputs_are_recorded_without_a_time(chain):
    chain["again"]()
    chain["source"].write_text("two")
    record(chain["steps"][0], chain["steps"][0].inputs(), chain["records"], None)
    assert standing(chain["steps"][0], chain["records"]).reason is None
    assert read_records(chain["records"])["made"]["seconds"] is None


def test_steps_are_selected_in_their_order_and_a_name_that_is_off_is_refused(chain):
    assert [step.name for step in select(chain["steps"], ["drawn", "made"])] == ["made", "drawn"]
    with pytest.raises(InputError, match=r"there is no 'drwan'; did you mean drawn\?"):
        select(chain["steps"], ["drwan"])


def test_the_command_refuses_a_name_that_is_off_in_one_line():
    ended = subprocess.run([sys.executable, "-m", "rebuild", "--only", "claim"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == "step: there is no 'claim'; did you mean claims?\n"


def compute(text):
    return skeleton(ast.parse(dedent(text)))


def test_comments_docstrings_and_layout_are_no_change_of_code():
    plain = compute("def f(x):\n    return x + 1\n")
    assert compute('"""About."""\n\ndef f(x):\n    """Adds."""\n    # Why.\n    return (x\n            + 1)\n') == plain
    assert compute("def f(x):\n    return x + 2\n") != plain
    assert compute("def f(x):\n    return x - 1\n") != plain


def test_code_counts_what_a_module_imports_and_no_more(monkeypatch):
    before = code("model.closures.build")
    changed = {}
    monkeypatch.setattr("rebuild.inputs.skeleton", lambda tree: changed.get(ast.get_docstring(tree)) or ast.dump(tree))
    whole = code("model.closures.build")
    assert whole != before

    def about(name):
        return ast.get_docstring(ast.parse((ROOT / "src" / "euthymia" / name).read_text("utf-8")))

    changed[about("report/figures/arms.py")] = "other"
    assert code("model.closures.build") == whole
    changed[about("circuits/habenula/cell.py")] = "other"
    assert code("model.closures.build") != whole


def test_content_tells_files_apart_and_knows_a_missing_one():
    makefile, licence = ROOT / "Makefile", ROOT / "LICENSE"
    assert content(makefile) == content(makefile)
    assert len({content(makefile), content(licence), content(makefile, licence), content(ROOT / "no file")}) == 4


def test_what_is_marked_is_written_anew_and_nothing_else():
    texts = {"n": lambda: "8", "list": lambda: "\n- a\n- b\n"}
    text = "Of <!-- n -->7<!-- / --> rows:\n<!-- list --><!-- / -->\nend"
    after = written(text, texts)
    assert after == "Of <!-- n -->8<!-- / --> rows:\n<!-- list -->\n- a\n- b\n<!-- / -->\nend"
    assert written(after, texts) == after
    assert shown(after) == "Of 8 rows: - a - b end"


def test_a_mark_that_nothing_is_known_of_is_refused():
    with pytest.raises(InputError, match=r"README: there is no 'nn'; did you mean n\?"):
        written("<!-- nn -->7<!-- / -->", {"n": lambda: "8"})


@pytest.mark.parametrize(("seconds", "said"), [(0.04, "0.0 s"), (59.4, "59.4 s"), (61.2, "1 min 1 s"), (3600, "60 min 0 s")])
def test_a_duration_is_said(seconds, said):
    assert duration(seconds) == said
