"""Run every claim at models whose free rows are drawn from their ranges: `python -m rebuild.draws [COUNT]`; hours of work.

What is done is kept after each draw, so that a run that was stopped goes on. It is thrown away where numbers or code have changed since.
"""

import sys

from euthymia.core.runtime import configure
from euthymia.evidence.robustness import FILE, inputs_hash, nothing_drawn, read

from . import ROOT, say
from .inputs import DATA, code, digest

DRAWS = 200
MODULES = ("claims.draws", "claims.catalogue")
UNDER_WAY = ROOT / "build" / "draws"
"""A file for each state of numbers and code."""


def main(count: int = DRAWS) -> None:
    """Draw up to a count, and take the draws into the package."""
    configure()
    from euthymia.claims.catalogue import claims
    from euthymia.claims.draws import extend

    path = UNDER_WAY / f"{digest([inputs_hash(), code(*MODULES)])}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    before = read(path) if path.exists() else nothing_drawn()
    found = extend(claims(), before, count, lambda so_far: so_far.write(path), say)
    found.write(DATA / FILE)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
