"""Programs that are kept traced and lowered: the same bits as traced ones, and no harm from what is damaged, foreign or unwritable."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.brain.attractor import Window
from euthymia.core import exported_programs
from euthymia.core.checked_files import CheckedFiles
from euthymia.core.exported_programs import ExportedProgram, described, exported, rebuilt

ARGUMENTS = {"x": jnp.linspace(0.1, 3.0, 7)}, 2


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckedFiles:
    """A cache of the test's own; its other versions would stand beside it."""
    files = CheckedFiles(tmp_path / "versions" / "this")
    files.folder.mkdir(parents=True)
    monkeypatch.setattr(exported_programs, "kept_programs", lambda: files)
    return files


@pytest.fixture
def traced() -> list[int]:
    """A number for each time that the function was traced."""
    return []


@pytest.fixture
def program(traced: list[int]) -> Callable[[], ExportedProgram]:
    """The function as a process that begins has it."""

    def function(values: dict, power: int) -> tuple[Window, dict]:
        traced.append(power)
        x = values["x"]
        return Window(jnp.exp(-x) ** power, jnp.sin(x).sum()), {"list": [x / 3, None]}

    return lambda: exported(function)


def same(one, other) -> bool:
    return jax.tree.structure(one) == jax.tree.structure(other) and all(
        np.array_equal(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    )


def only_file(kept: CheckedFiles) -> Path:
    (file,) = kept.folder.iterdir()
    return file


def test_what_is_kept_gives_the_same_bits_and_is_not_traced(kept, traced, program):
    fresh = program()(*ARGUMENTS)
    assert len(traced) == 1
    again = program()(*ARGUMENTS)
    assert len(traced) == 1
    assert same(fresh, again)
    assert isinstance(again[0], Window)


def test_other_constants_and_shapes_are_other_programs_and_weak_types_are_not(kept, traced, program):
    started = program()
    for arguments in (ARGUMENTS, ({"x": jnp.ones(3)}, 2), (ARGUMENTS[0], 3)):
        started(*arguments)
    assert len(traced) == len(list(kept.folder.iterdir())) == 3
    started({"x": np.ones(3)}, 2)
    weak = jnp.asarray(1.0) * jnp.ones(3)
    started({"x": weak}, 2)
    assert len(traced) == 3


@pytest.mark.parametrize(
    "damage",
    [lambda content: b"", lambda content: content[:-1], lambda content: content[:9], lambda content: content[:99] + b"?" + content[100:]],
    ids=["empty", "truncated", "half a digest", "garbled"],
)
def test_a_damaged_file_is_as_if_it_were_not_there_and_is_replaced(kept, traced, program, damage):
    fresh = program()(*ARGUMENTS)
    file = only_file(kept)
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert same(fresh, program()(*ARGUMENTS))
    assert len(traced) == 2
    assert same(fresh, program()(*ARGUMENTS))
    assert len(traced) == 2


@pytest.mark.parametrize("foreign", [b"", b"{}", b"[1]\nnothing", b'{"class": ["os", "system"], "parts": []}\n' + bytes(100)])
def test_a_foreign_file_is_as_if_it_were_not_there(kept, traced, program, foreign):
    fresh = program()(*ARGUMENTS)
    kept.put(only_file(kept).name, foreign)
    assert same(fresh, program()(*ARGUMENTS))
    assert len(traced) == 2


def test_a_program_of_another_source_is_not_used(kept, traced, program, monkeypatch):
    program()(*ARGUMENTS)
    monkeypatch.setattr(exported_programs, "source_hash", lambda: "another")
    program()(*ARGUMENTS)
    assert len(traced) == 2


@pytest.mark.parametrize("folder", [None, "gone"])
def test_a_folder_that_cannot_be_written_costs_no_word(folder, tmp_path, traced, program, monkeypatch, capfd):
    monkeypatch.setattr(exported_programs, "kept_programs", lambda: None if folder is None else CheckedFiles(tmp_path / folder))
    assert same(program()(*ARGUMENTS), program()(*ARGUMENTS))
    assert len(traced) == 2
    assert capfd.readouterr() == ("", "")


def test_within_another_program_it_is_a_part_of_that(kept, traced, program):
    started = program()
    alone = started(*ARGUMENTS)
    mapped = jax.vmap(lambda x: started({"x": x}, 2))(jnp.stack([ARGUMENTS[0]["x"]] * 2))
    np.testing.assert_allclose(mapped[0].lower[1], alone[0].lower, rtol=1e-15)


def test_only_structures_of_the_package_are_rebuilt():
    arrays = list(jnp.arange(4.0))
    tree = rebuilt(described((Window(0, [1, None]), {"b": 2, "a": (3,)})), arrays)
    assert same(tree, (Window(arrays[0], [arrays[1], None]), {"b": arrays[2], "a": (arrays[3],)}))
    with pytest.raises(ValueError, match="os is not of this package"):
        rebuilt({"class": ["os", "system"], "parts": [0]}, [jnp.ones(1)])
    with pytest.raises(TypeError, match="is not kept"):
        described(object())


def test_the_course_is_read_and_not_traced_in_a_process_that_begins(reference_run, model, kept, monkeypatch):
    from euthymia.simulation.warnings import patient_warnings

    def solved() -> list[str]:
        monkeypatch.setattr("euthymia.simulation.warnings._window", exported(window.__wrapped__))
        return patient_warnings(reference_run.protocol, model, 0.0)

    from euthymia.simulation.warnings import _window as window

    first = solved()
    monkeypatch.setattr(ExportedProgram, "_export", None)
    assert solved() == first


A_PROGRAM = """
from euthymia.core.runtime import configure
configure()
import jax.numpy as jnp
from euthymia.core.exported_programs import exported
print(exported(lambda x: [jnp.sin(x) / 3])(jnp.arange(5.0))[0])
"""


def test_two_processes_at_once(tmp_path):
    environment = {"PATH": os.defpath, "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}

    def start() -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-c", A_PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )

    both = [start(), start()]
    said = [process.communicate()[0] for process in both]
    assert said[0] == said[1]
    assert [process.returncode for process in both] == [0, 0]
    assert len(list(tmp_path.glob(".cache/euthymia/compiled/*/traced-*"))) == 1


SIMULATE = """
import sys
sys.argv = ["euthymia", "simulate", "--out", "run"]
from euthymia.__main__ import main
from euthymia.core.runtime import set_environment
set_environment()
from euthymia.core.exported_programs import ExportedProgram
ExportedProgram._export = None
main()
"""


@pytest.mark.long
def test_after_a_warm_up_nothing_is_traced(tmp_path):
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-m", "euthymia", "warm-up"], check=True, cwd=tmp_path, env=environment)
    subprocess.run([sys.executable, "-c", SIMULATE], check=True, cwd=tmp_path, env=environment)
    assert (tmp_path / "run" / "report.html").exists()
