"""Fetch open data of pharmacokinetic studies, to which published estimates are compared in tests/laws/test_population_open_data.py.

The data are not part of the project: their files come from public repositories into build/open-data, at a commit, and are checked
against a hash. `make open-data` runs this.
"""

import hashlib
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "build" / "open-data"


@dataclass(frozen=True)
class OpenData:
    """A file of public data."""

    name: str
    source: str
    sha256: str


FILES = (
    # Theophylline in 12 people, of the examples that come with NONMEM (Boeckmann, Sheiner and Beal), also in R as `Theoph`; beside
    # NONMEM's output for it (Bae and Yim 2016). The repository states no licence.
    OpenData(
        "theophylline.txt",
        "https://raw.githubusercontent.com/asancpt/nmw-nonmem/cebe794382344c1b5fc0d181411ecd1ee45c02d4/docs-japan/1-THEO-NONMEM-OUT/THEO",
        "efebc8f3d56a5cb6f4c201b70132b1e7d6bca4193e4eba97411b22ed67111dcc",
    ),
    # Warfarin and prothrombin activity in 32 people (O'Reilly and Aggeler 1968, JCI 1963), in a repository under the GPL 3, beside
    # NONMEM's output for it.
    OpenData(
        "warfarin.csv",
        "https://raw.githubusercontent.com/nlmixr2/babelmixr2/420df7ea207ff13e21b2e29568c8fbc80efb7b0f/vignettes/articles/"
        "pk.turnover.emax4-nonmem/pk.turnover.emax4.csv",
        "10cbc3515724caa53de01c0ef3f32e1e8efaab90f017034da38ab463addc4ca7",
    ),
)


def matches(path: Path, data: OpenData) -> bool:
    """Whether a file is there and is the one that is meant."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == data.sha256


def fetch(data: OpenData) -> None:
    """Bring a file into the folder, unless it is there."""
    path = FOLDER / data.name
    if matches(path, data):
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    with urllib.request.urlopen(data.source, timeout=60) as answer:
        content = answer.read()
    if hashlib.sha256(content).hexdigest() != data.sha256:
        sys.exit(f"{data.name}: what {data.source} holds is not what is expected")
    path.write_bytes(content)
    print(f"{path}: {len(content)} bytes")


if __name__ == "__main__":
    for file in FILES:
        fetch(file)
