"""A soak: hostile protocols and tables, killed runs, full disks, and the same bytes however a run is made: `make soak`.

Every part prints a line of a table as it ends; the exit code is 1 if any of them found something. It takes an hour and a half on two
processors; a part may be run by itself, in smaller numbers.
"""

import argparse
import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from battery import protocols_at_random, tables_at_random
from euthymia.core.errors import InputError
from euthymia.protocols.protocol import Protocol
from euthymia.protocols.reading import parse, text_of
from euthymia.results.integrity import damage, read_manifest

SEED = 20
LONGEST_LINE = 1000
SLOWEST = 2.0
"""s of a text that is read or refused."""
PIECES = ("&a *a", "\x1b[31m", "{", "[" * 30, ": ", "!!python/name:os", "9" * 60, "\u202e", "-")
"""What breaks readers."""
TABLE = Path(__file__).parent / "cases" / "fit-base.csv"
COMMANDS = {
    "simulate": ["simulate", "ketamine-iv"],
    "compare": ["compare", "ketamine-iv", "saline"],
    "population": ["population", "ketamine-iv", "--people", "200"],
    "calibrate": ["calibrate", "--patients", "16", "--draws", "50"],
    "fit-pk": ["fit-pk", str(TABLE)],
}
LONGEST = {"simulate": 30.0, "compare": 40.0, "population": 40.0, "calibrate": 60.0, "fit-pk": 15.0}
"""s within which a command is killed."""
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
IDENTICAL = {
    "simulate": ["simulate", "ketamine-iv"],
    "exposure of 40": ["exposure", "ketamine-iv", "--people", "40"],
    "fit-pk": ["fit-pk", str(TABLE)],
    "population of 60": ["population", "ketamine-iv", "--people", "60"],
}


def one_line(read: Callable[[], object]) -> str:
    """Empty if a text was read, else what it was refused with; raises ``AssertionError`` where that is no line, or took long."""
    began = time.thread_time()
    try:
        read()
        said = ""
    except InputError as error:
        said = str(error)
        assert said.strip(), "an empty line"
        assert said.isprintable(), repr(said)
        assert len(said) < LONGEST_LINE, said
    assert time.thread_time() - began < SLOWEST, "it took long"
    return said


def spoilt(text: str, draw: random.Random) -> str:
    """A text with pieces cut out, doubled, or replaced by what breaks readers."""
    for _ in range(draw.randint(0, 3)):
        at, length = draw.randrange(len(text) + 1), draw.randint(0, 12)
        piece = draw.choice(
            ("", text[at : at + length] * 2, "&a *a", "\x1b[31m", "{", "[" * 30, ": ", "!!python/name:os", "9" * 60, "\u202e", "-")
        )
        text = text[:at] + piece + text[at + length :]
    return text


def protocols(count: int) -> str:
    """Protocols at random, and texts of them that were spoilt: each is read, and read again after it was written, or refused in a line."""
    rng, draw, outcomes = np.random.default_rng(SEED), random.Random(SEED), Counter[bool]()
    texts = (protocols_at_random.good_texts(rng, count), protocols_at_random.bad_texts(rng, count))
    for number in range(count):
        text = spoilt(next(texts[number % 2]), draw)

        def read(text: str = text) -> Protocol:
            protocol = parse(text, "mine.yaml")
            assert parse(text_of(protocol), "written") == protocol, "it reads back as another"
            return protocol

        outcomes[not one_line(read)] += 1
    return f"{count} protocols: {outcomes[True]} read and read back, {outcomes[False]} refused in one line"


def tables(count: int) -> str:
    """Event tables as people spoil them: each is read or refused in a line."""
    originals, draw, outcomes = tables_at_random.originals(), random.Random(SEED), Counter[bool]()
    for _ in range(count):
        _, text = tables_at_random.mutant(originals, draw)
        outcomes[not one_line(lambda text=text: tables_at_random.parse_table(text, "mine.csv", tables_at_random.PLAIN))] += 1
    return f"{count} tables: {outcomes[True]} read, {outcomes[False]} refused in one line"


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "euthymia", *words]


def whole(folder: Path) -> bool:
    """Whether a run folder is as it was written."""
    return not list(damage(folder, read_manifest(folder)))


def kills(count: int) -> str:
    """Commands that are killed at a random moment: a folder is whole or not there, and the next run sweeps what is left."""
    draw, outcomes = random.Random(SEED), Counter[str]()
    for number in range(count):
        name, told = list(COMMANDS)[number % len(COMMANDS)], draw.choice(SIGNALS)
        with tempfile.TemporaryDirectory() as folder:
            here = Path(folder)
            process = subprocess.Popen(
                command(*COMMANDS[name], "--out", "out"), cwd=here, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
            try:
                said = process.communicate(timeout=draw.uniform(0, LONGEST[name]))[1]
            except subprocess.TimeoutExpired:
                process.send_signal(told)
                said = process.communicate()[1]
            assert b"Traceback" not in said, said
            left = {path.name for path in here.iterdir()}
            assert "out" not in left or whole(here / "out"), f"{name}: half a folder"
            if told != signal.SIGKILL:
                assert left <= {"out"}, f"{name} left {left} after {told.name}"
            for path in here.glob(".euthymia-*"):
                os.utime(path, (0, 0))
            subprocess.run(command("exposure", "saline", "--out", "next"), cwd=here, check=True, capture_output=True)
            assert {path.name for path in here.iterdir()} <= {"out", "next"}, "leftovers are not swept"
            outcomes["ended before" if process.returncode in (0, 1) else told.name] += 1
    return f"{count} kills: {', '.join(f'{name} {number}' for name, number in sorted(outcomes.items()))}; every folder whole or not there"


def full_disks(count: int) -> str:
    """Commands whose files cannot grow beyond a random size: one line and exit code 2, or a whole folder."""
    draw, outcomes = random.Random(SEED), Counter[int]()
    for number in range(count):
        name, largest = list(COMMANDS)[number % len(COMMANDS)], int(10 ** draw.uniform(2, 6))
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                command(*COMMANDS[name], "--out", "out"),
                cwd=folder,
                capture_output=True,
                text=True,
                preexec_fn=lambda largest=largest: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest)),
            )
            assert "Traceback" not in done.stderr, done.stderr
            there = [path.name for path in Path(folder).iterdir()]
            if done.returncode == 2:
                assert there == [], f"{name} left {there}"
                assert sum(line.startswith("error") for line in done.stderr.splitlines()) == 1, done.stderr
            else:
                assert whole(Path(folder) / "out"), f"{name}: half a folder"
            outcomes[done.returncode] += 1
    return f"{count} full disks: {outcomes[2]} refused in one line with nothing left, {count - outcomes[2]} whole folders"


def hashes(words: list[str], environment: dict[str, str]) -> dict[str, str]:
    """Hashes of the files that a command leaves."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command(*words, "--out", "out"), cwd=folder, env=os.environ | environment, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        return json.loads((Path(folder) / "out" / "manifest.json").read_text())["artefacts_sha256"]


def processes() -> Iterator[str]:
    """Hashes of what a cohort finds in one process and in two."""
    for number in (1, 2):
        code = (
            "import sys, euthymia as eu\nif __name__ == '__main__':\n"
            f" eu.Population().simulate('ketamine-iv', 600, processes={number}).save(sys.argv[1])"
        )
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "run.py"
            script.write_text(code)
            subprocess.run([sys.executable, str(script), str(Path(folder) / "out")], check=True, capture_output=True)
            yield hashlib.sha256((Path(folder) / "out" / "results.nc").read_bytes()).hexdigest()


def identical(count: int) -> str:
    """Commands with an empty cache of compiled programs, and twice with a full one; a cohort in one process and in two."""
    names = list(IDENTICAL)[:count]
    for name in names:
        with tempfile.TemporaryDirectory() as cache:
            cold, cached, again = (hashes(IDENTICAL[name], {"XDG_CACHE_HOME": cache}) for _ in range(3))
        assert cold == cached == again, f"{name}: {[file for file in cold if not cold[file] == cached[file] == again[file]]} differ"
    if count >= len(IDENTICAL):
        assert len(set(processes())) == 1, "a cohort differs between one process and two"
    return f"{len(names)} commands cold, cached and again, and a cohort in 1 and 2 processes: the same bytes"


PARTS: dict[str, tuple[Callable[[int], str], int]] = {
    "protocols": (protocols, 100_000),
    "tables": (tables, 100_000),
    "kills": (kills, 50),
    "full-disks": (full_disks, 30),
    "identical": (identical, len(IDENTICAL)),
}


def main() -> None:
    """Run the parts that were asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART[=COUNT]", help=f"of {', '.join(PARTS)}; all if left out")
    found = False
    for part in parser.parse_args().parts or PARTS:
        name, _, stated = part.partition("=")
        if name not in PARTS:
            parser.error(f"there is no {name}; allowed: {', '.join(PARTS)}")
        run, count = PARTS[name]
        began = time.monotonic()
        try:
            said = run(int(stated) if stated else count)
        except (AssertionError, subprocess.CalledProcessError) as error:
            said, found = f"FOUND {error}", True
        print(f"{name:12} {said} ({(time.monotonic() - began) / 60:.0f} min)", flush=True)
    sys.exit(found)


if __name__ == "__main__":
    main()
