"""The cache of compiled programs: damaged, half-written or unwritable, it says nothing and costs no more than compiling."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from euthymia.core.checked_files import CheckedFiles, cache_of_this_machine, remove_oldest

PROGRAM = b"program" * 1000


@pytest.fixture
def files(tmp_path: Path) -> CheckedFiles:
    (tmp_path / "machine").mkdir()
    return CheckedFiles(tmp_path / "machine")


def test_what_is_kept_is_returned(files):
    assert files.get("key") is None
    files.put("key", PROGRAM)
    assert files.get("key") == PROGRAM


@pytest.mark.parametrize(
    "damage",
    [lambda content: b"", lambda content: content[:-1], lambda content: content[:9], lambda content: content.replace(b"m", b"n", 1)],
    ids=["empty", "truncated", "half a digest", "garbled"],
)
def test_a_damaged_file_is_as_if_it_were_not_there_and_is_replaced(files, damage):
    files.put("key", PROGRAM)
    file = files.folder / "key"
    file.write_bytes(damage(file.read_bytes()))
    assert files.get("key") is None
    files.put("key", PROGRAM)
    assert files.get("key") == PROGRAM


def test_a_file_in_the_place_of_another_is_as_if_it_were_not_there(files):
    files.put("key", PROGRAM)
    (files.folder / "key").rename(files.folder / "other")
    assert files.get("other") is None


def test_what_others_could_have_written_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    there = cache_of_this_machine()
    assert there is not None
    assert (tmp_path / "euthymia").stat().st_mode & 0o777 == 0o700
    there.put("key", PROGRAM)
    assert there.get("key") == PROGRAM
    (tmp_path / "euthymia").chmod(0o770)
    there = cache_of_this_machine()
    assert there is not None
    assert there.get("key") is None
    assert (tmp_path / "euthymia").stat().st_mode & 0o777 == 0o700


def test_the_folder_of_another_user_is_no_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert cache_of_this_machine() is None


def test_what_cannot_be_written_or_read_is_left_out(files):
    (files.folder / "key").mkdir()
    files.put("key", PROGRAM)
    assert files.get("key") is None
    gone = CheckedFiles(files.folder / "gone")
    gone.put("key", PROGRAM)
    assert gone.get("key") is None


def test_what_was_used_longest_ago_goes_first(files, tmp_path):
    for age, key in enumerate(["newest", "older", "oldest"]):
        files.put(key, PROGRAM)
        os.utime(files.folder / key, (0, 1e9 - age))
    assert files.get("oldest") == PROGRAM
    remove_oldest(tmp_path, 2 * len(PROGRAM) + 100)
    assert {file.name for file in files.folder.iterdir()} == {"newest", "oldest"}


A_PROGRAM = """
from euthymia.core.runtime import configure
configure()
import jax
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.jit(lambda x: x + 1)(1.0)
"""


def test_damage_is_healed_in_silence(tmp_path):
    def said() -> str:
        environment = {"PATH": os.defpath, "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-W", "error", "-c", A_PROGRAM], capture_output=True, text=True, env=environment)
        return done.stdout + done.stderr

    assert said() == ""
    kept = {file: file.read_bytes() for file in tmp_path.glob(".cache/euthymia/compiled/*/*")}
    assert kept
    for file in kept:
        file.write_bytes(file.read_bytes()[:1000])
    assert said() == ""
    assert all(file.stat().st_size == len(content) for file, content in kept.items())
