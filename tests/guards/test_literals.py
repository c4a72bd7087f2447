"""A number in an equation is either structure (1, 2, 1/2 ...) or a row of the evidence."""

import ast
from pathlib import Path

import pytest

import euthymia

ROOT = Path(euthymia.__file__).parent
EQUATIONS = [
    *sorted(path for folder in ("biophysics", "pharmacology", "receptors", "plasticity") for path in (ROOT / folder).glob("*.py")),
    ROOT / "links.py",
    ROOT / "cascade" / "vector_field.py",
    ROOT / "cascade" / "course.py",
    ROOT / "clinic" / "symptoms.py",
]
PURE = {0, 1, 2}


def impure(source: str) -> list[tuple[int, object]]:
    """Numbers in a module that stand for a measured quantity, as (line, number)."""
    return [
        (node.lineno, node.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float | complex) and not isinstance(node.value, bool)
        if abs(node.value) not in PURE
    ]


@pytest.mark.parametrize("path", EQUATIONS, ids=lambda path: str(path.relative_to(ROOT)))
def test_equations_hold_no_measured_numbers(path):
    assert impure(path.read_text()) == []


def test_equation_modules_are_all_watched():
    assert len(EQUATIONS) >= 12


@pytest.mark.parametrize("line", ["rate = 0.068 / 24", "V = V + 40", "ke0 = log(2) / 8.3", "x = 1e-3 * dose", "tau = -18"])
def test_guard_a_planted_number_is_found(line):
    assert impure(f"def f(V, dose):\n    {line}\n") != []


@pytest.mark.parametrize("line", ["x = 1 - y", "z = y ** 2 / 2", "u = [0, 1]", "s = 'n = 20'"])
def test_guard_structure_passes(line):
    assert impure(line) == []
