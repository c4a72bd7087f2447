"""A run folder is whole or not there, whatever fails."""

import errno
import resource
from pathlib import Path

import pytest
import xarray as xr
from euthymia.core.errors import InputError
from euthymia.report.run_folder import write

from .conftest import tree

FULL = OSError(errno.ENOSPC, "No space left on device")
SPARED = ("protocol.yaml", "results.nc", "report.html", "manifest.json")


@pytest.fixture(params=["new", "overwrite"])
def words(request, euthymia, here, solved):
    """A command that would write a folder, new or in place of an earlier run."""
    if request.param == "new":
        return ["simulate", "--out", "out"]
    assert euthymia("simulate", "--out", "out").code == 0
    (here / "out" / "notes.txt").write_text("mine")
    return ["simulate", "--out", "out", "--overwrite"]


def failing(method, when, error, half=False):
    def fail(self, *given, **options):
        if not when(self, *given):
            return method(self, *given, **options)
        if half:
            method(self, *given, **options)
        raise error

    return fail


@pytest.mark.parametrize("half", [False, True], ids=["at once", "after a part"])
@pytest.mark.parametrize("name", SPARED)
def test_a_full_disk_leaves_what_was_there(name, half, words, monkeypatch, refused):
    if name == "results.nc":
        monkeypatch.setattr(xr.Dataset, "to_netcdf", failing(xr.Dataset.to_netcdf, lambda *_: True, FULL, half))
    else:
        monkeypatch.setattr(Path, "write_text", failing(Path.write_text, lambda path, *_: path.name == name, FULL, half))
    assert "No space left on device" in refused(*words)


def test_a_full_disk_leaves_no_new_folders_above(solved, monkeypatch, refused):
    monkeypatch.setattr(xr.Dataset, "to_netcdf", failing(xr.Dataset.to_netcdf, lambda *_: True, FULL))
    refused("simulate", "--out", "new/deep/out")


@pytest.mark.parametrize("which", [{1}, {2}, {2, 3}], ids=["away", "into place", "into place and back"])
def test_a_rename_that_fails_loses_nothing(which, words, monkeypatch, euthymia, here):
    before = tree(here)
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
        kept = [path.parent for path in here.rglob("notes.txt")]
        assert len(kept) == 1, "the earlier run is gone"
        assert {path.name for path in kept[0].iterdir()} == {*SPARED, "notes.txt"}
        assert str(kept[0]) in err
    else:
        assert tree(here) == before


def test_an_interrupt_leaves_what_was_there(words, monkeypatch, euthymia, here):
    before = tree(here)
    monkeypatch.setattr(xr.Dataset, "to_netcdf", failing(xr.Dataset.to_netcdf, lambda *_: True, KeyboardInterrupt, half=True))
    code, out, err = euthymia(*words)
    assert (code, out, err) == (130, "", "stopped; nothing was written\n")
    assert tree(here) == before


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_interrupt_while_the_folders_are_exchanged_loses_nothing(moment, solved, monkeypatch, euthymia, here):
    euthymia("simulate", "--out", "out")
    before = tree(here)
    calls = []

    def second(path, *_):
        calls.append(path)
        return len(calls) == (2 if moment == "before" else 1)

    monkeypatch.setattr(Path, "rename", failing(Path.rename, second, KeyboardInterrupt, half=moment == "after"))
    assert euthymia("simulate", "--out", "out", "--overwrite").code == 130
    assert tree(here) == before


@pytest.mark.parametrize("bytes_left", [0, 100, 20_000, 600_000])
def test_files_that_cannot_grow_are_one_error_and_leave_nothing(bytes_left, standard, here):
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, usual[1]))
    try:
        with pytest.raises(InputError, match="cannot write"):
            write(standard, "<!doctype html>" * 100, here / "out", overwrite=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert tree(here) == {}
