"""Ctrl-C or a request to terminate at any moment: exit code 130 or 143, one line, and nothing is left."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

COMMANDS = {
    "exposure": ["exposure", "ketamine-iv", "--out", "out"],
    "simulate": ["simulate", "ketamine-iv", "--out", "out"],
    "compare": ["compare", "ketamine-iv", "saline", "--out", "out"],
    "population": ["population", "ketamine-iv", "--patients", "400", "--out", "out"],
}
SIGNALS = "from euthymia.core.interrupts import *; from pathlib import Path; import time; end_on_signals()\n"
READY = "print('ready', flush=True)\n"
WHILE_WAITING = {
    "with half a folder": "with temporary(Path('half')) as half:\n half.mkdir()\n (half / 'file').touch()\n " + READY + " time.sleep(60)",
    "in callbacks that lose exceptions": "import weakref\nclass Some: pass\nlost = lambda _: time.sleep(0.01)\n"
    + READY
    + "while True: some = Some(); kept = weakref.ref(some, lost); del some",
    "deep in compiled code": "import hashlib\n" + READY + "hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)",
}
WORKERS = """
import time
from euthymia.core.interrupts import end_on_signals
from euthymia.core.parallel import ordered_map


def solve(number):
    time.sleep(0.1)
    return number


if __name__ == "__main__":
    end_on_signals()
    for number in ordered_map(solve, 2):
        print("ready", flush=True)
"""


FOREGROUND = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
"""A job that a shell has put into the background ignores interrupts, and hands that on."""


def started(here: Path, *words: str) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", FOREGROUND, *words],
        cwd=here,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def alive(session: int) -> list[str]:
    """Processes of a session that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, of = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(of) == session and state != "Z":
            found.append(path.parent.name)
    return found


def gone(session: int) -> bool:
    deadline = time.monotonic() + 10
    while alive(session) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(session)


@pytest.mark.parametrize("what", WHILE_WAITING)
def test_what_was_begun_is_undone(what, here, contents):
    process = started(here, "-c", SIGNALS + WHILE_WAITING[what])
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30)[1] == "interrupted\n"
    assert process.returncode == 130
    assert contents() == {}


def test_what_must_be_whole_is_finished_first(here):
    process = started(
        here, "-c", SIGNALS + "with uninterrupted():\n " + READY + " time.sleep(1)\n Path('whole').touch()\nPath('more').touch()"
    )
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "interrupted\n")
    assert [path.name for path in here.iterdir()] == ["whole"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_the_process_that_started_them(number, here):
    (here / "workers.py").write_text(WORKERS)
    process = started(here, "workers.py")
    assert process.stdout.readline() == "ready\n"
    assert len(alive(process.pid)) >= 3
    # As from a terminal: every process of the group is told.
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    _, said = process.communicate(timeout=30)
    assert gone(process.pid)
    assert said == ("interrupted\n" if number == signal.SIGINT else "")


def interrupted(here: Path, command: str, delay: float, tell: Callable[[int, int], None], number: signal.Signals = signal.SIGINT) -> bool:
    """Start a command, interrupt or terminate it after a while and check what is left; whether it was still at work."""
    process = started(here, "-m", "euthymia", *COMMANDS[command])
    # The thread that watches for signals is there: our own code has begun.
    while process.poll() is None and len(list(Path(f"/proc/{process.pid}/task").glob("*"))) < 2:
        time.sleep(0.005)
    try:
        process.communicate(timeout=delay)
        return False
    except subprocess.TimeoutExpired:
        tell(process.pid, number)
    said = process.communicate(timeout=60)[1].splitlines()
    assert gone(process.pid)
    if process.returncode == 0:
        return False
    assert (process.returncode, said[-1]) == (128 + number, "interrupted" if number == signal.SIGINT else "terminated")
    assert not any("Error" in line or "Exception" in line or "Traceback" in line for line in said)
    assert not {path.name for path in here.iterdir()} - {"out"}
    assert not (here / "out").exists() or (here / "out" / "manifest.json").exists()
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("delay", [0.0, 0.4])
def test_the_program_is_interrupted_from_its_first_lines_on(delay, number, here):
    assert interrupted(here, "exposure", delay, os.kill, number)


@pytest.mark.long
def test_the_program_is_interrupted_at_any_moment(tmp_path):
    chance = random.Random(1)
    longest = dict.fromkeys(COMMANDS, 8.0)
    at_work = 0
    for number in range(30):
        command = chance.choice(list(COMMANDS))
        here = tmp_path / str(number)
        here.mkdir()
        if interrupted(here, command, delay := chance.uniform(0, longest[command]), chance.choice([os.kill, os.killpg])):
            at_work += 1
        else:
            longest[command] = delay
    assert at_work > 10
