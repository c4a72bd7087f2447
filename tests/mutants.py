"""Mutants: one term of an equation is altered, and the tests of its room must notice: `make mutants`.

A sample by a fixed seed, stratified by room, of alterations that mutmut makes of numbers, operators, comparisons and keywords; altered
texts, and arguments that become None, are left out, since they would be noticed too easily. Each mutant runs against the tests of its own
room for at most a minute; what has not been noticed by then counts as not noticed. Results are kept line by line, and a run that was
stopped goes on. Mutants that change no result are listed with the reason in `mutants_equivalent.yaml` and are not counted.
"""

import argparse
import difflib
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import sqrt
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

import libcst as cst
from mutmut.mutation.file_mutation import Mutation, create_mutations
from ruamel.yaml import YAML
from scipy.stats import binomtest

ROOT = Path(__file__).parents[1]
SOURCE = Path("src/euthymia")
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.yaml")
SEED, COUNT, SECONDS = 20, 100, 60
LEAST = 0.8
"""Of the mutants killed: where the lower end of the interval must lie."""
ROOMS = {
    "biophysics": (["biophysics/*"], "test_single_terms test_receptor test_midbrain test_serotonin test_habenula"),
    "pharmacology": (["pharmacology/*"], "test_variability test_pharmacology test_comparators"),
    "receptors": (["receptors/*"], "test_single_terms test_receptor test_occupancy test_serotonin"),
    "circuits": (["circuits/*.py", "circuits/habenula/*"], "test_single_terms test_midbrain test_prefrontal test_habenula"),
    "plasticity": (["plasticity/*"], "test_single_terms test_plasticity test_serotonin"),
    "brain": (["brain/*"], "test_windows test_escape test_attractor"),
    "clinic": (["clinic/*"], "test_single_terms test_symptoms test_people test_ratings"),
    "links": (["links.py"], "test_single_terms test_fixed_points test_units_rescaling"),
    "population": (["population/*"], "test_people test_onset test_relapse test_population"),
    "statistics of trials": (["trials/*"], "test_single_terms test_regimens test_trials test_relapse"),
    "fits of people": (
        [
            f"inference/{name}.py"
            for name in ("pk_*", "pharmacokinetics", "predictive_check", "population_*", "mixed_effects", "reduced_course")
        ],
        "test_censored_samples test_fit_pk_people",
    ),
    "fits of trials": (
        [f"inference/{name}.py" for name in ("calibration", "coordinates", "forecast", "likelihood", "posterior", "prediction", "problem")],
        "test_forecast test_calibration",
    ),
    "validation": (["validation/*"], "test_significance test_left_out test_validation test_trials"),
}
"""Files of each room, and its tests, the quickest first."""


class Mutant(NamedTuple):
    """A file with one alteration."""

    room: str
    path: str
    diff: str
    text: str

    @property
    def name(self) -> str:
        """Hash of the alteration."""
        return hashlib.sha256(f"{self.path}\n{self.diff}".encode()).hexdigest()[:12]


TOO_EASY = cst.BaseString | cst.Assign | cst.AnnAssign | cst.Call
"""What is altered into a text that nobody reads, or into None."""


def mutations_of(room: str) -> list[tuple[Path, cst.Module, Mutation]]:
    """Every alteration of the files of a room."""
    found = []
    for path in sorted({path for pattern in ROOMS[room][0] for path in (ROOT / SOURCE).glob(pattern) if path.suffix == ".py"}):
        module, mutations, *_ = create_mutations(path.name, path.read_text("utf-8"))
        found += [(path, module, mutation) for mutation in mutations if not isinstance(mutation.original_node, TOO_EASY)]
    return found


def altered(room: str, path: Path, module: cst.Module, mutation: Mutation) -> Mutant:
    """The file with an alteration."""
    text = cst.ensure_type(module.deep_replace(mutation.original_node, mutation.mutated_node), cst.Module).code
    lines = difflib.unified_diff(module.code.splitlines(), text.splitlines(), lineterm="", n=0)
    return Mutant(room, str(path.relative_to(ROOT)), "\n".join(line for line in list(lines)[2:] if not line.startswith("@@")), text)


def sample(count: int) -> list[Mutant]:
    """So many mutants, from each room in proportion to the square root of how many there are, so that small rooms are heard."""
    rooms = {room: mutations_of(room) for room in ROOMS}
    total = sum(sqrt(len(mutations)) for mutations in rooms.values())
    chosen = []
    for room, mutations in rooms.items():
        few = min(max(1, round(count * sqrt(len(mutations)) / total)), len(mutations))
        chosen += [altered(room, *mutation) for mutation in random.Random(f"{SEED} {room}").sample(mutations, few)]
    return chosen


def fate(mutant: Mutant, checkout: Path) -> str:
    """What the tests of its room make of a mutant: killed, survived, or timed out."""
    path = checkout / mutant.path
    original = path.read_text("utf-8")
    path.write_text(mutant.text, "utf-8")
    try:
        return _tested(mutant.room, checkout)
    finally:
        path.write_text(original, "utf-8")


def _tested(room: str, checkout: Path) -> str:
    tests = [f"tests/laws/{name}.py" for name in ROOMS[room][1].split()]
    environment = {**os.environ, "PYTHONPATH": str(checkout / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-n0", "-x", "-q", "-p", "no:cacheprovider", *tests]
    process = subprocess.Popen(command, cwd=checkout, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return "survived" if process.wait(SECONDS) == 0 else "killed"
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return "timed out"


def report(fates: dict[str, dict], equivalent: dict[str, str]) -> bool:
    """Print the table of fates by room; returns whether enough were killed."""
    counted = {name: row for name, row in fates.items() if name not in equivalent}
    by_room = Counter((row["room"], row["fate"]) for row in counted.values())
    for room in ROOMS:
        killed, all_of_room = by_room[room, "killed"], sum(by_room[room, of] for of in ("killed", "survived", "timed out"))
        if all_of_room:
            print(f"{room:20} {killed:3} of {all_of_room:3} killed, {by_room[room, 'timed out']} took more than {SECONDS} s")
    killed = sum(row["fate"] == "killed" for row in counted.values())
    low, high = binomtest(killed, len(counted)).proportion_ci(0.95, "wilson")
    print(f"\n{killed} of {len(counted)} killed: {killed / len(counted):.0%}, 95 % interval {low:.0%} to {high:.0%}", end="")
    print(f"; {len(fates) - len(counted)} equivalent ones are not counted")
    return low >= LEAST


def main() -> None:
    """Run what has not been run yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT, help=f"how many, {COUNT} if left out")
    parser.add_argument("--rooms", nargs="*", choices=list(ROOMS), default=list(ROOMS), metavar="ROOM", help="those alone")
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "mutants.jsonl", help="where results are kept")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    asked = parser.parse_args()
    asked.results.parent.mkdir(parents=True, exist_ok=True)
    lines = asked.results.read_text().splitlines() if asked.results.exists() else []
    known = {row["name"]: row for row in map(json.loads, lines)}
    chosen = [mutant for mutant in sample(asked.count) if mutant.room in asked.rooms]
    equivalent = YAML(typ="safe", pure=True).load(EQUIVALENT.read_text()) or {}
    with tempfile.TemporaryDirectory() as folder:
        checkouts: SimpleQueue[Path] = SimpleQueue()
        for number in range(asked.jobs):
            checkout = Path(folder) / f"checkout-{number}"
            shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(".git", ".venv", "build", "runs", "__pycache__"))
            checkouts.put(checkout)

        def in_a_checkout(run: Callable[[Path], str]) -> str:
            checkout = checkouts.get()
            try:
                return run(checkout)
            finally:
                checkouts.put(checkout)

        with ThreadPoolExecutor(asked.jobs) as threads:
            left = [mutant for mutant in chosen if mutant.name not in known]
            rooms = sorted({mutant.room for mutant in left})
            sound = threads.map(lambda room: in_a_checkout(lambda checkout: _tested(room, checkout)), rooms)
            if wrong := [room for room, found in zip(rooms, sound, strict=True) if found == "killed"]:
                sys.exit(f"mutants: the tests of {', '.join(wrong)} fail though nothing is altered")
            fates = threads.map(lambda mutant: in_a_checkout(lambda checkout: fate(mutant, checkout)), left)
            for number, (mutant, found) in enumerate(zip(left, fates, strict=True), 1):
                row = {"name": mutant.name, "room": mutant.room, "path": mutant.path, "diff": mutant.diff, "fate": found}
                known[mutant.name] = row
                with asked.results.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                print(f"{number} of {len(left)}: {found}: {mutant.path} {mutant.name}", flush=True)
                if found != "killed":
                    print(mutant.diff, flush=True)
    if not report({mutant.name: known[mutant.name] for mutant in chosen}, equivalent):
        sys.exit(f"mutants: the lower end of the interval is below {LEAST:.0%}")


if __name__ == "__main__":
    main()
