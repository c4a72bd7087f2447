"""The house keeps its measures: short modules and functions, private names at home, and the field's names."""

import ast
import re
import statistics
from pathlib import Path

import pytest

import euthymia
from euthymia.evidence.registry import evidence
from euthymia.results.quantities import AXES

ROOT = Path(euthymia.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
MOST_LINES, MOST_FUNCTION_LINES, MOST_PARAMETERS = 350, 60, 8
TABLES = {"report/pages/sections.py", "results/quantities.py"}
"""Modules that hold a table of data and little else."""
RETIRED = {
    *(
        "hand",
        "hands",
        "HANDS",
        "by_hand",
        "cascade",
        "Cascade",
        "reactions",
        "Reaction",
        "react",
        "Wanted",
        "wanted",
        "leaving",
        "staying",
    ),
    *("standard", "in_order", "person_of", "someone", "pulses_of", "embody", "embodied", "settle_down", "Answers", "Drivers", "Followers"),
    *("drivers", "followers", "Differences", "differs", "worth", "engagement", "dissociation_half", "systolic_most", "diastolic_most"),
    *("settling", "matching", "pace", "particular", "shares", "Move", "begun", "leavers"),
    *("parts_of", "movers", "MOVERS", "players", "PLAYERS", "straight", "place", "middle", "ends", "found", "each", "given"),
}
"""Names of variables, functions, classes, parameters and fields that the field has other words for."""
RETIRED_ROWS = re.compile(r"(_half|_most|_potency|\\.worth|\\.engagement|\\.leaving)\\b")
RETIRED_AXES = {"hand", "person", "solved"}
RETIRED_MODULES = {"experiments", "bridge", "cascade", "reactions", "matching", "leaving", "standard", "parts", "disposition", "timegrid"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def names_of(tree: ast.AST) -> set[str]:
    """Every name that a module gives to something."""
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                names.add(name)
    return names


def axes_of(tree: ast.AST) -> set[str]:
    """Names of axes in the annotations of arrays."""
    return {
        word
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple)
        for part in node.slice.elts
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
        for word in re.findall(r"\w+", part.value)
    }


def too_big(tree: ast.AST) -> list[str]:
    """Functions that are too long or take too many parameters."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            lines = node.end_lineno - node.lineno + 1
            a = node.args
            parameters = len(a.posonlyargs + a.args + a.kwonlyargs) - (a.args[:1] != [] and a.args[0].arg in ("self", "cls"))
            if lines > MOST_FUNCTION_LINES:
                found.append(f"{node.name}: {lines} lines")
            if parameters > MOST_PARAMETERS:
                found.append(f"{node.name}: {parameters} parameters")
    return found


def foreign_private(tree: ast.AST) -> list[str]:
    """Underscored names that are imported from another module of the package."""
    return [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("euthymia"))
        for alias in node.names
        if alias.name.startswith("_") and alias.name != "__version__"
    ]


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_keeps_its_measures(path):
    source = path.read_text("utf-8")
    tree = ast.parse(source)
    assert relative(path) in TABLES or len(source.splitlines()) <= MOST_LINES
    assert too_big(tree) == []
    assert foreign_private(tree) == []


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_names_are_those_of_the_field(path):
    assert names_of(ast.parse(path.read_text("utf-8"))) & RETIRED == set()
    assert not set(path.relative_to(ROOT).with_suffix("").parts) & RETIRED_MODULES


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_axes_have_one_name_each(path):
    assert axes_of(ast.parse(path.read_text("utf-8"))) & RETIRED_AXES == set()


def test_no_quantity_has_a_retired_axis():
    assert set(AXES) & RETIRED_AXES == set()


def test_no_evidence_row_has_a_retired_name():
    assert [row for row in evidence().parameters if RETIRED_ROWS.search(row)] == []


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.jinja")), ids=relative)
def test_templates_use_the_field_s_names(path):
    code = " ".join(re.findall(r"\{[{%](.*?)[%}]\}", path.read_text("utf-8"), re.DOTALL))
    assert set(re.findall(r"[A-Za-z_]\w*", code)) & (RETIRED - {"each", "ends"}) == set()


def test_no_room_of_the_workshop_is_left():
    assert not {path.name for path in ROOT.iterdir()} & {"experiments", "bridge", "cascade"}


def test_the_map_leads_to_rooms_that_exist():
    table = (ROOT.parents[1] / "CONTRIBUTING.md").read_text("utf-8").split("## Where an idea has its room")[1]
    places = re.findall(r"`((?:\w+/)+(?:\w+\.(?:py|yaml))?)`", table)
    assert len(places) >= 20
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_the_median_module_is_short():
    assert statistics.median(len(path.read_text("utf-8").splitlines()) for path in MODULES) < 100


def test_guard_a_retired_axis_is_found():
    assert axes_of(ast.parse('x: Float[Array, "node hand"]')) & RETIRED_AXES


@pytest.mark.parametrize("line", ["hand = 1", "def react(): pass", "class Cascade: pass", "def f(found): pass", "for each in x: pass"])
def test_guard_a_retired_name_is_found(line):
    assert names_of(ast.parse(line)) & RETIRED
