"""What must work after an installation, whatever it brought along; `make package` and `make lowest` run it outside the checkout."""

import subprocess
import sys
import tempfile
from importlib.metadata import requires, version
from pathlib import Path

import xarray as xr

import euthymia


def said(*words: str, code: int = 0) -> str:
    """What a command prints as a result; of its libraries it says nothing."""
    program = Path(sys.executable).with_name("euthymia")
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stderr}"
    assert "Warning" not in done.stderr, done.stderr
    return done.stdout


def main() -> None:
    assert "site-packages" in euthymia.__file__, f"{euthymia.__file__} is not an installation"
    assert requires("euthymia")
    assert said("--version").strip() == euthymia.__version__ == version("euthymia")
    assert "ketamine-iv" in said("protocols")
    assert "clearance" in said("evidence", "ketamine.clearance")
    said("simulate", "no-such-protocol", code=2)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        said("simulate", "ketamine-iv", "--out", str(out))
        with xr.open_datatree(out / "results.nc") as results:
            assert set(results.children) >= {"course", "attribution", "circuits"}
        assert "</html>" in (out / "report.html").read_text("utf-8")
    print(f"euthymia {euthymia.__version__} on Python {sys.version.split()[0]} works")


if __name__ == "__main__":
    main()
