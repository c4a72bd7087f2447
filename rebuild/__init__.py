"""From evidence to everything that is shown, step after step: `make rebuild`, or `python -m rebuild --help` in a checkout."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
# The package is that of this checkout, whatever is installed.
sys.path.insert(0, str(SOURCE))

from euthymia.core.runtime import set_environment  # noqa: E402

# Before anything is imported that reads it.
set_environment()


def say(text: str) -> None:
    """Print what is done next, under the name of its step."""
    print(f"  {text}", flush=True)
