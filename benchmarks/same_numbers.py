"""Whether two checkouts compute the same: a run of each kind is recorded from both, and every number is compared.

    python benchmarks/same_numbers.py record CHECKOUT FOLDER     # about six minutes; once for each checkout
    python benchmarks/same_numbers.py compare OLD_FOLDER NEW_FOLDER

Recorded are the default protocol, four arms, a cohort of 64, one fit of pharmacokinetics, and every verdict. Numbers may differ by
``CLOSE`` of the largest magnitude of their quantity; a compiler may reorder sums. Exit code 1 if one differs by more or is missing.
Results of 0.2.0, which named quantities otherwise, can be compared too.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xarray as xr

CLOSE = 1e-10
NOTHING = 1e-12
"""Magnitude below which a quantity is rounding error all over, and has no scale of its own."""
SAMPLES = """ID,TIME,AMT,RATE,EVID,CMT,ADDL,II,DV,MDV,WT
1,0,35.0,52.5,1,1,.,.,.,1,70
1,0.67,.,.,0,101,.,.,190,0,70
1,1,.,.,0,101,.,.,130,0,70
1,2,.,.,0,101,.,.,60,0,70
1,4,.,.,0,101,.,.,28,0,70
1,8,.,.,0,101,.,.,9,0,70
"""
RUNS = {
    "simulate": ("simulate", "ketamine-iv"),
    "compare": ("compare",),
    "population": ("population", "ketamine-iv", "--people", "64"),
    "fit": ("fit-pk", "samples.csv"),
}
VERDICTS = """
import json, sys
from euthymia.core.runtime import configure
configure()
try:
    from euthymia.claims.catalogue import verify
except ImportError:
    from euthymia.experiments.claims import verify
found = {v.claim.id: {"word": v.word, "predicted": float(v.predicted), "controlled": float(v.controlled)} for v in verify()}
json.dump(found, open(sys.argv[1], "w"), indent=1)
"""
RENAMED = {
    "venous": ("venous_ketamine_mass", {}),
    "comparator": ("comparator_mass", {"molecule": 0}),
    "context_madrs": ("madrs", {"arm": 1}),
    "rated": ("rated_madrs", {"arm": 0}),
    "context_rated": ("rated_madrs", {"arm": 1}),
    "baseline": ("baseline_madrs", {}),
    "share": ("sampling_weight", {}),
}
"""Quantities of a cohort in 0.2.0: their name now, and where they stand along an axis."""


def record(checkout: Path, folder: Path) -> None:
    """Make every run with the code of a checkout and this interpreter's libraries."""
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    (folder / "samples.csv").write_text(SAMPLES)
    environment = os.environ | {"PYTHONPATH": str(checkout.resolve() / "src")}
    for name, words in RUNS.items():
        print(f"{name} …", flush=True)
        subprocess.run(
            [sys.executable, "-m", "euthymia", *words, "--out", name], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL
        )
    print("verdicts …", flush=True)
    subprocess.run([sys.executable, "-c", VERDICTS, "verdicts.json"], cwd=folder, env=environment, check=True)


def datasets(folder: Path) -> Iterator[tuple[str, dict[str, xr.DataArray]]]:
    """Every quantity of every file of results, from all of its groups."""
    for file in sorted(folder.glob("*/*results.nc")):
        with xr.open_datatree(file, engine="h5netcdf") as tree:
            found = {str(name): values.load() for node in tree.subtree for name, values in node.data_vars.items()}
        yield str(file.relative_to(folder)), found


def counterpart(old: xr.DataArray, name: str, new: dict[str, xr.DataArray]) -> xr.DataArray | None:
    """The same quantity in the other results, whose axes may have other names or one more."""
    name, at = (name, {}) if name in new else RENAMED.get(name, (name, {}))
    if name not in new:
        return None
    values = new[name].isel(at)
    # A cohort of 0.2.0 kept the course as given and pyramidal cells alone.
    extra = [axis for axis, size in values.sizes.items() if values.ndim > old.ndim and (axis == "arm" or size == 1)]
    return values.isel(dict.fromkeys(extra[: values.ndim - old.ndim], 0))


def differences(old: Path, new: Path) -> Iterator[tuple[str, float]]:
    """Every number by name, with its largest difference as a share of its scale; infinite where it is missing or of another shape."""
    present = dict(datasets(new))
    for file, quantities in datasets(old):
        for name, values in quantities.items():
            other = counterpart(values, name, present.get(file, {}))
            same_shape = other is not None and other.shape == values.shape
            yield f"{file} {name}", difference(values.values.astype(float), other.values.astype(float)) if same_shape else np.inf
    for table in ("individuals.csv", "predictions.csv"):
        same = (old / "fit" / table).read_bytes() == (new / "fit" / table).read_bytes()
        yield f"fit {table}", 0.0 if same else np.inf
    before, after = (json.loads((folder / "verdicts.json").read_text()) for folder in (old, new))
    for claim in before.keys() | after.keys():
        mine, theirs = before.get(claim), after.get(claim)
        if mine is None or theirs is None or mine["word"] != theirs["word"]:
            yield f"verdict {claim}", np.inf
        else:
            for number in ("predicted", "controlled"):
                yield f"verdict {claim} {number}", difference(np.array(mine[number]), np.array(theirs[number]))


def difference(old: np.ndarray, new: np.ndarray) -> float:
    """Largest difference over the largest magnitude; what is equal, infinity included, differs by nothing."""
    apart = old != new
    if not apart.any():
        return 0.0
    return float(np.abs(old - new)[apart].max()) / max(float(np.abs(old).max()), NOTHING)


def compare(old: Path, new: Path) -> bool:
    """Print what differs; whether nothing does."""
    found = dict(differences(old, new))
    off = {name: size for name, size in found.items() if not size <= CLOSE}
    for name, size in off.items():
        print(f"{name}: {'missing, of another shape or of another verdict' if size == np.inf else f'{size:.1e} of its scale'}")
    within = [size for size in found.values() if size <= CLOSE]
    print(f"{len(within)} of {len(found)} agree within {CLOSE:g} of their scale; the largest difference among them is {max(within):.1e}")
    return not off


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("record", "compare"):
        sys.exit(__doc__)
    first, second = map(Path, sys.argv[2:])
    if sys.argv[1] == "record":
        record(first, second)
    elif not compare(first, second):
        sys.exit(1)
