"""The import contracts hold, and a forbidden import breaks them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import euthymia

ROOT = Path(euthymia.__file__).parents[2]


def contracts(folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def copy(tmp_path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_contracts_hold(copy):
    assert contracts(copy).returncode == 0


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("plasticity/spines.py", "from ..receptors import nmdar"),
        ("receptors/nmdar.py", "from ..evidence import registry"),
        ("pharmacology/ketamine.py", "import matplotlib"),
        ("core/types.py", "from .. import links"),
        ("evidence/rows.py", "import jax"),
        ("circuits/midbrain.py", "from ..brain import attractor"),
        ("circuits/prefrontal.py", "from ..receptors import nmdar"),
        ("brain/escape.py", "from ..evidence import registry"),
        ("brain/attractor.py", "import matplotlib"),
        ("model/closures/response.py", "import pathlib"),
        ("model/closures/recipes.py", "from ...simulation import dosing"),
        ("links.py", "from .model.closures import response"),
        ("model/vector_field.py", "from ..population import cohort"),
        ("clinic/symptoms.py", "from ..protocols import protocol"),
        ("protocols/protocol.py", "from ..model import default"),
        ("biophysics/gates.py", "from ..circuits import habenula"),
        ("model/integrate.py", "import matplotlib"),
        ("model/closures/recipes.py", "import pathlib"),
        ("protocols/dose.py", "import matplotlib"),
        ("report/figures/habenula.py", "from ...circuits import habenula as cells"),
        ("report/pages/page.py", "from ...core.numerics import roots"),
        ("cli/run.py", "from ..brain import attractor"),
        ("exchange/sbml.py", "from ..report import words"),
        ("analysis/summary.py", "from ..report import words"),
    ],
)
def test_guard_a_forbidden_import_breaks_them(copy, module, line):
    path = copy / "src" / "euthymia" / module
    path.write_text(path.read_text() + f"\n{line}\n")
    result = contracts(copy)
    assert result.returncode != 0
    assert "BROKEN" in result.stdout
