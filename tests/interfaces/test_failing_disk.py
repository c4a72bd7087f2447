"""A run folder is whole or not there, whatever fails."""

import errno
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import xarray as xr

from euthymia.core import temporary_files
from euthymia.results import run_folder
from euthymia.results.integrity import damage, read_manifest

FULL = OSError(errno.ENOSPC, "No space left on device")
COURSE = ("protocol.yaml", "results.nc", "readouts.csv")
ARMS = ("ketamine-iv", "saline")
FILES = {
    "simulate": {"report.html", "manifest.json", *COURSE},
    "compare": {"report.html", "manifest.json", "forecasts.json", *(f"{arm}.{name}" for arm in ARMS for name in COURSE)},
}
COMMANDS = {"simulate": ["simulate"], "compare": ["compare", *ARMS]}


@pytest.fixture(params=["simulate", pytest.param("compare", marks=pytest.mark.long)])
def command(request):
    return request.param


@pytest.fixture(params=["new", "overwrite"])
def words(request, command, euthymia, here, solved):
    """A command that would write a folder, new or in place of an earlier run."""
    writing = [*COMMANDS[command], "--out", "out"]
    if request.param == "new":
        return writing
    assert euthymia(*writing).code == 0
    (here / "out" / "report.html").write_text("mine")
    return [*writing, "--overwrite"]


def failing(method, when, error, half=False):
    def fail(self, *given, **options):
        if not when(self, *given):
            return method(self, *given, **options)
        if half:
            method(self, *given, **options)
        raise error

    return fail


@pytest.mark.parametrize("half", [False, True], ids=["at once", "after a part"])
@pytest.mark.parametrize("name", ["report.html", "manifest.json", *COURSE])
def test_a_full_disk_leaves_what_was_there(name, half, command, words, monkeypatch, refused):
    # Of a comparison, the files of its last arm: all others are written by then.
    name = f"{ARMS[-1]}.{name}" if command == "compare" and name in COURSE else name
    if name.endswith("results.nc"):
        last = len(ARMS) if command == "compare" else 1
        calls: list[object] = []
        monkeypatch.setattr(
            xr.DataTree, "to_netcdf", failing(xr.DataTree.to_netcdf, lambda *_: calls.append(0) or len(calls) == last, FULL, half)
        )
    else:
        monkeypatch.setattr(Path, "write_bytes", failing(Path.write_bytes, lambda path, *_: path.name == name, FULL, half))
    assert "No space left on device" in refused(*words)


def test_a_full_disk_leaves_no_new_folders_above(solved, monkeypatch, refused):
    monkeypatch.setattr(xr.DataTree, "to_netcdf", failing(xr.DataTree.to_netcdf, lambda *_: True, FULL))
    refused("simulate", "--out", "new/deep/out")


@pytest.mark.parametrize("which", [{1}, {2}, {2, 3}], ids=["away", "into place", "into place and back"])
def test_a_rename_that_fails_loses_nothing(which, command, words, monkeypatch, euthymia, here, contents):
    before = contents()
    if not before and which != {1}:
        pytest.skip("one rename is all a new folder needs")
    calls = []

    def counted(path, *_):
        calls.append(path)
        return len(calls) in which

    monkeypatch.setattr(Path, "rename", failing(Path.rename, counted, OSError(errno.EBUSY, "Device or resource busy")))
    monkeypatch.setattr(temporary_files, "_exchanged", lambda one, other: False)
    code, _, err = euthymia(*words)
    assert (code, len(err.splitlines())) == (2, 1)
    if which == {2, 3}:
        # The earlier run could not be put back: it is kept where it is, and the line says where.
        kept = [path.parent for path in here.rglob("report.html") if path.read_text() == "mine"]
        assert len(kept) == 1, "the earlier run is gone"
        assert {path.name for path in kept[0].iterdir()} == FILES[command]
        assert str(kept[0]) in err
    else:
        assert contents() == before


def test_an_exchange_that_fails_loses_nothing(solved, monkeypatch, refused, euthymia):
    assert euthymia("simulate", "--out", "out").code == 0

    def fail(one, other):
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(temporary_files, "_exchanged", fail)
    assert "Device or resource busy" in refused("simulate", "--out", "out", "--overwrite")


def test_two_paths_are_exchanged(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for path in (one, other):
        path.mkdir()
        (path / path.name).touch()
    temporary_files.exchange(one, other)
    assert [path.name for path in tmp_path.glob("*/*") if path.parent.name == "one"] == ["other"]
    assert [path.name for path in tmp_path.glob("*/*") if path.parent.name == "other"] == ["one"]


def test_a_run_that_ends_while_another_begins_to_write_is_not_replaced(solved, monkeypatch, here, euthymia):
    calls = []

    def ends_between(out, overwrite):
        calls.append(out)
        if len(calls) == 2:
            (here / "out").mkdir()
            (here / "out" / "manifest.json").write_text("of another run")

    monkeypatch.setattr(run_folder, "check_destination", ends_between)
    code, _, err = euthymia("exposure", "saline", "--out", "out")
    assert code == 2
    assert "exists by now; add --overwrite" in err
    assert [path.read_text() for path in here.rglob("*") if path.is_file()] == ["of another run"]


def test_of_two_runs_into_one_folder_at_once_one_is_refused(here):
    command = [str(Path(sysconfig.get_path("scripts")) / "euthymia"), "exposure", "saline", "--out", "out"]
    both = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=300)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 2]
    assert any("exists" in line for line in said)
    assert [path.name for path in here.iterdir()] == ["out"]
    assert list(damage(here / "out", read_manifest(here / "out"))) == []


def test_what_came_into_an_earlier_run_while_another_was_written_is_kept(solved, monkeypatch, here, euthymia):
    assert euthymia("exposure", "saline", "--out", "out").code == 0
    check, calls = run_folder.check_destination, []

    def note_comes_after(out, overwrite):
        check(out, overwrite)
        calls.append(out)
        if len(calls) == 2:
            (here / "out" / "note.txt").write_text("mine")

    monkeypatch.setattr(run_folder, "check_destination", note_comes_after)
    code, _, err = euthymia("exposure", "saline", "--out", "out", "--overwrite")
    assert code == 2
    assert "holds note.txt, which no run of Euthymia wrote by now" in err
    assert (here / "out" / "note.txt").read_text() == "mine"


HOLD = """
import sys, time
from pathlib import Path
from euthymia.core.temporary_files import {kind}
with {kind}(Path(sys.argv[1])) as path:
    print(path, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize(("kind", "at"), [("temporary_folder", ""), ("temporary_file", "table.csv")])
def test_what_a_killed_run_left_is_swept_by_the_next_and_nothing_else(kind, at, tmp_path):
    again = getattr(temporary_files, kind)
    with subprocess.Popen([sys.executable, "-c", HOLD.format(kind=kind), tmp_path / at], stdout=subprocess.PIPE, text=True) as held:
        left = Path(held.stdout.readline().strip())
        check_swept(held, left, lambda: again(tmp_path / at))


def check_swept(held, left, again):
    mine = left.with_name(left.name[:-8] + "mine")
    mine.touch()
    for path in (left, mine):
        os.utime(path, (0, 0))
    with again():
        assert left.exists(), "its process lives"
    held.kill()
    held.wait()
    with again():
        assert not left.exists()
    assert list(left.parent.iterdir()) == [mine]


def test_an_interrupt_leaves_what_was_there(words, monkeypatch, euthymia, here, contents):
    before = contents()
    monkeypatch.setattr(xr.DataTree, "to_netcdf", failing(xr.DataTree.to_netcdf, lambda *_: True, KeyboardInterrupt, half=True))
    code, out, err = euthymia(*words)
    assert (code, out, err) == (130, "", "interrupted\n")
    assert contents() == before


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_interrupt_while_the_folders_are_exchanged_loses_nothing(moment, solved, monkeypatch, euthymia, here, contents):
    euthymia("simulate", "--out", "out")
    before = contents()
    calls = []

    def second(path, *_):
        calls.append(path)
        return len(calls) == (2 if moment == "before" else 1)

    monkeypatch.setattr(Path, "rename", failing(Path.rename, second, KeyboardInterrupt, half=moment == "after"))
    monkeypatch.setattr(temporary_files, "_exchanged", lambda one, other: False)
    assert euthymia("simulate", "--out", "out", "--overwrite").code == 130
    assert contents() == before


@pytest.mark.parametrize("largest", [20_000, 600_000])
def test_files_that_cannot_grow_are_one_line_and_leave_nothing(largest, here, contents):
    # In a process of its own: a library that cannot flush its file may take the process down.
    limit = (
        f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({largest}, {largest})); os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [str(Path(sysconfig.get_path("scripts")) / "euthymia"), "simulate", "--out", "out"]
    done = subprocess.run([sys.executable, "-c", limit, *command], capture_output=True, text=True, timeout=300)
    said = [line for line in done.stderr.splitlines() if not line.startswith("[")]
    assert (done.returncode, len(said)) == (2, 1), done.stderr[:300]
    assert "cannot write" in done.stderr
    assert contents() == {}
