"""The command line as a function, and the folder it works in as a value."""

import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
import xarray as xr

from euthymia.cli import main as cli

PROGRESS = re.compile(r"^\[(?:\d+ \w+ ?)+\] .*\n", re.M)


class Outcome(NamedTuple):
    code: int
    out: str
    err: str
    """Without lines of progress, which begin with the time since the command began."""


@pytest.fixture
def contents(here: Path) -> Callable[[], dict[str, bytes | None]]:
    """Every path below the working folder with its content; None for a folder."""
    return lambda: {str(path.relative_to(here)): path.read_bytes() if path.is_file() else None for path in sorted(here.rglob("*"))}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def euthymia(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """`euthymia WORDS` in this process."""
    # The library behind the command line warns when it sees a test run read sys.argv, which is what is tested here.
    monkeypatch.delenv("PYTEST_VERSION", raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["euthymia", *map(os.fspath, words)])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code or 0
        out, err = capsys.readouterr()
        return Outcome(code, out, PROGRESS.sub("", err))

    return run


@pytest.fixture
def refused(euthymia: Callable[..., Outcome], contents: Callable[[], object]) -> Callable[..., str]:
    """The one line with which a command is refused: exit code 2, nothing printed as a result, nothing changed on disk."""

    def run(*words: object) -> str:
        before = contents()
        code, out, err = euthymia(*words)
        assert (code, out) == (2, ""), err
        assert err.startswith("error "), err
        assert err.endswith("\n"), err
        assert len(err.splitlines()) == 1, err
        assert len(err) < 1000, err
        assert contents() == before
        return err

    return run


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports without drawings and what circuits say for them, which take most of a run's time."""
    for page in ("page", "comparison_page"):
        monkeypatch.setattr(f"euthymia.api.run.{page}", lambda *_: "<!doctype html><title>Report</title>")
    monkeypatch.setattr("euthymia.api.run.circuits", lambda *_: xr.Dataset())
    monkeypatch.setattr("euthymia.api.run.Run._complete", property(lambda run: run._with_coalitions))


@pytest.fixture
def solved(no_figures: None, reference_run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that finds the standard course solved, and that course for every arm of a comparison."""
    monkeypatch.setattr("euthymia.api.run.simulate", lambda *_, **__: reference_run)
    monkeypatch.setattr("euthymia.analysis.comparison.simulate", lambda protocol, model, **_: replace(reference_run, protocol=protocol))
