"""How long a user waits: help, a first simulation (empty compilation cache), and one with a warm cache."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = Path(sys.executable).parent / "euthymia"


def seconds(*words: str, cache: str) -> float:
    """Wall time of one command."""
    start = time.perf_counter()
    subprocess.run([COMMAND, *words], env=os.environ | {"XDG_CACHE_HOME": cache}, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        out = ("simulate", "--out", f"{folder}/run", "--overwrite")
        shown = [seconds("--help", cache=folder) for _ in range(5)]
        cold = seconds(*out, cache=folder)
        warm = [seconds(*out, cache=folder) for _ in range(5)]
        usual = statistics.median(warm)
        print(f"euthymia --help             {statistics.median(shown):6.2f} s")
        print(f"euthymia simulate, first    {cold:6.2f} s")
        print(f"euthymia simulate, warm     {usual:6.2f} s   {cold / usual:.1f} times faster than the first")
