"""What a user waits for: help, and the first and second run of `simulate` and `compare`, in CPU seconds and memory of the process tree."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

COMMAND = Path(sys.executable).parent / "euthymia"
BARS = {"simulate": 10.0, "compare": 12.0}
"""CPU seconds that a second run may take."""


class Cost(NamedTuple):
    """Of one command and every process that it started and waited for."""

    seconds: float
    """On all processors."""
    megabytes: float
    """Largest of one process."""


def cost(*words: str, cache: str) -> Cost:
    """What one command costs, with its caches in a folder."""
    process = subprocess.Popen(
        [COMMAND, *words], env=os.environ | {"XDG_CACHE_HOME": cache}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"euthymia {' '.join(words)}: failed")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)


if __name__ == "__main__":
    print(f"{'':22}{'first run':>20}{'second run':>20}{'bar':>8}")
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'--help':22}{cost('--help', cache=folder).seconds:18.1f} s{cost('--help', cache=folder).seconds:18.1f} s")
        for name, bar in BARS.items():
            words = (name, "--out", f"{folder}/{name}", "--overwrite")
            first, second = cost(*words, cache=folder), cost(*words, cache=folder)
            print(f"{name:22}{first.seconds:18.1f} s{second.seconds:18.1f} s{bar:6.0f} s")
            print(f"{'':22}{first.megabytes:17.0f} MB{second.megabytes:17.0f} MB")
