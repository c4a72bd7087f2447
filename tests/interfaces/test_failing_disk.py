"""A run folder is whole or not there, whatever fails."""

import errno
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import xarray as xr

FULL = OSError(errno.ENOSPC, "No space left on device")
COURSE = ("protocol.yaml", "results.nc", "readouts.csv")
ARMS = ("ketamine-iv", "saline")
FILES = {
    "simulate": {"report.html", "manifest.json", *COURSE},
    "compare": {"report.html", "manifest.json", "forecasts.json", *(f"{arm}.{name}" for arm in ARMS for name in COURSE)},
}
COMMANDS = {"simulate": ["simulate"], "compare": ["compare", *ARMS]}


@pytest.fixture(params=list(COMMANDS))
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
