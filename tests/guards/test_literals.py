"""A number in an equation is either structure (1, 2, 1/2 ...) or a row of the evidence."""

import ast
from pathlib import Path

import pytest

import euthymia

ROOT = Path(euthymia.__file__).parent
FOLDERS = ("biophysics", "pharmacology", "receptors", "circuits", "plasticity", "brain")
FILES = (
    *("links.py", "model/vector_field.py", "model/fast.py", "model/state.py", "model/integrate.py", "model/exposure.py"),
    *("model/closures/response.py", "clinic/symptoms.py", "clinic/ratings.py", "clinic/outcomes.py", "clinic/dropout.py"),
    "clinic/unblinding.py",
)
EQUATIONS = [*sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")), *(ROOT / name for name in FILES)]
NUMERICS = {"brain/attractor.py": {"SCAN", "ITERATIONS"}, "brain/escape.py": {"CELLS"}, "clinic/ratings.py": {"SPAN", "LEVELS"}}
"""Settings of a method, by name; the same files hold equations."""
PURE = {0, 1, 2}


def impure(source: str, settings: frozenset[str] | set[str] = frozenset()) -> list[tuple[int, object]]:
    """Numbers in a module that stand for a measured quantity, as (line, number); those of named settings are not looked at."""
    set_here = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and {target.id for target in node.targets if isinstance(target, ast.Name)} & settings
    ]
    allowed = {place(number) for node in set_here for number in ast.walk(node.value)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float | complex) and not isinstance(node.value, bool)
        if abs(node.value) not in PURE and place(node) not in allowed
    ]


def place(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", -1), getattr(node, "col_offset", -1)


def settings_of(path: Path) -> set[str]:
    return NUMERICS.get(path.relative_to(ROOT).as_posix(), set())


@pytest.mark.parametrize("path", EQUATIONS, ids=lambda path: str(path.relative_to(ROOT)))
def test_equations_hold_no_measured_numbers(path):
    assert impure(path.read_text(), settings_of(path)) == []


def test_equation_modules_are_all_watched():
    assert len(EQUATIONS) >= 22
    assert all(path.is_file() for path in EQUATIONS)


@pytest.mark.parametrize("name", NUMERICS)
def test_named_settings_exist_and_are_upper_case_and_are_all_that_is_let_through(name):
    source = (ROOT / name).read_text()
    for setting in NUMERICS[name]:
        assert setting.isupper()
        assert impure(source, NUMERICS[name] - {setting}) != []
    last = len(source.splitlines())
    assert impure(source + "\n\ndef f(V):\n    return V + 40\n", NUMERICS[name]) == [(last + 4, 40)]
    assert impure(source + "\nSETTING = 7\n", NUMERICS[name]) == [(last + 2, 7)]


@pytest.mark.parametrize("line", ["rate = 0.068 / 24", "V = V + 40", "ke0 = log(2) / 8.3", "x = 1e-3 * dose", "tau = -18"])
def test_guard_a_planted_number_is_found(line):
    assert impure(f"def f(V, dose):\n    {line}\n") != []


@pytest.mark.parametrize("line", ["x = 1 - y", "z = y ** 2 / 2", "u = [0, 1]", "s = 'n = 20'"])
def test_guard_structure_passes(line):
    assert impure(line) == []
